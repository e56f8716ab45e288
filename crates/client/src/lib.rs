//! A client of the public interface (docs/API.md): the reseller's calls with their retries, the
//! sandbox's outbox, and the verifier of notifications. It knows what a hub says, not how one
//! works. Not here: the merchants' side, and any output for people.
//!
//! ```no_run
//! # async fn example() -> Result<(), client::Error> {
//! use serde_json::json;
//!
//! let hub = client::Client::new("http://127.0.0.1:8080", "sandbox", "sandbox")?;
//! let order = json!({"customerIdentifier": "anna", "merchantAccountKey": "BANGO", "productKey": "BangoMusic"});
//! // One request identity is made for the call and kept through its retries: one effect at most.
//! let created = hub.create(&order).await?;
//! println!("{} is {}", created["entitlementId"], created["status"]);
//!
//! match hub.cancel("no-such-id", &json!({})).await {
//!     Err(client::Error::Refused(no)) => assert_eq!(no.rule, "unknown-entitlement"),
//!     other => panic!("{other:?}"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A receiver verifies what it is sent over the raw bytes, before it reads them:
//!
//! ```
//! let secret = client::WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
//! let (id, timestamp_s, body) = ("msg_1", 1_773_144_000, br#"{"status":"ACTIVE"}"#);
//! let header = secret.sign(id, timestamp_s, body);
//! assert!(secret.verify(id, timestamp_s, body, &header));
//! assert!(!secret.verify(id, timestamp_s, b"{}", &header));
//! ```

mod answer;
mod call;
mod calls;
mod error;
mod http;
mod retry;

pub use answer::{Answer, Item};
pub use call::Call;
pub use calls::{Client, Events, OutboxFilter, Page, is_loopback};
pub use error::{Error, Refusal};
pub use http::{Http, HttpAnswer, HttpRequest, SendError};
pub use wire::WebhookSecret;

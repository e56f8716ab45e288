//! An event as the notification it stands for: the body, the headers and the signature a receiver
//! gets from the hub, but for ids and sequences, which only the hub can give. Here they are made of
//! the feed's position: they ascend, and are the same if the event is forwarded again.

use super::misuse;
use crate::text::{print, str_of};
use anyhow::Result;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use client::{Http, HttpRequest, Item, WebhookSecret};
use hub::Random;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, Uri};
use std::time::Duration;
use store::Clock;
use tokio::time::sleep;
use wire::push_string;

/// Waits after a failure; after the last one the event is given up.
const WAITS_S: [u64; 3] = [1, 2, 4];
/// What the hub allows a receiver (docs/API.md section 7).
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Standard Webhooks wants 24 to 64 bytes.
const SECRET_BYTES: usize = 24;

/// A receiver under development.
pub(super) struct Forward {
    http: Http,
    url: Uri,
    secret: WebhookSecret,
    clock: Clock,
}

impl Forward {
    /// Makes a secret where none is given, and says where it forwards to.
    pub(super) fn new(url: &str, secret: Option<&str>) -> Result<Self> {
        let uri = url.parse::<Uri>().ok().filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
        let uri = uri.filter(|uri| uri.host().is_some());
        let uri = uri.ok_or_else(|| {
            misuse(format!("--forward {url}: no http or https URL"), "Example: http://127.0.0.1:3000/webhooks")
        })?;
        let made = match secret {
            Some(_) => None,
            None => Some(format!("whsec_{}", STANDARD.encode(Random::from_system()?.secret::<SECRET_BYTES>()?))),
        };
        let text = made.as_deref().or(secret).unwrap_or_default();
        let secret = WebhookSecret::parse(text).ok_or_else(|| {
            misuse(
                "the secret is none".to_owned(),
                "It is whsec_ and the Base64 of 24 to 64 bytes, as the sandbox prints it.",
            )
        })?;
        match made {
            Some(made) => eprintln!("Forwarding to {url}, signed with {made}"),
            None => eprintln!("Forwarding to {url}, signed with the secret given"),
        }
        let http = Http::new().map_err(anyhow::Error::msg)?;
        Ok(Self { http, url: uri, secret, clock: Clock::system() })
    }

    /// Sends the event until it is taken or given up, and says what the receiver said; on standard
    /// error where standard output is for the events alone.
    pub(super) async fn deliver(&self, event: &Item, quietly: bool) -> Result<()> {
        let say = |text: String| -> std::io::Result<()> {
            if quietly {
                eprintln!("{text}");
                return Ok(());
            }
            print(&format!("        {text}\n"))
        };
        let body = body(event);
        for wait_s in WAITS_S.into_iter().map(Some).chain([None]) {
            let sent = self.http.send(self.request(event, &body)?, ANSWER_WITHIN).await;
            let said = match &sent {
                Ok(answer) => answer.status.to_string(),
                Err(error) => error.to_string(),
            };
            match (sent, wait_s) {
                (Ok(answer), _) if (200..300).contains(&answer.status) => return Ok(say(format!("→ {said}"))?),
                (_, Some(wait_s)) => {
                    say(format!("→ {said}, again in {wait_s} s"))?;
                    sleep(Duration::from_secs(wait_s)).await;
                }
                (_, None) => say(format!("→ {said}, given up"))?,
            }
        }
        Ok(())
    }

    fn request(&self, event: &Item, body: &str) -> Result<HttpRequest> {
        let id = notification_id(event);
        let timestamp = self.clock.read().0.div_euclid(1_000);
        let signature = self.secret.sign(&id, timestamp, body.as_bytes());
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Entitle/", env!("CARGO_PKG_VERSION"))));
        headers.insert(HeaderName::from_static("webhook-id"), HeaderValue::from_str(&id)?);
        headers.insert(HeaderName::from_static("webhook-timestamp"), HeaderValue::from(timestamp));
        headers.insert(HeaderName::from_static("webhook-signature"), HeaderValue::from_str(&signature)?);
        let body = Bytes::copy_from_slice(body.as_bytes());
        Ok(HttpRequest { method: Method::POST, url: self.url.clone(), headers, body })
    }
}

fn notification_id(event: &Item) -> String {
    format!("{}.feed.{}", str_of(event.value(), "entitlementId"), event["position"])
}

/// The record stands in it as the hub wrote it.
fn body(event: &Item) -> String {
    let record = event.written("record").unwrap_or_else(|| "{}".to_owned());
    let mut out = String::with_capacity(record.len() + 300);
    out.push_str(
        "{\"responseCode\":\"OK\",\"responseMessage\":\"Success\",\"parameters\":null,\"notificationReason\":",
    );
    push_string(&mut out, str_of(event.value(), "notificationReason"));
    out.push_str(",\"notificationId\":");
    push_string(&mut out, &notification_id(event));
    out.push_str(&format!(",\"notificationSequence\":{},", event["position"]));
    out.push_str(record.trim_start_matches('{'));
    out
}

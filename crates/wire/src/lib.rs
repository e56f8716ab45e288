//! The public contract (docs/API.md): how requests are read, and how answers, notifications and
//! signatures are printed; for hub, client and console alike. No I/O, no clock, no randomness,
//! no HTTP: bytes and values in, bytes and values out. What a request means stands in
//! `entitlement`, what it does in `hub`.

mod answer;
mod code;
mod date;
mod error;
mod etag;
mod fault;
mod field;
mod json;
mod nearest;
mod notification;
mod request;
mod rule;
mod signature;
mod signed;
mod web_url;

pub use answer::*;
pub use code::ResponseCode;
pub use date::*;
pub use error::*;
pub use etag::*;
pub use fault::Fault;
pub use field::{Field, Shape};
pub use json::*;
pub use nearest::nearest;
pub use notification::*;
pub use request::*;
pub use rule::RULES;
pub use signature::WebhookSecret;
pub use signed::{Algorithm, NotSigned, SIGNED_WITHIN_S, Signed, SignedMessage};
pub use web_url::*;

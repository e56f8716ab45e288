//! Why a call brought no success, in a closed list.

use crate::http::SendError;
use serde_json::Value;

/// Why a call brought no success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The base URL, user or password cannot be used.
    #[error("{0}")]
    Setting(String),
    /// No answer came; what was asked may have been done, unless nothing was sent.
    #[error("no hub answers at {url}: {cause}")]
    Unreachable {
        /// The base URL.
        url: String,
        /// What happened.
        cause: SendError,
    },
    /// Something answers, but not as a hub does.
    #[error("what answers at {url} is no hub: HTTP {status} without the envelope")]
    NotAHub {
        /// The base URL.
        url: String,
        /// The HTTP status of its answer.
        status: u16,
    },
    /// The hub says no.
    #[error("{0}")]
    Refused(Box<Refusal>),
}

/// A hub's answer that is no success (docs/API.md section 2).
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message} ({http} {code}, {rule})")]
pub struct Refusal {
    /// The HTTP status.
    pub http: u16,
    /// `responseCode`: what programs branch on.
    pub code: String,
    /// `responseMessage`.
    pub message: String,
    /// RESELLER, HUB or MERCHANT.
    pub origin: String,
    /// The stable rule id.
    pub rule: String,
    /// The first faulty field.
    pub field: Option<String>,
    /// What to do about it, for people.
    pub hint: Option<String>,
    /// Whether the same request can succeed later.
    pub retryable: bool,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u64>,
    /// The whole answer; with the record where the outcome is unknown.
    pub body: Value,
}

impl Refusal {
    pub(crate) fn read(http: u16, retry_after_s: Option<u64>, body: Value) -> Option<Self> {
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let error = &body["error"];
        Some(Self {
            http,
            code: word(&body["responseCode"])?,
            message: word(&body["responseMessage"])?,
            origin: word(&error["origin"]).unwrap_or_default(),
            rule: word(&error["rule"]).unwrap_or_default(),
            field: word(&error["field"]),
            hint: word(&error["hint"]),
            retryable: error["retryable"].as_bool().unwrap_or(false),
            retry_after_s,
            body,
        })
    }
}

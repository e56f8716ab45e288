//! An answer before it becomes an HTTP response: status, body, and the few headers that vary.

use store::{SavedAnswer, StoreError};
use wire::{ANSWER_FORM, ErrorAnswer, RateLimit, ResponseCode, record_body};

/// What the caller is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub http: u16,
    /// The responseCode that stands in the body.
    pub code: ResponseCode,
    /// The rule id that stands in the body; empty where nothing was refused.
    pub rule: &'static str,
    /// The body, JSON.
    pub body: String,
    /// The record's version, as the ETag.
    pub version: Option<u32>,
    /// It is the remembered answer of an earlier request.
    pub replayed: bool,
    /// `Retry-After`, in seconds.
    pub retry_after_s: Option<u32>,
    /// `Allow`.
    pub allow: Option<&'static str>,
    /// `WWW-Authenticate` belongs to it.
    pub challenge: bool,
    /// Names for `Ignored-Fields`.
    pub ignored_fields: Vec<String>,
    /// `RateLimit-Policy` and `RateLimit`.
    pub rate_limit: Option<RateLimit>,
    /// `Preference-Applied`: the preference that was honoured.
    pub preference_applied: Option<String>,
}

impl Answer {
    /// An answer of this body and nothing else.
    #[must_use]
    pub fn plain(http: u16, body: String) -> Self {
        Self {
            http,
            code: ResponseCode::Ok,
            rule: "",
            body,
            version: None,
            replayed: false,
            retry_after_s: None,
            allow: None,
            challenge: false,
            ignored_fields: Vec::new(),
            rate_limit: None,
            preference_applied: None,
        }
    }

    /// The record in its envelope.
    #[must_use]
    pub fn record(http: u16, code: ResponseCode, parameters: Option<&str>, state: &entitlement::Entitlement) -> Self {
        let body = record_body(ANSWER_FORM, code, parameters, &state.record).unwrap_or_default();
        Self { version: Some(state.version), code, ..Self::plain(http, body) }
    }

    /// A refusal or failure.
    #[must_use]
    pub fn error(error: &ErrorAnswer) -> Self {
        Self {
            retry_after_s: error.retry_after_s,
            allow: error.allow,
            challenge: error.http == 401,
            code: error.code,
            rule: error.rule,
            rate_limit: error.rate_limit,
            ..Self::plain(error.http, error.body())
        }
    }

    /// A 503 whose outcome is unknown, with the record.
    #[must_use]
    pub fn unknown(error: &ErrorAnswer, state: &entitlement::Entitlement) -> Self {
        let body = error.body_with_record(&state.record);
        Self { body, version: Some(state.version), ..Self::error(error) }
    }
}

/// The code and the rule that stand in the text of a remembered refusal.
#[must_use]
pub(crate) fn told(body: &str) -> (ResponseCode, &'static str) {
    static RULES: std::sync::OnceLock<Vec<&'static str>> = std::sync::OnceLock::new();
    let code = body.strip_prefix("{\"responseCode\":\"").and_then(|rest| rest.split('"').next());
    let code = code.and_then(|word| ResponseCode::ALL.into_iter().find(|code| code.as_str() == word));
    // A quotation mark inside a string is escaped, so this is a member's name.
    let rule = body.split_once("\"rule\":\"").and_then(|(_, rest)| rest.split('"').next());
    let rules = RULES.get_or_init(crate::all_rules);
    let rule = rule.and_then(|word| rules.binary_search(&word).ok().map(|at| rules[at]));
    (code.unwrap_or(ResponseCode::Ok), rule.unwrap_or(""))
}

/// What is remembered of a record's answer: enough to print it again byte by byte.
#[must_use]
pub(crate) fn saved_record(http: u16, code: ResponseCode, version: u32, parameters: Option<String>) -> SavedAnswer {
    SavedAnswer::Record { http, form: ANSWER_FORM, code: code.index(), version, parameters }
}

/// 500: our fault, nothing half done.
#[must_use]
pub(crate) fn internal_error() -> ErrorAnswer {
    ErrorAnswer::new(500, ResponseCode::InternalError, "internal-error", "Something went wrong in the hub.")
        .with_retryable(true)
        .with_hint(
            "Nothing was done. Send the request again; if it stays, tell the operator the X-Request-Id of this answer.",
        )
}

/// 503 of the hub's own.
#[must_use]
pub(crate) fn unavailable(rule: &'static str, message: &str, retry_after_s: u32) -> ErrorAnswer {
    ErrorAnswer::new(503, ResponseCode::ServiceUnavailable, rule, message).with_retry_after_s(retry_after_s)
}

/// 429: more than a limit allows; `wait_s` is the time until the next one is taken.
#[must_use]
pub(crate) fn too_many(rule: &'static str, message: &str, limit: RateLimit, wait_s: u32) -> ErrorAnswer {
    let mut answer = ErrorAnswer::new(429, ResponseCode::TooManyRequests, rule, message).with_retry_after_s(wait_s);
    answer.rate_limit = Some(limit);
    answer
}

/// What the store could not do, as an answer.
#[must_use]
pub(crate) fn store_error(error: &StoreError) -> ErrorAnswer {
    match error {
        StoreError::Full => unavailable("store-full", "The hub's disk is full; nothing was changed.", 30)
            .with_hint("The operator of the hub has to make room. Then the same request goes through."),
        StoreError::Busy => unavailable("store-busy", "The hub has too much to write; nothing was changed.", 1)
            .with_hint("Send it again after Retry-After; the same X-RequestIdentifier may be used."),
        StoreError::Stopped(_) => unavailable("store-stopped", "The hub's store has stopped.", 10)
            .with_hint("The hub has to be started anew. Repeat the request then, with the same X-RequestIdentifier."),
        StoreError::Unknown(_) => unavailable("outcome-unknown", "It is not known whether the request took effect.", 1)
            .with_hint("Repeat it with the same X-RequestIdentifier; nothing is done twice."),
        StoreError::Unreadable(_) => internal_error(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remembered_refusal_tells_its_code_and_rule() {
        let error = unavailable("store-busy", "\"rule\":\"store-full\"", 1);
        assert_eq!(told(&error.body()), (ResponseCode::ServiceUnavailable, "store-busy"));
        assert_eq!(told("{}"), (ResponseCode::Ok, ""));
    }
}

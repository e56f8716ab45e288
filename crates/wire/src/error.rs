//! Every answer that is no success: code and message for programs of the public system, the
//! `error` member for people and for programs that want to know more.

use crate::json::push_string;
use crate::{Fault, ResponseCode, push_record, rule};
use entitlement::Record;

/// The limit answer's message: the one text that clients have to tell apart, so it never changes.
pub const LIMIT_MESSAGE: &str =
    "Invalid request or the request contains invalid data. Maximum number of subscriptions for user reached";

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The request.
    Reseller,
    /// The hub.
    Hub,
    /// The merchant.
    Merchant,
}

impl Origin {
    /// The word of the public API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reseller => "RESELLER",
            Self::Hub => "HUB",
            Self::Merchant => "MERCHANT",
        }
    }
}

/// How a limit of requests stands: `RateLimit-Policy` and `RateLimit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// So many requests in a window.
    pub quota: u32,
    /// The window's length.
    pub window_s: u32,
    /// So many are left now.
    pub left: u32,
    /// The quota is whole again after so long.
    pub resets_in_s: u32,
}

/// An answer that is no success. `retry_after_s`, `allow` and `rate_limit` become headers, all else the
/// body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorAnswer {
    /// The HTTP status.
    pub http: u16,
    /// The responseCode.
    pub code: ResponseCode,
    /// The responseMessage.
    pub message: String,
    /// Whose fault it is.
    pub origin: Origin,
    /// The first faulty field.
    pub field: Option<String>,
    /// The stable rule id; of the first fault where there are several.
    pub rule: &'static str,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Every faulty field.
    pub fields: Vec<Fault>,
    /// `Retry-After`.
    pub retry_after_s: Option<u32>,
    /// `Allow` of a 405.
    pub allow: Option<&'static str>,
    /// The limit that a 429 speaks of.
    pub rate_limit: Option<RateLimit>,
}

impl ErrorAnswer {
    /// An answer without field or hint; from 500 on the hub's fault, else the reseller's, and
    /// retryable where waiting helps (408, 429, 500, 503).
    pub fn new(http: u16, code: ResponseCode, rule: &'static str, message: impl Into<String>) -> Self {
        Self {
            http,
            code,
            message: message.into(),
            origin: if http < 500 { Origin::Reseller } else { Origin::Hub },
            field: None,
            rule,
            hint: None,
            retryable: matches!(http, 408 | 429 | 500 | 503),
            fields: Vec::new(),
            retry_after_s: None,
            allow: None,
            rate_limit: None,
        }
    }

    /// 400 with all faults; their messages joined by `; `.
    #[must_use]
    pub fn faults(faults: Vec<Fault>) -> Self {
        let messages: Vec<&str> = faults.iter().map(|fault| fault.message.as_str()).collect();
        let first = faults.first();
        let rule = first.map_or(rule::JSON_INVALID, |fault| fault.rule);
        let mut answer = Self::new(400, ResponseCode::BadRequest, rule, messages.join("; "));
        answer.field = first.map(|fault| fault.field.clone());
        answer.hint = first.and_then(|fault| fault.hint.clone());
        answer.fields = faults;
        answer
    }

    /// The same from another origin.
    #[must_use]
    pub fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The same about a field.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, retryable or not.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// The same with `Retry-After`; then it is retryable.
    #[must_use]
    pub fn with_retry_after_s(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self.with_retryable(true)
    }

    /// The same with `Allow`.
    #[must_use]
    pub fn with_allow(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// The body without a record.
    #[must_use]
    pub fn body(&self) -> String {
        self.print(None)
    }

    /// The body of a 503 whose outcome is unknown: the record as it stands, flat beside.
    #[must_use]
    pub fn body_with_record(&self, record: &Record) -> String {
        self.print(Some(record))
    }

    fn print(&self, record: Option<&Record>) -> String {
        let mut out = String::with_capacity(512);
        out.push_str("{\"responseCode\":\"");
        out.push_str(self.code.as_str());
        out.push_str("\",\"responseMessage\":");
        push_string(&mut out, &self.message);
        out.push_str(",\"parameters\":{}");
        if let Some(record) = record {
            out.push(',');
            push_record(&mut out, record);
        }
        self.push_error(&mut out);
        out.push('}');
        out
    }

    fn push_error(&self, out: &mut String) {
        out.push_str(",\"error\":{\"origin\":\"");
        out.push_str(self.origin.as_str());
        out.push_str("\",\"field\":");
        push_optional(out, self.field.as_deref());
        out.push_str(",\"rule\":");
        push_string(out, self.rule);
        out.push_str(",\"hint\":");
        push_optional(out, self.hint.as_deref());
        out.push_str(",\"retryable\":");
        out.push_str(if self.retryable { "true" } else { "false" });
        out.push_str(",\"fields\":[");
        for (at, fault) in self.fields.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            push_fault(out, fault);
        }
        out.push_str("]}");
    }
}

/// The hint stands beside the contract's three members, so that the second fault's is not lost.
fn push_fault(out: &mut String, fault: &Fault) {
    out.push_str("{\"field\":");
    push_string(out, &fault.field);
    out.push_str(",\"rule\":");
    push_string(out, fault.rule);
    out.push_str(",\"message\":");
    push_string(out, &fault.message);
    if let Some(hint) = &fault.hint {
        out.push_str(",\"hint\":");
        push_string(out, hint);
    }
    out.push('}');
}

/// A string or `null`.
pub(crate) fn push_optional(out: &mut String, text: Option<&str>) {
    match text {
        Some(text) => push_string(out, text),
        None => out.push_str("null"),
    }
}

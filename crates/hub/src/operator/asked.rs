//! One call of an operator, read: path, query, body, and who asks.

use crate::http::body;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::{Method, Request};
use serde_json::Value;
use std::collections::HashMap;
use store::AuditEntry;
use wire::{ErrorAnswer, Fault};

/// A note is no longer, in characters.
const NOTE_CHARS_MAX: usize = 1_000;

/// A call.
pub(super) struct Asked {
    pub(super) method: Method,
    /// The decoded segments of the path.
    pub(super) words: Vec<String>,
    pub(super) query: HashMap<String, String>,
    pub(super) query_text: String,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
    /// The body, null where there is none.
    pub(super) body: Value,
    /// Who asks, as the audit names him.
    pub(super) who: String,
}

impl Asked {
    pub(super) async fn read(request: Request<Incoming>, who: String) -> Result<Self, Box<ErrorAnswer>> {
        let (parts, incoming) = request.into_parts();
        let bytes = body::read_up_to(incoming, CALL_BYTES_MAX).await?;
        let body = match bytes.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&bytes).map_err(|_| invalid("body", "Send one JSON object."))?,
        };
        let query_text = parts.uri.query().unwrap_or("").to_owned();
        let query = url::form_urlencoded::parse(query_text.as_bytes()).into_owned().collect();
        let words = crate::http::segments(parts.uri.path()).unwrap_or_default();
        let words = words.into_iter().map(std::borrow::Cow::into_owned).collect();
        Ok(Self { method: parts.method, words, query, query_text, headers: parts.headers, bytes, body, who })
    }

    /// A member of the body that has to be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, Box<ErrorAnswer>> {
        self.body[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| invalid(name, "It is required."))
    }

    /// A member that may be there.
    pub(super) fn optional(&self, name: &str) -> Result<Option<&str>, Box<ErrorAnswer>> {
        match &self.body[name] {
            Value::Null => Ok(None),
            Value::String(text) if !text.is_empty() => Ok(Some(text)),
            _ => Err(invalid(name, "A text that is not empty, or leave it out.")),
        }
    }

    /// A whole number of the body, within bounds.
    pub(super) fn number(&self, name: &str, max: u64) -> Result<Option<u64>, Box<ErrorAnswer>> {
        match &self.body[name] {
            Value::Null => Ok(None),
            value => match value.as_u64().filter(|number| *number <= max) {
                Some(number) => Ok(Some(number)),
                None => Err(invalid(name, &format!("A whole number from 0 to {max}."))),
            },
        }
    }

    /// A whole number of the query, within bounds.
    pub(super) fn query_number(&self, name: &str, usual: u64, max: u64) -> Result<u64, Box<ErrorAnswer>> {
        let Some(text) = self.query.get(name) else {
            return Ok(usual);
        };
        let number = text.parse().ok().filter(|number| *number <= max);
        number.ok_or_else(|| invalid(name, &format!("A whole number from 0 to {max}.")))
    }

    /// The audit's entry of an act, with the operator's note.
    pub(super) fn entry(
        &self,
        act: &str,
        subject: &str,
        now: entitlement::Moment,
    ) -> Result<AuditEntry, Box<ErrorAnswer>> {
        let note = self.optional("note")?.map(str::to_owned);
        if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
            return Err(invalid("note", &format!("At most {NOTE_CHARS_MAX} characters.")));
        }
        let (act, subject) = (act.to_owned(), subject.to_owned());
        Ok(AuditEntry { at: now, who: self.who.clone(), act, subject, before: None, after: None, note })
    }
}

/// A catalog of the largest size, quoted as JSON, has room.
const CALL_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A member of the call is not as it has to be.
pub(super) fn invalid(field: &str, hint: &str) -> Box<ErrorAnswer> {
    Box::new(ErrorAnswer::faults(vec![Fault {
        field: field.to_owned(),
        rule: "operator-invalid",
        message: format!("{field} is not usable"),
        hint: Some(hint.to_owned()),
    }]))
}

//! The answer to a dry run: the record as it would be, what of it nobody can know yet, and what
//! the reseller would be told.

use super::{message_of, push_envelope, push_record};
use crate::{ResponseCode, parse_body, push_json, push_string};
use entitlement::{Json, NotificationReason, Record};

/// What a write would do.
#[derive(Debug, Clone, PartialEq)]
pub struct DryRun<'a> {
    /// responseCode.
    pub code: ResponseCode,
    /// The record as it would be.
    pub record: &'a Record,
    /// Members of the record that get a value nobody can know yet: they are printed as null.
    pub unknown: &'a [&'static str],
    /// The notifications that would go out, in their order.
    pub would_notify: &'a [NotificationReason],
}

/// The answer's body; `None` where the code is no success.
#[must_use]
pub fn dry_run_body(run: &DryRun<'_>) -> Option<String> {
    let mut out = String::with_capacity(1280);
    push_envelope(&mut out, run.code, message_of(run.code)?, &parameters(run));
    for (name, value) in members(run.record)? {
        out.push(',');
        push_string(&mut out, &name);
        out.push(':');
        let value = if run.unknown.contains(&name.as_str()) { Json::Null } else { value };
        push_json(&mut out, &value);
    }
    out.push('}');
    Some(out)
}

/// The record's members one by one, as every answer prints them.
fn members(record: &Record) -> Option<Vec<(String, Json)>> {
    let mut text = String::with_capacity(1024);
    text.push('{');
    push_record(&mut text, record);
    text.push('}');
    parse_body(text.as_bytes()).ok().flatten().map(|object| object.0)
}

fn parameters(run: &DryRun<'_>) -> String {
    let mut out = String::from("{");
    let mut assumed = run.unknown.to_vec();
    if run.code == ResponseCode::ClientActionRequired {
        out.push_str("\"action\":\"NAVIGATE_TO_URL\",\"url\":null,\"urlExpiry\":null,");
        assumed.extend(["parameters.url", "parameters.urlExpiry"]);
    }
    push_words(&mut out, "\"assumed\":[", &assumed);
    let reasons: Vec<&str> = run.would_notify.iter().map(|reason| reason.as_str()).collect();
    push_words(&mut out, ",\"wouldNotify\":[", &reasons);
    out.push('}');
    out
}

fn push_words(out: &mut String, opening: &str, words: &[&str]) {
    out.push_str(opening);
    for (at, word) in words.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        push_string(out, word);
    }
    out.push(']');
}

//! The answer to a dry run: the record as it would be, what of it nobody can know yet, and what
//! the reseller would be told.

use super::record::{Member, members};
use super::{message_of, push_envelope};
use crate::{ResponseCode, push_string};
use entitlement::{NotificationReason, Record};

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
    for (name, member) in members(run.record) {
        out.push(',');
        push_string(&mut out, name);
        out.push(':');
        let member = if run.unknown.contains(&name) { Member::Text(None) } else { member };
        member.push(&mut out);
    }
    out.push('}');
    Some(out)
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

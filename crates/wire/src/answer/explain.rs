//! The answer to an explain: where an entitlement stands, whom it waits for, and what may be done.

use super::history::push_reason;
use super::{SUCCESS, push_date_or_null, push_envelope};
use crate::error::push_optional;
use crate::{Origin, ResponseCode, push_string};
use entitlement::{Awaited, Entitlement, Moment, Operation, Party, Rejection, Stage, VerbName};

/// Where an entitlement stands.
#[derive(Debug, Clone)]
pub struct Explanation<'a> {
    /// The entitlement; of it id, status, holds and open operation are printed.
    pub entitlement: &'a Entitlement,
    /// All of it for a person.
    pub sentence: &'a str,
    /// Who has to act next.
    pub awaited: Option<Awaited>,
    /// When the present status began.
    pub since: Moment,
    /// What is waited for ends by itself then.
    pub deadline: Option<Moment>,
    /// The entitlement ends by itself then.
    pub ends_at: Option<Moment>,
    /// The word for what the open operation asks.
    pub operation_type: Option<&'static str>,
    /// For every verb, whether the reseller may use it now.
    pub verbs: &'a [(VerbName, Result<(), Rejection>)],
    /// What went wrong last.
    pub last_error: Option<&'a LastError>,
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// When.
    pub at: Moment,
    /// On whose side.
    pub origin: Origin,
    /// The word for the operation that failed; `None` for a notification.
    pub operation: Option<String>,
    /// The rule id of the answer that it was or would have been; `None` for a notification.
    pub rule: Option<&'static str>,
    /// In plain words.
    pub message: String,
}

/// The body.
#[must_use]
pub fn explain_body(told: &Explanation<'_>) -> String {
    let e = told.entitlement;
    let mut out = String::with_capacity(1024);
    push_envelope(&mut out, ResponseCode::Ok, SUCCESS, "{}");
    out.push_str(",\"entitlementId\":");
    push_string(&mut out, &e.record.entitlement_id);
    out.push_str(",\"status\":");
    push_string(&mut out, e.record.status.as_str());
    out.push_str(",\"sentence\":");
    push_string(&mut out, told.sentence);
    out.push_str(",\"awaited\":");
    push_optional(&mut out, told.awaited.map(Awaited::as_str));
    push_moment(&mut out, "since", Some(told.since));
    push_moment(&mut out, "deadline", told.deadline);
    push_moment(&mut out, "endsAt", told.ends_at);
    out.push_str(",\"holds\":[");
    push_holds(&mut out, e);
    out.push_str("],\"operation\":");
    push_operation(&mut out, e.operation.as_ref(), told.operation_type);
    push_verbs(&mut out, told.verbs);
    out.push_str(",\"lastError\":");
    push_last_error(&mut out, told.last_error);
    out.push('}');
    out
}

fn push_moment(out: &mut String, name: &str, at: Option<Moment>) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    push_date_or_null(out, at);
}

fn push_holds(out: &mut String, e: &Entitlement) {
    let mut is_first = true;
    for owner in [Party::Reseller, Party::Merchant, Party::Hub] {
        let Some(hold) = e.holds.of(owner) else { continue };
        out.push_str(if is_first { "{\"owner\":" } else { ",{\"owner\":" });
        is_first = false;
        push_string(out, owner.as_str());
        out.push_str(",\"reason\":");
        push_reason(out, hold.reason.as_ref());
        push_moment(out, "since", Some(hold.since));
        out.push('}');
    }
}

fn push_operation(out: &mut String, operation: Option<&Operation>, word: Option<&str>) {
    let Some(operation) = operation else {
        out.push_str("null");
        return;
    };
    let stage = match operation.stage {
        Stage::InFlight => "IN_FLIGHT",
        Stage::Queued => "QUEUED",
        Stage::Unknown => "UNKNOWN",
    };
    out.push_str("{\"type\":");
    push_optional(out, word);
    out.push_str(&format!(",\"stage\":\"{stage}\",\"requestId\":\"{}\",\"by\":", operation.id));
    push_string(out, operation.by.as_str());
    push_moment(out, "since", Some(operation.opened_at));
    out.push_str(&format!(",\"attempts\":{}", operation.attempts));
    // The end of a sender's lease is no attempt.
    push_moment(out, "nextAttempt", operation.next_at.filter(|_| operation.stage != Stage::InFlight));
    push_moment(out, "deadline", operation.deadline);
    out.push('}');
}

fn push_verbs(out: &mut String, verbs: &[(VerbName, Result<(), Rejection>)]) {
    out.push_str(",\"allowed\":[");
    for (at, (verb, _)) in verbs.iter().filter(|(_, told)| told.is_ok()).enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        push_string(out, verb.as_str());
    }
    out.push_str("],\"refused\":{");
    let refused = verbs.iter().filter_map(|(verb, told)| told.err().map(|rejection| (verb, rejection)));
    for (at, (verb, rejection)) in refused.enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        push_string(out, verb.as_str());
        out.push(':');
        push_string(out, rejection.rule());
    }
    out.push('}');
}

fn push_last_error(out: &mut String, error: Option<&LastError>) {
    let Some(error) = error else {
        out.push_str("null");
        return;
    };
    out.push_str("{\"at\":");
    push_date_or_null(out, Some(error.at));
    out.push_str(",\"origin\":");
    push_string(out, error.origin.as_str());
    out.push_str(",\"operation\":");
    push_optional(out, error.operation.as_deref());
    out.push_str(",\"rule\":");
    push_optional(out, error.rule);
    out.push_str(",\"message\":");
    push_string(out, &error.message);
    out.push('}');
}

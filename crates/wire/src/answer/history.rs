//! The answer to a history: every event with what it changed, field by field, as the record's
//! answers print the fields.

use super::record::{Member, members};
use super::{SUCCESS, push_date_or_null, push_envelope};
use crate::error::push_optional;
use crate::{ResponseCode, push_string};
use entitlement::{Event, Reason, Record};

/// One event of a history.
#[derive(Debug, Clone, Copy)]
pub struct HistoryEvent<'a> {
    /// What happened, or will.
    pub event: &'a Event,
    /// It lies in the future.
    pub planned: bool,
    /// The record before it; `None` before the first.
    pub before: Option<&'a Record>,
    /// The record after it.
    pub after: &'a Record,
    /// The request identity that caused it.
    pub request_id: Option<&'a str>,
    /// The notification that tells of it: its id, and WAITING, DELIVERED or DEAD.
    pub notification: Option<(&'a str, &'static str)>,
}

/// A history's answer in the making: events are printed as they come.
#[derive(Debug)]
pub struct HistoryBody {
    out: String,
    is_first: bool,
}

impl HistoryBody {
    /// The answer up to its first event. `older`: how many events were left out before it.
    #[must_use]
    pub fn new(entitlement_id: &str, older: usize) -> Self {
        let parameters = if older == 0 { "{}".to_owned() } else { format!("{{\"olderEvents\":{older}}}") };
        let mut out = String::with_capacity(2048);
        push_envelope(&mut out, ResponseCode::Ok, SUCCESS, &parameters);
        out.push_str(",\"entitlementId\":");
        push_string(&mut out, entitlement_id);
        out.push_str(",\"events\":[");
        Self { out, is_first: true }
    }

    /// The next event.
    pub fn push(&mut self, told: &HistoryEvent<'_>) {
        let out = &mut self.out;
        out.push_str(if self.is_first { "{\"at\":" } else { ",{\"at\":" });
        self.is_first = false;
        push_date_or_null(out, Some(told.event.at));
        out.push_str(if told.planned { ",\"planned\":true" } else { ",\"planned\":false" });
        out.push_str(",\"actor\":");
        push_string(out, told.event.by.as_str());
        out.push_str(",\"event\":");
        push_string(out, told.event.kind.as_str());
        out.push_str(",\"changes\":[");
        push_changes(out, told.before, told.after);
        out.push_str("],\"reason\":");
        push_reason(out, told.event.reason.as_ref());
        out.push_str(",\"requestId\":");
        push_optional(out, told.request_id);
        out.push_str(",\"notificationId\":");
        push_optional(out, told.notification.map(|(id, _)| id));
        out.push_str(",\"notificationState\":");
        push_optional(out, told.notification.map(|(_, state)| state));
        out.push('}');
    }

    /// The whole body.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.out.push_str("]}");
        self.out
    }
}

/// What differs between two records; of the first, everything that is not null.
fn push_changes(out: &mut String, before: Option<&Record>, after: &Record) {
    let mut olds = before.map(members);
    let mut is_first = true;
    for (name, new) in members(after) {
        let old = olds.as_mut().and_then(Iterator::next).map(|(_, old)| old);
        if old.map_or(new.is_null(), |old| old == new) {
            continue;
        }
        out.push_str(if is_first { "{\"field\":\"" } else { ",{\"field\":\"" });
        is_first = false;
        out.push_str(name);
        out.push_str("\",\"old\":");
        old.unwrap_or(Member::Text(None)).push(out);
        out.push_str(",\"new\":");
        new.push(out);
        out.push('}');
    }
}

/// A reason, or null where none was given.
pub(super) fn push_reason(out: &mut String, reason: Option<&Reason>) {
    let Some(reason) = reason else {
        out.push_str("null");
        return;
    };
    out.push_str("{\"category\":");
    push_optional(out, reason.category.as_deref());
    out.push_str(",\"code\":");
    push_optional(out, reason.code.as_deref());
    out.push_str(",\"description\":");
    push_optional(out, reason.description.as_deref());
    out.push('}');
}

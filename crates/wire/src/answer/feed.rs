//! A page of the feed, printed event by event, so that no record is kept for longer than its own
//! line takes.

use super::{SUCCESS, push_date_or_null, push_envelope, push_record};
use crate::error::push_optional;
use crate::{ResponseCode, push_string};
use entitlement::{EventKind, Moment, NotificationReason, Record};
use std::fmt::Write;

/// What an event takes on average, for the page's first allocation.
const EVENT_BYTES: usize = 1_024;

/// One event of the feed.
#[derive(Debug, Clone, Copy)]
pub struct FeedEvent<'a> {
    /// Its place in the reseller's feed.
    pub position: u64,
    /// When it happened.
    pub at: Moment,
    /// What happened.
    pub kind: EventKind,
    /// What a notification about it says; `None` where none would be sent.
    pub reason: Option<NotificationReason>,
    /// The record at the event's version.
    pub record: &'a Record,
}

/// A page being printed.
#[derive(Debug)]
pub struct FeedBody {
    out: String,
    is_empty: bool,
}

impl FeedBody {
    /// The envelope of a page of so many events. The cursor, the last one's position, is a string,
    /// since it may pass what a JavaScript number can count.
    #[must_use]
    pub fn begin(cursor: u64, events: usize) -> Self {
        let mut out = String::with_capacity(128 + events * EVENT_BYTES);
        push_envelope(&mut out, ResponseCode::Ok, SUCCESS, &format!("{{\"feedCursor\":\"{cursor}\"}}"));
        out.push_str(",\"events\":[");
        Self { out, is_empty: true }
    }

    /// Appends an event.
    pub fn push(&mut self, event: &FeedEvent<'_>) {
        let out = &mut self.out;
        out.push_str(if self.is_empty { "{\"position\":" } else { ",{\"position\":" });
        self.is_empty = false;
        // Writing into a String cannot fail.
        let _ = write!(out, "{}", event.position);
        out.push_str(",\"at\":");
        push_date_or_null(out, Some(event.at));
        out.push_str(",\"entitlementId\":");
        push_string(out, &event.record.entitlement_id);
        out.push_str(",\"event\":\"");
        out.push_str(event.kind.as_str());
        out.push_str("\",\"notificationReason\":");
        push_optional(out, event.reason.map(NotificationReason::as_str));
        out.push_str(",\"record\":{");
        push_record(out, event.record);
        out.push_str("}}");
    }

    /// The whole body.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.out.push_str("]}");
        self.out
    }
}

//! What the test clock brings, line by line: planned, or fired while it moved
//! (docs/API.md section 8.2). How the clock moves stands in `clock.rs`.

use crate::Hub;
use entitlement::{Event, EventKind, Moment, Party};
use ids::{AccountId, NotificationId};
use std::sync::{MutexGuard, PoisonError};
use store::{LaneWork, Row};
use wire::{print_date, push_string};

/// One thing at its moment.
#[derive(Debug, Clone)]
pub(crate) struct Happening {
    pub(crate) account: AccountId,
    pub(crate) at: Moment,
    pub(crate) entitlement: String,
    pub(crate) what: What,
}

/// Which thing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// An event that time brings, or that follows from another line.
    Event(EventKind),
    /// The test merchant calls, as it has promised.
    CallBack,
    /// The hub asks the merchant how an operation stands, sends it again, or does what it owes.
    Operation,
    /// A notification is tried, or given up.
    Delivery(NotificationId, Option<u16>),
}

impl What {
    const fn word(self) -> &'static str {
        match self {
            Self::Event(kind) => kind.as_str(),
            Self::CallBack => "CALL_BACK",
            Self::Operation => "OPERATION",
            Self::Delivery(..) => "DELIVERY",
        }
    }
}

impl Happening {
    pub(crate) fn of(row: &Row, at: Moment, what: What) -> Self {
        Self { account: row.account, at, entitlement: row.state.record.entitlement_id.clone(), what }
    }

    /// A line of the forecast.
    pub(crate) fn print_planned(&self) -> String {
        format!("{{{}}}", self.members())
    }

    /// The same, as it came: of a delivery, how it was answered.
    pub(crate) fn print_fired(&self) -> String {
        let status = match self.what {
            What::Delivery(_, Some(status)) => status.to_string(),
            What::Delivery(_, None) | What::Event(_) | What::CallBack | What::Operation => "null".to_owned(),
        };
        format!("{{{},\"status\":{status}}}", self.members())
    }

    fn members(&self) -> String {
        let mut out = format!("\"at\":\"{}\",\"entitlementId\":", print_date(self.at));
        push_string(&mut out, &self.entitlement);
        out.push_str(&format!(",\"what\":\"{}\",\"notificationId\":", self.what.word()));
        match self.what {
            What::Delivery(id, _) => out.push_str(&format!("\"{id}\"")),
            What::Event(_) | What::CallBack | What::Operation => out.push_str("null"),
        }
        out
    }
}

/// What has fired since the clock began to move; `None` while it stands.
pub(crate) type Journal = Option<Vec<Happening>>;

impl Hub {
    /// Writes down what a commit brought, while the clock moves. What resellers ask meanwhile is
    /// not the clock's doing.
    pub(crate) fn note_events(&self, row: &Row, events: &[Event]) {
        if let Some(Some(journal)) = self.journal().as_deref_mut() {
            let fired = events.iter().filter(|event| event.by != Party::Reseller);
            journal.extend(fired.map(|event| Happening::of(row, event.at, What::Event(event.kind))));
        }
    }

    /// The same of a call, by the merchant or to it.
    pub(crate) fn note_call(&self, row: &Row, what: What) {
        self.note(|| Happening::of(row, self.store.now(), what));
    }

    /// The same of an attempt to notify.
    pub(crate) fn note_delivery(&self, work: &LaneWork, status: Option<u16>) {
        let id = NotificationId { key: work.key, target: work.target, sequence: work.notification.sequence };
        self.note(|| Happening::of(&work.row, self.store.now(), What::Delivery(id, status)));
    }

    /// Whether the test clock is on its way.
    pub(crate) fn is_clock_moving(&self) -> bool {
        self.journal().is_some_and(|journal| journal.is_some())
    }

    pub(super) fn journal(&self) -> Option<MutexGuard<'_, Journal>> {
        let sandbox = self.sandbox.as_ref()?;
        Some(sandbox.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, happening: impl FnOnce() -> Happening) {
        if let Some(Some(journal)) = self.journal().as_deref_mut() {
            journal.push(happening());
        }
    }
}

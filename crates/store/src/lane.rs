//! Lanes: the ordered way of notifications from one entitlement to one target.

mod settling;

pub(crate) use settling::{After, Before, Settled, Tried};

use crate::Row;
use entitlement::{Moment, NotificationReason, Reason};
use ids::{EntitlementKey, NotificationId, TargetId};

/// The head of a lane, claimed by one worker until its lease ends.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneWork {
    /// The lane.
    pub key: EntitlementKey,
    /// The lane.
    pub target: TargetId,
    /// Raised at each claim; a result counts only under the current one.
    pub fence: u32,
    /// Failures of the lane in a row.
    pub failures: u32,
    /// The notification to send.
    pub notification: StoredNotification,
    /// The entitlement now: its URL, and its record where the version is still the same.
    pub row: Row,
    /// What it tells of; none where the history does not have it.
    pub event: Option<Happened>,
}

/// What a notification tells of, beside the record.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// Why, where it was said.
    pub why: Option<Reason>,
}

/// A notification as it is stored: the body is printed from the history.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredNotification {
    /// The entitlement.
    pub key: EntitlementKey,
    /// The target.
    pub target: TargetId,
    /// Place in the lane, from 1, no gaps.
    pub sequence: u32,
    /// Sequence of the event it tells of.
    pub event: u32,
    /// The record's version it shows.
    pub version: u32,
    /// What it says.
    pub reason: NotificationReason,
    /// Which printing of the body.
    pub form: u8,
    /// The body's member that carries the reason; `None` for the usual one.
    pub reason_field: Option<String>,
    /// When the change was committed.
    pub committed_at: Moment,
    /// For how long since then its lane was parked; that time does not count against it.
    pub held_ms: i64,
    /// Where it stands.
    pub state: NotificationState,
    /// How often it was tried.
    pub attempts: u32,
    /// HTTP status of the last try, if there was an answer.
    pub last_status: Option<u16>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was delivered or dead-lettered.
    pub done_at: Option<Moment>,
}

impl StoredNotification {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> NotificationId {
        NotificationId { key: self.key, target: self.target, sequence: self.sequence }
    }
}

/// Where a notification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationState {
    /// In its lane.
    Waiting,
    /// A 2xx came back.
    Delivered,
    /// Given up; visible and replayable.
    Dead,
}

/// What an attempt brought.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneResult {
    /// The lane.
    pub key: EntitlementKey,
    /// The lane.
    pub target: TargetId,
    /// The claim's number; another one makes the result void.
    pub fence: u32,
    /// Which notification was tried.
    pub sequence: u32,
    /// What came of it.
    pub outcome: LaneOutcome,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// When, by the store's clock.
    pub at: Moment,
}

impl LaneResult {
    /// What becomes of a claimed lane, without an answer.
    #[must_use]
    pub const fn of(work: &LaneWork, outcome: LaneOutcome, at: Moment) -> Self {
        let LaneWork { key, target, fence, .. } = *work;
        let sequence = work.notification.sequence;
        Self { key, target, fence, sequence, outcome, status: None, error: None, at }
    }
}

/// What becomes of the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneOutcome {
    /// Delivered: on to the next at once.
    Delivered,
    /// Failed: again at that moment.
    Retry(Moment),
    /// Dead-lettered: on to the next; the lane's failures in a row stay.
    Dead,
    /// Nothing to send to: waits until a PATCH or an operator wakes it, at most until then.
    Parked(Moment),
    /// Untried: its endpoint has no place now; again at that moment.
    Later(Moment),
    /// The worker gives the lane back untried (shut-down).
    Release,
}

//! What the rules decide: plain values, carried out by the hub.

use crate::{Event, Failure, Moment, Operation, Refusal};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A decision about one entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Events in order, to be folded and committed together.
    pub events: Vec<Event>,
    /// The open operation afterwards.
    pub operation: OperationAfter,
    /// The duty afterwards.
    pub duty: DutyAfter,
    /// Whether the row stays.
    pub row: RowAfter,
    /// How the caller is answered.
    pub reply: Reply,
}

/// The open operation after a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationAfter {
    /// As it was.
    Keep,
    /// Closed: nothing open any more.
    Closed,
    /// This one is open now (new, or at its next stage).
    Open(Box<Operation>),
}

/// The duty after a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DutyAfter {
    /// As it was.
    Keep,
    /// Done, or not needed any more.
    Clear,
    /// This is owed now.
    Set(crate::Duty),
}

/// Whether the row stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowAfter {
    /// It stays.
    Stays,
    /// A create that came to nothing: the row goes, slot and id are free again.
    Removed,
}

/// How the caller is answered; the record is the one after the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// 200 with the record.
    Done,
    /// 201 with the record: created, waiting, no URL.
    Waiting,
    /// 202 with the record: the merchant queued it, or a wish was kept.
    Queued,
    /// 202 `CLIENT_ACTION_REQUIRED` (200 for activation info).
    UserActs {
        /// Where the user goes.
        url: String,
        /// Until when the URL works.
        expires_at: Option<Moment>,
    },
    /// Not yet: the operation in `operation` has to be sent first.
    AskMerchant,
    /// The merchant refused.
    Refused(Refusal),
    /// It certainly failed at the merchant.
    Failed(Failure),
    /// 503 with the record: the outcome is unknown.
    Unknown,
    /// 422 `not-done`: an unknown outcome was found not done.
    NotDone,
}

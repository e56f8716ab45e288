//! One change: everything that must become durable together.

use crate::{AuditEntry, Claim, Loaded, Row};
use entitlement::{Event, Moment, NotificationReason};
use ids::{AccountId, EntitlementKey, OperationId, RequestIdentity, TargetId};

/// Applied whole or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Whose feed, claims and rows it touches.
    pub account: AccountId,
    /// The store's clock when it was decided.
    pub at: Moment,
    /// The request identity, if the caller gave one.
    pub claim: ClaimChange,
    /// The entitlement's row.
    pub row: RowChange,
    /// New events of that row, numbered on from its `last_event` (which already counts them).
    pub events: Vec<Event>,
    /// The request identity that caused the events, for the history.
    pub request: Option<String>,
    /// Notifications the events oblige.
    pub notices: Vec<Notice>,
    /// Calls the test merchant will make.
    pub callbacks: Vec<NewCallback>,
    /// The call-back this change carries out: removed with it; the change conflicts where it is
    /// already gone, so that a call-back has one effect.
    pub callback_done: Option<u64>,
    /// Another URL repairs what waits: the entitlement's lanes are due at once, parked or backing
    /// off.
    pub wakes_lanes: bool,
    /// An operation that ended, kept for operators and for late repeats.
    pub closed: Option<ClosedOperation>,
    /// The audit's entry, where an operator did it.
    pub audit: Option<Box<AuditEntry>>,
}

impl Change {
    /// The row it leaves behind, if it leaves one.
    #[must_use]
    pub fn row(&self) -> Option<&Row> {
        match &self.row {
            RowChange::Insert(row) | RowChange::Update(row) => Some(row),
            RowChange::None | RowChange::Remove { .. } => None,
        }
    }
}

/// What happens to the request identity.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimChange {
    /// No identity was given, or it is not touched.
    None,
    /// Must not exist yet; is inserted, with or without an answer.
    Insert(Claim),
    /// Must exist, bound to this operation; gets its answer (`claim.answer`).
    Answer(Claim),
    /// Every claim bound to this operation that waits without answer gets this answer
    /// (recovery settles an operation whose caller has long gone).
    AnswerOf(OperationId, crate::SavedAnswer),
    /// A certain failure frees the identity again.
    Free(RequestIdentity),
    /// As `Free`, by operation (recovery).
    FreeOf(OperationId),
}

impl ClaimChange {
    /// The identity it names, if it names one.
    #[must_use]
    pub const fn identity(&self) -> Option<&RequestIdentity> {
        match self {
            Self::Insert(claim) | Self::Answer(claim) => Some(&claim.identity),
            Self::Free(identity) => Some(identity),
            Self::None | Self::AnswerOf(..) | Self::FreeOf(_) => None,
        }
    }
}

/// What happens to the row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowChange {
    /// Only the claim.
    None,
    /// New: key, own id and slot must be free. `revision` is 1.
    Insert(Box<Row>),
    /// The stored revision must be `revision - 1`; where `slot` changes (or customer), the new
    /// slot must be free.
    Update(Box<Row>),
    /// A create that came to nothing: the stored revision must be this one.
    Remove {
        /// Which.
        key: EntitlementKey,
        /// Expected revision.
        revision: u32,
    },
}

/// A notification to be sent: the store gives it its place in the lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// The lane's target.
    pub target: TargetId,
    /// Index into `Change::events`.
    pub event: usize,
    /// What it says.
    pub reason: NotificationReason,
    /// Which printing of the body.
    pub form: u8,
    /// The body's member that carries the reason; `None` for the usual one.
    pub reason_field: Option<String>,
    /// Where nothing waits in the lane before it: the first attempt is not made earlier. `None`: at
    /// once.
    pub not_before: Option<Moment>,
}

/// A call the test merchant has promised to make at a later moment.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCallback {
    /// About which entitlement.
    pub key: EntitlementKey,
    /// When, by the store's clock.
    pub at: Moment,
    /// What it will say, in the test merchant's own words.
    pub says: String,
}

/// A stored [`NewCallback`].
#[derive(Debug, Clone, PartialEq)]
pub struct Callback {
    /// Its number.
    pub id: u64,
    /// About which entitlement.
    pub key: EntitlementKey,
    /// When.
    pub at: Moment,
    /// What it will say.
    pub says: String,
}

/// An operation that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosedOperation {
    /// Its id.
    pub id: OperationId,
    /// The entitlement, even one that was removed with it.
    pub key: EntitlementKey,
    /// What was asked, one word.
    pub kind: String,
    /// How it ended, one word.
    pub outcome: String,
    /// When it was opened.
    pub opened_at: Moment,
    /// When it ended.
    pub closed_at: Moment,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Committed {
    /// It is durable.
    Done,
    /// Nothing of it is there; this is what stood in its way, with what a load would have said,
    /// read in the same transaction.
    Conflict(Box<Conflict>),
}

/// Why a change was withdrawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// The first check that failed, in this order.
    pub cause: Cause,
    /// What is there instead.
    pub found: Loaded,
}

/// The checks of a change, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The identity is claimed already (or not bound to the expected operation).
    Claim,
    /// The row's revision is another, or the row is gone.
    Revision,
    /// The entitlementId is used.
    Id,
    /// The slot is taken.
    Slot,
    /// The call-back was carried out already.
    Callback,
}

impl Cause {
    /// Every cause, in the order of the checks.
    pub const ALL: [Cause; 5] = [Cause::Claim, Cause::Revision, Cause::Id, Cause::Slot, Cause::Callback];

    /// One word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Revision => "revision",
            Self::Id => "id",
            Self::Slot => "slot",
            Self::Callback => "callback",
        }
    }
}

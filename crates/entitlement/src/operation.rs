//! An operation: one write at the merchant, durable before and after (docs/LIFECYCLE.md 4, 5).

use crate::{Details, EndRequest, Moment, Party, ProductChange, Reason};
use alloc::boxed::Box;
use alloc::string::String;
use ids::OperationId;

/// How long a sender may take before the outcome counts as lost: all tries of one operation
/// (10 s), and a margin to commit what came of them.
pub const LEASE_MS: i64 = 15_000;

/// The one open operation of an entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// `requestId` towards the merchant: the same on every repeat.
    pub id: OperationId,
    /// What is asked of the merchant.
    pub ask: Ask,
    /// Who asked for it.
    pub by: Party,
    /// How far it is.
    pub stage: Stage,
    /// When the intent was committed.
    pub opened_at: Moment,
    /// How often the merchant has been called, inquiries included.
    pub attempts: u32,
    /// When the worker next does something about it (inquiry, repeat, lease end); `None`: it
    /// waits for a call-back or an operator.
    pub next_at: Option<Moment>,
    /// Queued only: when it ends as not done.
    pub deadline: Option<Moment>,
    /// A connector's own note about this operation, handed back with every later call; the rules
    /// never look at it.
    pub note: Option<String>,
}

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Being sent; others wait their turn. `next_at` is the end of the sender's lease.
    InFlight,
    /// The merchant answered 202: it will confirm.
    Queued,
    /// Nobody knows whether the merchant has acted.
    Unknown,
}

/// What is asked of the merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A new entitlement.
    Create,
    /// A fresh activation URL or code; changes nothing.
    ActivationInfo,
    /// Another product or offer, with the local fields of the same PATCH.
    Update {
        /// The new product and offer.
        product: ProductChange,
        /// Local fields that take effect with the first 2xx.
        details: Box<Details>,
    },
    /// The first RESELLER or HUB hold.
    Suspend {
        /// Whose hold.
        owner: Party,
        /// Why.
        reason: Option<Reason>,
        /// Local fields of the same PATCH.
        details: Box<Details>,
    },
    /// The last RESELLER or HUB hold goes.
    Resume {
        /// Whose hold.
        owner: Party,
        /// Local fields of the same PATCH.
        details: Box<Details>,
    },
    /// Take a planned end back.
    Undo {
        /// Local fields of the same PATCH.
        details: Box<Details>,
    },
    /// Terminate `immediate: false`.
    Cancel(Box<EndRequest>),
    /// Terminate `immediate: true`, asked by the reseller or an operator.
    Revoke(Box<EndRequest>),
    /// A duty: terminate `immediate: true` for what has already ended here.
    Terminate {
        /// Why it ended.
        reason: Option<Reason>,
    },
    /// A duty: suspend again.
    SuspendAgain,
    /// A duty: update back to the stored product.
    UpdateBack,
}

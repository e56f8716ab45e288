//! What a client writes down: every request that got a whole answer, and what it was meant to do.
//! The source of chance, which is none, is the drill's.

use crate::http::{Answer, Request};
pub(crate) use drill::Random;

/// What a request is meant to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A new entitlement.
    Create,
    /// One of several creates for one customer at once, or of one identity: together they make
    /// one entitlement.
    Twin,
    /// A change that the hub tells by these notifications, in this order.
    Change(&'static [&'static str]),
    /// The user presses Confirm: the merchant's doing, told by ACTIVATION_SUCCESS. It carries no
    /// identity; confirming twice is confirming once.
    Confirm,
}

/// A request with its meaning.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) request: Request,
    pub(crate) kind: Kind,
    /// Whose, where it is known before the answer.
    pub(crate) entitlement: String,
    /// Creates: for whom.
    pub(crate) customer: String,
}

/// A request with its whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) planned: Planned,
    pub(crate) answer: Answer,
    /// From the answer where it has one.
    pub(crate) entitlement: String,
}

impl Entry {
    /// Whether it changed something, or claims to have.
    pub(crate) fn is_success(&self) -> bool {
        self.answer.status < 400
    }
}

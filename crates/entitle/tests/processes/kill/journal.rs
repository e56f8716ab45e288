//! What a client writes down: every request that got a whole answer, and what it was meant to do.
//! Also the one source of chance in this test, which is none.

use crate::http::{Answer, Request};
use std::time::Duration;

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

/// Deterministic: the same seed gives the same numbers (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (end.max(1) as u64)).unwrap_or(0)
    }

    /// A time within these milliseconds.
    pub(crate) fn within(&mut self, range_ms: std::ops::Range<u64>) -> Duration {
        let width = usize::try_from(range_ms.end - range_ms.start).unwrap_or(1);
        Duration::from_millis(range_ms.start + self.below(width) as u64)
    }
}

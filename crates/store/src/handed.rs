//! Lanes that are handed over: whoever fills an empty lane gets it claimed in the same commit, and sends at once
//! what it has in memory. Nothing has to be looked for, nothing to be read.

use ids::{EntitlementKey, TargetId};
use std::fmt;

/// A lane whose head a change has just brought, claimed for whoever made the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedLane {
    /// The lane.
    pub key: EntitlementKey,
    /// The lane.
    pub target: TargetId,
    /// The notification's place in it: the first one that the change obliges to this target.
    pub sequence: u32,
    /// The claim's number, as in [`LaneWork`](crate::LaneWork).
    pub fence: u32,
    /// Failures of the lane in a row.
    pub failures: u32,
}

/// Who takes lanes over, and for how long (real time).
///
/// Called when the change is durable, whether or not anybody waits for the commit any more; with the lanes that
/// were empty, which may be none. Dropped where the change did not become durable, or where nobody knows whether it
/// did: lanes that were claimed all the same are free again when their leases have run out.
pub struct HandOver {
    lease_ms: i64,
    take: Box<dyn FnOnce(Vec<HandedLane>) + Send + Sync>,
}

impl HandOver {
    /// `take` must not block: the next commits wait for it.
    #[must_use]
    pub fn new(lease_ms: i64, take: impl FnOnce(Vec<HandedLane>) + Send + Sync + 'static) -> Self {
        Self { lease_ms, take: Box::new(take) }
    }

    /// For how long a lane is leased, in milliseconds of real time.
    #[must_use]
    pub const fn lease_ms(&self) -> i64 {
        self.lease_ms
    }

    /// Here they are.
    pub fn hand(self, lanes: Vec<HandedLane>) {
        (self.take)(lanes);
    }
}

impl fmt::Debug for HandOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOver").field("lease_ms", &self.lease_ms).finish_non_exhaustive()
    }
}

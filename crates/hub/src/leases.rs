//! Operations that this process is carrying to a merchant. Their lease is real time, as every
//! time-out is: the test clock that jumps ahead does not take an operation from a sender that is
//! still at work. After a restart nothing is here, and recovery goes by the stored moment alone.

use entitlement::{LEASE_MS, Moment};
use ids::OperationId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What is being carried: until when by the store's clock, and until when in truth.
type Held = HashMap<OperationId, (Moment, Instant)>;

/// The leases of one process.
#[derive(Debug, Default, Clone)]
pub(crate) struct Leases(Arc<Mutex<Held>>);

/// One operation is being carried as long as this lives.
pub(crate) struct Lease {
    leases: Leases,
    operation: OperationId,
}

impl Leases {
    /// Carries an operation whose stored lease ends at that moment.
    pub(crate) fn take(&self, operation: OperationId, until: Moment) -> Lease {
        self.take_for(Duration::from_millis(LEASE_MS.unsigned_abs()), operation, until)
    }

    fn take_for(&self, in_truth: Duration, operation: OperationId, until: Moment) -> Lease {
        self.lock().insert(operation, (until, Instant::now() + in_truth));
        Lease { leases: self.clone(), operation }
    }

    /// Whether somebody here is at work on it.
    pub(crate) fn holds(&self, operation: OperationId) -> bool {
        self.lock().get(&operation).is_some_and(|(_, in_truth)| *in_truth > Instant::now())
    }

    /// Whether the store's clock would take one from somebody here at this moment.
    pub(crate) fn end_by(&self, moment: Moment) -> bool {
        let now = Instant::now();
        self.lock().values().any(|(until, in_truth)| *until <= moment && *in_truth > now)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.leases.lock().remove(&self.operation);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_with_its_holder_or_in_real_time_whatever_the_stores_clock_says() {
        let leases = Leases::default();
        let lease = leases.take(OperationId(1), Moment(15_000));
        assert!(leases.holds(OperationId(1)) && !leases.holds(OperationId(2)));
        assert!(!leases.end_by(Moment(14_999)) && leases.end_by(Moment(i64::MAX)));
        drop(lease);
        assert!(!leases.holds(OperationId(1)) && !leases.end_by(Moment(i64::MAX)));
        let _hung = leases.take_for(Duration::ZERO, OperationId(2), Moment(15_000));
        assert!(!leases.holds(OperationId(2)) && !leases.end_by(Moment(i64::MAX)));
    }
}

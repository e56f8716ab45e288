//! What a store tells of itself to those who watch it: what it has counted since it was opened, and
//! how much lies where. Plain numbers: how they are shown, and to whom, is not known here.

use crate::Cause;
use entitlement::{Moment, Operation};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Upper bounds of batch sizes, in changes. Batches settle at 55 to 130 by themselves.
pub const BATCH_BOUNDS: [u64; 10] = [1, 2, 5, 10, 20, 50, 100, 200, 350, 512];

/// Upper bounds of a commit's duration, in microseconds: from a good disk's 100 to one that is sick.
pub const COMMIT_BOUNDS_US: [u64; 14] =
    [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 5_000_000];

/// Counted since the store was opened. Reading costs nobody anything; every number is its own.
#[derive(Debug)]
pub struct Figures {
    /// Changes in one transaction.
    pub batches: Distribution,
    /// How long its COMMIT took, the flush to the disk included, in microseconds.
    pub commits_us: Distribution,
    conflicts: [AtomicU64; Cause::ALL.len()],
    full: AtomicBool,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            batches: Distribution::new(&BATCH_BOUNDS),
            commits_us: Distribution::new(&COMMIT_BOUNDS_US),
            conflicts: Default::default(),
            full: AtomicBool::new(false),
        }
    }
}

impl Figures {
    /// Changes that something stood in the way of.
    #[must_use]
    pub fn conflicts(&self, cause: Cause) -> u64 {
        self.conflicts[cause as usize].load(Ordering::Relaxed)
    }

    /// Whether the last change found the disk full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    pub(crate) fn count_conflict(&self, cause: Cause) {
        self.conflicts[cause as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn found_full(&self, full: bool) {
        self.full.store(full, Ordering::Relaxed);
    }
}

/// How often values fell where.
#[derive(Debug)]
pub struct Distribution {
    bounds: &'static [u64],
    /// One more than bounds: the last is for what lies above them all.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Distribution {
    fn new(bounds: &'static [u64]) -> Self {
        Self { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    pub(crate) fn add(&self, value: u64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        self.counts[at].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// The sum of all values.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum.load(Ordering::Relaxed)
    }

    /// Each bound with how many values are at or below it and above the one before; the last, without
    /// a bound, holds the rest.
    pub fn counts(&self) -> impl Iterator<Item = (Option<u64>, u64)> + '_ {
        let bounds = self.bounds.iter().copied().map(Some).chain([None]);
        bounds.zip(self.counts.iter().map(|count| count.load(Ordering::Relaxed)))
    }
}

/// How much lies where. Counts are bounded, so that asking stays cheap: see `is_whole`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// Bytes of the data.
    pub data_bytes: u64,
    /// Bytes of the write-ahead log; 0 where the engine has none of its own.
    pub log_bytes: u64,
    /// Lanes whose head was not tried since the last success.
    pub waiting: Backlog,
    /// Lanes whose head has failed and will be tried again.
    pub retrying: Backlog,
    /// Lanes that wait for a URL or for an operator.
    pub parked: Backlog,
    /// Notifications that were given up.
    pub dead: u64,
    /// Open operations.
    pub operations: Vec<Operation>,
    /// The earliest moment at which anything is due.
    pub next_due: Option<Moment>,
    /// Everything was counted; else there is more than was looked at.
    pub is_whole: bool,
}

/// Lanes in one standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// How many.
    pub lanes: u64,
    /// When the oldest of what is to be sent next was committed.
    pub oldest: Option<Moment>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_at_the_first_bound_that_is_not_below_it() {
        let found = Distribution::new(&[1, 10]);
        for value in [0, 1, 2, 10, 11, 500] {
            found.add(value);
        }
        assert_eq!(found.counts().collect::<Vec<_>>(), [(Some(1), 2), (Some(10), 2), (None, 2)]);
        assert_eq!(found.sum(), 524);
    }

    #[test]
    fn conflicts_are_counted_by_cause() {
        let figures = Figures::default();
        figures.count_conflict(Cause::Slot);
        assert_eq!(Cause::ALL.map(|cause| figures.conflicts(cause)), [0, 0, 0, 1, 0]);
    }
}

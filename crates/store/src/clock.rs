//! The store's clock: the one place that reads the system's.
//!
//! [`Clock::system`] in programs; [`Clock::manual`] in tests, moved by hand.

use entitlement::Moment;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where the time comes from. Cheap to clone; clones of a manual clock move together.
#[derive(Debug, Clone)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until [`Clock::set`] or [`Clock::advance_ms`] moves it.
    #[must_use]
    pub fn manual(start: Moment) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.0))))
    }

    /// The time.
    #[must_use]
    pub fn read(&self) -> Moment {
        match &self.0 {
            None => system_now(),
            Some(manual) => Moment(manual.load(Ordering::SeqCst)),
        }
    }

    /// Sets a manual clock; the system's stays as it is.
    pub fn set(&self, now: Moment) {
        if let Some(manual) = &self.0 {
            manual.store(now.0, Ordering::SeqCst);
        }
    }

    /// Moves a manual clock on.
    pub fn advance_ms(&self, ms: i64) {
        if let Some(manual) = &self.0 {
            manual.fetch_add(ms, Ordering::SeqCst);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the door to the system's clock")]
fn system_now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Real time that passes, whatever the store's clock says: bounds statements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the store's door to monotonic time")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed_us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub(crate) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A clock with an offset (sandbox) that never runs backwards, except where a reset asks for it.
#[derive(Debug)]
pub(crate) struct StoreClock {
    source: Clock,
    /// Held while the time is read: what was read before a reset must not be kept as the latest after it.
    offset_ms: RwLock<i64>,
    latest_ms: AtomicI64,
}

impl StoreClock {
    pub(crate) const fn new(source: Clock, offset_ms: i64) -> Self {
        Self { source, offset_ms: RwLock::new(offset_ms), latest_ms: AtomicI64::new(i64::MIN) }
    }

    pub(crate) fn now(&self) -> Moment {
        let offset_ms = self.offset_ms.read().unwrap_or_else(PoisonError::into_inner);
        let reading = self.source.read().plus_ms(*offset_ms).0;
        Moment(self.latest_ms.fetch_max(reading, Ordering::SeqCst).max(reading))
    }

    /// Real time, as far as this clock's source tells it: without the offset.
    pub(crate) fn real_ms(&self) -> i64 {
        self.source.read().0
    }

    pub(crate) fn offset_ms(&self) -> i64 {
        *self.offset_ms.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_offset(&self, offset_ms: i64) {
        *self.offset_ms.write().unwrap_or_else(PoisonError::into_inner) = offset_ms;
    }

    /// Back to the source's time, even where that is earlier: test data are gone with it.
    pub(crate) fn reset(&self) {
        let mut held_ms = self.offset_ms.write().unwrap_or_else(PoisonError::into_inner);
        *held_ms = 0;
        self.latest_ms.store(i64::MIN, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_runs_backwards_but_by_a_reset() {
        let source = Clock::manual(Moment(1_000));
        let clock = StoreClock::new(source.clone(), 0);
        assert_eq!(clock.now(), Moment(1_000));
        source.set(Moment(400));
        assert_eq!(clock.now(), Moment(1_000));
        clock.set_offset(5_000);
        assert_eq!(clock.now(), Moment(5_400));
        clock.reset();
        assert_eq!(clock.now(), Moment(400));
    }

    /// Whoever reads while it is reset has the time of before or of after, and leaves nothing of before.
    #[test]
    fn a_reset_is_not_undone_by_who_reads_meanwhile() {
        let clock = StoreClock::new(Clock::manual(Moment(0)), 0);
        let (begun, done) = (std::sync::Barrier::new(2), std::sync::atomic::AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                begun.wait();
                while !done.load(Ordering::Relaxed) {
                    clock.now();
                }
            });
            begun.wait();
            let lasting = (0..2_000_000).filter(|_| {
                clock.set_offset(60_000);
                clock.reset();
                clock.now() != Moment(0)
            });
            let lasting = lasting.count();
            done.store(true, Ordering::Relaxed);
            assert_eq!(lasting, 0);
        });
    }
}

//! How often a credential may be used: a bucket that holds `burst` requests and refills evenly, kept
//! as the one moment when it will be full again (GCRA). Time is handed in, so that tests need none.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use wire::RateLimit;

/// A second in nanoseconds.
const SECOND_NS: u64 = 1_000_000_000;

/// A limit of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many a second in the long run; a thousand million at most.
    pub per_second: NonZeroU32,
    /// So many at once after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    /// From one request to the next, in the long run.
    fn interval_ns(self) -> u64 {
        (SECOND_NS / u64::from(self.per_second.get())).max(1)
    }

    fn capacity_ns(self) -> u64 {
        self.interval_ns().saturating_mul(u64::from(self.burst.get()))
    }
}

/// Counts requests against a rate.
#[derive(Debug)]
pub(super) struct Limiter {
    rate: Rate,
    /// Where its time begins.
    base: Instant,
    /// When the bucket is full again, in nanoseconds after `base`; in the past it is full.
    full_at_ns: AtomicU64,
    /// Requests that were taken here, so far.
    taken: AtomicU64,
}

/// What other hubs take is owed here for so long at most: whoever is refused for longer because of them would
/// be refused by a clock that went wrong.
const OWED_MAX_NS: u64 = 5 * SECOND_NS;

impl Limiter {
    pub(super) fn new(rate: Rate, base: Instant) -> Self {
        Self { rate, base, full_at_ns: AtomicU64::new(0), taken: AtomicU64::new(0) }
    }

    /// With what was counted before, if it was counted the same way.
    pub(super) fn count_on_from(&self, old: &Self) {
        if self.rate == old.rate {
            let later = u64::try_from(self.base.saturating_duration_since(old.base).as_nanos()).unwrap_or(u64::MAX);
            let full_at_ns = old.full_at_ns.load(Ordering::Relaxed).saturating_sub(later);
            self.full_at_ns.store(full_at_ns, Ordering::Relaxed);
        }
        self.taken.store(old.taken(), Ordering::Relaxed);
    }

    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Takes what others have taken out of the same bucket, even where it is empty: then so much less is
    /// taken here from now on.
    pub(super) fn count_others(&self, count: u64, now: Instant) {
        let now_ns = self.since_base_ns(now);
        let most = now_ns.saturating_add(self.rate.capacity_ns()).saturating_add(OWED_MAX_NS);
        let took = self.rate.interval_ns().saturating_mul(count);
        let owed = |full_at: u64| Some(full_at.max(now_ns).saturating_add(took).min(most.max(full_at)));
        let _ = self.full_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, owed);
    }

    fn since_base_ns(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.base).as_nanos()).unwrap_or(u64::MAX)
    }

    /// How the limit stands after this request, or with the seconds to wait where it is one too many.
    pub(super) fn count(&self, now: Instant) -> Result<RateLimit, (RateLimit, u32)> {
        let now_ns = self.since_base_ns(now);
        let (interval, capacity) = (self.rate.interval_ns(), self.rate.capacity_ns());
        let counted = self.full_at_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let next = full_at.max(now_ns).saturating_add(interval);
            (next.saturating_sub(now_ns) <= capacity).then_some(next)
        });
        match counted {
            Ok(before) => {
                self.taken.fetch_add(1, Ordering::Relaxed);
                Ok(self.standing(before.max(now_ns).saturating_add(interval), now_ns))
            }
            Err(full_at) => {
                let next = full_at.saturating_add(interval).saturating_sub(capacity);
                Err((self.standing(full_at, now_ns), seconds(next.saturating_sub(now_ns))))
            }
        }
    }

    fn standing(&self, full_at_ns: u64, now_ns: u64) -> RateLimit {
        let missing = full_at_ns.saturating_sub(now_ns);
        let left = self.rate.capacity_ns().saturating_sub(missing) / self.rate.interval_ns();
        RateLimit {
            quota: self.rate.burst.get(),
            window_s: seconds(self.rate.capacity_ns()),
            left: u32::try_from(left).unwrap_or(u32::MAX),
            resets_in_s: seconds(missing),
        }
    }
}

/// Whole seconds, rounded up, so that nobody comes too early; one at least.
fn seconds(ns: u64) -> u32 {
    let seconds = Duration::from_nanos(ns).as_nanos().div_ceil(u128::from(SECOND_NS));
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_second: u32, burst: u32) -> Limiter {
        let number = |number| NonZeroU32::new(number).unwrap();
        let rate = Rate { per_second: number(per_second), burst: number(burst) };
        Limiter::new(rate, Instant::now())
    }

    fn after(limiter: &Limiter, ms: u64) -> Instant {
        limiter.base + Duration::from_millis(ms)
    }

    #[test]
    fn a_burst_goes_through_and_then_as_many_as_the_rate_says() {
        let limiter = limiter(200, 400);
        let begin = after(&limiter, 10_000);
        for taken in 1..=400 {
            assert_eq!(limiter.count(begin).unwrap().left, 400 - taken);
        }
        let (standing, wait_s) = limiter.count(begin).unwrap_err();
        assert_eq!(standing, RateLimit { quota: 400, window_s: 2, left: 0, resets_in_s: 2 });
        assert_eq!(wait_s, 1);
        for ms in 1..1_000 {
            let came = limiter.count(after(&limiter, 10_000 + ms)).is_ok();
            assert_eq!(came, ms % 5 == 0, "one every 5 ms: {ms}");
        }
        let rested = limiter.count(after(&limiter, 60_000)).unwrap();
        assert_eq!(rested.left, 399, "a pause fills it, and not beyond");
    }

    #[test]
    fn a_slow_rate_says_how_long_to_wait() {
        let limiter = limiter(1, 2);
        assert!(limiter.count(after(&limiter, 0)).is_ok());
        assert!(limiter.count(after(&limiter, 0)).is_ok());
        assert_eq!(limiter.count(after(&limiter, 100)).unwrap_err().1, 1);
        assert!(limiter.count(after(&limiter, 999)).is_err());
        assert!(limiter.count(after(&limiter, 1_000)).is_ok());
    }

    #[test]
    fn what_is_refused_is_not_counted_and_time_that_stands_gives_nothing() {
        let limiter = limiter(10, 1);
        assert!(limiter.count(after(&limiter, 0)).is_ok());
        for _ in 0..1_000 {
            assert!(limiter.count(after(&limiter, 99)).is_err());
        }
        assert!(limiter.count(after(&limiter, 100)).is_ok(), "the refused ones cost nothing");
    }

    #[test]
    fn the_same_rate_goes_on_counting_and_another_begins_anew() {
        let old = limiter(1, 1);
        assert!(old.count(after(&old, 0)).is_ok());
        let same = Limiter::new(old.rate, after(&old, 10));
        same.count_on_from(&old);
        assert!(same.count(after(&old, 999)).is_err());
        assert!(same.count(after(&old, 1_000)).is_ok());
        let other = limiter(2, 1);
        other.count_on_from(&old);
        assert!(other.count(after(&old, 20)).is_ok());
    }

    #[test]
    fn hubs_that_tell_each_other_take_no_more_together_than_one_alone() {
        let hubs = [limiter(200, 100), limiter(200, 100), limiter(200, 100)];
        let mut heard = [0; 3];
        let mut taken_in_first_s = 0;
        for ms in 0..10_000 {
            for hub in &hubs {
                let _ = (0..3).filter(|_| hub.count(after(hub, ms)).is_ok()).count();
            }
            if ms % 250 == 0 {
                let taken: Vec<u64> = hubs.iter().map(Limiter::taken).collect();
                for (hub, heard) in hubs.iter().zip(&mut heard) {
                    let others = taken.iter().sum::<u64>() - hub.taken();
                    hub.count_others(others - *heard, after(hub, ms));
                    *heard = others;
                }
            }
            if ms == 1_000 {
                taken_in_first_s = hubs.iter().map(Limiter::taken).sum();
            }
        }
        let alone = 100 + 200 * 10;
        let taken: u64 = hubs.iter().map(Limiter::taken).sum();
        assert!(taken.abs_diff(alone) * 5 <= alone, "{taken} instead of {alone}");
        assert!(taken_in_first_s <= 3 * 100 + 3 * 200, "{taken_in_first_s}");
    }

    #[test]
    fn many_at_once_get_no_more_than_the_burst() {
        let limiter = limiter(1, 100);
        let now = after(&limiter, 0);
        let through = std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..100).filter(|_| limiter.count(now).is_ok()).count())).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum::<usize>()
        });
        assert_eq!(through, 100);
    }
}

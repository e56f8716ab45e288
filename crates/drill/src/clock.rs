//! The one door to time: what is measured, and waiting for a fact with a bound.

use std::time::{Duration, Instant};

/// Between two looks at what is awaited.
const LOOK: Duration = Duration::from_millis(10);

/// Time since it was started.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// From now.
    #[expect(clippy::disallowed_methods, reason = "what hubs take is measured from outside")]
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds.
    #[must_use]
    pub fn us(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }

    /// Returns at that second.
    pub fn wait_until(&self, second: f64) {
        pause(Duration::from_secs_f64((second - self.seconds()).max(0.0)));
    }
}

/// Lets time pass: for a load that has its pace, and for moments that are moments.
#[expect(clippy::disallowed_methods, reason = "a load has a pace; facts are awaited with `until`")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// Waits for a fact that has to come; gives how long it took.
pub fn until(what: &str, within: Duration, is_so: impl FnMut() -> bool) -> Duration {
    let clock = Clock::start();
    assert!(comes(within, is_so), "not within {within:?}: {what}");
    clock.0.elapsed()
}

/// Waits for a fact; whether it came.
pub(crate) fn comes(within: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let clock = Clock::start();
    loop {
        if is_so() {
            return true;
        }
        if clock.0.elapsed() >= within {
            return false;
        }
        pause(LOOK);
    }
}

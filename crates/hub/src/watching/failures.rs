//! How many failures are logged: each while there are few, and some of a flood, since a log that
//! fills the disk is a failure of its own. All are counted in the figures.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::Instant;

/// Failures logged in one second.
const A_SECOND: u32 = 20;

/// Since when, and how many so far.
#[derive(Debug, Default)]
pub(super) struct FailureLog(Mutex<Option<(Instant, u32)>>);

impl FailureLog {
    pub(super) fn may_log(&self) -> bool {
        self.may_log_at(Instant::now())
    }

    fn may_log_at(&self, now: Instant) -> bool {
        let mut second = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, logged) =
            second.filter(|(since, _)| now.duration_since(*since) < Duration::from_secs(1)).unwrap_or((now, 0));
        *second = Some((since, logged.saturating_add(1)));
        if logged == A_SECOND {
            tracing::warn!("more failures come than are logged; entitle_requests_total counts them all");
        }
        logged < A_SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_logged_in_part() {
        let (log, now) = (FailureLog::default(), Instant::now());
        assert_eq!((0..1_000).filter(|_| log.may_log_at(now)).count(), A_SECOND as usize);
        assert!(log.may_log_at(now + Duration::from_secs(1)));
    }
}

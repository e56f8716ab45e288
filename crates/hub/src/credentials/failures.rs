//! Wrong passwords by the address they came from: after so many in a minute no more are checked until
//! the minute is over, and guessing costs the hub nothing. Only well-formed credentials count, and
//! those that are verified from memory never come here.

use crate::server::Counted;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Wrong passwords from one address in one window, after which none is checked.
pub(crate) const FAILURES_MAX: u32 = 20;
/// The window, which begins with the first wrong password.
pub(crate) const WINDOW: Duration = Duration::from_secs(60);
/// Addresses remembered at most, a few hundred KiB; beyond that the oldest window is forgotten. Who
/// has more addresses still meets the queue of checks.
const ADDRESSES_MAX: usize = 10_000;

/// The failures of all addresses.
#[derive(Debug, Default)]
pub(super) struct Failures {
    windows: Mutex<HashMap<Counted, Window>>,
}

#[derive(Debug)]
struct Window {
    begun: Instant,
    failed: u32,
}

/// A check under way. It counts as failed unless it passes: who hangs up before the end has guessed,
/// too.
pub(super) struct Attempt<'a> {
    failures: &'a Failures,
    client: Option<Counted>,
}

impl Failures {
    /// # Errors
    /// Where too many failed, with the seconds until the window is over.
    pub(super) fn check(&self, client: IpAddr, now: Instant) -> Result<(), u32> {
        let windows = self.windows();
        let Some(window) = windows.get(&Counted::from(client)).filter(|window| window.failed >= FAILURES_MAX) else {
            return Ok(());
        };
        let left = WINDOW.saturating_sub(now.saturating_duration_since(window.begun));
        match u32::try_from(left.as_millis().div_ceil(1_000)) {
            Ok(0) => Ok(()),
            Ok(wait_s) => Err(wait_s),
            Err(_) => Err(u32::MAX),
        }
    }

    pub(super) fn attempt(&self, client: IpAddr) -> Attempt<'_> {
        Attempt { failures: self, client: Some(Counted::from(client)) }
    }

    fn count(&self, client: Counted, now: Instant) {
        let mut windows = self.windows();
        if !windows.contains_key(&client) && windows.len() >= ADDRESSES_MAX {
            make_room(&mut windows, now);
        }
        let window = windows.entry(client).or_insert(Window { begun: now, failed: 0 });
        if now.saturating_duration_since(window.begun) >= WINDOW {
            *window = Window { begun: now, failed: 0 };
        }
        window.failed = window.failed.saturating_add(1);
    }

    fn windows(&self) -> MutexGuard<'_, HashMap<Counted, Window>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Windows that are over go; if there are none, the oldest goes.
fn make_room(windows: &mut HashMap<Counted, Window>, now: Instant) {
    windows.retain(|_, window| now.saturating_duration_since(window.begun) < WINDOW);
    if windows.len() >= ADDRESSES_MAX {
        let oldest = windows.iter().min_by_key(|(_, window)| window.begun).map(|(client, _)| *client);
        oldest.map(|client| windows.remove(&client));
    }
}

impl Attempt<'_> {
    /// It was no wrong password.
    pub(super) fn passes(mut self) {
        self.client = None;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(client) = self.client {
            self.failures.count(client, Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_twenty_first_in_a_minute_is_refused_and_the_minute_passes() {
        let failures = Failures::default();
        let begin = Instant::now();
        let (guesser, other) = (ip("203.0.113.7"), ip("203.0.113.8"));
        for at in 0..u64::from(FAILURES_MAX) {
            let now = begin + Duration::from_secs(at);
            assert_eq!(failures.check(guesser, now), Ok(()));
            failures.count(guesser.into(), now);
        }
        assert_eq!(failures.check(guesser, begin + Duration::from_secs(20)), Err(40));
        assert_eq!(failures.check(guesser, begin + Duration::from_millis(59_001)), Err(1));
        assert_eq!(failures.check(other, begin + Duration::from_secs(20)), Ok(()));
        let later = begin + WINDOW;
        assert_eq!(failures.check(guesser, later), Ok(()));
        failures.count(guesser.into(), later);
        assert_eq!(failures.check(guesser, later), Ok(()), "a new window begins with one");
    }

    #[test]
    fn an_ipv6_guesser_is_its_network() {
        let failures = Failures::default();
        let now = Instant::now();
        for host in 0..u128::from(FAILURES_MAX) {
            failures.count(IpAddr::V6((u128::from(0x2001_0db8_u32) << 96 | host).into()).into(), now);
        }
        assert!(failures.check(ip("2001:db8::ffff"), now).is_err());
        assert!(failures.check(ip("2001:db8:0:1::1"), now).is_ok());
    }

    #[test]
    fn what_passes_is_not_counted_and_what_is_given_up_is() {
        let failures = Failures::default();
        let client = ip("203.0.113.7");
        for _ in 0..100 {
            failures.attempt(client).passes();
        }
        assert!(failures.windows().is_empty());
        drop(failures.attempt(client));
        assert_eq!(failures.windows().get(&client.into()).map(|window| window.failed), Some(1));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_is_forgotten_first() {
        let failures = Failures::default();
        let begin = Instant::now();
        let client = |at: u32| Counted::from(IpAddr::V4(at.into()));
        for at in 0..20_000 {
            failures.count(client(at), begin + Duration::from_millis(u64::from(at)));
        }
        let windows = failures.windows();
        assert_eq!(windows.len(), ADDRESSES_MAX);
        assert!(windows.contains_key(&client(19_999)) && !windows.contains_key(&client(0)));
    }
}

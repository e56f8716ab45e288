//! Receivers by endpoint (scheme, host, port): how many attempts are under way to each, and when one
//! that has no place left is worth another try. A slow receiver then costs the hub next to nothing
//! however long its queue is: what is committed for it is put off at once, without being claimed first.

use entitlement::Moment;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Attempts under way at once to one endpoint: a slow one never takes the places of the others.
const ATTEMPTS_PER_ENDPOINT_MAX: usize = 64;
/// A lane whose endpoint has no place comes again after so long at the earliest…
const BUSY_MS: i64 = 250;
/// …with others it comes one after the other, so far apart: 256 a second…
const APART_US: i64 = BUSY_MS * 1_000 / ATTEMPTS_PER_ENDPOINT_MAX as i64;
/// …but after so long at the latest (decision 0031).
const BUSY_MAX_MS: i64 = 300_000;

/// The endpoints with attempts under way.
#[derive(Debug, Default)]
pub(crate) struct Endpoints {
    known: Mutex<HashMap<String, Endpoint>>,
    /// How many of them have no place left: usually none, and then nobody has to look.
    full: AtomicUsize,
}

#[derive(Debug, Default)]
struct Endpoint {
    flying: usize,
    /// When the lane that was put off last comes again, in microseconds since 1970.
    last_us: i64,
}

impl Endpoints {
    /// Takes a place; or says when to come again.
    pub(super) fn board(&self, url: &str, now: Moment) -> Result<(), Moment> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = known.entry(origin(url).to_owned()).or_default();
        if endpoint.flying >= ATTEMPTS_PER_ENDPOINT_MAX {
            return Err(endpoint.put_off(now));
        }
        endpoint.flying += 1;
        if endpoint.flying == ATTEMPTS_PER_ENDPOINT_MAX {
            self.full.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Gives the place back.
    pub(super) fn leave(&self, url: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(endpoint) = known.get_mut(origin(url)) else {
            return;
        };
        if endpoint.flying == ATTEMPTS_PER_ENDPOINT_MAX {
            self.full.fetch_sub(1, Ordering::Relaxed);
        }
        endpoint.flying -= 1;
        if endpoint.flying == 0 {
            known.remove(origin(url));
        }
    }

    /// When a new notification to this URL is worth a try: `None` for at once.
    pub(crate) fn not_before(&self, url: &str, now: Moment) -> Option<Moment> {
        if self.full.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = known.get_mut(origin(url))?;
        (endpoint.flying >= ATTEMPTS_PER_ENDPOINT_MAX).then(|| endpoint.put_off(now))
    }
}

impl Endpoint {
    /// Behind everything that was put off before: so a queue that is looked at in vain costs the same
    /// however long it is.
    fn put_off(&mut self, now: Moment) -> Moment {
        let now_us = now.0.saturating_mul(1_000);
        let (first, latest) = (now_us + BUSY_MS * 1_000, now_us + BUSY_MAX_MS * 1_000);
        self.last_us = self.last_us.saturating_add(APART_US).clamp(first, latest);
        Moment(self.last_us.div_euclid(1_000))
    }
}

/// Scheme, host and port as written, with what stands before the host.
fn origin(url: &str) -> &str {
    let host_at = url.find("://").map_or(0, |at| at + "://".len());
    let end = url[host_at..].find(['/', '?', '#']).map_or(url.len(), |at| host_at + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://a.example:8443/x?y";
    const NOW: Moment = Moment(1_000);

    #[test]
    fn an_origin_ends_where_the_path_begins() {
        assert_eq!(origin(URL), "https://a.example:8443");
        assert_eq!(origin("http://u:p@b.example?x=/"), "http://u:p@b.example");
        assert_eq!(origin("http://b.example"), "http://b.example");
    }

    /// An endpoint without a place.
    fn full() -> Endpoints {
        let endpoints = Endpoints::default();
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            assert_eq!(endpoints.not_before(URL, NOW), None);
            assert_eq!(endpoints.board(URL, NOW), Ok(()));
        }
        endpoints
    }

    #[test]
    fn a_full_endpoint_puts_off_one_behind_the_other_and_no_other_endpoint() {
        let endpoints = full();
        let other_path = "https://a.example:8443/other";
        assert_eq!(endpoints.board(other_path, NOW), Err(NOW.plus_ms(BUSY_MS)), "one endpoint whatever the path");
        assert_eq!(endpoints.board("https://b.example", NOW), Ok(()));
        assert_eq!(endpoints.not_before("https://b.example", NOW), None);
        for _ in 1..ATTEMPTS_PER_ENDPOINT_MAX {
            assert!(endpoints.not_before(URL, NOW).is_some());
        }
        let after_64 = endpoints.not_before(URL, NOW).unwrap().0 - NOW.0;
        assert!((2 * BUSY_MS - 2..=2 * BUSY_MS).contains(&after_64), "64 in 250 ms: {after_64}");
        for _ in 0..1_000_000 {
            endpoints.not_before(URL, NOW);
        }
        assert_eq!(endpoints.not_before(URL, NOW), Some(NOW.plus_ms(BUSY_MAX_MS)));
    }

    #[test]
    fn what_comes_again_in_vain_goes_behind_the_others_and_makes_the_queue_no_longer() {
        let endpoints = full();
        let again: Vec<Moment> = (0..1_000).map(|_| endpoints.board(URL, NOW).unwrap_err()).collect();
        let last = *again.last().unwrap();
        // Each at its time, and all of them ten times over.
        let waits = |at: Moment| endpoints.board(URL, at).unwrap_err().0 - at.0;
        let mut queue: std::collections::VecDeque<Moment> = again.into();
        for _ in 0..10_000 {
            let at = queue.pop_front().unwrap();
            let wait = waits(at);
            assert!(wait <= last.0 - NOW.0 + BUSY_MS, "{wait} ms");
            queue.push_back(at.plus_ms(wait));
        }
    }

    #[test]
    fn a_place_that_is_left_is_free_and_an_endpoint_at_rest_is_forgotten() {
        let endpoints = full();
        endpoints.leave(URL);
        assert_eq!(endpoints.not_before(URL, NOW), None);
        assert_eq!(endpoints.board(URL, NOW), Ok(()));
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            endpoints.leave(URL);
        }
        assert!(endpoints.known.lock().unwrap().is_empty());
        assert_eq!(endpoints.full.load(Ordering::Relaxed), 0);
    }
}

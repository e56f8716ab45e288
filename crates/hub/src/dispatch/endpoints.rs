//! Receivers by endpoint (scheme, host, port): how many attempts are under way to each, and when one
//! that has no place left is worth another try. A slow receiver then costs the hub next to nothing
//! however long its queue is: what is committed for it is put off at once, without being claimed first.

use entitlement::Moment;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Attempts under way at once to one endpoint: a slow one never takes the places of the others.
const ATTEMPTS_PER_ENDPOINT_MAX: usize = 64;
/// A lane whose endpoint has no place comes again after so long…
const BUSY_MS: i64 = 250;
/// …and later, the more have been put off, so that not all come at once; at most after so long.
const BUSY_MAX_MS: i64 = 30_000;

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
    /// Lanes put off that have not had their turn.
    put_off: usize,
}

impl Endpoints {
    /// Takes a place; or says after how many milliseconds to come again.
    pub(super) fn board(&self, url: &str) -> Result<(), i64> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = known.entry(origin(url).to_owned()).or_default();
        if endpoint.flying >= ATTEMPTS_PER_ENDPOINT_MAX {
            return Err(endpoint.put_off());
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
        endpoint.put_off = endpoint.put_off.saturating_sub(1);
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
        (endpoint.flying >= ATTEMPTS_PER_ENDPOINT_MAX).then(|| now.plus_ms(endpoint.put_off()))
    }
}

impl Endpoint {
    fn put_off(&mut self) -> i64 {
        self.put_off = self.put_off.saturating_add(1);
        let rounds = i64::try_from(self.put_off / ATTEMPTS_PER_ENDPOINT_MAX).unwrap_or(BUSY_MAX_MS);
        rounds.saturating_add(1).saturating_mul(BUSY_MS).min(BUSY_MAX_MS)
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

    #[test]
    fn an_origin_ends_where_the_path_begins() {
        assert_eq!(origin(URL), "https://a.example:8443");
        assert_eq!(origin("http://u:p@b.example?x=/"), "http://u:p@b.example");
        assert_eq!(origin("http://b.example"), "http://b.example");
    }

    #[test]
    fn a_full_endpoint_puts_off_the_longer_the_more_wait_and_no_other() {
        let endpoints = Endpoints::default();
        let now = Moment(1_000);
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            assert_eq!(endpoints.not_before(URL, now), None);
            assert_eq!(endpoints.board(URL), Ok(()));
        }
        assert_eq!(endpoints.board("https://a.example:8443/other"), Err(BUSY_MS), "one endpoint whatever the path");
        assert_eq!(endpoints.board("https://b.example"), Ok(()));
        assert_eq!(endpoints.not_before("https://b.example", now), None);
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            assert!(endpoints.not_before(URL, now).is_some());
        }
        assert_eq!(endpoints.not_before(URL, now), Some(now.plus_ms(2 * BUSY_MS)));
        for _ in 0..1_000_000 {
            endpoints.not_before(URL, now);
        }
        assert_eq!(endpoints.not_before(URL, now), Some(now.plus_ms(BUSY_MAX_MS)));
    }

    #[test]
    fn a_place_that_is_left_is_free_and_an_endpoint_at_rest_is_forgotten() {
        let endpoints = Endpoints::default();
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            assert_eq!(endpoints.board(URL), Ok(()));
        }
        endpoints.leave(URL);
        assert_eq!(endpoints.not_before(URL, Moment(0)), None);
        assert_eq!(endpoints.board(URL), Ok(()));
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            endpoints.leave(URL);
        }
        assert!(endpoints.known.lock().unwrap().is_empty());
        assert_eq!(endpoints.full.load(Ordering::Relaxed), 0);
    }
}

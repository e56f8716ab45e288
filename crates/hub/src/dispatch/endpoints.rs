//! Receivers by endpoint (scheme, host, port): how many attempts are under way to each, and when one
//! that has no place left is worth another try. A slow receiver then costs the hub next to nothing
//! however long its queue is: what is committed for it is put off at once, without being claimed first.

use entitlement::Moment;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Attempts under way at once to one endpoint: a slow one never takes the places of the others.
const ATTEMPTS_PER_ENDPOINT_MAX: usize = 64;
const PLACES: i64 = ATTEMPTS_PER_ENDPOINT_MAX as i64;
/// A lane whose endpoint has no place comes again when all places have turned over, as far as can be told: after
/// so long at the earliest where the endpoint answers at once…
const TURN_MIN_US: i64 = 5_000;
/// …and where it does not. With others it comes one after the other, as many in a turn as there are places…
const TURN_MAX_US: i64 = 250_000;
/// …but after so long at the latest (decision 0031).
const BUSY_MAX_MS: i64 = 300_000;
/// An attempt's time weighs so much less than those before it.
const WEIGHT: i64 = 8;

/// Where all places turn over within so long, the next ones wait for a place as they are…
const WAITS_FOR_US: i64 = 100_000;
/// …so many at most, at one and at all of them…
const WAITING_MAX: usize = 192;
const WAITING_IN_ALL_MAX: usize = 512;
/// …and not for longer, whatever becomes of the endpoint meanwhile.
const WAITED_MAX: Duration = Duration::from_secs(1);

/// What becomes of whoever wants a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Boarding<W> {
    /// It has one.
    Boards(W),
    /// Whoever leaves the endpoint takes it along.
    Waits,
    /// There is none, and will be none soon: again at that moment.
    Again(W, Moment),
}

/// The endpoints with attempts under way.
#[derive(Debug)]
pub(crate) struct Endpoints<W> {
    known: Mutex<HashMap<String, Endpoint<W>>>,
    /// How many of them have no place left: usually none, and then nobody has to look.
    full: AtomicUsize,
    /// How many wait for a place.
    waiting: AtomicUsize,
    /// In so many microseconds something that was put off is due, if anything was since the last look.
    soon_us: AtomicU64,
}

#[derive(Debug)]
struct Endpoint<W> {
    flying: usize,
    /// Only where every place is taken. Since when each of them waits.
    waiting: VecDeque<(Instant, W)>,
    /// When the lane that was put off last comes again, in microseconds since 1970.
    last_us: i64,
    /// How long its attempts take.
    takes_us: i64,
    /// No attempt has ended since.
    quiet_since: Instant,
}

impl<W> Default for Endpoints<W> {
    fn default() -> Self {
        let [full, waiting] = [0; 2].map(AtomicUsize::new);
        Self { known: Mutex::default(), full, waiting, soon_us: AtomicU64::new(u64::MAX) }
    }
}

impl<W> Endpoints<W> {
    /// Takes a place, or waits for one; or says when to come again. `at`: real time, whatever `now` says.
    pub(super) fn board(&self, url: &str, now: Moment, at: Instant, who: W) -> Boarding<W> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = known.entry(origin(url).to_owned()).or_insert_with(|| Endpoint::new(at));
        if endpoint.flying >= ATTEMPTS_PER_ENDPOINT_MAX {
            if self.can_wait(endpoint, at) {
                self.waiting.fetch_add(1, Ordering::Relaxed);
                endpoint.waiting.push_back((at, who));
                return Boarding::Waits;
            }
            return Boarding::Again(who, self.put_off(endpoint, now, at));
        }
        endpoint.flying += 1;
        if endpoint.flying == ATTEMPTS_PER_ENDPOINT_MAX {
            self.full.fetch_add(1, Ordering::Relaxed);
        }
        Boarding::Boards(who)
    }

    /// Gives the place back that was taken at `boarded`, or passes it on to who has waited for it longest.
    pub(super) fn leave(&self, url: &str, boarded: Instant, at: Instant) -> Option<W> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = known.get_mut(origin(url))?;
        if let Some((_, who)) = endpoint.waiting.pop_front() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            endpoint.ended(boarded, at);
            return Some(who);
        }
        if endpoint.flying == ATTEMPTS_PER_ENDPOINT_MAX {
            self.full.fetch_sub(1, Ordering::Relaxed);
        }
        endpoint.flying -= 1;
        endpoint.ended(boarded, at);
        if endpoint.flying == 0 {
            known.remove(origin(url));
        }
        None
    }

    /// Everybody who waits for a place: they do so no more.
    pub(super) fn take_waiting(&self) -> Vec<W> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.store(0, Ordering::Relaxed);
        known.values_mut().flat_map(|endpoint| endpoint.waiting.drain(..)).map(|(_, who)| who).collect()
    }

    /// How many wait for a place.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Who has waited too long, and when each comes again.
    pub(super) fn take_late(&self, now: Moment, at: Instant) -> Vec<(W, Moment)> {
        let mut late = Vec::new();
        if self.waiting() == 0 {
            return late;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for endpoint in known.values_mut() {
            while let Some((_, who)) = endpoint.waiting.pop_front_if(|(since, _)| at > *since + WAITED_MAX) {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                late.push((who, self.put_off(endpoint, now, at)));
            }
        }
        late
    }

    fn can_wait(&self, endpoint: &Endpoint<W>, at: Instant) -> bool {
        let has_room = endpoint.waiting.len() < WAITING_MAX && self.waiting() < WAITING_IN_ALL_MAX;
        has_room && endpoint.turn_us(at) <= WAITS_FOR_US
    }

    /// When a new notification to this URL is worth a try: `None` for at once.
    pub(crate) fn not_before(&self, url: &str, now: Moment, at: Instant) -> Option<Moment> {
        if self.full.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let endpoint = known.get_mut(origin(url))?;
        let is_full = endpoint.flying >= ATTEMPTS_PER_ENDPOINT_MAX && !self.can_wait(endpoint, at);
        is_full.then(|| self.put_off(endpoint, now, at))
    }

    /// In how long the next of what was put off since the last call is due, if anything was.
    pub(super) fn next_look(&self) -> Option<Duration> {
        let soon_us = self.soon_us.swap(u64::MAX, Ordering::Relaxed);
        (soon_us < u64::MAX).then(|| Duration::from_micros(soon_us))
    }

    fn put_off(&self, endpoint: &mut Endpoint<W>, now: Moment, at: Instant) -> Moment {
        let again = endpoint.put_off(now, at);
        let soon_us = again.0.saturating_sub(now.0).max(1).unsigned_abs().saturating_mul(1_000);
        self.soon_us.fetch_min(soon_us, Ordering::Relaxed);
        again
    }
}

impl<W> Endpoint<W> {
    const fn new(at: Instant) -> Self {
        Self { flying: 0, waiting: VecDeque::new(), last_us: 0, takes_us: 0, quiet_since: at }
    }

    fn ended(&mut self, boarded: Instant, at: Instant) {
        self.takes_us += (us_between(boarded, at) - self.takes_us) / WEIGHT;
        self.quiet_since = at;
    }

    /// In how long all places turn over: by what attempts have taken, and by how long none has ended.
    fn turn_us(&self, at: Instant) -> i64 {
        self.takes_us.max(us_between(self.quiet_since, at)).clamp(TURN_MIN_US, TURN_MAX_US)
    }

    /// Behind everything that was put off before: so a queue that is looked at in vain costs the same
    /// however long it is.
    fn put_off(&mut self, now: Moment, at: Instant) -> Moment {
        let turn_us = self.turn_us(at);
        let now_us = now.0.saturating_mul(1_000);
        let (first, latest) = (now_us + turn_us, now_us + BUSY_MAX_MS * 1_000);
        self.last_us = self.last_us.saturating_add(turn_us / PLACES).clamp(first, latest);
        Moment(self.last_us.div_euclid(1_000))
    }
}

fn us_between(from: Instant, to: Instant) -> i64 {
    i64::try_from(to.saturating_duration_since(from).as_micros()).unwrap_or(i64::MAX)
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

    /// Whether it has a place, or when it comes again; for whoever must not wait.
    fn board(endpoints: &Endpoints<u32>, url: &str, now: Moment, at: Instant) -> Result<(), Moment> {
        match endpoints.board(url, now, at, 0) {
            Boarding::Boards(0) => Ok(()),
            Boarding::Again(0, again) => Err(again),
            other => panic!("{other:?}"),
        }
    }

    /// As many as may wait for a place do.
    fn fill_waiting(endpoints: &Endpoints<u32>, at: Instant) {
        for number in 0..WAITING_MAX {
            assert_eq!(endpoints.not_before(URL, NOW, at), None);
            assert_eq!(endpoints.board(URL, NOW, at, number as u32), Boarding::Waits);
        }
    }

    const BUSY_MS: i64 = TURN_MAX_US / 1_000;

    /// An endpoint without a place, where nothing has ended for a second.
    fn hanging() -> (Endpoints<u32>, Instant) {
        let (endpoints, begin) = (Endpoints::default(), Instant::now());
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            assert_eq!(endpoints.not_before(URL, NOW, begin), None);
            assert_eq!(board(&endpoints, URL, NOW, begin), Ok(()));
        }
        (endpoints, begin + Duration::from_secs(1))
    }

    #[test]
    fn a_full_endpoint_puts_off_one_behind_the_other_and_no_other_endpoint() {
        let (endpoints, at) = hanging();
        let other_path = "https://a.example:8443/other";
        assert_eq!(board(&endpoints, other_path, NOW, at), Err(NOW.plus_ms(BUSY_MS)), "one endpoint whatever the path");
        assert_eq!(board(&endpoints, "https://b.example", NOW, at), Ok(()));
        assert_eq!(endpoints.not_before("https://b.example", NOW, at), None);
        for _ in 1..ATTEMPTS_PER_ENDPOINT_MAX {
            assert!(endpoints.not_before(URL, NOW, at).is_some());
        }
        let after_64 = endpoints.not_before(URL, NOW, at).unwrap().0 - NOW.0;
        assert!((2 * BUSY_MS - 2..=2 * BUSY_MS).contains(&after_64), "64 in 250 ms: {after_64}");
        for _ in 0..1_000_000 {
            endpoints.not_before(URL, NOW, at);
        }
        assert_eq!(endpoints.not_before(URL, NOW, at), Some(NOW.plus_ms(BUSY_MAX_MS)));
    }

    #[test]
    fn what_comes_again_in_vain_goes_behind_the_others_and_makes_the_queue_no_longer() {
        let (endpoints, real) = hanging();
        let again: Vec<Moment> = (0..1_000).map(|_| board(&endpoints, URL, NOW, real).unwrap_err()).collect();
        let last = *again.last().unwrap();
        // Each at its time, and all of them ten times over.
        let waits = |at: Moment| board(&endpoints, URL, at, real).unwrap_err().0 - at.0;
        let mut queue: std::collections::VecDeque<Moment> = again.into();
        for _ in 0..10_000 {
            let at = queue.pop_front().unwrap();
            let wait = waits(at);
            assert!(wait <= last.0 - NOW.0 + BUSY_MS, "{wait} ms");
            queue.push_back(at.plus_ms(wait));
        }
    }

    #[test]
    fn an_endpoint_that_answers_at_once_is_come_to_again_at_once() {
        let (endpoints, begin) = (Endpoints::default(), Instant::now());
        let ms = Duration::from_millis;
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            board(&endpoints, URL, NOW, begin).unwrap();
        }
        // One that takes 2 ms, for long: another one boards when one has left.
        let mut at = begin;
        for _ in 0..1_000 {
            at += ms(2);
            endpoints.leave(URL, at - ms(2), at);
            board(&endpoints, URL, NOW, at).unwrap();
        }
        fill_waiting(&endpoints, at);
        let again: Vec<i64> = (0..6_400).map(|_| board(&endpoints, URL, NOW, at).unwrap_err().0 - NOW.0).collect();
        assert_eq!(again[0], 5, "when all places have turned over");
        assert!((500..=505).contains(&again[6_399]), "as many in a turn as there are places: {}", again[6_399]);
        assert_eq!(endpoints.next_look(), Some(ms(5)));
        assert_eq!(endpoints.next_look(), None, "told once");
    }

    #[test]
    fn an_endpoint_that_falls_silent_is_a_slow_one_before_any_attempt_has_ended() {
        let (endpoints, begin) = (Endpoints::default(), Instant::now());
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            board(&endpoints, URL, NOW, begin).unwrap();
        }
        fill_waiting(&endpoints, begin);
        let wait = |ms| board(&endpoints, URL, NOW.plus_ms(ms), begin + Duration::from_millis(ms.unsigned_abs()));
        assert_eq!(wait(0), Err(NOW.plus_ms(5)));
        assert_eq!(wait(100), Err(NOW.plus_ms(200)));
        assert_eq!(wait(5_000), Err(NOW.plus_ms(5_250)));
    }

    #[test]
    fn a_place_that_is_left_is_free_and_an_endpoint_at_rest_is_forgotten() {
        let (endpoints, at) = hanging();
        endpoints.leave(URL, at, at);
        assert_eq!(endpoints.not_before(URL, NOW, at), None);
        assert_eq!(board(&endpoints, URL, NOW, at), Ok(()));
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            endpoints.leave(URL, at, at);
        }
        assert!(endpoints.known.lock().unwrap().is_empty());
        assert_eq!(endpoints.full.load(Ordering::Relaxed), 0);
    }
    #[test]
    fn who_leaves_passes_the_place_on_in_order() {
        let (endpoints, begin) = (Endpoints::default(), Instant::now());
        let ms = Duration::from_millis;
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            board(&endpoints, URL, NOW, begin).unwrap();
        }
        for number in [1, 2] {
            assert_eq!(endpoints.board(URL, NOW, begin, number), Boarding::Waits);
        }
        let leave = |at| endpoints.leave(URL, begin, at);
        assert_eq!(leave(begin + ms(1)), Some(1));
        assert_eq!(leave(begin + ms(2)), Some(2));
        assert_eq!(endpoints.waiting(), 0);
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            assert_eq!(leave(begin + ms(3)), None);
        }
        assert!(endpoints.known.lock().unwrap().is_empty(), "every place was left once");
        assert_eq!(endpoints.full.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn who_has_waited_too_long_comes_again() {
        let (endpoints, begin) = (Endpoints::default(), Instant::now());
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            board(&endpoints, URL, NOW, begin).unwrap();
        }
        let soon = begin + Duration::from_millis(50);
        for (at, number) in [(begin, 1), (begin, 2), (soon, 3)] {
            assert_eq!(endpoints.board(URL, NOW, at, number), Boarding::Waits);
        }
        let at = begin + WAITED_MAX + Duration::from_millis(20);
        let late = endpoints.take_late(NOW, at);
        assert_eq!(late.iter().map(|(who, _)| *who).collect::<Vec<_>>(), [1, 2]);
        assert!(late.iter().all(|(_, again)| *again >= NOW.plus_ms(BUSY_MS)), "behind what was put off: {late:?}");
        assert_eq!(endpoints.take_late(NOW, at), []);
        assert_eq!(endpoints.leave(URL, begin, at), Some(3));
    }

    #[test]
    fn nobody_waits_for_a_slow_endpoint_and_whoever_waits_can_be_taken_away() {
        let (endpoints, begin) = (Endpoints::default(), Instant::now());
        for _ in 0..ATTEMPTS_PER_ENDPOINT_MAX {
            board(&endpoints, URL, NOW, begin).unwrap();
        }
        assert_eq!(endpoints.board(URL, NOW, begin, 1), Boarding::Waits);
        let at = begin + Duration::from_millis(101);
        assert!(board(&endpoints, URL, NOW, at).is_err(), "for so long nothing has ended");
        assert!(endpoints.not_before(URL, NOW, at).is_some());
        assert_eq!(endpoints.take_waiting(), [1]);
        assert_eq!((endpoints.waiting(), endpoints.leave(URL, begin, at)), (0, None));
    }
}

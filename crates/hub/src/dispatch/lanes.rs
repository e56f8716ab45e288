//! Notifications: only the head of a lane is tried, claimed under a lease with a fencing number.
//! The next one starts after the success or dead-lettering of the one before is durable
//! (docs/API.md section 7).

use super::is_stopping;
use super::pace::Pace;
use crate::Hub;
use crate::outgoing::Posted;
use crate::watching::Tried;
use entitlement::Moment;
use std::time::Duration;
use store::{LaneOutcome, LaneResult, LaneWork};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// One attempt ends within this.
pub const LANE_ATTEMPT_TIMEOUT_MS: i64 = 10_000;
/// A claim's lease outlasts its attempt and the commit of its result.
const LEASE_MS: i64 = 30_000;
/// Lanes claimed at once.
const CLAIM_MAX: usize = 128;
/// Attempts under way at once, all endpoints together.
const ATTEMPTS_MAX: usize = 512;
/// Results are settled together.
const SETTLE_MAX: usize = 256;
/// Waits between attempts, by the lane's failures in a row; the last one repeats.
const RETRY_AFTER_S: [i64; 11] = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400];
/// A receiver's Retry-After is honoured up to a day.
const RETRY_AFTER_MAX_S: i64 = 86_400;
/// Dead-lettered so long after its commit, with at least one failed attempt.
const DEAD_AFTER_MS: i64 = 72 * 3_600_000;

/// What is held (no URL, or a 410) is given up so long after its commit.
const HELD_MAX_MS: i64 = 30 * 86_400_000;

/// The wait before the next attempt, ±20 % by a value of `0..=400` (per mille above 800).
#[must_use]
pub fn retry_delay_ms(failures: u32, jitter_permille: u16) -> i64 {
    let last = RETRY_AFTER_S.len() - 1;
    let step = usize::try_from(failures.saturating_sub(1)).unwrap_or(last).min(last);
    RETRY_AFTER_S[step] * (800 + i64::from(jitter_permille.min(400)))
}

/// Claims, sends, settles; until told to stop.
pub(super) async fn worker(hub: Hub, mut stopping: watch::Receiver<bool>) {
    let (results, mut done) = mpsc::channel(ATTEMPTS_MAX);
    let mut flights = Flights::new(results);
    // The test clock stands until what is under way is settled: its retry has a moment of its own.
    let mut clock_stands = None;
    let mut pace = Pace::new(Instant::now());
    while !is_stopping(&stopping) {
        flights.gather(&mut done);
        hub.settle_beside(&mut flights);
        if flights.are_over() {
            clock_stands = None;
        }
        let now = Instant::now();
        if pace.is_rested(now) {
            if let Ok(stands) = hub.clock_moves.try_read() {
                let (room, claimed) = (flights.room(), hub.claim(&mut flights, hub.store.now()).await);
                pace.claimed(now, room, claimed);
                if claimed > 0 {
                    clock_stands.get_or_insert(stands);
                }
            } else {
                // While the clock moves, or waits for it, its mover claims.
                pace.rests(now);
            }
        }
        let now = Instant::now();
        if let Some(soon) = hub.endpoints.next_look() {
            pace.expects(now + soon);
        }
        tokio::select! {
            () = hub.lanes_bell.notified() => pace.expects(now),
            () = flights.next(&mut done) => {}
            () = sleep_until(pace.look_at(now)) => {}
            _ = stopping.changed() => {}
        }
    }
    while !flights.are_over() {
        flights.next(&mut done).await;
        flights.gather(&mut done);
        hub.settle_beside(&mut flights);
    }
}

/// Attempts under way, and what became of them until it is stored. Results are stored while the next lanes are
/// claimed: each of the two waits for the disk.
pub(super) struct Flights {
    results: mpsc::Sender<LaneResult>,
    under_way: usize,
    landed: Vec<LaneResult>,
    /// So many, by this task.
    storing: Option<(usize, JoinHandle<()>)>,
}

impl Flights {
    pub(super) fn new(results: mpsc::Sender<LaneResult>) -> Self {
        Self { results, under_way: 0, landed: Vec::new(), storing: None }
    }

    /// Waits until one has landed, or what is being stored is.
    async fn next(&mut self, done: &mut mpsc::Receiver<LaneResult>) {
        let Self { under_way, landed, storing, .. } = self;
        tokio::select! {
            Some(result) = done.recv(), if *under_way > 0 => {
                *under_way -= 1;
                landed.push(result);
            }
            () = stored(storing) => {}
        }
    }

    /// What has landed by now, as much as is settled together.
    fn gather(&mut self, done: &mut mpsc::Receiver<LaneResult>) {
        while self.landed.len() < SETTLE_MAX
            && let Ok(result) = done.try_recv()
        {
            self.under_way -= 1;
            self.landed.push(result);
        }
    }

    fn are_over(&self) -> bool {
        self.under_way == 0 && self.landed.is_empty() && self.storing.is_none()
    }

    fn room(&self) -> usize {
        let unsettled = self.landed.len() + self.storing.as_ref().map_or(0, |(count, _)| *count);
        ATTEMPTS_MAX.saturating_sub(self.under_way + unsettled).min(CLAIM_MAX)
    }
}

async fn stored(storing: &mut Option<(usize, JoinHandle<()>)>) {
    match storing {
        // A panic in it is reported where it happens; the leases run out.
        Some((_, task)) => drop(task.await),
        None => std::future::pending().await,
    }
    *storing = None;
}

impl Hub {
    /// Begins to settle what has landed, unless something is being settled.
    fn settle_beside(&self, flights: &mut Flights) {
        if flights.storing.as_ref().is_some_and(|(_, task)| task.is_finished()) {
            flights.storing = None;
        }
        if flights.landed.is_empty() || flights.storing.is_some() {
            return;
        }
        let landed = std::mem::take(&mut flights.landed);
        let (hub, count) = (self.clone(), landed.len());
        flights.storing = Some((count, tokio::spawn(async move { hub.settle(landed).await })));
    }

    async fn settle(&self, landed: Vec<LaneResult>) {
        if landed.is_empty() {
            return;
        }
        for _ in landed.iter().filter(|result| result.outcome == LaneOutcome::Dead) {
            self.watching.figures.gave_up();
        }
        if let Err(error) = self.store.settle_lanes(landed).await {
            // The leases run out and the attempts are made again: at least once.
            tracing::error!(%error, "results of notifications could not be stored");
        }
    }

    async fn claim(&self, flights: &mut Flights, by: Moment) -> usize {
        let room = flights.room();
        if room == 0 {
            return 0;
        }
        let now = self.store.now();
        let claimed = match self.store.claim_lanes(by, self.real_now_ms(), LEASE_MS, room).await {
            Ok(claimed) => claimed,
            Err(error) => {
                tracing::error!(%error, "lanes cannot be claimed");
                return 0;
            }
        };
        let count = claimed.len();
        for work in claimed {
            self.take_off(work, flights, now).await;
        }
        count
    }

    async fn take_off(&self, work: LaneWork, flights: &mut Flights, now: Moment) {
        let Some(url) = self.url_of(&work.row) else {
            let outcome = held(&work, now);
            if outcome == LaneOutcome::Dead {
                self.note_delivery(&work, None);
            }
            return flights.landed.push(result(&work, outcome, now));
        };
        let boarded = Instant::now();
        // Before anything is read and printed for an endpoint that has no place.
        if let Err(again) = self.endpoints.board(&url, now, boarded) {
            return flights.landed.push(result(&work, LaneOutcome::Later(again), now));
        }
        let text = self.text_of(&work).await;
        match text.and_then(|text| self.post_of(&work.notification, &work.row, &url, text)) {
            Err(error) => {
                self.endpoints.leave(&url, boarded, Instant::now());
                self.watching.figures.tried(Tried::Unsendable);
                self.note_delivery(&work, None);
                let outcome = after_failure(&work, now, None, self.jitter());
                flights.landed.push(LaneResult { error: Some(error), ..result(&work, outcome, now) });
            }
            Ok(post) => {
                flights.under_way += 1;
                let (hub, results) = (self.clone(), flights.results.clone());
                tokio::spawn(async move {
                    let result = hub.attempt(&work, post).await;
                    hub.endpoints.leave(&url, boarded, Instant::now());
                    let _ = results.send(result).await;
                });
            }
        }
    }

    async fn attempt(&self, work: &LaneWork, post: crate::outgoing::Post) -> LaneResult {
        let mut span = self.span_or_root("notification").map(crate::watching::Span::calling);
        let posted = self.outgoing.post(post, attempt_end()).await;
        let now = self.store.now();
        let came = came(&posted, work, now);
        self.watching.figures.tried(came);
        if let Some(span) = &mut span {
            span.note("entitle.notification_reason", work.notification.reason.as_str());
            span.note("http.response.status_code", posted.status.map_or_else(String::new, |status| status.to_string()));
            if !matches!(came, Tried::Delivered { .. }) {
                span.fail();
            }
        }
        drop(span);
        self.note_delivery(work, posted.status);
        let outcome = match posted.status {
            Some(200..=299) => LaneOutcome::Delivered,
            Some(410) => held(work, now),
            Some(_) | None => after_failure(work, now, posted.retry_after_s, self.jitter()),
        };
        LaneResult { status: posted.status, error: posted.error, ..result(work, outcome, now) }
    }

    /// Delivers everything due by a moment, and waits for it; the test clock's way. Returns how
    /// many lanes it took up.
    pub(crate) async fn deliver_due(&self, by: Moment) -> usize {
        let (results, mut done) = mpsc::channel(ATTEMPTS_MAX);
        let mut flights = Flights::new(results);
        let mut attempts = 0;
        loop {
            let claimed = self.claim(&mut flights, by).await;
            attempts += claimed;
            while flights.under_way > 0 {
                flights.next(&mut done).await;
            }
            self.settle(std::mem::take(&mut flights.landed)).await;
            if claimed == 0 {
                return attempts;
            }
        }
    }

    fn jitter(&self) -> u16 {
        self.random.permille(401)
    }

    fn real_now_ms(&self) -> i64 {
        self.store.now().0 - self.store.clock_offset_ms()
    }
}

fn came(posted: &Posted, work: &LaneWork, now: Moment) -> Tried {
    match posted.status {
        Some(200..=299) => Tried::Delivered { lag_ms: now.0 - work.notification.committed_at.0 },
        Some(410) => Tried::Gone,
        Some(_) => Tried::Refused,
        None => Tried::Unreachable,
    }
}

/// When an attempt that begins now is given up.
pub(super) fn attempt_end() -> Instant {
    Instant::now() + Duration::from_millis(u64::try_from(LANE_ATTEMPT_TIMEOUT_MS).unwrap_or(0))
}

/// Parked until a PATCH of the URL or an operator, at most for thirty days.
fn held(work: &LaneWork, now: Moment) -> LaneOutcome {
    let until = work.notification.committed_at.plus_ms(HELD_MAX_MS);
    if now >= until { LaneOutcome::Dead } else { LaneOutcome::Parked(until) }
}

fn after_failure(work: &LaneWork, now: Moment, retry_after_s: Option<u64>, jitter: u16) -> LaneOutcome {
    if now.0 - work.notification.committed_at.0 - work.notification.held_ms >= DEAD_AFTER_MS {
        return LaneOutcome::Dead;
    }
    let asked = i64::try_from(retry_after_s.unwrap_or(0)).unwrap_or(RETRY_AFTER_MAX_S).min(RETRY_AFTER_MAX_S);
    let wait = retry_delay_ms(work.failures + 1, jitter).max(asked * 1_000);
    LaneOutcome::Retry(now.plus_ms(wait))
}

fn result(work: &LaneWork, outcome: LaneOutcome, at: Moment) -> LaneResult {
    LaneResult {
        key: work.key,
        target: work.target,
        fence: work.fence,
        sequence: work.notification.sequence,
        outcome,
        status: None,
        error: None,
        at,
    }
}

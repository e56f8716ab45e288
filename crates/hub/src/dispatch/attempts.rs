//! One attempt to deliver the head of a lane, and what becomes of the lane by it. Whoever has ended one passes its
//! place on to whoever waits for it.

use super::handing::Place;
use crate::Hub;
use crate::outgoing::Posted;
use crate::watching::Tried;
use entitlement::Moment;
use std::time::Duration;
use store::{LaneOutcome, LaneResult, LaneWork};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// One attempt ends within this.
pub const LANE_ATTEMPT_TIMEOUT_MS: i64 = 10_000;
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

/// A claimed lane on its way to its endpoint.
pub(crate) struct Flight {
    pub(super) work: LaneWork,
    pub(super) url: String,
    /// Kept until the attempt is over.
    pub(super) place: Option<Place>,
    /// To whoever claimed it.
    pub(super) results: mpsc::Sender<LaneResult>,
}

impl Flight {
    /// It comes to nothing before it has begun.
    pub(super) async fn cancelled(self, outcome: LaneOutcome, at: Moment) {
        let result = LaneResult::of(&self.work, outcome, at);
        drop(self.place);
        let _ = self.results.send(result).await;
    }
}

impl Hub {
    /// Makes the attempt; then those of whoever waits for its place at the endpoint, one after the other.
    pub(super) async fn fly(self, first: Flight) {
        let mut next = Some(first);
        while let Some(Flight { work, url, place, results }) = next {
            let boarded = Instant::now();
            let result = self.attempt(&work, &url).await;
            next = self.endpoints.leave(&url, boarded, Instant::now());
            drop(place);
            let _ = results.send(result).await;
        }
    }

    async fn attempt(&self, work: &LaneWork, url: &str) -> LaneResult {
        let text = self.text_of(work).await;
        match text.and_then(|text| self.post_of(&work.notification, &work.row, url, text)) {
            Ok(post) => self.posted(work, post).await,
            Err(error) => {
                self.watching.figures.tried(Tried::Unsendable);
                self.note_delivery(work, None);
                let now = self.store.now();
                let outcome = after_failure(work, now, None, self.jitter());
                LaneResult { error: Some(error), ..LaneResult::of(work, outcome, now) }
            }
        }
    }

    async fn posted(&self, work: &LaneWork, post: crate::outgoing::Post) -> LaneResult {
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
        LaneResult { status: posted.status, error: posted.error, ..LaneResult::of(work, outcome, now) }
    }

    fn jitter(&self) -> u16 {
        self.random.permille(401)
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
pub(super) fn held(work: &LaneWork, now: Moment) -> LaneOutcome {
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

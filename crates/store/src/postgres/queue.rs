//! Changes that wait to be committed: what is free goes into the next batch, in order; what touches the
//! same as one that is under way, or as one that was put off before it, waits. A few wait for the batch that is
//! under way: what a batch costs hardly grows with what is in it, and those of one account follow each other anyhow.

use super::facts::Account;
use crate::prepared::Prepared;
use crate::{Cause, HandOver, HandedLane, StoreError};
use std::collections::{HashSet, VecDeque};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

/// How many that cannot go are passed over in search of those that can, for each place in a batch.
const PASSED_OVER: usize = 4;

/// Fewer than so many are not worth a batch beside one that is under way…
const FEW: usize = 16;
/// …unless that takes longer.
const FEW_WAIT: Duration = Duration::from_millis(5);

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is durable, and these lanes are claimed for whoever made it.
    Done(Vec<HandedLane>),
    /// Nothing of it is there.
    Stood(Cause),
}

impl Verdict {
    /// The same, and nothing is handed over.
    pub(super) fn without_lanes(self) -> Self {
        match self {
            Self::Done(_) => Self::Done(Vec::new()),
            stood @ Self::Stood(_) => stood,
        }
    }
}

/// A change and whoever waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) prepared: Arc<Prepared>,
    pub(super) account: Account,
    hand_over: Option<HandOver>,
    keys: Vec<u64>,
    to: oneshot::Sender<Result<Verdict, StoreError>>,
}

impl Job {
    pub(super) fn new(
        prepared: Arc<Prepared>,
        account: Account,
        hand_over: Option<HandOver>,
        to: oneshot::Sender<Result<Verdict, StoreError>>,
    ) -> Self {
        Self { keys: prepared.keys(), prepared, account, hand_over, to }
    }

    /// For how long lanes are claimed, where they are handed over.
    pub(super) fn lease_ms(&self) -> Option<i64> {
        self.hand_over.as_ref().map(HandOver::lease_ms)
    }
}

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    bell: Notify,
    /// Without an answer, those under way included.
    waiting: AtomicUsize,
    waiting_max: usize,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Keys of what is under way.
    busy: HashSet<u64>,
    /// How many are.
    under_way: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(waiting_max: usize) -> Self {
        Self { state: Mutex::default(), bell: Notify::new(), waiting: AtomicUsize::new(0), waiting_max }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) const fn waiting_max(&self) -> usize {
        self.waiting_max
    }

    pub(super) fn push(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(StoreError::Stopped("it is closed".into()));
        }
        if self.waiting() >= self.waiting_max {
            return Err(StoreError::Busy);
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        state.jobs.push_back(job);
        drop(state);
        self.bell.notify_one();
        Ok(())
    }

    /// Whatever has arrived and is free, at most so many; waits for the first. `None`: closed, and
    /// nothing is left.
    pub(super) async fn next(&self, most: usize) -> Option<Vec<Job>> {
        let mut patience = None;
        loop {
            let mut rings = pin!(self.bell.notified());
            rings.as_mut().enable();
            {
                let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                let is_over = patience.is_some_and(|end| Instant::now() >= end);
                let batch = if state.waits_for_more() && !is_over {
                    patience.get_or_insert_with(|| Instant::now() + FEW_WAIT);
                    Vec::new()
                } else {
                    patience = None;
                    state.take(most)
                };
                if !batch.is_empty() {
                    if !state.jobs.is_empty() {
                        self.bell.notify_one();
                    }
                    return Some(batch);
                }
                if state.closed && state.jobs.is_empty() {
                    return None;
                }
            }
            tokio::select! {
                () = rings => {}
                () = sleep_until(patience.unwrap_or_else(Instant::now)), if patience.is_some() => {}
            }
        }
    }

    /// Answers one of a batch, and lets go what it touches.
    pub(super) fn answer(&self, job: Job, mut answer: Result<Verdict, StoreError>) {
        let Job { prepared, keys, to, hand_over, .. } = job;
        if let (Ok(Verdict::Done(lanes)), Some(hand_over)) = (&mut answer, hand_over) {
            hand_over.hand(std::mem::take(lanes));
        }
        // What the caller shares is the caller's alone when the answer is there.
        drop(prepared);
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.under_way -= 1;
            for key in keys {
                state.busy.remove(&key);
            }
            if !state.jobs.is_empty() {
                self.bell.notify_one();
            }
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        // Whoever waited may have gone; the change counts all the same.
        let _ = to.send(answer);
    }

    /// Nothing comes from here on; what waits is still committed.
    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.bell.notify_waiters();
    }
}

impl State {
    fn waits_for_more(&self) -> bool {
        self.under_way > 0 && (1..FEW).contains(&self.jobs.len()) && !self.closed
    }

    fn take(&mut self, most: usize) -> Vec<Job> {
        let mut batch = Vec::new();
        let mut passed = Vec::new();
        let mut put_off: HashSet<u64> = HashSet::new();
        while batch.len() < most && passed.len() < most * PASSED_OVER {
            let Some(job) = self.jobs.pop_front() else { break };
            if job.keys.iter().any(|key| self.busy.contains(key) || put_off.contains(key)) {
                put_off.extend(&job.keys);
                passed.push(job);
            } else {
                self.busy.extend(&job.keys);
                batch.push(job);
            }
        }
        for job in passed.into_iter().rev() {
            self.jobs.push_front(job);
        }
        self.under_way += batch.len();
        batch
    }
}

//! Running a load: so many connections for so long, as fast as answers come or at a rate.

use crate::{Connection, Keys, Kind, Load, LoadError, Measured};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How a load is run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// Open connections.
    pub connections: usize,
    /// Requests of this first time are sent and not counted.
    pub warm_up: Duration,
    /// What is measured.
    pub measure: Duration,
    /// Requests a second, all connections together; `None`: as fast as answers come. At a rate, a
    /// latency counts from the moment the request was due, so that a hub that stalls does not hide it.
    pub rate: Option<u32>,
}

/// How far a run is, for whoever watches it.
#[derive(Debug, Default)]
pub struct Progress {
    answers: AtomicU64,
    /// One request of so many is noted.
    note_every: u64,
    /// When those were due and answered, by number.
    noted: Mutex<HashMap<u64, Noted>>,
}

/// When a request was due, and when its answer was there.
pub type Noted = (Instant, Instant);

impl Progress {
    /// One that notes those requests whose number is a multiple of `every`.
    #[must_use]
    pub fn noting(every: u64) -> Self {
        Self { note_every: every, ..Self::default() }
    }

    /// Answers so far, those of the warm-up among them.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// What was noted.
    #[must_use]
    pub fn noted(&self) -> HashMap<u64, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answered(&self, number: u64, due: Instant) -> Instant {
        let now = Instant::now();
        self.answers.fetch_add(1, Ordering::Relaxed);
        if self.note_every > 0 && number.is_multiple_of(self.note_every) {
            self.noted.lock().unwrap_or_else(PoisonError::into_inner).insert(number, (due, now));
        }
        now
    }
}

/// Numbers go on from run to run within a process, so that no key comes twice.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// Runs a load.
///
/// # Errors
/// Where a connection fails. Refusals are counted.
pub async fn run(load: &Load, how: Run, progress: &Arc<Progress>) -> Result<Measured, LoadError> {
    if load.needs_ids() && load.ids.is_empty() {
        return Err(LoadError::NoIds);
    }
    let mut connections = Vec::with_capacity(how.connections);
    for _ in 0..how.connections {
        connections.push(Connection::open(&load.target).await?);
    }
    let begin = Instant::now();
    let counts_from = begin + how.warm_up;
    let sender = Sender {
        load: Arc::new(load.clone()),
        counts_from,
        end: counts_from + how.measure,
        pace: how.rate.map(|rate| (begin, rate, Arc::new(AtomicU64::new(0)))),
        progress: Arc::clone(progress),
    };
    let tasks: Vec<_> = connections.into_iter().map(|one| tokio::spawn(sender.clone().send(one))).collect();
    let mut measured = Measured::new()?;
    for task in tasks {
        let of_one = task.await.map_err(|_| LoadError::Answer("a connection's task ended in a panic"))??;
        measured.add(&of_one);
    }
    measured.took = counts_from.elapsed();
    Ok(measured)
}

#[derive(Clone)]
struct Sender {
    load: Arc<Load>,
    counts_from: Instant,
    end: Instant,
    /// Since when, how many a second, how many so far.
    pace: Option<(Instant, u32, Arc<AtomicU64>)>,
    progress: Arc<Progress>,
}

impl Sender {
    async fn send(self, mut connection: Connection) -> Result<Measured, LoadError> {
        let mut measured = Measured::new()?;
        let mut request = String::with_capacity(1_024);
        loop {
            let due = self.turn().await;
            if due >= self.end {
                return Ok(measured);
            }
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            request.clear();
            self.load.request(number, &mut request);
            let (status, _) = connection.exchange(request.as_bytes()).await?;
            let answered = self.progress.answered(number, due);
            if due >= self.counts_from {
                measured.record(status, answered.duration_since(due));
            }
        }
    }

    /// When the next request is due: now, or where its rate has a place for it.
    async fn turn(&self) -> Instant {
        let Some((begin, rate, sent)) = &self.pace else {
            return Instant::now();
        };
        let number = sent.fetch_add(1, Ordering::Relaxed);
        let due = *begin + Duration::from_nanos(number.saturating_mul(1_000_000_000) / u64::from((*rate).max(1)));
        if due < self.end {
            sleep_until(due).await;
        }
        due
    }
}

/// Makes so many entitlements, one after the other on a few connections, and returns their ids.
///
/// # Errors
/// Where one is refused.
pub async fn made_to_read(load: &Load, count: usize) -> Result<Vec<String>, LoadError> {
    const CONNECTIONS: usize = 32;
    let creates = Arc::new(Load { kind: Kind::Create, keys: Keys::Ascending, ..load.clone() });
    let mut tasks = Vec::new();
    for at in 0..CONNECTIONS {
        let share = count / CONNECTIONS + usize::from(at < count % CONNECTIONS);
        tasks.push(tokio::spawn(make(Arc::clone(&creates), share)));
    }
    let mut ids = Vec::with_capacity(count);
    for task in tasks {
        ids.extend(task.await.map_err(|_| LoadError::Answer("a connection's task ended in a panic"))??);
    }
    Ok(ids)
}

async fn make(load: Arc<Load>, count: usize) -> Result<Vec<String>, LoadError> {
    let mut connection = Connection::open(&load.target).await?;
    let mut ids = Vec::with_capacity(count);
    let mut request = String::new();
    for _ in 0..count {
        request.clear();
        load.request(NEXT.fetch_add(1, Ordering::Relaxed), &mut request);
        let body = connection.accepted(request.as_bytes()).await?;
        ids.push(id_of(body).ok_or(LoadError::Answer("it has no entitlementId"))?);
    }
    Ok(ids)
}

fn id_of(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("\"entitlementId\":\"")?;
    rest.split('"').next().map(str::to_owned)
}

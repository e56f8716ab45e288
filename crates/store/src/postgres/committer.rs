//! A task that commits: takes what has arrived, puts it into one transaction, answers after COMMIT.
//! Two of them share the queue, so that one gathers while the other waits for the disk.
//!
//! **When an answer is lost.** Each committer has a row in the database with the number of its last
//! batch, written in the batch's own transaction. Where the connection breaks after COMMIT was sent, the
//! same batch is tried again on a fresh one under the same number. The row decides: either the number is
//! there, and so is the batch; or it is not, and from here on it belongs to the new transaction, so that
//! the old one can never be committed. An old transaction that is still at it holds the row, and is waited
//! for. Only where all of that fails for long is the outcome `Unknown`, and the caller commits the same
//! change again, where its own keys decide.

use super::batch::{Checked, Entry, Leased, Looked, Number, Step, look, write};
use super::connect::{Connection, Connector, Purpose};
use super::fault::{Fault, Meaning, said};
use super::partitions;
use super::queue::{Job, Queue, Verdict};
use super::values::Id;
use crate::clock::{Stopwatch, StoreClock};
use crate::{Cause, Figures, HandedLane, Restoration, RowChange, StoreError};
use ids::EntitlementKey;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// A batch that others keep getting in the way of is taken apart after so many tries.
const TRIES_TOGETHER: u32 = 3;
/// A change that others keep getting in the way of is given up after so many.
const TRIES_ALONE: u32 = 8;
/// For so long a server that is not there is looked for again, before callers are told.
const PATIENCE_MS: u64 = 10_000;
/// For so long where callers would have to be told that nobody knows.
const PATIENCE_IN_DOUBT_MS: u64 = 30_000;
/// What took longer is not handed over: too little of the lease is left for an attempt. It is claimed when the lease
/// has run out.
const HAND_OVER_WITHIN_MS: u64 = 10_000;
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(1);

pub(super) struct Committer {
    pub(super) id: Id,
    /// Of the last batch.
    pub(super) number: i64,
    pub(super) connector: Arc<Connector>,
    pub(super) connection: Option<Connection>,
    pub(super) queue: Arc<Queue>,
    pub(super) figures: Arc<Figures>,
    pub(super) batch_max: usize,
    /// The last restoration that the store went through.
    pub(super) restored: Option<Restoration>,
    pub(super) clock: Arc<StoreClock>,
    /// This process, to which lanes are handed over.
    pub(super) holder: Id,
}

/// Why a batch was not committed.
enum Failure {
    /// One of its changes cannot be, or they get in somebody's way: each by itself may fare better.
    Together(StoreError),
    /// It would be the same for each of them.
    All(StoreError),
}

/// What a batch has gone through so far.
struct Trial {
    begun: Stopwatch,
    tries: u32,
    pause: Duration,
    doubt: Option<Doubt>,
}

/// A COMMIT that nobody answered.
struct Doubt {
    causes: Vec<Option<Cause>>,
    leased: Leased,
    why: String,
}

impl Committer {
    /// Works until the queue is closed and empty.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.queue.next(self.batch_max).await {
            self.settle(batch).await;
        }
    }

    async fn settle(&mut self, batch: Vec<Job>) {
        match self.commit(&batch).await {
            Ok(verdicts) => {
                for (job, verdict) in batch.into_iter().zip(verdicts) {
                    self.queue.answer(job, Ok(verdict));
                }
            }
            Err(Failure::Together(_)) if batch.len() > 1 => {
                for job in batch {
                    let alone = [job];
                    let answer = self.commit(&alone).await.map_err(Failure::into_error);
                    let [job] = alone;
                    let verdict =
                        answer.map(|verdicts| verdicts.into_iter().next().unwrap_or(Verdict::Done(Vec::new())));
                    self.queue.answer(job, verdict);
                }
            }
            Err(Failure::Together(error) | Failure::All(error)) => {
                for job in batch {
                    self.queue.answer(job, Err(error.clone()));
                }
            }
        }
    }

    /// Commits a batch; the verdict of each.
    async fn commit(&mut self, jobs: &[Job]) -> Result<Vec<Verdict>, Failure> {
        let restored = self.restored;
        let real_now_ms = self.clock.real_ms();
        let entries: Vec<Entry<'_>> = jobs
            .iter()
            .map(|job| {
                let home = home_of_new(job);
                let lease_until_ms = job.lease_ms().map(|lease_ms| real_now_ms.saturating_add(lease_ms));
                Entry { prepared: &job.prepared, account: job.account, home, was_at: home, restored, lease_until_ms }
            })
            .collect();
        self.number += 1;
        let mut trial = Trial { begun: Stopwatch::start(), tries: 0, pause: PAUSE, doubt: None };
        loop {
            trial.tries += 1;
            match self.attempt(&entries, &mut trial.doubt).await {
                Ok(verdicts) if trial.begun.elapsed_ms() <= HAND_OVER_WITHIN_MS => return Ok(verdicts),
                Ok(verdicts) => return Ok(verdicts.into_iter().map(Verdict::without_lanes).collect()),
                Err(fault) => {
                    self.clear_up().await;
                    if fault.meaning() == Some(Meaning::Unplaced) {
                        self.make_partitions().await;
                    }
                    trial.go_on(fault, entries.len() == 1, &self.figures)?;
                }
            }
            if self.connection.is_none() || trial.doubt.is_some() {
                tokio::time::sleep(trial.pause).await;
                trial.pause = (trial.pause * 2).min(PAUSE_MAX);
            }
        }
    }

    async fn attempt(&mut self, entries: &[Entry<'_>], doubt: &mut Option<Doubt>) -> Result<Vec<Verdict>, Fault> {
        let number = Number { committer: self.id, batch: self.number };
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none @ None => none.insert(self.connector.connect(Purpose::Commit).await?),
        };
        let Checked { causes, stands, homes } = match (look(connection, &number, entries).await?, doubt.take()) {
            (Looked::Durable, Some(Doubt { causes, leased, .. })) => {
                // It is known now, whatever becomes of this connection.
                let handed = leased.found(connection, self.holder).await.unwrap_or_default();
                self.clear_up().await;
                return Ok(verdicts(entries, &causes, handed));
            }
            (Looked::Durable, None) => {
                return Err(Fault::Content(format!("batch {} was there before it was made", self.number)));
            }
            // Whatever the attempt before came to, it is undone.
            (Looked::Checked(checked), _) => checked,
        };
        let passed = passed(entries, &causes, &homes);
        if passed.is_empty() {
            connection.batch("ROLLBACK").await?;
            return Ok(verdicts(entries, &causes, Vec::new()));
        }
        let begun = Stopwatch::start();
        match write(connection, &passed, stands, self.holder).await {
            Ok(handed) => {
                self.figures.commits_us.add(begun.elapsed_us());
                self.figures.batches.add(entries.len() as u64);
                self.figures.found_full(false);
                Ok(verdicts(entries, &causes, handed))
            }
            Err(Step::Before(error)) => Err(error.into()),
            Err(Step::Unanswered(error)) => {
                let leased = Leased::of(&passed);
                *doubt = Some(Doubt { causes, leased, why: said(&error) });
                // Nothing more is to be heard on it.
                self.connection = None;
                Err(error.into())
            }
        }
    }

    /// A day came that nobody has prepared. What fails here fails again with the batch.
    async fn make_partitions(&mut self) {
        if let Some(connection) = &self.connection
            && partitions::make(connection).await.is_err()
        {
            self.connection = None;
        }
    }

    /// After a failure: the transaction is undone, or the connection is given up.
    async fn clear_up(&mut self) {
        let is_usable = match &self.connection {
            Some(connection) if !connection.is_closed() => connection.batch("ROLLBACK").await.is_ok(),
            Some(_) | None => false,
        };
        if !is_usable {
            self.connection = None;
        }
    }
}

/// What each change came to, with the lanes that are handed over with it.
fn verdicts(entries: &[Entry<'_>], causes: &[Option<Cause>], handed: Vec<HandedLane>) -> Vec<Verdict> {
    let mut by_key: HashMap<EntitlementKey, Vec<HandedLane>> = HashMap::new();
    for lane in handed {
        by_key.entry(lane.key).or_default().push(lane);
    }
    let verdict = |(entry, cause): (&Entry<'_>, &Option<Cause>)| match cause {
        Some(cause) => Verdict::Stood(*cause),
        None => Verdict::Done(entry.key().and_then(|key| by_key.remove(&key)).unwrap_or_default()),
    };
    entries.iter().zip(causes).map(verdict).collect()
}

/// Those that nothing stands in the way of, with the homes that were found.
fn passed<'a>(entries: &[Entry<'a>], causes: &[Option<Cause>], homes: &HashMap<u128, i64>) -> Vec<Entry<'a>> {
    let passed = entries.iter().zip(causes).filter(|(_, cause)| cause.is_none()).map(|(entry, _)| *entry);
    passed.map(|entry| entry.at_home(homes)).collect()
}

/// Where an entitlement that it makes will be at home.
fn home_of_new(job: &Job) -> i64 {
    match &job.prepared.change.row {
        RowChange::Insert(row) => job.account.homes.of(&row.state.record.customer_identifier),
        RowChange::None | RowChange::Update(_) | RowChange::Remove { .. } => job.account.homes.own(),
    }
}

impl Trial {
    /// Whether the batch is tried once more.
    fn go_on(&self, fault: Fault, is_alone: bool, figures: &Figures) -> Result<(), Failure> {
        if let Some(Doubt { why, .. }) = &self.doubt {
            return self.go_on_in_doubt(why);
        }
        let meaning = fault.meaning();
        let error = StoreError::from(fault);
        match meaning {
            Some(Meaning::Lost) if self.begun.elapsed_ms() < PATIENCE_MS => Ok(()),
            Some(Meaning::Again | Meaning::Taken | Meaning::Unplaced) if self.tries < TRIES_TOGETHER => Ok(()),
            Some(Meaning::Again | Meaning::Taken | Meaning::Unplaced) if is_alone && self.tries < TRIES_ALONE => Ok(()),
            Some(Meaning::Full) => {
                figures.found_full(true);
                Err(Failure::All(error))
            }
            Some(Meaning::Lost | Meaning::Busy) => Err(Failure::All(error)),
            Some(Meaning::Again | Meaning::Taken | Meaning::Unplaced | Meaning::Refused) | None => {
                Err(Failure::Together(error))
            }
        }
    }

    /// Whatever stands in the way now: what became of the COMMIT before is not known yet.
    fn go_on_in_doubt(&self, why: &str) -> Result<(), Failure> {
        if self.begun.elapsed_ms() < PATIENCE_IN_DOUBT_MS {
            return Ok(());
        }
        Err(Failure::All(StoreError::Unknown(why.to_owned())))
    }
}

impl Failure {
    fn into_error(self) -> StoreError {
        match self {
            Self::Together(error) | Self::All(error) => error,
        }
    }
}

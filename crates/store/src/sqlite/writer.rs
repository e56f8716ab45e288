//! The writer: one thread, one connection, group commit. Takes whatever has arrived, puts it into
//! one transaction, answers after COMMIT has returned.

use super::fault::{Fault, Meaning};
use super::readers::Readers;
use super::session::Session;
use crate::clock::Stopwatch;
use crate::{Figures, StoreError};
use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use tokio::sync::{oneshot, watch};

/// A piece of work of the writer.
pub(super) trait Work: Send {
    /// What it touches (entitlement, slot, identity), hashed: a batch holds each at most once.
    fn keys(&self) -> &[u64];
    /// Runs it inside the transaction; perhaps once more, after a roll-back.
    fn run(&mut self, session: &mut Session<'_>) -> rusqlite::Result<()>;
    /// Answers it, once.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

/// The usual piece of work: a function and somebody who waits for its result.
pub(super) struct Task<T, F> {
    keys: Vec<u64>,
    function: F,
    result: Option<Result<T, StoreError>>,
    to: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Task<T, F> {
    pub(super) const fn new(keys: Vec<u64>, function: F, to: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { keys, function, result: None, to }
    }
}

impl<T, F> Work for Task<T, F>
where
    T: Send,
    F: FnMut(&mut Session<'_>) -> Result<T, Fault> + Send,
{
    fn keys(&self) -> &[u64] {
        &self.keys
    }

    fn run(&mut self, session: &mut Session<'_>) -> rusqlite::Result<()> {
        self.result = Some(match (self.function)(session) {
            Ok(value) => Ok(value),
            // Found before anything was written: the others go on.
            Err(Fault::Content(what)) => Err(StoreError::Unreadable(what)),
            Err(Fault::Engine(error)) => return Err(error),
        });
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { result, to, function, keys } = *self;
        // What the caller shares with the function is the caller's alone when the answer is there.
        drop((function, keys));
        let never = || Err(StoreError::Unreadable("the writer forgot a change".into()));
        // Whoever waited may have gone; the change counts all the same.
        let _ = to.send(outcome.and_then(|()| result.unwrap_or_else(never)));
    }
}

/// What the writer shares with those who hand it work.
#[derive(Debug)]
pub(super) struct Shared {
    /// Work that has no answer yet.
    pub(super) waiting: AtomicUsize,
    /// Why it stopped, once it has.
    pub(super) stopped: watch::Sender<Option<String>>,
}

/// The writer thread's state.
pub(super) struct Writer<'c> {
    pub(super) session: Session<'c>,
    pub(super) queue: mpsc::Receiver<Box<dyn Work>>,
    pub(super) shared: Arc<Shared>,
    pub(super) figures: Arc<Figures>,
    /// Whose snapshots end with each commit.
    pub(super) readers: Arc<Readers>,
    pub(super) batch_max: usize,
    /// Put off because an earlier one of the batch touches the same; in order.
    pub(super) held: VecDeque<Box<dyn Work>>,
    /// Keys of the batch and of what is put off.
    pub(super) taken: HashSet<u64>,
}

impl Writer<'_> {
    /// Works until nobody can hand over work any more, or the disk breaks.
    pub(super) fn run(&mut self) {
        while let Some(batch) = self.next_batch() {
            if let Err(why) = self.settle(batch) {
                self.stop(&why);
                return;
            }
        }
    }

    fn next_batch(&mut self) -> Option<Vec<Box<dyn Work>>> {
        let mut batch = Vec::with_capacity(self.batch_max.min(64));
        self.taken.clear();
        for work in std::mem::take(&mut self.held) {
            self.place(work, &mut batch);
        }
        if batch.is_empty() {
            let work = self.queue.recv().ok()?;
            self.place(work, &mut batch);
        }
        while batch.len() < self.batch_max {
            match self.queue.try_recv() {
                Ok(work) => self.place(work, &mut batch),
                Err(_) => break,
            }
        }
        Some(batch)
    }

    fn place(&mut self, work: Box<dyn Work>, batch: &mut Vec<Box<dyn Work>>) {
        let free = batch.len() < self.batch_max && work.keys().iter().all(|key| !self.taken.contains(key));
        self.taken.extend(work.keys());
        if free { batch.push(work) } else { self.held.push_back(work) }
    }

    /// Commits a batch and answers it. `Err`: the writer must stop.
    fn settle(&mut self, mut batch: Vec<Box<dyn Work>>) -> Result<(), String> {
        let Err(error) = self.transact(&mut batch) else {
            self.figures.found_full(false);
            self.answer(batch, Ok(()));
            if self.session.log_is_long() {
                self.session.copy_back();
            }
            return Ok(());
        };
        match Meaning::of(&error) {
            Meaning::Full => {
                self.figures.found_full(true);
                self.answer(batch, Err(StoreError::Full));
            }
            Meaning::Busy => self.answer(batch, Err(StoreError::Busy)),
            Meaning::Broken => {
                let why = error.to_string();
                // Whoever reads the answer must find the store stopped.
                self.shared.stopped.send_replace(Some(why.clone()));
                self.answer(batch, Err(StoreError::Stopped(why.clone())));
                return Err(why);
            }
            Meaning::Refused if batch.len() == 1 => {
                self.answer(batch, Err(StoreError::Unreadable(format!("the database refused the change: {error}"))));
            }
            Meaning::Refused => return self.settle_one_by_one(batch),
        }
        Ok(())
    }

    fn settle_one_by_one(&mut self, batch: Vec<Box<dyn Work>>) -> Result<(), String> {
        let mut rest = batch.into_iter();
        while let Some(work) = rest.next() {
            if let Err(why) = self.settle(vec![work]) {
                self.answer(rest.collect(), Err(StoreError::Stopped(why.clone())));
                return Err(why);
            }
        }
        Ok(())
    }

    fn transact(&mut self, batch: &mut [Box<dyn Work>]) -> rusqlite::Result<()> {
        if self.session.log_is_long() {
            // It begins anew where nobody reads it.
            self.readers.end_snapshots();
        }
        let outcome = self.session.begin().and_then(|()| {
            batch.iter_mut().try_for_each(|work| work.run(&mut self.session))?;
            let begun = Stopwatch::start();
            self.session.commit()?;
            self.figures.commits_us.add(begun.elapsed_us());
            self.figures.batches.add(batch.len() as u64);
            Ok(())
        });
        match outcome {
            Ok(()) => self.readers.committed(),
            Err(_) => self.session.roll_back(),
        }
        outcome
    }

    fn answer(&self, batch: Vec<Box<dyn Work>>, outcome: Result<(), StoreError>) {
        self.shared.waiting.fetch_sub(batch.len(), Ordering::Relaxed);
        for work in batch {
            work.answer(outcome.clone());
        }
    }

    /// What waits is answered `Stopped`, as everything is from here on; the process should end.
    fn stop(&mut self, why: &str) {
        let mut rest: Vec<_> = std::mem::take(&mut self.held).into();
        rest.extend(self.queue.try_iter());
        self.answer(rest, Err(StoreError::Stopped(why.to_owned())));
    }
}

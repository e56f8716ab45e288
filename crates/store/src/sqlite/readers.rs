//! Connections that read. Point reads run inline on the caller's thread; long ones on a thread
//! of their own, few at a time. A snapshot is used again until the next commit: taking one costs
//! four calls into the system, as much as the look-up itself. The writer ends the snapshots that
//! nobody uses at each commit, so that none is older than that and the log can be reused.

use super::connect;
use super::fault::Fault;
use crate::StoreError;
use crate::clock::Stopwatch;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// A statement holds its snapshot at most so long: an old one keeps the log from being reused.
const SNAPSHOT_MAX_MS: u64 = 5_000;

/// A snapshot is used again for so long at most: what another program writes into the file (nobody
/// should) is seen after that, though nothing is committed here.
const SNAPSHOT_REUSED_MS: u64 = 1_000;

/// How often a running statement looks at the time, in steps of SQLite's machine (about 1 ms).
const STEPS_BETWEEN_LOOKS: i32 = 20_000;

/// Connections kept for the next reader; more than runtime threads there rarely are.
const KEPT_MAX: usize = 16;

/// Long reads at the same time.
const LONG_READS_MAX: usize = 4;

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    is_immutable: bool,
    kept: Mutex<Vec<Reader>>,
    long: Semaphore,
    born: Stopwatch,
    shut: AtomicBool,
    /// Commits of the writer so far.
    commits: AtomicU64,
}

#[derive(Debug)]
struct Reader {
    connection: Connection,
    /// Its open snapshot, if there is one.
    snapshot: Option<Snapshot>,
    /// Milliseconds after `Readers::born` at which its statement is interrupted.
    until_ms: Arc<AtomicU64>,
}

#[derive(Debug, Clone, Copy)]
struct Snapshot {
    /// Commits before it was taken.
    commits: u64,
    /// When, in milliseconds after `Readers::born`.
    at_ms: u64,
}

impl Readers {
    pub(super) fn new(path: PathBuf, is_immutable: bool) -> Self {
        Self {
            path,
            is_immutable,
            kept: Mutex::default(),
            long: Semaphore::new(LONG_READS_MAX),
            born: Stopwatch::start(),
            shut: AtomicBool::new(false),
            commits: AtomicU64::new(0),
        }
    }

    /// Reads on this thread.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        self.read_within(SNAPSHOT_MAX_MS, false, read)
    }

    /// The same with another limit: a long one only where nobody writes. `afresh`: from a snapshot of its
    /// own, since another process may have written.
    fn read_within<T>(
        &self,
        limit_ms: u64,
        afresh: bool,
        read: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        if self.shut.load(Ordering::Relaxed) {
            return Err(StoreError::Stopped("it is closed".into()));
        }
        let mut reader = match self.take() {
            Some(reader) => reader,
            None => {
                self.open().map_err(|error| without_descriptors(&error).unwrap_or_else(|| Fault::from(error).into()))?
            }
        };
        let at_ms = self.born.elapsed_ms();
        reader.until_ms.store(at_ms.saturating_add(limit_ms), Ordering::Relaxed);
        // Before the snapshot is taken: whoever was answered after a commit reads it.
        let commits = self.commits.load(Ordering::Acquire);
        if afresh {
            reader.end_snapshot().map_err(Fault::from)?;
        }
        reader.look_from(Snapshot { commits, at_ms }).map_err(Fault::from)?;
        let result = read(&reader.connection);
        if result.is_ok() && !afresh || reader.end_snapshot().is_ok() {
            self.keep(reader);
        }
        Ok(result?)
    }

    /// A commit is durable: snapshots taken before it are not used again.
    pub(super) fn committed(&self) {
        self.commits.fetch_add(1, Ordering::AcqRel);
        self.end_snapshots();
    }

    /// Ends the snapshots that nobody reads just now.
    pub(super) fn end_snapshots(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain_mut(|reader| reader.end_snapshot().is_ok());
    }

    /// Reads on a thread for blocking work; at most a few at a time.
    pub(super) async fn read_long<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read_long_within(SNAPSHOT_MAX_MS, read).await
    }

    /// The same with another limit.
    pub(super) async fn read_long_within<T: Send + 'static>(
        self: &Arc<Self>,
        limit_ms: u64,
        read: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let _permit = self.long.acquire().await.map_err(|_| StoreError::Busy)?;
        let readers = Arc::clone(self);
        tokio::task::spawn_blocking(move || readers.read_within(limit_ms, true, read))
            .await
            .map_err(|error| StoreError::Unreadable(error.to_string()))?
    }

    /// No read from here on; drops what is kept, so that the log can be cut.
    pub(super) fn shut(&self) {
        self.shut.store(true, Ordering::Relaxed);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Opens one that is kept: whoever has no descriptors left later can still read.
    pub(super) fn warm_up(&self) -> rusqlite::Result<()> {
        self.open().map(|reader| self.keep(reader))
    }

    fn take(&self) -> Option<Reader> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, mut reader: Reader) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that no commit passes between: it would have ended it.
        let is_old = reader.snapshot.is_some_and(|taken| taken.commits != self.commits.load(Ordering::Acquire));
        if is_old && reader.end_snapshot().is_err() {
            return;
        }
        if kept.len() < KEPT_MAX && !self.shut.load(Ordering::Relaxed) {
            kept.push(reader);
        }
    }

    fn open(&self) -> rusqlite::Result<Reader> {
        let mut connection = connect::reader(&self.path, self.is_immutable)?;
        let until_ms = Arc::new(AtomicU64::new(u64::MAX));
        let (limit, born) = (Arc::clone(&until_ms), self.born);
        connection
            .progress_handler(STEPS_BETWEEN_LOOKS, Some(move || born.elapsed_ms() > limit.load(Ordering::Relaxed)))?;
        // All its files are open from here on; a statement needs no more.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(Reader { connection, snapshot: None, until_ms })
    }
}

impl Reader {
    /// Looks at the file as it is now, or at a snapshot that shows the same.
    fn look_from(&mut self, now: Snapshot) -> rusqlite::Result<()> {
        let is_good = |taken: Snapshot| {
            taken.commits == now.commits && now.at_ms.saturating_sub(taken.at_ms) < SNAPSHOT_REUSED_MS
        };
        if self.snapshot.is_some_and(is_good) {
            return Ok(());
        }
        self.end_snapshot()?;
        self.connection.prepare_cached("BEGIN")?.execute([])?;
        self.snapshot = Some(now);
        Ok(())
    }

    fn end_snapshot(&mut self) -> rusqlite::Result<()> {
        if self.snapshot.take().is_some() && !self.connection.is_autocommit() {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }
}

/// The file was there at the start: one more reader cannot open it where the process may open no
/// more files. That passes.
fn without_descriptors(error: &rusqlite::Error) -> Option<StoreError> {
    (error.sqlite_error_code() == Some(rusqlite::ErrorCode::CannotOpen)).then_some(StoreError::Busy)
}

//! The embedded engine: one file, one writer thread with group commit, readers beside it.
//!
//! Here: opening, closing, handing work to the writer. What is asked of it stands in `engine`,
//! the SQL by subject in the files beside it. No rule of an entitlement's life is here.

mod accounts;
mod administration;
mod backup;
mod beside;
mod callbacks;
mod claims;
mod commit;
mod connect;
mod copy;
mod customers;
mod engine;
mod events;
mod examine;
mod fault;
mod file;
mod kept;
mod lanes;
mod loads;
mod migrations;
mod notifications;
mod operations;
mod options;
mod readers;
mod reports;
mod restore;
mod restored;
mod rows;
mod session;
mod standing;
mod stored;
mod writer;

pub use backup::{BackupError, BackupMade};
pub use beside::SqliteFile;
pub(crate) use copy::SqliteEnd;
pub use options::{OpenError, Options};
pub use restore::{RestoreError, Restored, Restoring};

use crate::clock::StoreClock;
use crate::{Figures, StoreError};
use fault::Fault;
use readers::Readers;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use session::{LogPages, Session};
use std::collections::{HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;
use tokio::sync::{oneshot, watch};
use writer::{Shared, Task, Work, Writer};

/// A store in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    clock: StoreClock,
    readers: Arc<Readers>,
    /// The same file, for whoever only reads it.
    file: SqliteFile,
    /// `None` once closed.
    queue: RwLock<Option<mpsc::Sender<Box<dyn Work>>>>,
    waiting_max: usize,
    shared: Arc<Shared>,
    figures: Arc<Figures>,
    ended: watch::Receiver<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteStore {
    /// Opens the file, makes it where it is absent, brings it to the newest schema, and keeps
    /// every other process out until the store is closed or dropped.
    ///
    /// # Errors
    /// See [`OpenError`]; each says what to do.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let lock = file::take(&path)?;
        let failed = |doing| {
            let path = path.clone();
            move |message: String| OpenError::Engine { path, doing, message }
        };
        let mut connection = connect::writer(&path, options.writer_cache_mib, options.pages_max).map_err(|error| {
            match error.sqlite_error_code() {
                Some(rusqlite::ErrorCode::NotADatabase) => OpenError::NotOurs { path: path.clone() },
                _ => failed("connecting")(error.to_string()),
            }
        })?;
        migrations::migrate(&mut connection, &path, options.clock.read())?;
        copy::refuse_unfinished(&connection, &path)?;
        lanes::release_all(&connection).map_err(|error| failed("freeing leases")(error.to_string()))?;
        let offset_ms = accounts::clock_offset(&connection)
            .map_err(|fault| failed("reading the clock's offset")(StoreError::from(fault).to_string()))?;
        let (sender, queue) = mpsc::channel();
        let (has_ended, ended) = watch::channel(false);
        let shared = Arc::new(Shared { waiting: AtomicUsize::new(0), stopped: watch::Sender::new(None) });
        let restored = restored::newest(&connection)
            .map_err(|fault| failed("reading what was restored")(StoreError::from(fault).to_string()))?;
        let log_pages =
            LogPages::watch(&mut connection).map_err(|error| failed("watching the log")(error.to_string()))?;
        let figures = Arc::<Figures>::default();
        let readers = Arc::new(Readers::new(path.clone(), false));
        let (batch_max, beside) = (options.batch_max.max(1), (figures.clone(), shared.clone(), readers.clone()));
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                let (figures, shared, readers) = beside;
                let session = Session::new(&connection, restored, log_pages);
                let (held, taken) = (VecDeque::new(), HashSet::new());
                Writer { figures, session, queue, shared: shared.clone(), readers, batch_max, held, taken }.run();
                close(&connection, &shared);
                drop(connection);
                drop(lock);
                has_ended.send_replace(true);
            })
            .map_err(|error| failed("starting the writer")(error.to_string()))?;
        readers.warm_up().map_err(|error| failed("opening a reader")(error.to_string()))?;
        let file =
            SqliteFile { path: path.clone(), readers: Arc::clone(&readers), is_alone: false, is_immutable: false };
        Ok(Self {
            readers,
            file,
            path,
            clock: StoreClock::new(options.clock, offset_ms),
            queue: RwLock::new(Some(sender)),
            waiting_max: options.waiting_max,
            shared,
            figures,
            ended,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The file for whoever only reads it: doctor and backup.
    #[must_use]
    pub const fn file(&self) -> &SqliteFile {
        &self.file
    }

    /// Whether the engine has stopped at an I/O error: the process must stop accepting and exit.
    #[must_use]
    pub fn stopped(&self) -> bool {
        self.shared.stopped.borrow().is_some()
    }

    /// Waits until the engine stops at an I/O error, and says why. Never returns otherwise.
    pub async fn until_stopped(&self) -> String {
        let mut stopped = self.shared.stopped.subscribe();
        let found = stopped.wait_for(Option::is_some).await;
        found.ok().and_then(|why| why.clone()).unwrap_or_default()
    }

    /// Bytes of the write-ahead log: it grows while a reader holds an old snapshot.
    #[must_use]
    pub fn log_bytes(&self) -> u64 {
        std::fs::metadata(file::beside(&self.path, "-wal")).map_or(0, |found| found.len())
    }

    /// Bytes of the data file.
    fn data_bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |found| found.len())
    }

    /// Bounds the file to so many pages of 4 KiB, as `Options::pages_max`; `None` lifts the bound.
    ///
    /// # Errors
    /// As any write.
    pub async fn limit_pages(&self, pages_max: Option<u32>) -> Result<(), StoreError> {
        self.write(Vec::new(), move |session| Ok(connect::limit_pages(session.connection, pages_max)?)).await
    }

    /// Hands a function to the writer and waits for the commit that holds it. Dropping the future
    /// drops the answer only.
    async fn write<T: Send + 'static>(
        &self,
        keys: Vec<u64>,
        function: impl FnMut(&mut Session<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (to, answer) = oneshot::channel();
        self.hand_over(Box::new(Task::new(keys, function, to)))?;
        answer.await.unwrap_or_else(|_| Err(self.why_stopped()))
    }

    fn hand_over(&self, work: Box<dyn Work>) -> Result<(), StoreError> {
        let queue = self.queue.read().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = queue.as_ref().filter(|_| !self.stopped()) else {
            return Err(self.why_stopped());
        };
        if self.shared.waiting.fetch_add(1, Ordering::Relaxed) >= self.waiting_max {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreError::Busy);
        }
        sender.send(work).map_err(|_| self.why_stopped())
    }

    fn why_stopped(&self) -> StoreError {
        let why = self.shared.stopped.borrow().clone();
        StoreError::Stopped(why.unwrap_or_else(|| "it is closed".into()))
    }

    /// No work is taken from here on; the writer finishes what waits, then ends.
    fn shut(&self) {
        self.readers.shut();
        self.queue.write().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.shut();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The file is free for the next to open only when the writer has ended.
        let _ = thread.map(JoinHandle::join);
    }
}

fn close(connection: &Connection, shared: &Shared) {
    // What cannot be copied back now stays in the log, and is found there at the next start. After
    // an I/O error nobody knows what the log holds: it is left alone, by the closing too.
    let _ = if shared.stopped.borrow().is_some() {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)
    } else {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    };
}

//! How a file is opened, and why it cannot be.

use crate::Clock;
use std::path::PathBuf;

/// Changes waiting or being committed; beyond it `Busy`. At 20,000 a second this is 0.4 s.
const WAITING_MAX: usize = 8_192;

/// Changes in one transaction. Batches settle at 55 to 130 by themselves; the bound keeps the
/// first of a long queue from waiting for the last.
const BATCH_MAX: usize = 512;

/// The writer's page cache. Random keys want their indexes in memory.
const WRITER_CACHE_MIB: u32 = 128;

/// What may be chosen at opening.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Clock,
    /// Changes waiting or being committed; beyond it `StoreError::Busy`.
    pub waiting_max: usize,
    /// Changes in one transaction.
    pub batch_max: usize,
    /// The writer's page cache.
    pub writer_cache_mib: u32,
    /// Pages the file may grow to, 4 KiB each; beyond it `StoreError::Full`.
    pub pages_max: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            waiting_max: WAITING_MAX,
            batch_max: BATCH_MAX,
            writer_cache_mib: WRITER_CACHE_MIB,
            pages_max: None,
        }
    }
}

/// Why a store could not be opened: which file, what is wrong, what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody has it open.
    #[error("{} is in use by {}; stop it, or choose another file", path.display(), owner(*pid))]
    InUse {
        /// The data file.
        path: PathBuf,
        /// Whose, if the lock file tells.
        pid: Option<u32>,
    },
    /// Locks and shared memory do not work there.
    #[error(
        "{} lies on a network file system ({kind}), where SQLite can lose data; choose a local disk, or PostgreSQL",
        path.display()
    )]
    Network {
        /// The data file.
        path: PathBuf,
        /// Which.
        kind: &'static str,
    },
    /// Written by a later program.
    #[error(
        "{} has schema version {found}, this program knows up to {known}; start a newer \
         entitle, or restore a copy from before the upgrade",
        path.display()
    )]
    Newer {
        /// The data file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The program's.
        known: i64,
    },
    /// A migration that was applied reads differently now.
    #[error(
        "{} was made with another text of migration {number} ({name}) than this program holds; \
         start the entitle that made it, or a released one",
        path.display()
    )]
    Changed {
        /// The data file.
        path: PathBuf,
        /// Which migration.
        number: i64,
        /// Its name.
        name: String,
    },
    /// Not a file of this program.
    #[error("{} is not a data file of entitle; choose another file", path.display())]
    NotOurs {
        /// The data file.
        path: PathBuf,
    },
    /// A copy into it was begun and is not finished.
    #[error(
        "{} holds an unfinished copy of {from}; finish it by the same `entitle store copy`, or remove the file",
        path.display()
    )]
    Unfinished {
        /// The data file.
        path: PathBuf,
        /// What is copied there.
        from: String,
    },
    /// The operating system said no.
    #[error(
        "{} cannot be {doing}: {source}; check that directory and file belong to you and are writable",
        path.display()
    )]
    File {
        /// Which file or directory.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// Its words.
        source: std::io::Error,
    },
    /// SQLite said no.
    #[error("{} cannot be opened ({doing}): {message}; `entitle doctor` tells more", path.display())]
    Engine {
        /// The data file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// Its words.
        message: String,
    },
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

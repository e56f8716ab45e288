//! An online copy: one consistent snapshot, page by page, by a reader beside the writer
//! (docs/decisions/0020). The writer waits for nothing; its log grows while the copy is made,
//! because the snapshot is held, and is cut afterwards.
//!
//! The copy gets its name when it is whole, on disk and looked at. What lies under the name of a
//! backup is a backup.

use super::beside::SqliteFile;
use super::fault::Meaning;
use super::{connect, file, migrations};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Pages of one step, 4 MiB: between steps progress is told.
const STEP_PAGES: i32 = 1_024;
/// While it is made, a copy has this behind its name.
const UNFINISHED: &str = ".part";
/// What SQLite may find wrong with a copy before it has said enough.
const FAULTS_MAX: usize = 20;

/// Why there is no backup; nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is something under that name.
    #[error("{} is there already; choose another name, a backup overwrites nothing", .0.display())]
    Exists(PathBuf),
    /// The operating system said no.
    #[error(
        "{} cannot be {doing}: {source}; check that the directory is there, belongs to you and has room",
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
    #[error(
        "{} cannot be copied: {message}; where the disk is full, make room, else ask `entitle doctor`",
        path.display()
    )]
    Engine {
        /// The data file.
        path: PathBuf,
        /// Its words.
        message: String,
    },
    /// The copy was made and is not sound: neither is the original, or the disk.
    #[error(
        "the copy of {} is not sound ({what}), so it was removed; ask `entitle doctor` about the original",
        path.display()
    )]
    Unsound {
        /// The data file.
        path: PathBuf,
        /// What SQLite found first.
        what: String,
    },
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupMade {
    /// Its size.
    pub bytes: u64,
}

impl SqliteFile {
    /// Copies the file as it is at this moment to `to`, readable by its owner only, and looks
    /// whether the copy is sound. Blocks its thread; `progress` gets bytes copied and bytes in all.
    ///
    /// # Errors
    /// See [`BackupError`]; each says what to do.
    pub fn backup(&self, to: &Path, mut progress: impl FnMut(u64, u64)) -> Result<BackupMade, BackupError> {
        let copy = NewFile::reserve(to)?;
        self.copy_into(&copy.unfinished, &mut progress)?;
        one_file(&copy.unfinished).map_err(|error| self.failed(&error))?;
        if let Some(what) = first_fault(&copy.unfinished).map_err(|error| self.failed(&error))? {
            return Err(BackupError::Unsound { path: self.path.clone(), what });
        }
        copy.finish()
    }

    fn copy_into(&self, unfinished: &Path, progress: &mut impl FnMut(u64, u64)) -> Result<(), BackupError> {
        let failed = |error| self.failed(&error);
        let from = connect::reader(&self.path, self.is_immutable).map_err(failed)?;
        if migrations::version(&from).map_err(failed)?.is_none() {
            return Err(BackupError::Engine {
                path: self.path.clone(),
                message: "it is no data file of entitle".into(),
            });
        }
        // The snapshot: without it the copy would begin anew at every commit beside it.
        from.execute_batch("BEGIN; SELECT count(*) FROM schema_version;").map_err(failed)?;
        let mut to = Connection::open_with_flags(unfinished, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
        // Nothing has to be undone in a file that is nobody's yet; it is synchronised as a whole.
        to.execute_batch("PRAGMA synchronous = OFF;").map_err(failed)?;
        let backup = Backup::new(&from, &mut to).map_err(failed)?;
        loop {
            let step = backup.step(STEP_PAGES).map_err(failed)?;
            let pages = backup.progress();
            let bytes = |pages: i32| u64::from(pages.unsigned_abs()) * 4_096;
            progress(bytes(pages.pagecount - pages.remaining), bytes(pages.pagecount));
            match step {
                StepResult::Done => return Ok(()),
                StepResult::More | StepResult::Busy | StepResult::Locked => {}
                _ => {
                    let message = "SQLite gave an answer that this program does not know".into();
                    return Err(BackupError::Engine { path: self.path.clone(), message });
                }
            }
        }
    }

    fn failed(&self, error: &rusqlite::Error) -> BackupError {
        BackupError::Engine { path: self.path.clone(), message: error.to_string() }
    }
}

/// The copy is a file by itself: no log beside it.
fn one_file(path: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
}

/// What SQLite finds wrong first.
pub(super) fn first_fault(path: &Path) -> rusqlite::Result<Option<String>> {
    let connection = connect::reader(path, true)?;
    let look = || {
        let mut statement = connection.prepare(&format!("PRAGMA quick_check({FAULTS_MAX})"))?;
        statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()
    };
    match look() {
        Ok(lines) => Ok(lines.into_iter().find(|line| line != "ok")),
        // So broken that it cannot even be looked at.
        Err(error) if Meaning::of(&error) == Meaning::Broken => Ok(Some(error.to_string())),
        Err(error) => Err(error),
    }
}

/// A file that gets its name at the end. Until then the name is taken by an empty file, so that
/// nobody else takes it; both are removed unless it is finished.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) unfinished: PathBuf,
    name: PathBuf,
    is_finished: bool,
}

impl NewFile {
    pub(super) fn reserve(name: &Path) -> Result<Self, BackupError> {
        create_new(name)?;
        let reserved = Self { unfinished: file::beside(name, UNFINISHED), name: name.into(), is_finished: false };
        // What a copy that was broken off has left is of no use.
        let _ = fs::remove_file(&reserved.unfinished);
        create_new(&reserved.unfinished)?;
        Ok(reserved)
    }

    /// A file that has its name, and is removed all the same unless it is left.
    pub(super) fn finished(name: &Path) -> Self {
        Self { unfinished: file::beside(name, UNFINISHED), name: name.into(), is_finished: false }
    }

    /// Not removed.
    pub(super) fn leave(mut self) {
        self.is_finished = true;
    }

    /// On disk with its bytes and its name.
    pub(super) fn finish(mut self) -> Result<BackupMade, BackupError> {
        let failed = |path: &Path, doing| {
            let path = path.to_owned();
            move |source| BackupError::File { path, doing, source }
        };
        let file = File::open(&self.unfinished).map_err(failed(&self.unfinished, "opened"))?;
        file.sync_all().map_err(failed(&self.unfinished, "brought to the disk"))?;
        let bytes = file.metadata().map_err(failed(&self.unfinished, "read"))?.len();
        fs::rename(&self.unfinished, &self.name).map_err(failed(&self.name, "named"))?;
        self.is_finished = true;
        let directory = file::directory_of(&self.name);
        let synced = File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(failed(directory, "brought to the disk"))?;
        Ok(BackupMade { bytes })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if self.is_finished {
            return;
        }
        for ending in ["", "-wal", "-shm", "-journal"] {
            // What cannot be removed is named so that nobody takes it for a backup.
            let _ = fs::remove_file(file::beside(&self.unfinished, ending));
        }
        for ending in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(file::beside(&self.name, ending));
        }
    }
}

fn create_new(path: &Path) -> Result<(), BackupError> {
    match OpenOptions::new().write(true).create_new(true).mode(file::FILE_MODE).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(BackupError::Exists(path.into())),
        Err(source) => Err(BackupError::File { path: path.into(), doing: "made", source }),
    }
}

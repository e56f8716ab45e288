//! A backup becomes a data file again: copied, brought to the newest schema, marked as restored so
//! that nothing which was given out since is given out again (docs/decisions/0020), and only then
//! put into its place. In between it can be audited.

use super::backup::{self, BackupError, NewFile};
use super::beside::SqliteFile;
use super::fault::{Fault, Meaning};
use super::file::{self, Lock};
use super::options::OpenError;
use super::{accounts, administration, connect, migrations, restored};
use crate::clock::Clock;
use crate::{AuditEntry, Restoration, StoreError};
use entitlement::Moment;
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};

/// While it is prepared, the file has this behind its name.
const PREPARED: &str = ".restoring";
/// What was there before is kept under this ending, with the moment in seconds since 1970.
const ASIDE: &str = ".before-restore-";

/// Why a backup is not restored; what was there before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The place or the backup cannot be had.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The copy could not be made.
    #[error(transparent)]
    Copy(#[from] BackupError),
    /// There is something at the place.
    #[error("{} is there already; --replace keeps it aside and puts the backup into its place", .0.display())]
    Exists(PathBuf),
    /// The backup is broken.
    #[error("{} is no sound backup ({what}); take an older one", path.display())]
    Unsound {
        /// The backup.
        path: PathBuf,
        /// What SQLite found first.
        what: String,
    },
    /// The restored file could not be written.
    #[error("{} could not be prepared: {message}", path.display())]
    Engine {
        /// The file being prepared.
        path: PathBuf,
        /// What went wrong.
        message: String,
    },
    /// What was there, or what is to be there, could not be moved.
    #[error(
        "{} cannot be put into its place: {source}; nothing is lost, look for the files beside it", path.display()
    )]
    Move {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// From where on it counts anew.
    pub restoration: Restoration,
    /// Where the file lies that was there before, if one was.
    pub kept_aside: Option<PathBuf>,
    /// Credentials that were revoked in the file that was there before and stay so, by user name.
    pub revoked: Vec<String>,
}

/// A prepared file: whole, under another name, its place locked. Dropped, it is removed.
#[derive(Debug)]
pub struct Restoring {
    prepared: Option<NewFile>,
    path: PathBuf,
    place: PathBuf,
    replaces: bool,
    restored: Restored,
    _lock: Lock,
}

impl Restoring {
    /// Prepares the restoration of a backup to `place`, which nobody owns. Blocks its thread;
    /// `progress` gets bytes copied and bytes in all.
    ///
    /// # Errors
    /// See [`RestoreError`]; each says what to do.
    pub fn prepare(
        backup: &Path,
        place: &Path,
        replace: bool,
        progress: impl FnMut(u64, u64),
    ) -> Result<Self, RestoreError> {
        let from = SqliteFile::open(backup)?;
        let lock = file::take_place(place)?;
        let replaces = place.exists();
        if replaces && !replace {
            return Err(RestoreError::Exists(place.into()));
        }
        if let Some(what) = sound(&from)? {
            return Err(RestoreError::Unsound { path: backup.into(), what });
        }
        let path = file::beside(place, PREPARED);
        remove_all(&path);
        from.backup(&path, progress)?;
        let prepared = NewFile::finished(&path);
        let before = replaces.then_some(place);
        let (restoration, revoked) = mark(&path, backup, before)?;
        let restored = Restored { restoration, kept_aside: None, revoked };
        Ok(Self { prepared: Some(prepared), path, place: place.into(), replaces, restored, _lock: lock })
    }

    /// The prepared file, to be audited.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn file(&self) -> Result<SqliteFile, OpenError> {
        SqliteFile::open(&self.path)
    }

    /// Puts it into its place; what was there is kept aside.
    ///
    /// # Errors
    /// Where the files cannot be moved.
    pub fn finish(mut self) -> Result<Restored, RestoreError> {
        self.restored.kept_aside = self.move_aside()?;
        rename(&self.path, &self.place)?;
        if let Some(prepared) = self.prepared.take() {
            prepared.leave();
        }
        let directory = file::directory_of(&self.place);
        let synced = fs::File::open(directory).and_then(|directory| directory.sync_all());
        synced.map_err(|source| RestoreError::Move { path: directory.into(), source })?;
        Ok(self.restored.clone())
    }

    /// Its log first, emptied into it where it can still be written: a log must never lie beside
    /// another file than its own.
    fn move_aside(&self) -> Result<Option<PathBuf>, RestoreError> {
        let seconds = Clock::system().read().0 / 1_000;
        let aside = file::beside(&self.place, &format!("{ASIDE}{seconds}"));
        if self.replaces
            && let Ok(connection) = Connection::open(&self.place)
        {
            // A file that is too broken for that keeps its log, under its new name.
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
        let mut is_moved = false;
        for ending in ["-wal", ""] {
            let (from, to) = (file::beside(&self.place, ending), file::beside(&aside, ending));
            if from.exists() {
                rename(&from, &to)?;
                is_moved = true;
            }
        }
        let _ = fs::remove_file(file::beside(&self.place, "-shm"));
        Ok(is_moved.then_some(aside))
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), RestoreError> {
    fs::rename(from, to).map_err(|source| RestoreError::Move { path: from.into(), source })
}

/// What a preparation that was broken off has left is of no use.
fn remove_all(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(file::beside(path, ending));
    }
}

/// What SQLite finds wrong with the backup first, or that it is not ours.
fn sound(from: &SqliteFile) -> Result<Option<String>, RestoreError> {
    let engine = |error: rusqlite::Error| RestoreError::Engine { path: from.path.clone(), message: error.to_string() };
    let connection = connect::reader(&from.path, from.is_immutable).map_err(engine)?;
    match migrations::version(&connection) {
        Ok(Some(_)) => {}
        Ok(None) => return Err(OpenError::NotOurs { path: from.path.clone() }.into()),
        Err(error) if Meaning::of(&error) == Meaning::Broken => return Ok(Some(error.to_string())),
        Err(error) => return Err(engine(error)),
    }
    // A backup stands still. A file with a log beside it is looked at again once it is copied.
    if file::beside(&from.path, "-wal").exists() { Ok(None) } else { backup::first_fault(&from.path).map_err(engine) }
}

/// Brings the copy to the newest schema, lets it count anew, keeps revoked what was revoked, and writes
/// into the audit that it was restored.
fn mark(path: &Path, backup: &Path, before: Option<&Path>) -> Result<(Restoration, Vec<String>), RestoreError> {
    let engine = |message: String| RestoreError::Engine { path: path.into(), message };
    let content = |fault: Fault| engine(StoreError::from(fault).to_string());
    let mut connection = Connection::open(path).map_err(|error| engine(error.to_string()))?;
    let real_now = Clock::system().read();
    migrations::migrate(&mut connection, path, real_now)?;
    let revoked = before.map(revoked_in).unwrap_or_default();
    let transaction = connection.transaction().map_err(|error| engine(error.to_string()))?;
    let restoration = count_anew(&transaction, real_now).map_err(content)?;
    administration::append(&transaction, &entry(backup, restoration)).map_err(content)?;
    let mut kept = Vec::new();
    for (user, at) in revoked {
        let changed = transaction
            .execute("UPDATE credential SET revoked_at = ?2 WHERE user = ?1 AND revoked_at IS NULL", (&user, at))
            .map_err(|error| engine(error.to_string()))?;
        kept.extend((changed > 0).then_some(user));
    }
    transaction.commit().map_err(|error| engine(error.to_string()))?;
    Ok((restoration, kept))
}

fn entry(backup: &Path, restoration: Restoration) -> AuditEntry {
    AuditEntry {
        at: restoration.at,
        who: "entitle restore".to_owned(),
        act: "store.restore".to_owned(),
        subject: backup.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        before: None,
        after: Some(format!("feeds go on behind position {}", restoration.feed_floor)),
        note: None,
    }
}

fn count_anew(connection: &Connection, real_now: Moment) -> Result<Restoration, Fault> {
    let last: i64 = connection.query_row("SELECT coalesce(max(position), 0) FROM account", [], |row| row.get(0))?;
    let store_now = real_now.plus_ms(accounts::clock_offset(connection)?);
    let before = restored::newest(connection)?;
    let restoration = Restoration::next(real_now, store_now, last.unsigned_abs(), before.as_ref());
    let floor = i64::try_from(restoration.feed_floor).unwrap_or(i64::MAX);
    connection.execute("UPDATE account SET position = ?1", [floor])?;
    restored::note(connection, restoration)?;
    Ok(restoration)
}

/// Who was revoked in the file that is replaced, as far as it can still be read.
fn revoked_in(path: &Path) -> Vec<(String, i64)> {
    let read = || -> rusqlite::Result<Vec<(String, i64)>> {
        let connection = connect::reader(path, false)?;
        let mut statement =
            connection.prepare("SELECT user, revoked_at FROM credential WHERE revoked_at IS NOT NULL ORDER BY user")?;
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    // Said in docs/BACKUP.md: after a broken file the operator has to revoke them again.
    read().unwrap_or_default()
}

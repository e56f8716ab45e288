//! A data file that is only read: beside the process that owns it, or while nobody does. Nothing is
//! written, not even the lock. Doctor and backup work on this.

use super::connect;
use super::file;
use super::options::OpenError;
use super::readers::Readers;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A data file, read.
#[derive(Debug, Clone)]
pub struct SqliteFile {
    pub(super) path: PathBuf,
    pub(super) readers: Arc<Readers>,
    /// Nobody writes into it, so that a look may take as long as it takes.
    pub(super) is_alone: bool,
    /// It lies where nothing can be written.
    pub(super) is_immutable: bool,
}

impl SqliteFile {
    /// Opens a file that is there.
    ///
    /// # Errors
    /// Where it is missing, no database, or not readable. A broken one can be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        std::fs::File::open(&path).map_err(|source| OpenError::File { path: path.clone(), doing: "opened", source })?;
        let is_alone = file::owner(&path).is_none();
        let is_immutable = match probe(&path, false) {
            Ok(()) => false,
            // It can be opened; how broken it is, whoever reads it will find.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => false,
            // Beside it nothing can be made, and there is no log to be read: it stands still.
            Err(error) if cannot_write(&error) && !file::beside(&path, "-wal").exists() => {
                probe(&path, true).map_err(|error| refused(&path, &error))?;
                true
            }
            Err(error) => return Err(refused(&path, &error)),
        };
        let readers = Arc::new(Readers::new(path.clone(), is_immutable));
        Ok(Self { path, readers, is_alone, is_immutable })
    }

    /// The process that owns the file now: `None` where nobody does, `Some(None)` where the lock
    /// does not tell who.
    #[must_use]
    pub fn owner(&self) -> Option<Option<u32>> {
        file::owner(&self.path)
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn probe(path: &Path, is_immutable: bool) -> rusqlite::Result<()> {
    let connection = connect::reader(path, is_immutable)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn cannot_write(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

fn refused(path: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => OpenError::NotOurs { path: path.into() },
        _ => OpenError::Engine { path: path.into(), doing: "reading", message: error.to_string() },
    }
}

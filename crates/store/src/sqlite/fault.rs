//! What can go wrong below, and what it means above.

use crate::StoreError;
use crate::codec::Unreadable;
use rusqlite::ErrorCode;

/// A failure of one piece of work.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite failed: whatever the transaction has written must go.
    Engine(rusqlite::Error),
    /// What lies there (or what is asked) makes no sense: concerns this piece of work only.
    Content(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Content(error.to_string()),
            other => Self::Engine(other),
        }
    }
}

impl From<Unreadable> for Fault {
    fn from(error: Unreadable) -> Self {
        Self::Content(error.0)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Content(what) => Self::Unreadable(what),
            Fault::Engine(error) => match Meaning::of(&error) {
                Meaning::Full => Self::Full,
                Meaning::Busy => Self::Busy,
                Meaning::Broken | Meaning::Refused => Self::Unreadable(error.to_string()),
            },
        }
    }
}

/// What an error of SQLite means for a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// No room: roll back, go on when there is room.
    Full,
    /// Somebody else holds it, or it took too long.
    Busy,
    /// The disk or the file is broken: stop.
    Broken,
    /// SQLite does not take this statement.
    Refused,
}

impl Meaning {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = error else {
            return Self::Refused;
        };
        if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE {
            return Self::Full;
        }
        match failure.code {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::OperationInterrupted => Self::Busy,
            ErrorCode::SystemIoFailure
            | ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly => Self::Broken,
            _ => Self::Refused,
        }
    }
}

//! What can go wrong below, and what it means above.

use crate::StoreError;
use crate::codec::Unreadable;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

/// A failure of one piece of work.
#[derive(Debug)]
pub(super) enum Fault {
    /// PostgreSQL failed, or the way to it: the transaction is gone.
    Engine(Error),
    /// What lies there (or what is asked) makes no sense: concerns this piece of work only.
    Content(String),
    /// No connection is free, or the store is closed.
    Refused(StoreError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<Unreadable> for Fault {
    fn from(error: Unreadable) -> Self {
        Self::Content(error.0)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Content(what) => Self::Unreadable(what),
            Fault::Refused(error) => error,
            Fault::Engine(error) => match Meaning::of(&error) {
                Meaning::Full => Self::Full,
                // Nothing was applied, and another time it works.
                Meaning::Lost | Meaning::Again | Meaning::Taken | Meaning::Unplaced | Meaning::Busy => Self::Busy,
                Meaning::Refused => Self::Unreadable(said(&error)),
            },
        }
    }
}

impl Fault {
    /// What it means for the transaction; `None` where the engine has nothing to do with it.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        match self {
            Self::Engine(error) => Some(Meaning::of(error)),
            Self::Content(_) | Self::Refused(_) => None,
        }
    }
}

/// What an error of PostgreSQL means for a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The connection is gone, or the server is going: with a fresh one it may work.
    Lost,
    /// Another transaction was in the way: the same once more.
    Again,
    /// A unique key was taken meanwhile: the same once more finds whose it is.
    Taken,
    /// There is no partition for it: with one it works.
    Unplaced,
    /// No room: nothing applied; it works when there is room.
    Full,
    /// It took too long, or the server has too much to do.
    Busy,
    /// PostgreSQL does not take this statement.
    Refused,
}

impl Meaning {
    pub(super) fn of(error: &Error) -> Self {
        let Some(code) = error.code() else {
            // No answer of the server: the way to it broke, or this program and the server disagree.
            return if error.is_closed() || std::error::Error::source(error).is_some_and(|it| it.is::<std::io::Error>())
            {
                Self::Lost
            } else {
                Self::Refused
            };
        };
        let class = code.code().get(..2).unwrap_or_default();
        if *code == SqlState::DISK_FULL {
            Self::Full
        } else if *code == SqlState::UNIQUE_VIOLATION {
            Self::Taken
        } else if *code == SqlState::CHECK_VIOLATION {
            // No column is checked otherwise.
            Self::Unplaced
        } else if *code == SqlState::QUERY_CANCELED || class == "53" {
            Self::Busy
        } else if *code == SqlState::LOCK_NOT_AVAILABLE || class == "40" {
            Self::Again
        } else if class == "08" || class == "57" || *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            // Also: a primary that has become a standby.
            Self::Lost
        } else {
            Self::Refused
        }
    }
}

/// The error in the server's own words, as `Display` of the client says only that there was one.
pub(super) fn said(error: &Error) -> String {
    error.as_db_error().map_or_else(
        || match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
        |said| format!("{} ({})", said.message(), said.code().code()),
    )
}

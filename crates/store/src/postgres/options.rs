//! How a database is opened, and why it cannot be.

use super::migrations::SchemaStep;
use crate::Clock;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Changes waiting or being committed; beyond it `Busy`. At 10,000 a second this is 0.8 s.
const WAITING_MAX: usize = 8_192;

/// Changes in one transaction. Batches settle at 45 to 50 by themselves; the bound keeps the first of
/// a long queue from waiting for the last.
const BATCH_MAX: usize = 256;

/// Connections of one process. Two commit, two read by id, the rest are for everything longer.
const CONNECTIONS_MAX: usize = 12;

/// A statement that takes longer is broken off, but never one that commits.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(15);

/// What may be chosen at opening.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user@host:port/database`; several hosts may stand there, the one that takes writes
    /// is found. A Unix socket's folder is a host, too, with `%2F` for `/`.
    pub url: String,
    /// Where the password lies, if not in the URL: its first line.
    pub password_file: Option<PathBuf>,
    /// PEM file with the certificates of authorities that the server's own may come from; without it those
    /// that the web believes.
    pub authorities: Option<PathBuf>,
    /// What this process calls itself towards others at work on the same data: the machine and the address
    /// it listens on. `None` where it does no work of its own.
    pub node: Option<String>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Connections of this process at most; at least six.
    pub connections_max: usize,
    /// Changes waiting or being committed; beyond it `StoreError::Busy`.
    pub waiting_max: usize,
    /// Changes in one transaction.
    pub batch_max: usize,
    /// A statement that takes longer is broken off.
    pub statement_timeout: Duration,
    /// For how many whole months histories and notifications are kept (histories of what is open: always); none:
    /// for ever. Notifications are printed from histories, so what a reseller may still ask for has to be kept.
    pub history_months: Option<u16>,
    /// By organisation: how many homes, 1 to [`HOMES_MAX`](super::HOMES_MAX), its accounts get where a whole store is
    /// copied here; others get one (docs/decisions/0041).
    pub homes: BTreeMap<String, u16>,
    /// Steps of the schema beyond this program's own: a later program, as tests play it.
    #[doc(hidden)]
    pub later_steps: &'static [SchemaStep],
}

impl PostgresOptions {
    /// What is usual, for the database at a URL.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            password_file: None,
            authorities: None,
            node: None,
            clock: Clock::system(),
            connections_max: CONNECTIONS_MAX,
            waiting_max: WAITING_MAX,
            batch_max: BATCH_MAX,
            statement_timeout: STATEMENT_TIMEOUT,
            history_months: None,
            homes: BTreeMap::new(),
            later_steps: &[],
        }
    }
}

impl fmt::Debug for PostgresOptions {
    /// Without the URL: a password may stand in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions").field("connections_max", &self.connections_max).finish_non_exhaustive()
    }
}

/// Why a database could not be opened: which one, what is wrong, what to do. Passwords are never shown.
#[derive(Debug, thiserror::Error)]
pub enum PostgresOpenError {
    /// The URL makes no sense.
    #[error("the URL of the database cannot be read ({0}); it looks like postgres://user@host:5432/database")]
    Url(String),
    /// The password's file cannot be read.
    #[error("{} cannot be read: {source}; it has to hold the password of the database", path.display())]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// Its words.
        source: std::io::Error,
    },
    /// The file of authorities cannot be read.
    #[error("{} cannot be read as certificates of authorities: {message}; it has to hold them as PEM", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// There is no way to the server, or it lets nobody in.
    #[error("{place} cannot be reached: {message}; check that PostgreSQL runs there and lets this user in")]
    Unreachable {
        /// Which database.
        place: String,
        /// What went wrong.
        message: String,
    },
    /// Tables of something else lie there.
    #[error("{place} holds tables that are not entitle's; choose an empty database")]
    NotOurs {
        /// Which database.
        place: String,
    },
    /// A server from before what is needed.
    #[error("{place} is kept by PostgreSQL {found}; this program needs {known} or later")]
    TooOld {
        /// Which database.
        place: String,
        /// Its version.
        found: i32,
        /// The first that will do.
        known: i32,
    },
    /// The texts in it are not UTF-8.
    #[error("{place} is encoded in {encoding}; make a database with ENCODING 'UTF8'")]
    Encoding {
        /// Which database.
        place: String,
        /// Its encoding.
        encoding: String,
    },
    /// Written by a later program.
    #[error("{place} has schema version {found}, this program knows up to {known}; start a newer entitle")]
    Newer {
        /// Which database.
        place: String,
        /// Its version.
        found: i64,
        /// The program's.
        known: i64,
    },
    /// Another process has been at its schema for long.
    #[error(
        "another process is changing the schema of {place}, which takes long where it makes an index of a big table; \
         try again when it is done"
    )]
    Changing {
        /// Which database.
        place: String,
    },
    /// Programs are alive that would break.
    #[error(
        "{place} is in use by a program that knows its schema up to {known}; step {number} ({name}) takes away \
         what that one needs: stop it, wait a minute, and try again"
    )]
    OlderPrograms {
        /// Which database.
        place: String,
        /// Which step.
        number: i64,
        /// Its name.
        name: String,
        /// What the oldest of them knows.
        known: i64,
    },
    /// A migration that was applied reads differently now.
    #[error(
        "{place} was made with another text of migration {number} ({name}) than this program holds; \
         start the entitle that made it, or a released one"
    )]
    Changed {
        /// Which database.
        place: String,
        /// Which migration.
        number: i64,
        /// Its name.
        name: String,
    },
    /// A copy into it was begun and is not finished.
    #[error(
        "{place} holds an unfinished copy of {from}; finish it by the same `entitle store copy`, or drop the \
         database and make it anew"
    )]
    Unfinished {
        /// Which database.
        place: String,
        /// What is copied there.
        from: String,
    },
    /// A copy of it is being made.
    #[error("{place} is being copied by `entitle store copy`; let it finish, or stop it")]
    Copying {
        /// Which database.
        place: String,
    },
    /// PostgreSQL said no.
    #[error("{place} cannot be opened ({doing}): {message}")]
    Engine {
        /// Which database.
        place: String,
        /// What was tried.
        doing: &'static str,
        /// Its words.
        message: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_url_is_never_printed() {
        let options = PostgresOptions::new("postgres://me:secret@db.test/entitle");
        assert!(!format!("{options:?}").contains("secret"));
    }
}

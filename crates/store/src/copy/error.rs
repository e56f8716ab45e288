//! Why a store is not copied, and what to do.

use crate::{OpenError, PostgresOpenError};

/// Why there is no copy. What was copied stays, and the same command goes on, unless the text says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The data file cannot be had.
    #[error(transparent)]
    Sqlite(#[from] OpenError),
    /// The database cannot be had.
    #[error(transparent)]
    Postgres(#[from] PostgresOpenError),
    /// From and to are the same.
    #[error("{0} cannot be copied onto itself; name another place to copy to")]
    Same(String),
    /// There is nothing to copy.
    #[error("there is no store at {0}; name the one that is to be copied")]
    NoStore(String),
    /// The source is itself a copy that was not finished.
    #[error("{place} holds an unfinished copy of {from}; finish that one first, or copy from {from}")]
    SourceUnfinished {
        /// The source.
        place: String,
        /// Its own source.
        from: String,
    },
    /// There is something else in the target.
    #[error("{place} holds data already ({what}); copy into an empty place: a new file, or a new database")]
    NotEmpty {
        /// The target.
        place: String,
        /// The first that was found.
        what: String,
    },
    /// The target holds an unfinished copy of something else.
    #[error(
        "{place} holds an unfinished copy of {from}, which is another store; finish that one, or empty the place \
         (remove the file; drop the database and make it anew) and copy again"
    )]
    OtherSource {
        /// The target.
        place: String,
        /// What is being copied there.
        from: String,
    },
    /// The copy was begun with other homes.
    #[error("the copy into {place} was begun with {}; say the same, or empty the place and copy again",
        if homes.is_empty() { "one home for everybody" } else { homes })]
    OtherHomes {
        /// The target.
        place: String,
        /// With which, as they are written on the command line.
        homes: String,
    },
    /// The source is not as it was when the copy began.
    #[error(
        "{place} has changed since the copy of it began: somebody has served it; empty the target (remove the file; \
         drop the database and make it anew) and copy again while no hub runs"
    )]
    SourceChanged {
        /// The source.
        place: String,
    },
    /// Somebody is to be spread who is not there.
    #[error("{place} has no reseller {organisation}; name one that it has, as the catalog writes it")]
    NoReseller {
        /// The source.
        place: String,
        /// Who is not there.
        organisation: String,
    },
    /// Hubs work on the database.
    #[error("{place} is in use: {sessions} connections of entitle are open; stop every hub on it and try again")]
    InUse {
        /// Which.
        place: String,
        /// How many.
        sessions: i64,
    },
    /// Another copy is at it.
    #[error("{place} is being copied by another `entitle store copy`; let it finish, or stop it and try again")]
    BeingCopied {
        /// Which.
        place: String,
    },
    /// A record that an engine does not take, or cannot be read.
    #[error("{record} cannot be copied: {why}; `entitle doctor` on the source tells more")]
    Record {
        /// Its table and key.
        record: String,
        /// In words.
        why: String,
    },
    /// The copy is not the source.
    #[error("the copy is not what {from} holds: {}; empty the target and copy again while no hub runs",
        told(*count, first))]
    Differs {
        /// The source.
        from: String,
        /// How many records.
        count: u64,
        /// The first of them.
        first: Vec<Difference>,
    },
    /// An engine failed.
    #[error("{place}: {message}; put that right and start the same command again, it goes on where it was")]
    Engine {
        /// Which.
        place: String,
        /// Its words.
        message: String,
    },
}

/// A record that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its table and key.
    pub record: String,
    /// In words: `is missing`, or which fields differ. Values are not told.
    pub what: String,
}

/// A few of them, and how many more there are.
fn told(count: u64, first: &[Difference]) -> String {
    let named: Vec<String> = first.iter().take(5).map(|one| format!("{} {}", one.record, one.what)).collect();
    match count.saturating_sub(named.len() as u64) {
        0 => named.join(", "),
        more => format!("{}, and {more} more", named.join(", ")),
    }
}

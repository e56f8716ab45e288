//! Places to copy from and to: a file or a database of a test's own.

use crate::filled::RESELLERS;
use crate::samples::START;
use cluster::Database;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::copy::{Compared, Copied, CopyError, Place, Progress};
use store::{Clock, Options, PostgresOptions, PostgresStore, SqliteStore, Store};

/// What takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(120);

/// Small pages, so that small stores have many.
pub const PAGE: usize = 7;

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
    /// The same, with resellers that have several homes.
    Spread,
}

/// Those of them.
pub const HOMES: u16 = 7;

/// A place that is gone with the test.
#[derive(Debug)]
pub enum Own {
    Sqlite(tempfile::TempDir),
    /// With the homes that resellers get there.
    Postgres(Database, BTreeMap<String, u16>),
}

impl Own {
    pub async fn make(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(tempfile::tempdir().unwrap()),
            Engine::Postgres => Self::with_homes([].into()).await,
            Engine::Spread => Self::with_homes(RESELLERS.map(|name| (name.to_owned(), HOMES)).into()).await,
        }
    }

    pub async fn with_homes(homes: BTreeMap<String, u16>) -> Self {
        Self::Postgres(Database::make().await, homes)
    }

    pub fn place(&self) -> Place {
        match self {
            Self::Sqlite(_) => Place::Sqlite(self.file()),
            Self::Postgres(database, homes) => {
                let homes = homes.clone();
                Place::Postgres(Box::new(PostgresOptions { homes, ..PostgresOptions::new(&database.url) }))
            }
        }
    }

    pub fn file(&self) -> PathBuf {
        match self {
            Self::Sqlite(folder) => folder.path().join("store.db"),
            Self::Postgres(..) => panic!("a database is no file"),
        }
    }

    /// Opened as a hub opens it.
    pub async fn open(&self) -> Result<Arc<dyn Store>, String> {
        let clock = Clock::manual(START);
        match self {
            Self::Sqlite(_) => SqliteStore::open(self.file(), Options { clock, ..Options::default() })
                .map(|store| Arc::new(store) as Arc<dyn Store>)
                .map_err(|error| error.to_string()),
            Self::Postgres(database, _) => {
                let options = PostgresOptions { clock, ..PostgresOptions::new(&database.url) };
                let opened = PostgresStore::open(options).await;
                opened.map(|store| Arc::new(store) as Arc<dyn Store>).map_err(|error| error.to_string())
            }
        }
    }

    /// Changes what lies there, past the store.
    pub async fn change(&self, sql: &str) {
        match self {
            Self::Sqlite(_) => rusqlite::Connection::open(self.file()).unwrap().execute_batch(sql).unwrap(),
            Self::Postgres(database, _) => drop(database.ask(sql).await),
        }
    }
}

pub async fn in_time<T>(what: &str, work: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, work).await;
    done.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}

pub async fn copy(from: &Own, to: &Own) -> Result<Copied, CopyError> {
    copy_told(from, to, &mut |_| ()).await
}

pub async fn copy_told(from: &Own, to: &Own, told: &mut (dyn FnMut(Progress) + Send)) -> Result<Copied, CopyError> {
    in_time("a copy", store::copy::copy(&from.place(), &to.place(), PAGE, told)).await
}

pub async fn compare(one: &Own, other: &Own) -> Compared {
    in_time("a comparison", store::copy::compare(&one.place(), &other.place(), PAGE, &mut |_| ())).await.unwrap()
}

//! Where the hubs of a test keep their data: a file of the embedded store, or, with
//! `ENTITLE_TEST_ENGINE=postgres`, a database of the test's own. The tests are the same.

use cluster::Database;
pub(crate) use cluster::is_engine_of_tests as is_server;
use std::sync::Arc;
use store::{Clock, Options, PostgresOptions, PostgresStore, SqliteStore, Store};
use tempfile::TempDir;

/// A hub under test opens few connections: many run at once.
const CONNECTIONS_MAX: usize = 6;
/// So does it keep little in memory.
const WRITER_CACHE_MIB: u32 = 4;

/// Data of one test, gone with it.
#[derive(Debug)]
pub(crate) enum Place {
    /// In a directory of their own.
    File(TempDir),
    /// On the server of all tests.
    Server(Database),
}

impl Place {
    /// A new and empty one.
    pub(crate) async fn new() -> Self {
        if is_server() {
            return Self::Server(Database::make_prepared(prepare).await);
        }
        Self::File(tempfile::tempdir().unwrap())
    }

    /// Opens what is there.
    pub(crate) async fn open(&self, clock: Clock) -> Arc<dyn Store> {
        match self {
            Self::File(directory) => {
                let options = Options { clock, writer_cache_mib: WRITER_CACHE_MIB, ..Options::default() };
                Arc::new(SqliteStore::open(directory.path().join("hub.db"), options).unwrap())
            }
            Self::Server(database) => {
                let usual = PostgresOptions::new(&database.url);
                // The same name in each life: what the one before left behind is nobody's.
                let node = Some("under test".to_owned());
                let options = PostgresOptions { clock, node, connections_max: CONNECTIONS_MAX, ..usual };
                Arc::new(PostgresStore::open(options).await.unwrap())
            }
        }
    }
}

/// What every test begins with: a store that nobody has used.
async fn prepare(url: String) {
    drop(PostgresStore::open(PostgresOptions::new(url)).await.unwrap());
}

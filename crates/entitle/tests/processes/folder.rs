//! A folder of a test's own, gone with the test; and where its hub keeps the data.
//!
//! **What runs on either engine**, by `ENTITLE_TEST_ENGINE`, takes [`Folder::on_engine`]: what a kill, a start and
//! a stop leave behind, the mirror, the test clock. Everything else takes [`Folder::new`] and a data file, because it
//! is about one (backup and restore, who owns it, a full or failing disk, a broken page, the socket beside it), or
//! because no engine has a part in it (what is printed, command lines, TLS). What is about PostgreSQL alone stands
//! in `nodes` and takes a database whatever the engine.

use cluster::Database;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Removed when dropped.
pub(crate) struct Folder {
    path: PathBuf,
    /// Where the data lie, if not in a file here.
    database: Option<Database>,
    /// Which of the folders it is.
    number: usize,
    /// Where its hub has listened.
    address: OnceLock<SocketAddr>,
}

/// How many were made: two tests may call theirs the same.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Folder {
    /// An empty folder; `name` is the test's.
    pub(crate) fn new(name: &str) -> Self {
        let (id, number) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{id}-{number}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the test's folder cannot be made");
        Self { path, database: None, number, address: OnceLock::new() }
    }

    /// The same for data on the engine that the tests run on.
    pub(crate) fn on_engine(name: &str) -> Self {
        let database = cluster::is_engine_of_tests().then(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            // Empty, without a schema: the binary makes it.
            runtime.block_on(Database::make())
        });
        let mut folder = Self::new(name);
        folder.database = database;
        folder
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the data lie, as `--database` wants it.
    pub(crate) fn database(&self) -> String {
        match &self.database {
            None => format!("sqlite:{}", self.file().display()),
            Some(database) => database.url.clone(),
        }
    }

    /// Where its hub is to listen. In a database a hub knows what its forerunner at the same address was at, and
    /// goes on with it at once; so there it starts at the one it had, of a loopback address that nobody else has.
    pub(crate) fn listen(&self) -> String {
        match (&self.database, self.address.get()) {
            (None, _) => "127.0.0.1:0".to_owned(),
            (Some(_), None) => format!("127.{}.{}.1:0", std::process::id() % 250 + 1, self.number % 250),
            (Some(_), Some(address)) => address.to_string(),
        }
    }

    /// Its hub has listened there.
    pub(crate) fn listened(&self, address: SocketAddr) {
        let _ = self.address.set(address);
    }

    /// The data file in it.
    pub(crate) fn file(&self) -> PathBuf {
        assert!(self.database.is_none(), "the data lie in a database");
        self.path.join("hub.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

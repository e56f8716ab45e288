//! Databases on the server of all tests of a program.

use crate::Cluster;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Error, NoTls};

const MISSING: &str = "these tests need PostgreSQL: install Debian's package (`cargo xtask setup`, or `apt-get install \
                       postgresql`), or name a server in ENTITLE_TEST_POSTGRES_URL (postgres://user@host/database), \
                       whose user may make databases";

/// The first server that can be told how to copy a database. Those before copy files, too.
const STRATEGY_SINCE: u32 = 150_000;

/// The server of all tests.
struct Server {
    /// Of a database where others can be made.
    url: String,
    /// The throw-away cluster, where it is one.
    cluster: Option<Cluster>,
    /// What tests of this program begin with, once one has asked for it. It goes with the cluster.
    template: OnceCell<String>,
}

static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();

fn server() -> &'static Server {
    match SERVER.get_or_init(find) {
        Ok(server) => server,
        Err(why) => panic!("{why}\n{MISSING}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "which server the tests use is no setting of the program")]
fn find() -> Result<Server, String> {
    match std::env::var("ENTITLE_TEST_POSTGRES_URL") {
        Ok(url) => Ok(Server { url, cluster: None, template: OnceCell::new() }),
        Err(_) => {
            let cluster = Cluster::start_hasty()?;
            Ok(Server { url: cluster.url(), cluster: Some(cluster), template: OnceCell::new() })
        }
    }
}

/// A database of one test, dropped with it.
#[derive(Debug)]
pub struct Database {
    /// How the hub's store reaches it.
    pub url: String,
    name: String,
}

impl Database {
    /// A new and empty one, on the server of all tests.
    pub async fn make() -> Self {
        let server = server();
        let name = make_empty(server).await;
        Self { url: with_database(&server.url, &name), name }
    }

    /// A new one that begins as `prepare` leaves an empty one; every test of a program prepares the same. On the
    /// throw-away cluster that is done once and copied. In a cluster that is named, where nobody would take the
    /// original away, each is prepared by itself.
    pub async fn make_prepared<P: Future<Output = ()>>(prepare: impl Fn(String) -> P + Send + Copy + 'static) -> Self {
        let server = server();
        let original = async || {
            let name = make_empty(server).await;
            prepare_alone(with_database(&server.url, &name), prepare);
            name
        };
        let name = match &server.cluster {
            None => original().await,
            Some(_) => copy(server, server.template.get_or_init(original).await).await,
        };
        Self { url: with_database(&server.url, &name), name }
    }

    /// Carries out statements; the first column of what they answer.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        ask(&self.url, sql).await
    }

    /// A session that stays.
    pub async fn session(&self) -> Session {
        Session::begin(&self.url).await
    }

    /// Where the server listens on this machine, whatever the way of the tests to it.
    pub async fn socket(&self) -> PathBuf {
        let ask = "SELECT split_part(current_setting('unix_socket_directories'), ',', 1) || '/.s.PGSQL.' || \
                   current_setting('port')";
        PathBuf::from(self.ask(ask).await.remove(0))
    }

    /// The same database by way of a socket in another folder.
    pub fn url_by(&self, folder: &Path) -> String {
        let host = folder.display().to_string().replace('/', "%2F");
        let begin = self.url.find("://").map_or(0, |at| at + 3);
        let user = self.url[begin..].split_once('@').map_or("", |(user, _)| user);
        format!("postgres://{user}@{host}/{}", self.name)
    }
}

/// Whether tests that run on either engine run on PostgreSQL: where `ENTITLE_TEST_ENGINE` says so.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "which engine the tests run on is no setting of the program")]
pub fn is_engine_of_tests() -> bool {
    match std::env::var("ENTITLE_TEST_ENGINE").as_deref() {
        Err(_) | Ok("sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("ENTITLE_TEST_ENGINE is sqlite or postgres, not {other}"),
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let drop = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(ask(&server().url, &sql));
        };
        // A thread of its own: this one may belong to a runtime. A test that has failed already fails once.
        let dropped = std::thread::spawn(drop).join();
        assert!(dropped.is_ok() || std::thread::panicking(), "the database of the test stays");
    }
}

async fn make_empty(server: &Server) -> String {
    create(server, |name, _| format!("CREATE DATABASE {name} ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0")).await
}

/// File by file: faster than through the log, which later servers would take, and with what the first session
/// of a database works out, so that no test's has to.
async fn copy(server: &Server, original: &str) -> String {
    create(server, |name, version| {
        let strategy = if version >= STRATEGY_SINCE { "STRATEGY FILE_COPY" } else { "" };
        format!("CREATE DATABASE {name} TEMPLATE {original} {strategy}")
    })
    .await
}

/// Makes a database by the statement for a new name and the server's version.
async fn create(server: &Server, statement: impl FnOnce(&str, u32) -> String) -> String {
    let session = Session::begin(&server.url).await;
    let name = session.ask("SELECT 'entitle_' || replace(gen_random_uuid()::text, '-', '')").await.remove(0);
    let version = session.ask("SHOW server_version_num").await.remove(0).parse().unwrap();
    session.ask(&statement(&name, version)).await;
    session.end().await;
    name
}

/// In a runtime of its own, with which every connection ends: a database in use is not copied.
fn prepare_alone<P: Future<Output = ()>>(url: String, prepare: impl Fn(String) -> P + Send + 'static) {
    let prepared = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(prepare(url));
    });
    prepared.join().expect("the database is prepared");
}

pub(crate) async fn ask(url: &str, sql: &str) -> Vec<String> {
    let session = Session::begin(url).await;
    let answer = session.ask(sql).await;
    session.end().await;
    answer
}

/// A session of a test's own, beside the store.
#[derive(Debug)]
pub struct Session {
    client: Client,
    carried: JoinHandle<Result<(), Error>>,
}

impl Session {
    #[expect(clippy::disallowed_methods, reason = "tests look into the database beside the store")]
    async fn begin(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap_or_else(|error| {
            panic!("{url} cannot be reached: {error:?}\n{MISSING}");
        });
        Self { client, carried: tokio::spawn(connection) }
    }

    async fn end(self) {
        drop(self.client);
        let _ = self.carried.await;
    }

    /// Carries out statements; the first column of what they answer.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        answers(&self.client, sql).await
    }

    /// The same where it may fail.
    ///
    /// # Errors
    /// The server's.
    pub async fn try_ask(&self, sql: &str) -> Result<(), Error> {
        self.client.simple_query(sql).await.map(drop)
    }
}

async fn answers(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let column = |message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    messages.into_iter().filter_map(column).collect()
}

/// The same URL with another database.
fn with_database(url: &str, name: &str) -> String {
    let (place, parameters) = url.split_once('?').map_or((url, String::new()), |(url, rest)| (url, format!("?{rest}")));
    let begin = place.find("://").map_or(0, |at| at + 3);
    let end = place[begin..].find('/').map_or(place.len(), |at| begin + at);
    format!("{}/{name}{parameters}", &place[..end])
}

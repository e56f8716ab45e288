//! A PostgreSQL for the tests: the one that `ENTITLE_TEST_POSTGRES_URL` names, or else a throw-away cluster
//! of Debian's binaries, started once for all tests of this program and stopped when it ends, however it
//! ends. Clusters that are there are never touched; in one that is named, only databases of our own are.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use tokio_postgres::NoTls;

const MISSING: &str = "these tests need PostgreSQL: install Debian's package (`cargo xtask setup`, or `apt-get install \
                       postgresql`), or name a server in ENTITLE_TEST_POSTGRES_URL (postgres://user@host/database), \
                       whose user may make databases";

/// The server of all tests.
struct Server {
    /// Of a database where others can be made.
    url: String,
    /// The throw-away cluster, where it is one.
    _cluster: Option<Cluster>,
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
        Ok(url) => Ok(Server { url, _cluster: None }),
        Err(_) => {
            let cluster = Cluster::start()?;
            Ok(Server { url: cluster.url(), _cluster: Some(cluster) })
        }
    }
}

/// A database of one test, dropped with it.
#[derive(Debug)]
pub struct Database {
    pub url: String,
    name: String,
}

impl Database {
    pub async fn make() -> Self {
        let server = server();
        let rows = ask(&server.url, "SELECT 'entitle_' || replace(gen_random_uuid()::text, '-', '')").await;
        let name = rows[0].clone();
        ask(&server.url, &format!("CREATE DATABASE {name} ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0")).await;
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

async fn ask(url: &str, sql: &str) -> Vec<String> {
    let Session { client, carried } = Session::begin(url).await;
    let answer = answers(&client, sql).await;
    drop(client);
    let _ = carried.await;
    answer
}

/// A session of the test's own.
pub struct Session {
    client: tokio_postgres::Client,
    carried: tokio::task::JoinHandle<Result<(), tokio_postgres::Error>>,
}

impl Session {
    #[expect(clippy::disallowed_methods, reason = "the tests look into the database beside the store")]
    async fn begin(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap_or_else(|error| {
            panic!("{url} cannot be reached: {error:?}\n{MISSING}");
        });
        Self { client, carried: tokio::spawn(connection) }
    }

    /// Carries out statements; the first column of what they answer.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        answers(&self.client, sql).await
    }

    /// The same where it may fail.
    pub async fn try_ask(&self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.client.simple_query(sql).await.map(drop)
    }
}

async fn answers(client: &tokio_postgres::Client, sql: &str) -> Vec<String> {
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

/// A throw-away cluster that only this program can find: its socket lies in a folder of its own.
#[derive(Debug)]
pub struct Cluster {
    binaries: PathBuf,
    folder: PathBuf,
    /// It ends with this program: its guard waits for this to be closed.
    _ends: ChildStdin,
}

impl Cluster {
    pub fn start() -> Result<Self, String> {
        let binaries = binaries().ok_or("there is no initdb on this machine")?;
        let folder = said(as_owner("mktemp").args(["-d", "-t", "entitle-postgres-XXXXXX"]))?;
        let folder = PathBuf::from(folder.trim());
        // Before the cluster is there: whatever happens from here on, it ends.
        let ends = guard(&binaries, &folder)?;
        let cluster = Self { binaries, folder, _ends: ends };
        let mut initdb = as_owner(cluster.binaries.join("initdb"));
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=entitle", "--no-sync", "-D"]);
        said(initdb.arg(cluster.data()))?;
        cluster.run()?;
        Ok(cluster)
    }

    pub fn url(&self) -> String {
        let host = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://entitle@{host}/postgres")
    }

    /// As if its power were cut, and came back.
    pub fn crash(&self) {
        let mut stop = as_owner(self.binaries.join("pg_ctl"));
        said(stop.args(["stop", "-m", "immediate", "-D"]).arg(self.data())).unwrap();
        self.run().unwrap();
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// As durable as a real one; nothing listens but the socket.
    fn run(&self) -> Result<(), String> {
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c max_connections=400 -c fsync=on -c \
             synchronous_commit=on -c shared_buffers=64MB",
            self.folder.display()
        );
        let log = self.folder.join("log");
        let mut start = as_owner(self.binaries.join("pg_ctl"));
        start.args(["start", "-w", "-t", "60", "-D"]).arg(self.data()).arg("-l").arg(&log).arg("-o").arg(settings);
        start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = start.status().map_err(|error| format!("pg_ctl cannot be started: {error}"))?;
        if started.success() {
            return Ok(());
        }
        Err(format!("the cluster does not start: {}", std::fs::read_to_string(log).unwrap_or_default()))
    }
}

/// Debian's newest, or what is found by name.
fn binaries() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    found.retain(|path| path.join("initdb").is_file());
    found.sort_by_key(version);
    found.pop().or_else(|| {
        let path = said(Command::new("sh").args(["-c", "command -v initdb"])).ok()?;
        Path::new(path.trim()).parent().map(Path::to_owned)
    })
}

/// A process beside this one that waits until it has ended, and takes the cluster away.
fn guard(binaries: &Path, folder: &Path) -> Result<ChildStdin, String> {
    let mut guard = as_owner("sh");
    guard.args(["-c", r#"cat; "$0/pg_ctl" stop -m immediate -D "$1/data"; rm -rf "$1""#]).arg(binaries).arg(folder);
    guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut guard = guard.spawn().map_err(|error| format!("sh cannot be started: {error}"))?;
    guard.stdin.take().ok_or_else(|| "sh has no input".to_owned())
}

/// PostgreSQL does not run as root: there the packages' own user runs it.
fn as_owner(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let is_root = said(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?} cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)))
}

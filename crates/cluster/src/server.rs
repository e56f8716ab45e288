//! Clusters: a primary, and a standby that follows it.

use crate::database::ask;
use crate::programs::{as_owner, binaries, fed, said};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::time::Duration;

/// The name a standby has at its primary.
const STANDBY: &str = "standby";
/// A standby that does not follow within this many looks, a tenth of a second apart, never will.
const LOOKS_MAX: usize = 300;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Where files lie in memory, on Linux.
const MEMORY: &str = "/dev/shm";
/// What has to be free there: some dozens of databases at once, each of 10 MB, and the log.
const MEMORY_MIN_KIB: u64 = 3 << 20;
/// Nothing is waited for that a loss of power would take; the log stays small.
const HASTY: &str = "-c fsync=off -c full_page_writes=off -c max_wal_size=256MB";

/// A throw-away cluster that only this program can find: its socket lies in a folder of its own.
#[derive(Debug)]
pub struct Cluster {
    binaries: PathBuf,
    folder: PathBuf,
    is_hasty: bool,
    /// What it is told beside, as `postgres` takes it on its command line.
    settings: &'static str,
    /// It ends with this program: its guard waits for this to be closed.
    _ends: ChildStdin,
}

impl Cluster {
    /// A new one, running.
    ///
    /// # Errors
    /// Where PostgreSQL's programs are not there, or do not start; their own words.
    pub fn start() -> Result<Self, String> {
        Self::start_as("")
    }

    /// A new one, running, with settings of its own, as in `-c shared_buffers=1GB`.
    ///
    /// # Errors
    /// As above.
    pub fn start_as(settings: &'static str) -> Result<Self, String> {
        let cluster = Self { settings, ..Self::prepare(None)? };
        cluster.begin()?;
        Ok(cluster)
    }

    /// A new one that is also reached by TLS, at 127.0.0.1; its URL by that way.
    ///
    /// # Errors
    /// As above.
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<(Self, String), String> {
        let cluster = Self::start()?;
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let write = r#"umask 077; cat > "$0""#;
            fed(as_owner("sh").args(["-c", write]).arg(cluster.data().join(name)), text)?;
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| Ok(free.local_addr()?.port()));
        let port = port.map_err(|error| error.to_string())?;
        cluster.stop();
        cluster.run_with(&format!("-c listen_addresses=127.0.0.1 -c port={port} -c ssl=on"))?;
        Ok((cluster, format!("postgres://entitle@127.0.0.1:{port}/postgres")))
    }

    /// Another one that follows this and takes over with [`Cluster::promote`]. From here on no commit of this one
    /// is answered before the standby has it on its disk, too.
    ///
    /// # Errors
    /// Where it cannot be copied or started; PostgreSQL's own words.
    pub async fn standby(&self) -> Result<Self, String> {
        let standby = Self::prepare(None)?;
        let from = format!("host={} user=entitle application_name={STANDBY}", self.folder.display());
        let mut copy = as_owner(self.binaries.join("pg_basebackup"));
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-d", &from, "-D"]);
        said(copy.arg(standby.data()))?;
        standby.run()?;
        ask(&self.url(), &format!("ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")).await;
        ask(&self.url(), "SELECT pg_reload_conf()").await;
        for _ in 0..LOOKS_MAX {
            if ask(&self.url(), "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").await.len() == 1 {
                return Ok(standby);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Err("the standby does not follow".to_owned())
    }

    /// How its first database is reached.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// How a database of it is reached.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://entitle@{}/{database}", self.host())
    }

    /// Carries out statements in a database of it; the first column of what they answer.
    pub async fn ask(&self, database: &str, sql: &str) -> Vec<String> {
        ask(&self.url_of(database), sql).await
    }

    /// One of PostgreSQL's programs that speaks to the server, told where it is and as whom.
    #[must_use]
    pub fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.binaries.join(program));
        command.arg("-h").arg(&self.folder).args(["-U", "entitle"]);
        command
    }

    /// The server's process, whose children its sessions are.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let text = said(as_owner("cat").arg(self.data().join("postmaster.pid"))).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    /// How the same is reached in this or the other, whichever takes writes.
    #[must_use]
    pub fn url_with(&self, other: &Self) -> String {
        format!("postgres://entitle@{},{}/postgres", self.host(), other.host())
    }

    /// As if its power were cut, and came back.
    pub fn crash(&self) {
        self.stop();
        self.run().unwrap();
    }

    fn stop(&self) {
        let mut stop = as_owner(self.binaries.join("pg_ctl"));
        said(stop.args(["stop", "-m", "immediate", "-D"]).arg(self.data())).unwrap();
    }

    /// As if its machine were gone: SIGKILL, and it does not come back. Its sessions end with it.
    pub fn kill(&self) {
        let file = self.data().join("postmaster.pid");
        let text = said(as_owner("cat").arg(file)).unwrap();
        let id = text.lines().next().unwrap_or_default();
        said(as_owner("kill").args(["-KILL", id])).unwrap();
    }

    /// A standby takes writes from here on.
    pub fn promote(&self) {
        let mut promote = as_owner(self.binaries.join("pg_ctl"));
        said(promote.args(["promote", "-w", "-D"]).arg(self.data())).unwrap();
    }

    /// A folder, in the one given or where temporary ones usually lie, and who clears it up.
    fn prepare(within: Option<&str>) -> Result<Self, String> {
        let binaries = binaries().ok_or("there is no initdb on this machine")?;
        let within = within.map(|within| format!("--tmpdir={within}"));
        let mut make = as_owner("mktemp");
        make.arg("-d").args(within.as_deref().or(Some("-t"))).arg("entitle-postgres-XXXXXX");
        let folder = said(&mut make)?;
        let folder = PathBuf::from(folder.trim());
        // Before the cluster is there: whatever happens from here on, it ends.
        let ends = guard(&binaries, &folder)?;
        Ok(Self { binaries, folder, is_hasty: false, settings: "", _ends: ends })
    }

    fn host(&self) -> String {
        self.folder.display().to_string().replace('/', "%2F")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// As [`Cluster::start`], but what is committed would not survive a loss of power, and lies in memory where
    /// there is enough: for tests that cut nobody's, and make a database each. A database is some hundred files.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn start_hasty() -> Result<Self, String> {
        let mut cluster = Self::prepare(has_memory().then_some(MEMORY))?;
        cluster.is_hasty = true;
        cluster.begin()?;
        Ok(cluster)
    }

    fn begin(&self) -> Result<(), String> {
        let mut initdb = as_owner(self.binaries.join("initdb"));
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--username=entitle", "--no-sync", "-D"]);
        said(initdb.arg(self.data()))?;
        self.run()
    }

    /// As durable as a real one, unless it was asked to be hasty; nothing listens but the socket.
    fn run(&self) -> Result<(), String> {
        self.run_with("-c listen_addresses=")
    }

    fn run_with(&self, more: &str) -> Result<(), String> {
        let durable = if self.is_hasty { HASTY } else { "-c fsync=on" };
        let settings = format!(
            "{more} {durable} -c unix_socket_directories={} -c max_connections=1000 -c \
             synchronous_commit=on -c shared_buffers=64MB {}",
            self.folder.display(),
            self.settings
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

/// Whether there is room for a cluster in memory.
fn has_memory() -> bool {
    let free = said(as_owner("df").args(["--output=fstype,avail", "-k", MEMORY])).unwrap_or_default();
    let mut words = free.lines().nth(1).unwrap_or_default().split_whitespace();
    words.next() == Some("tmpfs")
        && words.next().is_some_and(|free| free.parse().is_ok_and(|free: u64| free >= MEMORY_MIN_KIB))
}

/// A process beside this one that waits until it has ended, and takes the cluster away.
fn guard(binaries: &Path, folder: &Path) -> Result<ChildStdin, String> {
    let mut guard = as_owner("sh");
    guard.args(["-c", r#"cat; "$0/pg_ctl" stop -m immediate -D "$1/data"; rm -rf "$1""#]).arg(binaries).arg(folder);
    guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut guard = guard.spawn().map_err(|error| format!("sh cannot be started: {error}"))?;
    guard.stdin.take().ok_or_else(|| "sh has no input".to_owned())
}

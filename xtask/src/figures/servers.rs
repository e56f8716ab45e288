//! The servers of the figures as processes of their own: the floor, the prototype and the hub, all in
//! release, all on loopback, gone when the figures end. Prototype and hub have a file each; the
//! prototype's is a copy of one that the hub has made.

use super::prototype::rows;
use super::receivers::Hanging;
use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that does not listen after so long does not start.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// What `cargo run` tells its program.
const CARGOS_OWN: [&str; 7] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

const HUB: &str = "target/release/entitle";
const XTASK: &str = "target/release/xtask";

/// One server; killed when it is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
}

impl Server {
    fn start(program: &str, args: &[&str], port: u16) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(args).stdout(Stdio::null());
        let child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        let server = Self { child, port };
        wait_for(port)?;
        Ok(server)
    }

    /// The sandbox on a file.
    pub(super) fn hub(file: &Path) -> Result<Self> {
        Self::sandbox(&format!("sqlite:{}", file.display()))
    }

    /// The sandbox on a database.
    pub(super) fn sandbox(database: &str) -> Result<Self> {
        let port = free_port()?;
        Self::start(HUB, &["sandbox", "--listen", &format!("127.0.0.1:{port}"), "--database", database], port)
    }

    pub(super) fn prototype(file: &Path) -> Result<Self> {
        let port = free_port()?;
        Self::start(XTASK, &["prototype", &port.to_string(), &file.display().to_string()], port)
    }

    pub(super) fn floor() -> Result<Self> {
        let port = free_port()?;
        Self::start(XTASK, &["floor", &port.to_string()], port)
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as an operator would, and waits for the end.
    pub(super) fn terminate(mut self) -> Result<()> {
        let done = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status()?;
        if !done.success() || !self.child.wait()?.success() {
            bail!("the hub did not stop cleanly");
        }
        Ok(())
    }

    /// SIGKILL.
    pub(super) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder for data files; it goes with its owner unless it is kept.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    pub(super) fn make(name: &str) -> Result<Self> {
        let path = crate::shell::root().join("target").join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, is_kept: false })
    }

    /// One that stays for the next run.
    pub(super) fn keep(name: &str) -> Result<Self> {
        let path = crate::shell::root().join("target").join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self { path, is_kept: true })
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Floor, prototype and hub, and a receiver that hangs.
pub(super) struct Servers {
    pub(super) floor: Server,
    pub(super) prototype: Server,
    pub(super) hub: Server,
    pub(super) hanging: Hanging,
    pub(super) folder: Folder,
}

impl Servers {
    pub(super) fn start() -> Result<Self> {
        build_release()?;
        let folder = Folder::make("figures")?;
        let hub = folder.file("hub.db");
        made_by_the_hub(&hub)?;
        std::fs::copy(&hub, folder.file("prototype.db"))?;
        Self::on(folder)
    }

    /// On the files `hub.db` and `prototype.db` of a folder.
    pub(super) fn on(folder: Folder) -> Result<Self> {
        Ok(Self {
            floor: Server::floor()?,
            prototype: Server::prototype(&folder.file("prototype.db"))?,
            hub: Server::hub(&folder.file("hub.db"))?,
            hanging: Hanging::start()?,
            folder,
        })
    }

    /// For a create both have written the same number of rows into each table.
    pub(super) fn check_rows(self) -> Result<()> {
        let Self { floor, prototype, hub, folder, .. } = self;
        hub.terminate()?;
        drop((floor, prototype));
        rows::compare(&folder.file("hub.db"), &folder.file("prototype.db"))
    }
}

/// A file with the schema and the sandbox's accounts in it.
pub(super) fn made_by_the_hub(file: &Path) -> Result<()> {
    Server::hub(file)?.terminate()
}

pub(super) fn build_release() -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "-p", "entitle", "-p", "xtask"]);
    // Set by the cargo that runs us; with them a crate that looks at them is built anew each time.
    for name in CARGOS_OWN {
        command.env_remove(name);
    }
    if !command.status()?.success() {
        bail!("cargo build --release failed");
    }
    Ok(())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits until it answers, whatever it answers.
#[expect(clippy::disallowed_methods, reason = "the figures have no hub whose clock they could ask")]
fn wait_for(port: u16) -> Result<()> {
    let end = Instant::now() + STARTS_WITHIN;
    while answers(port).is_err() {
        if Instant::now() > end {
            bail!("nothing answers on port {port}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the figures' own connections")]
fn answers(port: u16) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(STARTS_WITHIN))?;
    stream.write_all(b"GET /v1/echo/1 HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n")?;
    stream.read_exact(&mut [0])
}

//! The two servers of the figures as processes of their own: the floor and the hub, both in
//! release, both on loopback, gone when the figures end.

use anyhow::{Context, Result, bail};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that does not listen after so long does not start.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

pub(super) struct Servers {
    children: Vec<Child>,
    folder: PathBuf,
    pub(super) hub_port: u16,
    pub(super) floor_port: u16,
}

impl Servers {
    pub(super) fn start() -> Result<Self> {
        build_release()?;
        let folder = std::env::temp_dir().join(format!("entitle-figures-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let (hub_port, floor_port) = (free_port()?, free_port()?);
        let mut servers = Self { children: Vec::new(), folder, hub_port, floor_port };
        let database = format!("sqlite:{}", servers.folder.join("figures.db").display());
        let listen = format!("127.0.0.1:{hub_port}");
        servers.spawn("target/release/entitle", &["sandbox", "--listen", &listen, "--database", &database])?;
        servers.spawn("target/release/xtask", &["floor", &floor_port.to_string()])?;
        for port in [hub_port, floor_port] {
            wait_for(port)?;
        }
        Ok(servers)
    }

    /// The hub's process id.
    pub(super) fn hub_pid(&self) -> u32 {
        self.children.first().map_or(0, Child::id)
    }

    fn spawn(&mut self, program: &str, args: &[&str]) -> Result<()> {
        let mut command = Command::new(program);
        command.args(args).stdout(Stdio::null());
        self.children.push(command.spawn().with_context(|| format!("cannot start {program}"))?);
        Ok(())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn build_release() -> Result<()> {
    let done = Command::new("cargo").args(["build", "--release", "-p", "entitle", "-p", "xtask"]).status()?;
    if !done.success() {
        bail!("cargo build --release failed");
    }
    Ok(())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[expect(clippy::disallowed_methods, reason = "the figures have no hub whose clock they could ask")]
fn wait_for(port: u16) -> Result<()> {
    let end = Instant::now() + STARTS_WITHIN;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if Instant::now() > end {
            bail!("nothing listens on port {port}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

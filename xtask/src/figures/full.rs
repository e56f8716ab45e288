//! The same figures with millions of entitlements in the hub's file and as many rows in the
//! prototype's; how long a start takes, and the memory after it all.

use super::Settings;
use super::fill::fill;
use super::process::used;
use super::servers::{Folder, Server, Servers, build_release, made_by_the_hub};
use super::table::{self, Ids};
use anyhow::Result;
use std::path::Path;
use std::sync::Arc;
use tokio::time::Instant;

/// Entitlements, unless told otherwise.
const ENTITLEMENTS: u64 = 5_000_000;

/// Fills a file, where a run before has not left it: that takes minutes.
pub(super) fn make(settings: Settings) -> Result<(Folder, Vec<String>)> {
    build_release()?;
    let count = settings.count.unwrap_or(ENTITLEMENTS);
    let folder = Folder::keep(&format!("full-{count}"))?;
    let (hub, filled, list) = (folder.file("hub.db"), folder.file(FILLED), folder.file("ids"));
    if filled.exists() {
        println!("{count} entitlements of a run before; remove target/full-{count} to begin anew");
        let ids = std::fs::read_to_string(&list)?;
        return Ok((folder, ids.lines().map(str::to_owned).collect()));
    }
    made_by_the_hub(&hub)?;
    let begun = Instant::now();
    let ids = fill(&hub, count)?;
    let bytes = std::fs::metadata(&hub)?.len();
    println!("{count} entitlements in {:.0} s, {} bytes each", begun.elapsed().as_secs_f64(), bytes / count.max(1));
    std::fs::write(&list, ids.join("\n"))?;
    std::fs::rename(&hub, &filled)?;
    Ok((folder, ids))
}

/// The filled file, which no run writes to: what one run leaves undelivered would be work in the next.
const FILLED: &str = "filled.db";

/// A copy for each server. It is in the system's memory afterwards, so that what is measured is the
/// program, not how fast a disk fetches pages that nobody has asked for yet.
fn copies(folder: &Folder) -> Result<()> {
    for name in ["prototype.db", "hub.db"] {
        for beside in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.file(&format!("{name}{beside}")));
        }
        std::fs::copy(folder.file(FILLED), folder.file(name))?;
        // Or the first commits would wait for the disk to take gigabytes.
        std::fs::File::open(folder.file(name))?.sync_all()?;
    }
    Ok(())
}

pub(super) async fn run(settings: Settings) -> Result<()> {
    let (folder, ids) = make(settings)?;
    let ids = Arc::new(ids);
    copies(&folder)?;
    let servers = Servers::on(folder)?;
    let mut rounds = table::rounds(settings, &servers, &Ids { hub: Arc::clone(&ids), prototype: ids })?;
    rounds.measure().await?;
    rounds.print(&table::RATIOS);
    let memory = used(servers.hub.pid())?;
    println!(
        "\nMemory of the hub: {} MB resident, {} MB of it its own",
        memory.resident_kib / 1_024,
        memory.anonymous_kib / 1_024
    );
    let Servers { hub: running, folder, .. } = servers;
    starts(running, &folder.file("hub.db"))
}

/// After SIGKILL under its last load, and after a clean stop.
fn starts(running: Server, file: &Path) -> Result<()> {
    running.kill()?;
    let begun = Instant::now();
    let hub = Server::hub(file)?;
    println!("Start after SIGKILL: {:.2} s", begun.elapsed().as_secs_f64());
    hub.terminate()?;
    let begun = Instant::now();
    let hub = Server::hub(file)?;
    println!("Start after a clean stop: {:.2} s", begun.elapsed().as_secs_f64());
    hub.terminate()
}

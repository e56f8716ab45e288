//! What a process has used, as Linux tells: the robust figures while others use the machine, too.

use anyhow::{Context, Result};
use std::time::Duration;

/// Clock ticks a second, on every Linux of today.
const TICKS_A_SECOND: u64 = 100;

/// CPU time, memory, and what went to the disk.
#[derive(Debug, Clone)]
pub(super) struct Used {
    /// User and system time since it started.
    pub(super) cpu: Duration,
    /// Memory of its own, without files.
    pub(super) anonymous_kib: u64,
    /// Resident memory, files among it.
    pub(super) resident_kib: u64,
    /// Bytes it made the disk write.
    pub(super) written_bytes: u64,
}

/// What the process has used so far.
pub(super) fn used(pid: u32) -> Result<Used> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in brackets may hold anything; utime and stime are the 12th and 13th field behind it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| -> Result<u64> { Ok(fields.get(at).context("a short /proc/…/stat")?.parse()?) };
    let ticks = ticks(11)? + ticks(12)?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let io = std::fs::read_to_string(format!("/proc/{pid}/io"))?;
    Ok(Used {
        cpu: Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND),
        anonymous_kib: number(&status, "RssAnon:")?,
        resident_kib: number(&status, "VmRSS:")?,
        written_bytes: number(&io, "write_bytes:")?,
    })
}

fn number(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"))?;
    Ok(line.split_whitespace().next().context("no number")?.parse()?)
}

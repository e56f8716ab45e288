//! PostgreSQL's own programs: where they lie, and whose they are.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Debian's newest, or what is found by name.
pub(crate) fn binaries() -> Option<PathBuf> {
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

/// PostgreSQL does not run as root: there the packages' own user runs it.
pub(crate) fn as_owner(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let is_root = said(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !is_root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
    command
}

pub(crate) fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?} cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{command:?} failed: {}", String::from_utf8_lossy(&output.stderr)))
}

/// A program that reads a text.
pub(crate) fn fed(command: &mut Command, text: &str) -> Result<(), String> {
    let mut child = command.stdin(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    // Dropped at the end of the statement, which ends what is read.
    child
        .stdin
        .take()
        .map_or(Ok(()), |mut input| input.write_all(text.as_bytes()))
        .map_err(|error| error.to_string())?;
    let ended = child.wait().map_err(|error| error.to_string())?;
    if ended.success() { Ok(()) } else { Err(format!("{command:?} failed: {ended}")) }
}

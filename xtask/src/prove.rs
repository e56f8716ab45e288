//! `cargo xtask prove`: that no answer leaves before the fdatasync of its commit, shown on the real
//! binary by strace. One connection creates one entitlement after the other, so that each answer has
//! its own commit: between the last write to the log and the answer there must be an fdatasync of the
//! log, successful. Not part of the test run: strace needs rights that not every machine gives.

use crate::setup;
use crate::shell::{invocation, root};
use anyhow::{Context, Result, bail, ensure};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Creates that are watched.
const CREATES: usize = 50;
/// The hub answers within this, even under strace.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// Watches and judges.
pub(crate) fn run(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "prove takes no arguments");
    setup::install_missing(&[setup::STRACE])?;
    ensure!(
        invocation(["strace", "-f", "true"]).succeeds_silently()?,
        "strace may not watch processes here (ptrace is not allowed in this container); run this where it may"
    );
    ensure!(invocation(["cargo", "build", "--release", "-p", "entitle"]).succeeds()?, "cargo build failed");
    let folder = root().join("target").join(format!("prove-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let proved = watch(&folder);
    let _ = std::fs::remove_dir_all(&folder);
    proved
}

fn watch(folder: &Path) -> Result<()> {
    let trace = folder.join("trace");
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut hub = start(folder, &trace, port)?;
    let created = create_all(port);
    stop(&mut hub)?;
    created?;
    let text = std::fs::read_to_string(&trace).context("strace has written nothing")?;
    let seen = judge(&text)?;
    ensure!(seen.answers >= CREATES, "only {} of {CREATES} answers were seen", seen.answers);
    println!(
        "proved: {} creates answered, each after a write to the log and its fdatasync ({} fdatasyncs of the log)",
        seen.answers, seen.syncs
    );
    Ok(())
}

fn start(folder: &Path, trace: &Path, port: u16) -> Result<Child> {
    let calls = "trace=openat,close,pwrite64,pwritev,fdatasync,fsync,write,writev,sendto,sendmsg";
    let mut command = Command::new("strace");
    command.args(["-f", "-s", "64", "-e", calls, "-o"]).arg(trace).arg(root().join("target/release/entitle"));
    command.args(["sandbox", "--listen", &format!("127.0.0.1:{port}"), "--database"]);
    command.arg(format!("sqlite:{}", folder.join("prove.db").display())).stdout(Stdio::null());
    command.spawn().context("cannot start strace")
}

/// strace passes SIGTERM on to nobody: the hub is its child.
fn stop(strace: &mut Child) -> Result<()> {
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", strace.id()))?;
    for child in children.split_whitespace() {
        Command::new("kill").args(["-TERM", child]).status()?;
    }
    strace.wait()?;
    Ok(())
}

fn create_all(port: u16) -> Result<()> {
    let mut stream = connect(port)?;
    stream.set_read_timeout(Some(ANSWERS_WITHIN))?;
    for number in 0..CREATES {
        let body = format!(
            "{{\"customerIdentifier\":\"prove-{number}\",\"merchantAccountKey\":\"BANGO_US\",\
             \"productKey\":\"MUSIC_NOW\"}}"
        );
        let request = format!(
            "POST /v1/entitlement HTTP/1.1\r\nHost: hub\r\nAuthorization: Basic c2FuZGJveDpzYW5kYm94\r\n\
             Content-Type: application/json\r\nX-RequestIdentifier: prove-{number}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = [0; 8 * 1_024];
        let read = stream.read(&mut answer)?;
        ensure!(answer[..read].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..read]));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the proof's own connection and patience")]
fn connect(port: u16) -> Result<TcpStream> {
    for _ in 0..600 {
        if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
            return Ok(stream);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("the hub does not listen")
}

/// What a trace shows.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    answers: usize,
    syncs: usize,
}

/// Reads a trace from top to bottom. With `-f` a call that another thread interrupts is split into
/// `<unfinished ...>` and `<... resumed>`: a write to the log counts from its first part, an fdatasync
/// from its last, an answer from its first, whatever makes the proof harder.
fn judge(trace: &str) -> Result<Seen> {
    let mut seen = Seen::default();
    let (mut log, mut syncing) = (HashSet::new(), HashSet::new());
    // Written and not yet synced; synced since the last answer.
    let (mut dirty, mut committed) = (false, false);
    for (number, line) in trace.lines().enumerate() {
        let (pid, call) = line.split_once(' ').context("a line without process id")?;
        let call = call.trim_start();
        if call.starts_with("openat(") && call.contains("-wal\"") {
            log.insert(result(call).context("the log could not be opened")?.to_owned());
        } else if is_on(call, &["pwrite64(", "pwritev("], &log) {
            dirty = true;
        } else if is_on(call, &["fdatasync(", "fsync("], &log) {
            if call.contains("<unfinished") {
                syncing.insert(pid.to_owned());
                continue;
            }
            sync(call, number, &mut seen, &mut dirty, &mut committed)?;
        } else if (call.starts_with("<... fdatasync resumed") || call.starts_with("<... fsync resumed"))
            && syncing.remove(pid)
        {
            sync(call, number, &mut seen, &mut dirty, &mut committed)?;
        } else if call.contains("\"HTTP/1.1 200 OK") {
            ensure!(!dirty, "line {}: an answer leaves while the log is written and not synced", number + 1);
            ensure!(committed, "line {}: an answer leaves without a commit of its own", number + 1);
            seen.answers += 1;
            committed = false;
        }
    }
    Ok(seen)
}

fn sync(call: &str, number: usize, seen: &mut Seen, dirty: &mut bool, committed: &mut bool) -> Result<()> {
    ensure!(result(call) == Some("0"), "line {}: the fdatasync failed", number + 1);
    seen.syncs += 1;
    *committed |= std::mem::take(dirty);
    Ok(())
}

/// Whether it is one of these calls on one of these files.
fn is_on(call: &str, names: &[&str], files: &HashSet<String>) -> bool {
    let arguments = names.iter().find_map(|name| call.strip_prefix(name));
    let file = arguments.and_then(|rest| rest.split([',', ')', ' ']).next());
    file.is_some_and(|file| files.contains(file))
}

/// What stands behind the last ` = `.
fn result(call: &str) -> Option<&str> {
    call.rsplit_once(" = ").and_then(|(_, result)| result.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: &str = "7 openat(AT_FDCWD, \"/x/prove.db-wal\", O_RDWR|O_CREAT) = 9\n";
    const WRITE: &str = "7 pwrite64(9, \"..\", 24, 0) = 24\n";
    const SYNC: &str = "7 fdatasync(9) = 0\n";
    const ANSWER: &str = "8 writev(12, [{iov_base=\"HTTP/1.1 200 OK\\r\\n\", iov_len=9}], 1) = 9\n";

    fn judged(lines: &[&str]) -> Result<Seen> {
        judge(&lines.concat())
    }

    #[test]
    fn an_answer_after_its_sync_is_proved() {
        let seen = judged(&[OPEN, WRITE, SYNC, ANSWER, WRITE, WRITE, SYNC, ANSWER]).unwrap();
        assert_eq!(seen, Seen { answers: 2, syncs: 2 });
        let split =
            ["7 fdatasync(9 <unfinished ...>\n", "8 write(3, \"x\", 1) = 1\n", "7 <... fdatasync resumed>) = 0\n"];
        assert!(judged(&[OPEN, WRITE, split[0], split[1], split[2], ANSWER]).is_ok());
    }

    #[test]
    fn an_answer_before_its_sync_or_without_one_is_found() {
        assert!(judged(&[OPEN, WRITE, ANSWER, SYNC]).is_err(), "too early");
        assert!(judged(&[OPEN, WRITE, "7 fdatasync(9 <unfinished ...>\n", ANSWER]).is_err(), "while it is synced");
        assert!(judged(&[OPEN, WRITE, SYNC, ANSWER, ANSWER]).is_err(), "a second answer of one commit");
        assert!(judged(&[OPEN, WRITE, "7 fdatasync(8) = 0\n", ANSWER]).is_err(), "another file was synced");
        assert!(judged(&[OPEN, WRITE, "7 fdatasync(9) = -1 EIO (Input/output error)\n", ANSWER]).is_err());
    }
}

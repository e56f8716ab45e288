//! The binary as a process: started, read, killed, told to stop. Nothing of it outlives its value.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The last line of the start text.
const STARTED: &str = "Stop with Ctrl-C.";
/// A start takes a fraction of a second; a machine with everything else to do gets this long.
const START_WITHIN: Duration = Duration::from_secs(60);
/// Settings of the machine that a test must not inherit.
const SETTINGS: [&str; 25] = [
    "ENTITLE_LISTEN",
    "ENTITLE_DATABASE",
    "ENTITLE_PUBLIC_URL",
    "ENTITLE_LOG",
    "ENTITLE_LOG_FORMAT",
    "ENTITLE_OTLP_ENDPOINT",
    "ENTITLE_OTLP_PERMILLE",
    "ENTITLE_URL",
    "ENTITLE_USER",
    "ENTITLE_PASSWORD",
    "ENTITLE_PASSWORD_FILE",
    "ENTITLE_CONFIG",
    "ENTITLE_KEY_FILE",
    "ENTITLE_TLS_CERTIFICATE",
    "ENTITLE_TLS_KEY",
    "ENTITLE_TRUSTED_PROXY",
    "ENTITLE_NOTIFY_NETWORK",
    "ENTITLE_OPERATOR_LISTEN",
    "ENTITLE_OPERATOR_TOKEN_FILE",
    "ENTITLE_DATABASE_PASSWORD_FILE",
    "ENTITLE_DATABASE_TLS_CA",
    "ENTITLE_DATABASE_CONNECTIONS",
    "ENTITLE_DATABASE_TIMEOUT",
    "ENTITLE_HISTORY_MONTHS",
    "COLUMNS",
];

/// A running hub.
#[derive(Debug)]
pub struct Process {
    child: Child,
    lines: Receiver<String>,
    stderr: Arc<Mutex<String>>,
    stderr_reader: Option<JoinHandle<()>>,
    /// What it printed at start.
    pub text: String,
    /// Where it listens.
    pub address: SocketAddr,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said beside.
    pub stderr: String,
}

impl Process {
    /// Starts it and waits until it says so.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the binary cannot be started");
        let lines = lines_of(child.stdout.take().expect("stdout is piped"));
        let stderr = Arc::new(Mutex::new(String::new()));
        let stderr_reader = Some(collect(child.stderr.take().expect("stderr is piped"), Arc::clone(&stderr)));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut process = Self { child, lines, stderr, stderr_reader, text: String::new(), address };
        process.read_start_text();
        process.address = process.printed_address();
        process
    }

    /// What it has logged so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// What stands behind a label of the start text.
    pub fn printed(&self, label: &str) -> String {
        let line = self.text.lines().find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in the start text:\n{}", self.text)).trim().to_owned()
    }

    /// SIGKILL: no handler runs, nothing is written any more. Gives what it had logged.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("it cannot be killed");
        self.child.wait().expect("it cannot be waited for");
        self.rest_of_stderr()
    }

    /// SIGTERM: it is asked to stop.
    pub fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIGTERM cannot be sent");
    }

    /// Waits for its end: its standard output is closed.
    pub fn end_within(mut self, limit: Duration) -> (ExitStatus, String) {
        loop {
            match self.lines.recv_timeout(limit) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it has not ended within {limit:?}:\n{}", self.stderr()),
            }
        }
        let status = self.child.wait().expect("it cannot be waited for");
        (status, self.rest_of_stderr())
    }

    fn read_start_text(&mut self) {
        loop {
            match self.lines.recv_timeout(START_WITHIN) {
                Ok(line) => {
                    self.text.push_str(&line);
                    self.text.push('\n');
                    if line.trim() == STARTED {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no start within {START_WITHIN:?}:\n{}", self.text),
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = self.child.wait();
                    let log = self.rest_of_stderr();
                    panic!("it ended instead of starting:\n{}{log}", self.text);
                }
            }
        }
    }

    fn printed_address(&self) -> SocketAddr {
        let printed = self.printed("Address");
        let address = printed.rsplit('/').next().and_then(|address| address.parse().ok());
        let address: SocketAddr = address.expect("the start text names an address with a port");
        if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
    }

    fn rest_of_stderr(&mut self) -> String {
        if let Some(reader) = self.stderr_reader.take() {
            let _ = reader.join();
        }
        self.stderr()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// From what a command left.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A command line, not started yet, with none of the machine's settings; by way of another program, which
/// becomes this one, where there are words for it.
pub fn command(within: &[&str], binary: &Path, arguments: &[&str]) -> Command {
    let binary = binary.to_str().expect("the binary's path is text");
    let words: Vec<&str> = within.iter().copied().chain([binary]).chain(arguments.iter().copied()).collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for setting in SETTINGS {
        command.env_remove(setting);
    }
    command.env("NO_COLOR", "1");
    command
}

/// Its lines, as they come.
pub fn lines_of(stdout: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn collect(stderr: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut into = into.lock().unwrap();
            into.push_str(&line);
            into.push('\n');
        }
    })
}

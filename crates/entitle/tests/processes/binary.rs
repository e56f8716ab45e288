//! The binary as a process: started, read, killed, told to stop. Nothing of it outlives a test.

use crate::folder::Folder;
use crate::http::{Connection, Request};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// The last line of the start text.
const STARTED: &str = "Stop with Ctrl-C.";
/// A start takes a fraction of a second; a machine with everything else to do gets this long.
const START_WITHIN: Duration = Duration::from_secs(60);
/// Settings of the machine that a test must not inherit.
const SETTINGS: [&str; 12] = [
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
    "COLUMNS",
];

/// A running hub.
pub(crate) struct Binary {
    child: Child,
    lines: Receiver<String>,
    stderr: Arc<Mutex<String>>,
    stderr_reader: Option<JoinHandle<()>>,
    /// What it printed at start.
    pub(crate) text: String,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Binary {
    /// Starts the sandbox on a free port and the folder's data file, and waits until it answers.
    pub(crate) fn start(folder: &Folder) -> Self {
        Self::start_with(&["sandbox", "--listen", "127.0.0.1:0", "--database", &folder.database()])
    }

    /// Starts it with these arguments and waits until it answers.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::started(command(arguments))
    }

    /// The same with these settings in the environment.
    pub(crate) fn start_set(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let mut command = command(arguments);
        command.envs(settings.iter().copied());
        Self::started(command)
    }

    /// The same by way of another program, which becomes this one.
    pub(crate) fn start_in(within: &[&str], arguments: &[&str]) -> Self {
        Self::started(command_in(within, arguments))
    }

    fn started(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the binary cannot be started");
        let lines = lines_of(child.stdout.take().expect("stdout is piped"));
        let stderr = Arc::new(Mutex::new(String::new()));
        let stderr_reader = Some(collect(child.stderr.take().expect("stderr is piped"), Arc::clone(&stderr)));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut binary = Self { child, lines, stderr, stderr_reader, text: String::new(), address };
        binary.read_start_text();
        binary.address = binary.printed_address();
        let echo = Connection::open(binary.address).and_then(|mut hub| hub.ask(&Request::get("/v1/echo/started")));
        // On another listener than loopback the password is another: any answer will do.
        assert!(echo.is_ok_and(|answer| [200, 401].contains(&answer.status)), "it has started and does not answer");
        binary
    }

    /// Starts it on that file and kills it so soon that it may not have got far.
    #[expect(clippy::disallowed_methods, reason = "the moment of a kill is a moment, not a fact to await")]
    pub(crate) fn start_and_kill(folder: &Folder, after: Duration) {
        let database = folder.database();
        let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--database", &database];
        let mut child = command(&arguments).spawn().expect("the binary cannot be started");
        // tidy: sleep because the kill has to come at any moment of the start
        std::thread::sleep(after);
        child.kill().expect("it cannot be killed");
        child.wait().expect("it cannot be waited for");
    }

    /// What it has logged so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What stands behind a label of the start text.
    pub(crate) fn printed(&self, label: &str) -> String {
        let line = self.text.lines().find_map(|line| line.trim().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in the start text:\n{}", self.text)).trim().to_owned()
    }

    /// SIGKILL: no handler runs, nothing is written any more. Gives what it had logged.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().expect("it cannot be killed");
        self.child.wait().expect("it cannot be waited for");
        self.rest_of_stderr()
    }

    /// SIGTERM: it is asked to stop.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.pid().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIGTERM cannot be sent");
    }

    /// Waits for its end: its standard output is closed.
    pub(crate) fn end_within(mut self, limit: Duration) -> (ExitStatus, String) {
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
        let port = self.printed("Address").rsplit(':').next().and_then(|port| port.parse().ok());
        SocketAddr::from(([127, 0, 0, 1], port.expect("the start text names an address with a port")))
    }

    fn rest_of_stderr(&mut self) -> String {
        if let Some(reader) = self.stderr_reader.take() {
            let _ = reader.join();
        }
        self.stderr()
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary to its end; for starts that fail, and for `--help`.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    run_with(arguments, &[])
}

/// The same with these settings in the environment.
pub(crate) fn run_with(arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    let output = command(arguments).envs(settings.iter().copied()).output().expect("the binary cannot be started");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The same by way of another program, which becomes this one.
pub(crate) fn run_in(within: &[&str], arguments: &[&str]) -> Ended {
    let output = command_in(within, arguments).output().expect("the binary cannot be started");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The binary, not started yet, with none of the machine's settings.
pub(crate) fn command(arguments: &[&str]) -> Command {
    command_in(&[], arguments)
}

fn command_in(within: &[&str], arguments: &[&str]) -> Command {
    let binary = env!("CARGO_BIN_EXE_entitle");
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
pub(crate) fn lines_of(stdout: impl Read + Send + 'static) -> Receiver<String> {
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

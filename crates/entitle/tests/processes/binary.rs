//! The binary of this package as a process, and its command lines.

use crate::folder::Folder;
use crate::http::{Connection, Request};
use drill::Process;
pub(crate) use drill::{Ended, lines_of};
use std::ops::Deref;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

/// The binary.
pub(crate) const ENTITLE: &str = env!("CARGO_BIN_EXE_entitle");

/// A running hub.
pub(crate) struct Binary(Process);

impl Deref for Binary {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.0
    }
}

impl Binary {
    /// Starts the sandbox on a free port and the folder's data, and waits until it answers.
    pub(crate) fn start(folder: &Folder) -> Self {
        Self::start_more(folder, &[])
    }

    /// The same with more arguments.
    pub(crate) fn start_more(folder: &Folder, more: &[&str]) -> Self {
        let binary = Self::started(sandbox(folder, more));
        folder.listened(binary.address);
        binary
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

    fn started(command: Command) -> Self {
        let binary = Self(Process::start(command));
        let echo = Connection::open(binary.address).and_then(|mut hub| hub.ask(&Request::get("/v1/echo/started")));
        // On another listener than loopback the password is another: any answer will do.
        assert!(echo.is_ok_and(|answer| [200, 401].contains(&answer.status)), "it has started and does not answer");
        binary
    }

    /// Starts it on that folder's data and kills it so soon that it may not have got far.
    #[expect(clippy::disallowed_methods, reason = "the moment of a kill is a moment, not a fact to await")]
    pub(crate) fn start_and_kill(folder: &Folder, after: Duration) {
        let mut child = sandbox(folder, &[]).spawn().expect("the binary cannot be started");
        // tidy: sleep because the kill has to come at any moment of the start
        std::thread::sleep(after);
        child.kill().expect("it cannot be killed");
        child.wait().expect("it cannot be waited for");
    }

    /// SIGKILL: no handler runs, nothing is written any more. Gives what it had logged.
    pub(crate) fn kill(self) -> String {
        self.0.kill()
    }

    /// Waits for its end: its standard output is closed.
    pub(crate) fn end_within(self, limit: Duration) -> (ExitStatus, String) {
        self.0.end_within(limit)
    }
}

/// Runs the binary to its end; for starts that fail, and for `--help`.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    run_with(arguments, &[])
}

/// The same with these settings in the environment.
pub(crate) fn run_with(arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
    Ended::of(&command(arguments).envs(settings.iter().copied()).output().expect("the binary cannot be started"))
}

/// The same by way of another program, which becomes this one.
pub(crate) fn run_in(within: &[&str], arguments: &[&str]) -> Ended {
    Ended::of(&command_in(within, arguments).output().expect("the binary cannot be started"))
}

/// The binary, not started yet, with none of the machine's settings.
pub(crate) fn command(arguments: &[&str]) -> Command {
    command_in(&[], arguments)
}

/// The sandbox on the folder's data, not started yet. Where those lie in a database, its key file lies in the folder.
fn sandbox(folder: &Folder, more: &[&str]) -> Command {
    let (listen, database) = (folder.listen(), folder.database());
    let arguments = [&["sandbox", "--listen", &listen, "--database", &database], more].concat();
    let mut command = command(&arguments);
    command.current_dir(folder.path());
    command
}

fn command_in(within: &[&str], arguments: &[&str]) -> Command {
    drill::command(within, Path::new(ENTITLE), arguments)
}

//! Several hubs as processes on one database, with the commands of their operator.

use crate::http::{Answer, Connection, Request};
use crate::process::{Ended, Process, command};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// What an operator did is in force everywhere within a second; the rest is for a machine that has other things
/// to do, and for passwords that are hashed there.
pub const CATALOG_PATIENCE: Duration = Duration::from_secs(15);

/// A hub that is told to stop has ended within this: its own 10 s, and more where the machine has other things to do.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// One reseller, one merchant, one product that is active at once; limited as `rate` says.
#[must_use]
pub fn catalog(notification_url: &str, rate: &str) -> String {
    format!(
        r#"
[merchants.STREAMCO]
name = "StreamCo"
connector = "test"
[merchants.STREAMCO.products.MUSIC]
name = "Music"
behaves_like = "MUSIC_NOW"
[resellers.acme]
name = "Acme Telecom"
[resellers.acme.test]
notification_url = "{notification_url}"
[resellers.acme.test.routes.STREAMCO]
repeatable = true
inquiry = true
[credentials.acme-test]
reseller = "acme"
mode = "test"
rate = {rate}
"#
    )
}

/// Hubs, started one by one; nothing of them outlives this.
#[derive(Debug)]
pub struct Hubs {
    binary: PathBuf,
    folder: PathBuf,
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    database: String,
    /// The same after every start.
    address: SocketAddr,
    process: Mutex<Option<Process>>,
}

impl Hubs {
    /// As many hubs as there are ways to the database; what they keep beside it goes into the folder.
    #[must_use]
    pub fn start(binary: &Path, folder: &Path, databases: &[String]) -> Self {
        let mut hubs = Self { binary: binary.to_owned(), folder: folder.to_owned(), nodes: Vec::new() };
        for database in databases {
            let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
            let process = hubs.serve(database, anywhere);
            let address = process.address;
            hubs.nodes.push(Node { database: database.clone(), address, process: Mutex::new(Some(process)) });
        }
        hubs
    }

    fn serve(&self, database: &str, address: SocketAddr) -> Process {
        let key = self.key_file();
        let address = address.to_string();
        let arguments = ["serve", "--listen", &address, "--database", database, "--key-file", &key];
        Process::start(command(&[], &self.binary, &arguments))
    }

    fn key_file(&self) -> String {
        self.folder.join("hub.key").display().to_string()
    }

    /// Where they listen.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// SIGKILL; gives what it had logged.
    pub fn kill(&self, at: usize) -> String {
        self.nodes[at].process.lock().unwrap().take().map_or_else(String::new, Process::kill)
    }

    /// SIGTERM; returns when it has ended, and has to end well.
    pub fn stop(&self, at: usize) {
        let process = self.nodes[at].process.lock().unwrap().take().expect("it is there");
        process.terminate();
        let (status, log) = process.end_within(STOPS_WITHIN);
        assert!(status.success(), "{status}: {log}");
    }

    /// Starts one that was killed, at the same address.
    pub fn start_again(&self, at: usize) {
        let node = &self.nodes[at];
        *node.process.lock().unwrap() = Some(self.serve(&node.database, node.address));
    }

    /// What one has logged.
    #[must_use]
    pub fn log(&self, at: usize) -> String {
        self.nodes[at].process.lock().unwrap().as_ref().map_or_else(String::new, Process::stderr)
    }

    /// Those that were not killed and have ended all the same.
    #[must_use]
    pub fn fallen(&self) -> Vec<usize> {
        let has_fallen = |node: &Node| node.process.lock().unwrap().as_mut().is_some_and(Process::has_ended);
        (0..self.nodes.len()).filter(|at| has_fallen(&self.nodes[*at])).collect()
    }

    /// The process ids of those that live; 0 of others.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        self.nodes.iter().map(|node| node.process.lock().unwrap().as_ref().map_or(0, Process::pid)).collect()
    }

    /// Runs an operator's command by the first hub's way to the database.
    #[must_use]
    pub fn entitle(&self, words: &str) -> Ended {
        let key = self.key_file();
        let mut arguments: Vec<&str> = words.split(' ').collect();
        arguments.extend(["--database", &self.nodes[0].database]);
        if !words.starts_with("doctor") {
            arguments.extend(["--key-file", &key]);
        }
        let output = command(&[], &self.binary, &arguments).output().expect("the binary cannot be started");
        Ended::of(&output)
    }

    /// The same, which has to go well; gives what it printed.
    pub fn does(&self, words: &str) -> String {
        let ended = self.entitle(words);
        assert_eq!(ended.code, Some(0), "{words}: {ended:?}");
        ended.stdout
    }

    /// Applies a catalog.
    pub fn applies(&self, catalog: &str) -> String {
        let file = self.folder.join("catalog.toml");
        std::fs::write(&file, catalog).unwrap();
        self.does(&format!("catalog apply {}", file.display()))
    }

    /// `user:password`, from a command that gives a password.
    pub fn password(&self, user: &str, words: &str) -> String {
        let printed: serde_json::Value = serde_json::from_str(&self.does(words)).unwrap();
        format!("{user}:{}", printed["password"].as_str().unwrap())
    }

    /// One request to one of them.
    pub fn ask(&self, at: usize, credential: &str, request: &Request) -> Answer {
        Connection::open_as(self.nodes[at].address, credential).and_then(|mut hub| hub.ask(request)).unwrap()
    }
}

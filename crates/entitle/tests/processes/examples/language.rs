//! The example programs as processes: how each language is started, and what they print.

use crate::binary::Binary;
use crate::reading::object;
use entitlement::{Json, JsonObject};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What two runs never have in common: made by chance or by the clock.
const DIFFERENT: [&str; 8] = [
    "entitlementId",
    "merchantEntitlementId",
    "sharedCustomerId",
    "bangoUserId",
    "activationCode",
    "url",
    "urlExpiry",
    "date",
];

/// One of the three programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Create,
    Update,
    Cancel,
}

impl Program {
    pub(crate) const ALL: [Program; 3] = [Self::Create, Self::Update, Self::Cancel];

    /// The stem of its file's name.
    pub(crate) const fn stem(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Cancel => "cancel",
        }
    }
}

/// A language the examples are written in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Language {
    pub(crate) name: &'static str,
    command: &'static str,
    /// Before the file: whatever keeps the examples' folder as it is.
    flags: &'static [&'static str],
    folder: &'static str,
    ending: &'static str,
}

pub(crate) const PYTHON: Language =
    Language { name: "python", command: "python3", flags: &["-B"], folder: "python", ending: "_entitlement.py" };
pub(crate) const JAVASCRIPT: Language =
    Language { name: "javascript", command: "node", flags: &[], folder: "javascript", ending: "-entitlement.mjs" };

/// A program that has run.
pub(crate) struct Ran {
    /// As one would type it.
    pub(crate) command: String,
    /// The line it printed.
    pub(crate) line: JsonObject,
    pub(crate) code: Option<i32>,
}

impl Language {
    /// Fails where it cannot be started: nothing is skipped.
    pub(crate) fn assert_installed(self) {
        let started = Command::new(self.command).arg("--version").output();
        assert!(
            started.is_ok_and(|output| output.status.success()),
            "{} is missing; run `cargo xtask setup`",
            self.command
        );
    }

    /// The program's file.
    pub(crate) fn file(self, program: Program) -> PathBuf {
        self.folder().join(format!("{}{}", program.stem(), self.ending))
    }

    /// Runs it as the sandbox's reseller, with this password.
    pub(crate) fn run(self, hub: &Binary, password: &str, program: Program, arguments: &[&str]) -> Ran {
        let mut command = self.command_of(&self.file(program), hub);
        let output = command.args(arguments).env("ENTITLE_PASSWORD", password).output().expect("it can be started");
        let stdout = String::from_utf8(output.stdout).expect("UTF-8");
        let command = format!("{} {} {arguments:?}", self.name, program.stem());
        let line = stdout.strip_suffix('\n').filter(|line| !line.contains('\n'));
        let line = line.unwrap_or_else(|| {
            panic!("{command} printed {stdout:?} and {}", String::from_utf8_lossy(&output.stderr));
        });
        Ran { line: object(line), command, code: output.status.code() }
    }

    /// Runs another program of the folder, without arguments.
    pub(crate) fn run_file(self, hub: &Binary, name: &str) -> Output {
        self.command_of(&self.folder().join(name), hub).output().expect("it can be started")
    }

    fn command_of(self, file: &Path, hub: &Binary) -> Command {
        let mut command = Command::new(self.command);
        command.args(self.flags).arg(file).env("ENTITLE_URL", format!("http://{}", hub.address));
        command.env_remove("ENTITLE_USER").env_remove("ENTITLE_PASSWORD");
        command
    }

    fn folder(self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(self.folder)
    }
}

/// The line with everything that two runs never have in common replaced by its name.
pub(crate) fn without_what_differs(line: &JsonObject) -> JsonObject {
    JsonObject(line.0.iter().map(|(name, value)| (name.clone(), without(name, value))).collect())
}

fn without(name: &str, value: &Json) -> Json {
    match value {
        Json::Object(inner) => Json::Object(without_what_differs(inner)),
        Json::String(_) if DIFFERENT.iter().any(|one| name == *one || (*one == "date" && name.starts_with("date"))) => {
            Json::String(name.to_owned())
        }
        other => other.clone(),
    }
}

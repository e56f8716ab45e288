//! How a command fails: one line on standard error, what to do about it under that, and an exit
//! code: 1 failed, 2 wrong command line.

use crate::text::{WIDTH, clean, wrap};
use std::fmt;
use std::io::ErrorKind;
use std::process::ExitCode;

/// The command line is wrong in a way that its parser does not know.
#[derive(Debug)]
pub(crate) struct Misuse {
    message: String,
    hint: String,
}

impl Misuse {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Misuse {}

/// Says what went wrong, and with which code the program ends.
pub(crate) fn tell(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        // Whoever read this has read enough (`entitle … | head`).
        return ExitCode::SUCCESS;
    }
    eprintln!("entitle: {}", clean(&format!("{error:#}")));
    for hint in hints(error) {
        for line in wrap(&clean(&hint), WIDTH - 2) {
            eprintln!("  {line}");
        }
    }
    let misused = error.is::<Misuse>() || matches!(error.downcast_ref(), Some(client::Error::Setting(_)));
    if misused { ExitCode::from(2) } else { ExitCode::FAILURE }
}

/// What the hub hints at, field by field where there are several; else what this program knows.
fn hints(error: &anyhow::Error) -> Vec<String> {
    if let Some(misuse) = error.downcast_ref::<Misuse>() {
        return vec![misuse.hint.clone()];
    }
    match error.downcast_ref() {
        Some(client::Error::Refused(no)) => {
            let fields = no.body["error"]["fields"].as_array().map_or(&[][..], Vec::as_slice);
            let of_field =
                |fault: &serde_json::Value| Some(format!("{}: {}", fault["field"].as_str()?, fault["hint"].as_str()?));
            match fields {
                [] | [_] => no.hint.clone().into_iter().collect(),
                several => several.iter().filter_map(of_field).collect(),
            }
        }
        Some(client::Error::Unreachable { .. } | client::Error::NotAHub { .. }) => {
            vec!["`entitle sandbox` starts a hub on this machine; --url or ENTITLE_URL names another.".to_owned()]
        }
        Some(client::Error::Setting(_)) | None => Vec::new(),
    }
}

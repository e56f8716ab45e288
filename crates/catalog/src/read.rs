//! A file becomes a document, or all its faults are told at once. A part with a fault is read on
//! with what a default says, so that one mistake is one fault and what refers to it is none.

mod credentials;
mod merchants;
mod resellers;
mod routes;
mod table;
mod words;

pub(crate) use credentials::RATE_NONE;
pub(crate) use resellers::{AUTH_API_KEY, AUTH_BASIC, AUTH_BEARER};

use crate::bounds::FILE_BYTES_MAX;
use crate::{Document, Fault, Faults};
use table::{Place, Reading};

/// Reads a file.
///
/// # Errors
/// All faults of the file. One that is not TOML at all has a single one: what follows it cannot be
/// judged.
pub fn read(text: &str) -> Result<Document, Faults> {
    if text.len() > FILE_BYTES_MAX {
        return Err(alone(
            1,
            format!("the file has {} bytes", text.len()),
            &format!("at most {FILE_BYTES_MAX} are read"),
        ));
    }
    let mut reading = Reading::new(text);
    let parsed = toml_edit::Document::parse(text).map_err(|error| not_toml(&reading, &error))?;
    let document = document(&mut reading, parsed.as_table());
    reading.finish(document)
}

fn document(reading: &mut Reading, root: &toml_edit::Table) -> Document {
    let mut root = table::Table::new(Place::root(), root);
    let merchants = merchants::read(reading, &mut root);
    let resellers = resellers::read(reading, &mut root, &merchants);
    let credentials = credentials::read(reading, &mut root, &resellers);
    root.finish(reading);
    Document { merchants, resellers, credentials }
}

fn not_toml(reading: &Reading, error: &toml_edit::TomlError) -> Faults {
    let line = error.span().map_or(1, |span| reading.line_at(span.start));
    let message = error.message().lines().next().unwrap_or_default();
    let help = match message {
        "duplicate key" => "each key and each [table] stands once; keep one of them",
        _ => "mend this line; https://toml.io says how TOML is written",
    };
    alone(line, format!("this is not TOML: {message}"), help)
}

fn alone(line: usize, problem: String, help: &str) -> Faults {
    let fault = Fault { line, key: String::new(), problem, help: help.to_owned() };
    Faults { list: vec![fault], left_out: 0 }
}

//! `--database` of the commands that work on the file itself.

use crate::failure::Misuse;
use crate::operator::DATABASE;
use crate::sqlite_file;
use anyhow::Result;
use std::path::PathBuf;

/// The data file it names.
///
/// # Errors
/// A misuse where it names none.
pub(crate) fn named(database: &str) -> Result<PathBuf> {
    sqlite_file(database).map_err(|_| {
        let hint = format!("Say sqlite:PATH, for example {DATABASE}.");
        Misuse::new(format!("--database {database} names no data file"), hint).into()
    })
}

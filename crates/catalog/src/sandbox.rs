//! The sandbox's catalog, read from a file as everybody else's is.

use crate::{Document, Faults, read};

/// The file.
pub const SANDBOX: &str = include_str!("sandbox.toml");

/// The document that [`SANDBOX`] is; without the default target of notifications, which is known
/// when a sandbox starts.
///
/// # Errors
/// None: a test reads the file.
pub fn sandbox() -> Result<Document, Faults> {
    read(SANDBOX)
}

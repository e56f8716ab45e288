//! `entitle openapi`: the public contract as an OpenAPI 3.1 document, for client generators and
//! linters. A running hub serves the same text at `/docs/openapi.json`.

use anyhow::{Context, Result};
use std::io::Write;

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle openapi > openapi.json               for a client generator
  curl http://127.0.0.1:8080/docs/openapi.json the same from a running hub";

/// Prints the document.
///
/// # Errors
/// Where standard output is closed.
pub(crate) fn run() -> Result<()> {
    let document = ::openapi::document();
    std::io::stdout().write_all(document.as_bytes()).context("the document could not be written")
}

//! `entitle backup`: one consistent copy of a store, made while the hub goes on (docs/BACKUP.md).

use crate::database::{Place, ServerOptions, USUAL, beside};
use crate::progress::Bar;
use crate::text::print;
use anyhow::Result;
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::SqliteFile;

/// What is done with other data.
const INSTEAD: &str = "A PostgreSQL database is backed up by its own tools: docs/OPERATIONS.md, \"PostgreSQL\".";

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle backup hub-monday.db
  entitle backup --database sqlite:/var/lib/entitle/hub.db /backup/hub.db
  entitle doctor --database sqlite:/backup/hub.db --full

The hub may run: the copy shows it as it was at one moment. Keep <database>.key, where
there is one, as well, but not in the same place: without it sealed secrets cannot be
read.";

/// What is copied whereto.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file to be made; nothing is overwritten
    to: PathBuf,
    /// Where the data lies, as sqlite:PATH
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true, default_value = USUAL)]
    database: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Copies, looks whether the copy is sound, and says where it is.
///
/// # Errors
/// Where the copy cannot be made; nothing is left of it.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let from = Place::parse(&options.database, &ServerOptions::default())?.into_file(INSTEAD)?;
    let made = {
        let bar = Bar::of_bytes();
        SqliteFile::open(&from)?.backup(&options.to, |done, all| bar.show("copying", done, all))?
    };
    let key = key_of(&from);
    if options.json {
        let told = serde_json::json!({
            "backup": options.to.display().to_string(), "bytes": made.bytes,
            "keyFile": key.as_ref().map(|key| key.display().to_string()),
        });
        print(&format!("{told:#}\n"))?;
    } else {
        print(&format!("{}: {} bytes, checked.\n", options.to.display(), made.bytes))?;
        if let Some(key) = key {
            print(&format!("Keep {} as well: without it sealed secrets cannot be read.\n", key.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The key file beside a data file, if there is one.
pub(crate) fn key_of(database: &Path) -> Option<PathBuf> {
    Some(beside(database, ".key")).filter(|key| key.exists())
}

//! `entitle migrate`: brings a store to the schema of this program. What only adds is applied by every start
//! of a hub as well; what takes away something that older programs need is applied here alone, and refused
//! while one of them is alive (docs/SCALE.md).

use crate::database::{Place, ServerOptions, USUAL};
use crate::text::print;
use anyhow::{Context, Result};
use clap::Args;
use store::{SchemaStep, SqliteStore, Store};

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle migrate
  entitle migrate --database postgres://entitle@db.example.com/entitle

A data file must not be in use. A PostgreSQL database may be: hubs of this version and of
the one before go on meanwhile, and no table is locked for longer than half a second.";

/// Which store.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the data lie: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true, default_value = USUAL)]
    database: String,
    #[command(flatten)]
    server: ServerOptions,
}

/// Migrates, and says what was done.
///
/// # Errors
/// Where it cannot be had, or an older program is still at work on it; the text says what to do.
pub(crate) async fn run(options: &Options) -> Result<()> {
    let place = Place::parse(&options.database, &options.server)?;
    let applied = match &place {
        Place::File(file) => {
            let store = SqliteStore::open(file, store::Options::default())?;
            store.close().await.context("the store did not close cleanly")?;
            Vec::new()
        }
        Place::Server(server) => server.migrate().await?,
    };
    Ok(print(&report(&place, &applied))?)
}

fn report(place: &Place, applied: &[SchemaStep]) -> String {
    let lines: String = applied.iter().map(|step| format!("Applied: {}, {}.\n", step.number, step.name)).collect();
    format!("{lines}{place} has the schema of entitle {}.\n", env!("CARGO_PKG_VERSION"))
}

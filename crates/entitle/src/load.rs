//! `entitle load`: how much a hub takes, and how fast it answers: a load, a latency histogram, a JSON
//! result. How requests are made and sent stands in the room `load`. It writes real data into the
//! hub it is pointed at, so that it goes to this machine alone unless told otherwise.

mod progress;
mod report;

use crate::connection::Connection;
use crate::failure::Misuse;
use crate::text::print;
use ::load::{Keys, Kind, Load, Progress, Run, Target, made_to_read, run as run_load};
use anyhow::{Context, Result};
use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};
use hub::Random;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle load                                          creates, as fast as answers come
  entitle load --kind read --seconds 30
  entitle load --kind mix --rate 2000 --json | jq .p99Ms
  entitle load --keys random --notify http://127.0.0.1:3000/webhooks";

/// Connections at most: beyond, ports and file descriptors of this side are what is measured.
const CONNECTIONS_MAX: u64 = 4_096;
/// A run never takes longer.
const SECONDS_MAX: u64 = 3_600;
/// Entitlements made before reads and changes, where no file names any.
const IDS_MADE: usize = 5_000;

/// A number of these bounds.
fn number(least: u64, most: u64) -> RangedU64ValueParser<u64> {
    RangedU64ValueParser::new().range(least..=most)
}

/// What is sent, where to, for how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What the requests do; of a mix seven in ten read, two create, one changes a name
    #[arg(long, value_enum, default_value_t = KindName::Create)]
    kind: KindName,
    /// Whether new customers and identities follow each other, as benchmarks send them, or are
    /// spread, as resellers send them
    #[arg(long, value_enum, default_value_t = KeysName::Ascending)]
    keys: KeysName,
    /// Open connections
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = number(1, CONNECTIONS_MAX))]
    connections: u64,
    /// How long is measured
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = number(1, SECONDS_MAX))]
    seconds: u64,
    /// Seconds before it that are not counted
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number(0, SECONDS_MAX))]
    warm_up: u64,
    /// Requests a second; without it as fast as answers come
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// The merchant that creates ask for
    #[arg(long, value_name = "KEY", default_value = "BANGO_US")]
    merchant: String,
    /// Its product; one that is active at once
    #[arg(long, value_name = "KEY", default_value = "MUSIC_NOW")]
    product: String,
    /// notificationUrl of creates; they are then notified of (X-Entitle-Switch: notifyOnCreate=on)
    #[arg(long, value_name = "URL")]
    notify: Option<String>,
    /// File with the ids to read and change, one a line; without it some are made
    #[arg(long, value_name = "FILE")]
    ids: Option<PathBuf>,
    /// Load a hub on another machine
    #[arg(long)]
    allow_remote: bool,
    /// The result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindName {
    Create,
    Read,
    Patch,
    Mix,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KeysName {
    Ascending,
    Random,
}

/// Runs the load and prints what it took.
///
/// # Errors
/// Where the hub cannot be reached or is not to be loaded.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    runtime.block_on(measure(options))
}

async fn measure(options: &Options) -> Result<()> {
    let mut load = options.load()?;
    if load.needs_ids() {
        load.ids = Arc::new(match &options.ids {
            Some(file) => read_ids(file)?,
            None => made_to_read(&load, IDS_MADE).await?,
        });
    }
    let how = Run {
        connections: usize::try_from(options.connections)?,
        warm_up: Duration::from_secs(options.warm_up),
        measure: Duration::from_secs(options.seconds),
        rate: options.rate,
    };
    let progress = Arc::new(Progress::default());
    let bar = progress::show(Arc::clone(&progress), how.warm_up + how.measure);
    let measured = run_load(&load, how, &progress).await;
    bar.end();
    let measured = measured?;
    let text = if options.json { report::json(&measured) } else { report::text(&measured) };
    Ok(print(&text)?)
}

impl Options {
    fn load(&self) -> Result<Load> {
        if client::is_loopback(self.connection.url()) == Some(false) && !self.allow_remote {
            let message = format!("{} is not this machine, and a load fills a hub with data", self.connection.url());
            return Err(Misuse::new(message, "Name --allow-remote where that is meant.").into());
        }
        let (user, password) = self.connection.credential()?;
        let target = Target::new(self.connection.url(), user, &password)
            .map_err(|error| Misuse::new(error.to_string(), "A load needs a plain address: http://127.0.0.1:8080."))?;
        let seed = u64::from_le_bytes(Random::from_system()?.secret()?);
        Ok(Load {
            target,
            kind: match self.kind {
                KindName::Create => Kind::Create,
                KindName::Read => Kind::Read,
                KindName::Patch => Kind::Patch,
                KindName::Mix => Kind::Mix,
            },
            keys: match self.keys {
                KeysName::Ascending => Keys::Ascending,
                KeysName::Random => Keys::Random,
            },
            seed,
            product: (self.merchant.clone(), self.product.clone()),
            notify: self.notify.clone(),
            ids: Arc::default(),
        })
    }
}

fn read_ids(file: &std::path::Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let ids: Vec<String> = text.lines().map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    anyhow::ensure!(!ids.is_empty(), "{} names no ids", file.display());
    Ok(ids)
}

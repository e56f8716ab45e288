//! `cargo xtask figures`: how fast the hub is, beside floors measured in the same run, in turn,
//! on the same cores: medians of the rounds, and ratios. Never a timed assertion. What is measured
//! and why that is fair stands in docs/PERFORMANCE.md; the load itself is the room `load`.

mod body;
mod delivered;
mod feed;
mod fill;
mod floor;
mod full;
mod postgres;
mod process;
mod prototype;
mod receivers;
mod rounds;
mod servers;
mod table;

use anyhow::{Context, Result, bail};
use load::{Keys, Kind, Load, Target};
use rounds::middle;
use servers::Servers;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use table::Ids;

/// Rounds; the medians are quoted.
const ROUNDS: usize = 3;
/// One measurement, and what is sent before it.
const MEASURE: Duration = Duration::from_secs(4);
const WARM_UP: Duration = Duration::from_millis(500);
/// Open connections, as a busy reseller's gateway would hold.
const CONNECTIONS: usize = 256;
/// Entitlements made before reads are measured.
const IDS_TO_READ: usize = 5_000;

const USAGE: &str = "cargo xtask figures [fresh|fill|full|delivered|feed|postgres|postgres-delivered|\
                     postgres-full] [--seconds N] [--rounds N] [--count N]";

/// What a command line says.
#[derive(Debug, Clone, Copy)]
struct Settings {
    measure: Duration,
    rounds: usize,
    /// Entitlements of `full` and `postgres-full`, events of `feed`.
    count: Option<u64>,
}

/// Measures and prints.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let (what, flags) = match args {
        [what, rest @ ..] if !what.starts_with("--") => (what.as_str(), rest),
        flags => ("fresh", flags),
    };
    let settings = Settings::read(flags)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match what {
        "fresh" => runtime.block_on(fresh(settings)),
        "fill" => full::make(settings).map(drop),
        "full" => runtime.block_on(full::run(settings)),
        "delivered" => runtime.block_on(delivered::run(settings)),
        "feed" => runtime.block_on(feed::run(settings)),
        "postgres" => runtime.block_on(postgres::run(settings)),
        "postgres-delivered" => runtime.block_on(postgres::delivered(settings)),
        "postgres-full" => runtime.block_on(postgres::full(settings)),
        _ => bail!(USAGE),
    }
}

impl Settings {
    fn read(flags: &[String]) -> Result<Self> {
        let mut settings = Self { measure: MEASURE, rounds: ROUNDS, count: None };
        for pair in flags.chunks(2) {
            let [flag, value] = pair else { bail!(USAGE) };
            let number: u64 = value.parse().with_context(|| format!("{flag} takes a number"))?;
            match flag.as_str() {
                "--seconds" => settings.measure = Duration::from_secs(number),
                "--rounds" => settings.rounds = usize::try_from(number)?.max(1),
                "--count" => settings.count = Some(number),
                _ => bail!(USAGE),
            }
        }
        Ok(settings)
    }
}

/// Serves the floor until it is killed.
pub(crate) fn floor(args: &[String]) -> Result<()> {
    let [port] = args else { bail!("cargo xtask floor PORT") };
    floor::serve(port.parse().context("PORT is a number")?)
}

/// Serves the prototype until it is killed.
pub(crate) fn prototype(args: &[String]) -> Result<()> {
    let [port, file] = args else { bail!("cargo xtask prototype PORT FILE") };
    prototype::serve(port.parse().context("PORT is a number")?, Path::new(file))
}

/// A hub's address with the sandbox's credential.
fn target(port: u16) -> Result<Target> {
    Ok(Target::new(&format!("http://127.0.0.1:{port}"), "sandbox", "sandbox")?)
}

/// Creates that are answered ACTIVE and told of, each customer and identity new.
fn creates(port: u16, keys: Keys, notify: &str) -> Result<Load> {
    Ok(Load {
        target: target(port)?,
        kind: Kind::Create,
        keys,
        seed: u64::from(port) << 40 | u64::from(std::process::id()),
        product: ("BANGO_US".to_owned(), "MUSIC_NOW".to_owned()),
        notify: Some(notify.to_owned()),
        ids: Arc::default(),
    })
}

fn reads(port: u16, ids: Arc<Vec<String>>) -> Result<Load> {
    Ok(Load { kind: Kind::Read, ids, notify: None, ..creates(port, Keys::Ascending, "")? })
}

/// Creates and reads on files that are empty at first.
async fn fresh(settings: Settings) -> Result<()> {
    let servers = Servers::start()?;
    let hub = made_to_read(&servers, servers.hub.port).await?;
    check_size(&servers, &hub).await?;
    let prototype = made_to_read(&servers, servers.prototype.port).await?;
    let mut rounds = table::rounds(settings, &servers, &Ids { hub, prototype })?;
    rounds.measure().await?;
    rounds.print(&table::RATIOS);
    servers.check_rows()
}

async fn made_to_read(servers: &Servers, port: u16) -> Result<Arc<Vec<String>>> {
    let creates = creates(port, Keys::Ascending, &servers.hanging.url())?;
    Ok(Arc::new(load::made_to_read(&creates, IDS_TO_READ).await?))
}

/// The floor's read is as large as the hub's, give or take a twentieth.
async fn check_size(servers: &Servers, ids: &[String]) -> Result<()> {
    let target = target(servers.hub.port)?;
    let mut connection = load::Connection::open(&target).await?;
    let id = ids.first().context("no ids to read")?;
    let body = connection.accepted(load::get(&target, &format!("/v1/entitlement/{id}")).as_bytes()).await?;
    let (hub, floor) = (body.len(), floor::ANSWER.trim_end().len());
    if hub.abs_diff(floor) > hub / 20 {
        bail!("the hub's record has {hub} bytes and the floor's {floor}: xtask/src/figures/answer.json is out of date");
    }
    Ok(())
}

//! The same load on PostgreSQL, beside `pgbench` writing the same rows in a transaction each: on one throw-away
//! cluster, as durable as a real one, in turn. Then the latency at half of the hub's peak, two hubs beside one,
//! and changes from their sending to their delivery beside a bare loop of requests to the same receiver.

mod bench;
mod delivering;
mod filled;
mod round;
mod rows;

use super::servers::{Server, build_release};
use super::{Settings, WARM_UP, middle};
use crate::setup;
use anyhow::{Context, Result, ensure};
use bench::Bench;
use cluster::Cluster;
use load::Keys;
use round::{Hubs, One, Wal};

/// What the server is given, for both sides alike: room for what is worked on, and no checkpoint in the middle.
const SERVER: &str = "-c shared_buffers=1GB -c max_wal_size=16GB -c checkpoint_timeout=30min";
/// The hub's database, and that of pgbench.
const HUB: &str = "hub";
const BENCH: &str = "bench";

/// The lines of a round, in turn.
const LINES: [(&str, Keys, Who); 5] = [
    ("pgbench: create, ascending", Keys::Ascending, Who::Pgbench),
    ("hub: create, ascending", Keys::Ascending, Who::OneHub),
    ("two hubs: create, ascending", Keys::Ascending, Who::TwoHubs),
    ("pgbench: create, random", Keys::Random, Who::Pgbench),
    ("hub: create, random", Keys::Random, Who::OneHub),
];
/// Which is printed as a share of which: places in the lines.
const RATIOS: [(usize, usize); 3] = [(1, 0), (4, 3), (2, 1)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Pgbench,
    OneHub,
    TwoHubs,
}

/// A cluster with both databases, and two hubs on the first of them.
struct Stand {
    cluster: Cluster,
    hubs: Hubs,
    bench: Bench,
}

impl Stand {
    async fn make() -> Result<Self> {
        build_release()?;
        let cluster = started()?;
        for database in [HUB, BENCH] {
            // The schema and the sandbox's accounts.
            Server::sandbox(&made(&cluster, database).await)?.terminate()?;
        }
        let hubs = Hubs::start(&cluster.url_of(HUB))?;
        let sample = hubs.sample(&cluster).await?;
        let bench = Bench::make(&cluster, &sample).await?;
        Ok(Self { cluster, hubs, bench })
    }

    async fn measure(&self, keys: Keys, who: Who, settings: Settings) -> Result<One> {
        // Pages are written whole once after a checkpoint: each measurement begins with one.
        self.cluster.ask("postgres", "CHECKPOINT").await;
        let before = Wal::of(&self.cluster).await?;
        let (rate, creates) = match who {
            Who::Pgbench => self.bench.run(&self.cluster, keys, WARM_UP + settings.measure)?,
            Who::OneHub => self.hubs.creates(keys, 1, None, settings).await?,
            Who::TwoHubs => self.hubs.creates(keys, 2, None, settings).await?,
        };
        let wal = Wal::of(&self.cluster).await?.since(&before, creates);
        Ok(One { rate, wal })
    }
}

/// On databases that are empty at first.
pub(super) async fn run(settings: Settings) -> Result<()> {
    let stand = Stand::make().await?;
    let peak = rounds(&stand, settings).await?;
    let half = stand.hubs.creates(Keys::Ascending, 1, Some((peak / 2.0) as u32), settings).await?.0;
    println!("\nAt half of the hub's peak: {half}");
    rows::compare(&stand.cluster).await?;
    let Stand { cluster, hubs, .. } = stand;
    // What waits there for a receiver that hangs is work of its own.
    drop(hubs);
    deliver(&cluster, settings).await
}

/// Only changes and their delivery.
pub(super) async fn delivered(settings: Settings) -> Result<()> {
    build_release()?;
    deliver(&started()?, settings).await
}

async fn deliver(cluster: &Cluster, settings: Settings) -> Result<()> {
    let hub = Server::sandbox(&made(cluster, "delivering").await)?;
    delivering::measure("PostgreSQL", hub.port, settings).await
}

fn started() -> Result<Cluster> {
    setup::install_missing(&[setup::POSTGRESQL_SERVER])?;
    Cluster::start_as(SERVER).map_err(anyhow::Error::msg)
}

/// A new database; its URL.
async fn made(cluster: &Cluster, database: &str) -> String {
    cluster.ask("postgres", &format!("CREATE DATABASE {database} TEMPLATE template0")).await;
    cluster.url_of(database)
}

/// With millions of entitlements in both.
pub(super) async fn full(settings: Settings) -> Result<()> {
    let stand = Stand::make().await?;
    filled::fill(&stand.cluster, settings.count).await?;
    rounds(&stand, settings).await?;
    rows::compare(&stand.cluster).await
}

/// Measures all lines in turn, prints medians and ratios; the hub's peak.
async fn rounds(stand: &Stand, settings: Settings) -> Result<f64> {
    let mut lines: Vec<Vec<One>> = vec![Vec::new(); LINES.len()];
    for round in 1..=settings.rounds {
        for ((name, keys, who), line) in LINES.iter().zip(&mut lines) {
            let one = stand.measure(*keys, *who, settings).await?;
            println!("round {round}  {name:30} {one}");
            line.push(one);
        }
    }
    println!(
        "\nMedians of {} rounds; the hub with {} connections, pgbench with 64\n",
        settings.rounds,
        super::CONNECTIONS
    );
    for ((name, ..), line) in LINES.iter().zip(&lines) {
        println!("  {name:30} {}", One::median(line).context("nothing was measured")?);
    }
    println!("\n{:62} rate\n", "Ratios, medians of the rounds'");
    for (one, other) in RATIOS {
        let (Some(ones), Some(others)) = (lines.get(one), lines.get(other)) else { continue };
        let ratios = ones.iter().zip(others).map(|(one, other)| one.rate.per_second / other.rate.per_second);
        let ratio = middle(ratios.collect()).context("nothing was measured")?;
        let name = |at: usize| LINES.get(at).map_or("", |(name, ..)| name);
        println!("  {:58} {ratio:6.2}", format!("{} / {}", name(one), name(other)));
    }
    let peak = lines.get(1).and_then(|line| One::median(line)).context("the hub was not measured")?.rate.per_second;
    ensure!(peak > 0.0, "the hub made nothing");
    Ok(peak)
}

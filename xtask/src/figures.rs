//! `cargo xtask figures`: how fast the hub is, beside floors measured in the same run, in turn,
//! on the same two cores: medians of the rounds, and ratios. Never a timed assertion.

mod feed;
mod floor;
mod load;
mod process;
mod servers;

use anyhow::{Context, Result, bail};
use load::{Load, Measured};
use servers::Servers;
use std::time::Duration;

/// Rounds; the medians are quoted.
const ROUNDS: usize = 3;
/// One measurement.
const MEASURE: Duration = Duration::from_secs(4);
/// Open connections, as a busy reseller's gateway would hold.
const CONNECTIONS: usize = 256;

/// One line of the figures.
struct Figure {
    name: &'static str,
    runs: Vec<Measured>,
}

/// Measures and prints.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let seconds = match args {
        [] => MEASURE,
        [what, rest @ ..] if what == "feed" => return feed::run(rest),
        [flag, value] if flag == "--seconds" => Duration::from_secs(value.parse().context("--seconds takes a number")?),
        _ => bail!("cargo xtask figures [--seconds N], or figures feed"),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure_all(seconds))
}

/// Serves the floor until it is killed.
pub(crate) fn floor(args: &[String]) -> Result<()> {
    let [port] = args else { bail!("cargo xtask floor PORT") };
    floor::serve(port.parse().context("PORT is a number")?)
}

/// One load against a running server: for profiling.
pub(crate) fn load_one(args: &[String]) -> Result<()> {
    let [port, kind, seconds] = args else { bail!("cargo xtask load PORT seq|random|read SECONDS") };
    let (port, seconds) = (port.parse()?, Duration::from_secs(seconds.parse()?));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let load = match kind.as_str() {
            "seq" => Load::create(port, "seq"),
            "random" => Load::create_random(port),
            "read" => Load::read(port, load::ids_to_read(port).await?),
            other => bail!("no load {other}"),
        };
        println!("{}", load::run(&load, CONNECTIONS, seconds).await?);
        Ok(())
    })
}

async fn measure_all(seconds: Duration) -> Result<()> {
    let servers = Servers::start()?;
    let hub = servers.hub_port;
    let floor = servers.floor_port;
    let ids = load::ids_to_read(hub).await?;
    let mut figures = [
        ("floor: parse and answer a create", Load::create(floor, "seq")),
        ("hub:   create, ascending customers", Load::create(hub, "seq")),
        ("hub:   create, random customers", Load::create_random(hub)),
        ("floor: answer a read", Load::read(floor, ids.clone())),
        ("hub:   read by random id", Load::read(hub, ids)),
    ]
    .map(|(name, load)| (Figure { name, runs: Vec::new() }, load));
    for round in 1..=ROUNDS {
        for (figure, load) in &mut figures {
            let measured = load::run(load, CONNECTIONS, seconds).await?;
            println!("round {round}  {:36} {}", figure.name, measured);
            figure.runs.push(measured);
        }
    }
    let medians: Vec<Measured> = figures.iter().map(|(figure, _)| median(&figure.runs)).collect();
    print_table(&figures.map(|(figure, _)| figure), &medians);
    drop(servers);
    Ok(())
}

fn print_table(figures: &[Figure], medians: &[Measured]) {
    println!("\nMedians of {ROUNDS} rounds, {CONNECTIONS} connections, client and server on the same cores\n");
    for (figure, median) in figures.iter().zip(medians) {
        println!("  {:36} {}", figure.name, median);
    }
    println!("\nRatios to the floor of the same kind\n");
    for (at, floor) in [(1, 0), (2, 0), (4, 3)] {
        let ratio = medians[at].per_second / medians[floor].per_second;
        println!("  {:36} {:5.2}", figures[at].name, ratio);
    }
}

fn median(runs: &[Measured]) -> Measured {
    let mut sorted: Vec<&Measured> = runs.iter().collect();
    sorted.sort_by(|one, other| one.per_second.total_cmp(&other.per_second));
    sorted[sorted.len() / 2].clone()
}

//! The feed's figures: what one reader costs those who create, how far it is behind, and how fast
//! one catches up that comes back after a million events. How creates are made stands in `load`.

use super::load::{self, Connection, Load, Measured};
use super::process::{self, Used};
use super::servers::Servers;
use super::{CONNECTIONS, ROUNDS, median};
use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Events in the store before the catch-up, unless set.
const EVENTS: u64 = 1_000_000;
/// One measurement, unless set.
const MEASURE: Duration = Duration::from_secs(8);
/// What a page holds.
const PAGE: usize = 1_000;
/// What the creates' customers are called.
const PREFIX: &str = "feed";

/// Measures and prints; `--seconds N` of a measurement, `--events N` of the catch-up.
pub(super) fn run(args: &[String]) -> Result<()> {
    let (mut seconds, mut events) = (MEASURE, EVENTS);
    for pair in args.chunks(2) {
        match pair {
            [flag, value] if flag == "--seconds" => seconds = Duration::from_secs(value.parse()?),
            [flag, value] if flag == "--events" => events = value.parse()?,
            _ => bail!("cargo xtask figures feed [--seconds N] [--events N]"),
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let servers = Servers::start()?;
        follow(&servers, seconds).await?;
        catch_up(&servers, events).await
    })
}

/// Creates without and with a reader, in turn.
async fn follow(servers: &Servers, seconds: Duration) -> Result<()> {
    let (mut alone, mut followed) = (Vec::new(), Vec::new());
    let mut readings = Vec::new();
    for round in 1..=ROUNDS {
        let load = Load::create(servers.hub_port, PREFIX);
        alone.push(measure(servers, &load, seconds, round, "nobody reads").await?);
        let reader = Reader::start(servers.hub_port).await?;
        let load = load.noting_answers();
        followed.push(measure(servers, &load, seconds, round, "one follows the feed").await?);
        readings.push(reader.stop(&load.answered()).await?);
    }
    println!("\nMedians of {ROUNDS} rounds, {CONNECTIONS} connections, in turn on the same cores\n");
    let (alone, followed) = (median(&alone), median(&followed));
    println!("  {:36} {alone}", "create, nobody reads");
    println!("  {:36} {followed}", "create, one follows the feed");
    println!("  {:36} {:7.1} %", "creates kept", 100.0 * followed.per_second / alone.per_second);
    readings.sort_by(|one, other| one.p99_ms.total_cmp(&other.p99_ms));
    let reading = &readings[readings.len() / 2];
    println!(
        "  {:36} p50 {:6.2} ms   p99 {:6.2} ms",
        "from the create's answer to its event", reading.p50_ms, reading.p99_ms
    );
    println!("  {:36} {:7.1}", "events a page", reading.events_a_page);
    Ok(())
}

async fn measure(servers: &Servers, load: &Load, seconds: Duration, round: usize, what: &str) -> Result<Measured> {
    let before = process::used(servers.hub_pid())?;
    let measured = load::run(load, CONNECTIONS, seconds).await?;
    let cpu = process::used(servers.hub_pid())?.cpu.saturating_sub(before.cpu);
    let creates = measured.per_second * seconds.as_secs_f64();
    println!(
        "round {round}  {what:24} {measured}   {:5.1} us of server CPU a create",
        cpu.as_secs_f64() * 1e6 / creates
    );
    Ok(measured)
}

/// Somebody who follows the feed from its head on.
struct Reader {
    is_over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Result<Arrived>>,
}

/// When events came.
#[derive(Default)]
struct Arrived {
    at: HashMap<u64, Instant>,
    events: usize,
    pages: usize,
}

/// How far a reader was behind.
struct Reading {
    p50_ms: f64,
    p99_ms: f64,
    events_a_page: f64,
}

impl Reader {
    async fn start(port: u16) -> Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut connection = Connection::open(port).await?;
        let report = load::post("/v1/entitlement/report", "{\"limit\":1}");
        let head = cursor(connection.exchange(&report).await?)?;
        let task = tokio::spawn(read_on(connection, head, Arc::clone(&is_over)));
        Ok(Self { is_over, task })
    }

    /// Lets it read to the end.
    async fn stop(self, answered: &HashMap<u64, Instant>) -> Result<Reading> {
        self.is_over.store(true, Ordering::Relaxed);
        let arrived = self.task.await??;
        let mut lags = Histogram::<u64>::new(3)?;
        for (number, answered) in answered {
            let came =
                arrived.at.get(number).with_context(|| format!("create {number} was answered and never came"))?;
            lags.record(u64::try_from(came.saturating_duration_since(*answered).as_micros())?)?;
        }
        let ms = |quantile| lags.value_at_quantile(quantile) as f64 / 1_000.0;
        let events_a_page = arrived.events as f64 / arrived.pages.max(1) as f64;
        Ok(Reading { p50_ms: ms(0.5), p99_ms: ms(0.99), events_a_page })
    }
}

#[expect(clippy::disallowed_methods, reason = "the measurement's own clock")]
async fn read_on(mut connection: Connection, mut after: u64, is_over: Arc<AtomicBool>) -> Result<Arrived> {
    let mut arrived = Arrived::default();
    loop {
        let page = connection.exchange(&load::get(&format!("/v1/events?after={after}&limit={PAGE}&wait=1"))).await?;
        let (head, now) = (cursor(page)?, Instant::now());
        if head == after {
            if is_over.load(Ordering::Relaxed) {
                return Ok(arrived);
            }
            continue;
        }
        arrived.events += usize::try_from(head - after)?;
        arrived.pages += 1;
        arrived.at.extend(load::noted(page, PREFIX).map(|number| (number, now)));
        after = head;
    }
}

/// From 0 to the head, a thousand at a time.
#[expect(clippy::disallowed_methods, reason = "the measurement's own clock")]
async fn catch_up(servers: &Servers, events: u64) -> Result<()> {
    let mut connection = Connection::open(servers.hub_port).await?;
    loop {
        let report = load::post("/v1/entitlement/report", "{\"limit\":1}");
        let head = cursor(connection.exchange(&report).await?)?;
        if head >= events {
            break;
        }
        let load = Load::create(servers.hub_port, PREFIX);
        println!("{head} of {events} events, {}", load::run(&load, CONNECTIONS, MEASURE).await?);
    }
    let (before, begun) = (process::used(servers.hub_pid())?, Instant::now());
    let (mut after, mut bytes, mut most) = (0, 0, before.clone());
    loop {
        let page = connection.exchange(&load::get(&format!("/v1/events?after={after}&limit={PAGE}"))).await?;
        let head = cursor(page)?;
        if head == after {
            break;
        }
        (after, bytes) = (head, bytes + page.len());
        if after.is_multiple_of(100 * PAGE as u64) {
            let used = process::used(servers.hub_pid())?;
            most = if used.anonymous_kib > most.anonymous_kib { used } else { most };
        }
    }
    let (took, used) = (begun.elapsed(), process::used(servers.hub_pid())?);
    println!("\nCatch-up from 0, pages of {PAGE}\n");
    println!("  {:36} {:>8.0} /s", format!("{after} events"), after as f64 / took.as_secs_f64());
    println!("  {:36} {:>8}", "bytes an event", bytes as u64 / after.max(1));
    let cpu = used.cpu.saturating_sub(before.cpu);
    println!("  {:36} {:>8.2} us", "server CPU an event", cpu.as_secs_f64() * 1e6 / after as f64);
    let mib = |used: &Used| used.anonymous_kib / 1_024;
    println!("  {:36} {:>8} MiB before, {} at most, {} after", "server memory", mib(&before), mib(&most), mib(&used));
    Ok(())
}

fn cursor(page: &[u8]) -> Result<u64> {
    const NAME: &[u8] = b"\"feedCursor\":\"";
    let head = page.get(..256.min(page.len())).unwrap_or_default();
    let at = head.windows(NAME.len()).position(|name| name == NAME).context("a page without feedCursor")?;
    let digits = head[at + NAME.len()..].iter().take_while(|byte| byte.is_ascii_digit());
    Ok(digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

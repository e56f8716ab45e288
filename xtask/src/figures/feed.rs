//! The feed's figures: what one reader costs those who create, how far it is behind, and how fast
//! one catches up that comes back after a million events. How creates are made stands in `load`.

use super::process::{self, Used};
use super::rounds::{self, One, median};
use super::servers::{Folder, Server, build_release};
use super::{CONNECTIONS, Settings, creates, target};
use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use load::{Connection, Keys, Load, Noted, Progress, Target, get, post};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::Instant;

/// Events in the store before the catch-up, unless set.
const EVENTS: u64 = 1_000_000;
/// What a page holds.
const PAGE: usize = 1_000;
/// One create of so many is followed from its answer to its event.
const NOTED_EVERY: u64 = 16;

/// Measures and prints.
pub(super) async fn run(settings: Settings) -> Result<()> {
    build_release()?;
    let folder = Folder::make("feed")?;
    let hub = Server::hub(&folder.file("hub.db"))?;
    // Nobody is told: without a switch creates are not.
    let load = Load { notify: None, ..creates(hub.port, Keys::Ascending, "")? };
    follow(&hub, &load, settings).await?;
    catch_up(&hub, &load, settings).await
}

/// Creates without and with a reader, in turn.
async fn follow(hub: &Server, load: &Load, settings: Settings) -> Result<()> {
    let (mut alone, mut followed) = (Vec::new(), Vec::new());
    let mut readings = Vec::new();
    for round in 1..=settings.rounds {
        let one = rounds::measure(load, hub, settings).await?;
        println!("round {round}  {:36} {one}", "create, nobody reads");
        alone.push(one);
        let reader = Reader::start(hub.port).await?;
        let (one, answered) = noted(load, hub, settings).await?;
        println!("round {round}  {:36} {one}", "create, one follows the feed");
        followed.push(one);
        readings.push(reader.stop(&answered).await?);
    }
    println!("\nMedians of {} rounds, {CONNECTIONS} connections, in turn on the same cores\n", settings.rounds);
    let alone = median(&alone).context("no round")?;
    let followed = median(&followed).context("no round")?;
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

/// As `rounds::measure`, with some of the answers noted.
async fn noted(load: &Load, hub: &Server, settings: Settings) -> Result<(One, HashMap<u64, Noted>)> {
    let progress = Arc::new(Progress::noting(NOTED_EVERY));
    let one = rounds::measure_noting(load, hub, settings, &progress).await?;
    Ok((one, progress.noted()))
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
        let target = target(port)?;
        let mut connection = Connection::open(&target).await?;
        let head = head(&mut connection, &target).await?;
        let task = tokio::spawn(read_on(connection, target, head, Arc::clone(&is_over)));
        Ok(Self { is_over, task })
    }

    /// Lets it read to the end.
    async fn stop(self, answered: &HashMap<u64, Noted>) -> Result<Reading> {
        self.is_over.store(true, Ordering::Relaxed);
        let arrived = self.task.await??;
        let mut lags = Histogram::<u64>::new(3)?;
        for (number, (_, answered)) in answered {
            let came =
                arrived.at.get(number).with_context(|| format!("create {number} was answered and never came"))?;
            lags.record(u64::try_from(came.saturating_duration_since(*answered).as_micros())?)?;
        }
        let ms = |quantile| lags.value_at_quantile(quantile) as f64 / 1_000.0;
        let events_a_page = arrived.events as f64 / arrived.pages.max(1) as f64;
        Ok(Reading { p50_ms: ms(0.5), p99_ms: ms(0.99), events_a_page })
    }
}

/// The last position of the feed.
async fn head(connection: &mut Connection, target: &Target) -> Result<u64> {
    let report = post(target, "/v1/entitlement/report", "{\"limit\":1}");
    cursor(connection.accepted(report.as_bytes()).await?)
}

async fn read_on(
    mut connection: Connection,
    target: Target,
    mut after: u64,
    is_over: Arc<AtomicBool>,
) -> Result<Arrived> {
    let mut arrived = Arrived::default();
    loop {
        let path = format!("/v1/events?after={after}&limit={PAGE}&wait=1");
        let page = connection.accepted(get(&target, &path).as_bytes()).await?;
        let (head, now) = (cursor(page)?, Instant::now());
        if head == after {
            if is_over.load(Ordering::Relaxed) {
                return Ok(arrived);
            }
            continue;
        }
        arrived.events += usize::try_from(head - after)?;
        arrived.pages += 1;
        arrived.at.extend(numbers(page).map(|number| (number, now)));
        after = head;
    }
}

/// The numbers of the creates on a page that may have been noted.
fn numbers(page: &[u8]) -> impl Iterator<Item = u64> {
    const NAME: &str = "\"customerIdentifier\":\"load-";
    let page = std::str::from_utf8(page).unwrap_or_default();
    page.match_indices(NAME).filter_map(move |(at, _)| {
        // Behind the run's own eight digits and a dash.
        let number = page.get(at + NAME.len() + 9..)?.get(..12)?.parse().ok()?;
        Some(number).filter(|number: &u64| number.is_multiple_of(NOTED_EVERY))
    })
}

/// From 0 to the head, a thousand at a time.
async fn catch_up(hub: &Server, load: &Load, settings: Settings) -> Result<()> {
    let target = target(hub.port)?;
    let mut connection = Connection::open(&target).await?;
    let events = settings.count.unwrap_or(EVENTS);
    loop {
        let head = head(&mut connection, &target).await?;
        if head >= events {
            break;
        }
        println!("{head} of {events} events, {}", rounds::measure(load, hub, settings).await?);
    }
    let (before, begun) = (process::used(hub.pid())?, Instant::now());
    let (mut after, mut bytes, mut most) = (0, 0, before.clone());
    loop {
        let path = format!("/v1/events?after={after}&limit={PAGE}");
        let page = connection.accepted(get(&target, &path).as_bytes()).await?;
        let head = cursor(page)?;
        if head == after {
            break;
        }
        (after, bytes) = (head, bytes + page.len());
        if after.is_multiple_of(100 * PAGE as u64) {
            let used = process::used(hub.pid())?;
            most = if used.anonymous_kib > most.anonymous_kib { used } else { most };
        }
    }
    let (took, used) = (begun.elapsed(), process::used(hub.pid())?);
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

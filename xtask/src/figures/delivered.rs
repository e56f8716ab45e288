//! From a PATCH to the arrival of its notification at an idle receiver, at a steady rate: measured
//! from the moment the PATCH was due to be sent, and from its answer, which leaves after its commit.

use super::receivers::{Arrivals, NumberIn, idle};
use super::servers::{Folder, Server, build_release};
use super::{CONNECTIONS, Settings, creates};
use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use load::{Keys, Kind, Load, Progress, Run, made_to_read, run as run_load};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Changes a second.
const RATE: u32 = 1_000;
/// Entitlements that are changed.
const ENTITLEMENTS: usize = 5_000;
/// The last notifications are waited for so long.
const ARRIVES_WITHIN: Duration = Duration::from_secs(20);

pub(super) async fn run(settings: Settings) -> Result<()> {
    build_release()?;
    let folder = Folder::make("delivered")?;
    let hub = Server::hub(&folder.file("hub.db"))?;
    let arrivals = Arrivals::default();
    let receiver = idle(arrivals.clone(), NumberIn::EntitlementDisplayName).await?;
    let creates = creates(hub.port, Keys::Ascending, &format!("http://127.0.0.1:{receiver}/notified"))?;
    let ids = Arc::new(made_to_read(&creates, ENTITLEMENTS).await?);
    let load = Load { kind: Kind::Patch, ids, ..creates };
    println!("\nFrom a PATCH to its notification, {RATE} changes a second, an idle receiver\n");
    lags_at(&load, &arrivals, RATE, settings).await?;
    drop(hub);
    Ok(())
}

/// Prints the lags of each round at so many changes a second.
pub(super) async fn lags_at(load: &Load, arrivals: &Arrivals, rate: u32, settings: Settings) -> Result<()> {
    for round in 1..=settings.rounds {
        let (from_due, from_answer) = lags(load, arrivals, rate, settings).await?;
        println!("  round {round}   from its sending  {}   from its answer  {}", shown(&from_due), shown(&from_answer));
    }
    Ok(())
}

async fn lags(
    load: &Load,
    arrivals: &Arrivals,
    rate: u32,
    settings: Settings,
) -> Result<(Histogram<u64>, Histogram<u64>)> {
    let how =
        Run { connections: CONNECTIONS, warm_up: Duration::from_secs(1), measure: settings.measure, rate: Some(rate) };
    arrivals.taken();
    let progress = Arc::new(Progress::noting(1));
    let measured = run_load(load, how, &progress).await?;
    if !measured.refused().is_empty() {
        bail!("some were refused: {:?}", measured.refused());
    }
    let noted = progress.noted();
    let end = Instant::now() + ARRIVES_WITHIN;
    while arrivals.count() < noted.len() && Instant::now() < end {
        sleep(Duration::from_millis(20)).await;
    }
    let arrived = arrivals.taken();
    let (mut from_due, mut from_answer) = (Histogram::new(3)?, Histogram::new(3)?);
    for (number, (due, answered)) in &noted {
        let at = arrived.get(number).with_context(|| format!("the notification of change {number} did not come"))?;
        from_due.record(us(at.saturating_duration_since(*due)))?;
        from_answer.record(us(at.saturating_duration_since(*answered)))?;
    }
    Ok((from_due, from_answer))
}

fn us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn shown(lags: &Histogram<u64>) -> String {
    let ms = |share| lags.value_at_quantile(share) as f64 / 1_000.0;
    format!("p50 {:6.2} ms  p99 {:6.2} ms  max {:6.2} ms", ms(0.5), ms(0.99), ms(1.0))
}

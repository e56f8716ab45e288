//! Creates and changes from their sending to their delivery, as many as go through, beside a bare loop of requests
//! to the same receiver by reqwest: nothing is decided in it, nothing written, nothing signed.

use super::super::delivered::lags_at;
use super::super::receivers::{Arrivals, NumberIn, idle};
use super::super::{CONNECTIONS, Settings, creates, middle};
use anyhow::{Context, Result, ensure};
use load::{Keys, Kind, Load, Progress, Run, made_to_read, run as run_load};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Requests of the bare loop under way: as many as the hub has to one receiver.
const BARE_AT_ONCE: usize = 64;
/// Entitlements that are changed.
const ENTITLEMENTS: usize = 5_000;
/// What is not there after so long never comes.
const ARRIVES_WITHIN: Duration = Duration::from_secs(60);
/// Changes a second whose lag is measured.
const RATE: u32 = 500;

/// Rates in turn, their ratios, and the lag at a steady rate.
pub(super) async fn measure(store: &str, port: u16, settings: Settings) -> Result<()> {
    let made = Told::by(NumberIn::CustomerIdentifier).await?;
    let changed = Told::by(NumberIn::EntitlementDisplayName).await?;
    let create = creates(port, Keys::Ascending, &made.url)?;
    let patch = creates(port, Keys::Ascending, &changed.url)?;
    let patch = Load { kind: Kind::Patch, ids: Arc::new(made_to_read(&patch, ENTITLEMENTS).await?), ..patch };
    println!("\nDelivered on {store}, sent by {CONNECTIONS} connections, beside a bare loop, {BARE_AT_ONCE} at once\n");
    let (mut of_creates, mut of_changes) = (Vec::new(), Vec::new());
    for round in 1..=settings.rounds {
        let bare = bare_loop(&made.url, settings.measure).await?;
        let (creates, changes) = (made.a_second(&create, settings).await?, changed.a_second(&patch, settings).await?);
        let [of_create, of_change] = [creates / bare, changes / bare];
        println!(
            "  round {round}   bare loop {bare:7.0} /s   creates {creates:7.0} /s {of_create:5.2}   \
             changes {changes:7.0} /s {of_change:5.2}"
        );
        of_creates.push(of_create);
        of_changes.push(of_change);
    }
    println!("\nRatios, medians of the rounds'\n");
    for (what, ratios) in [("creates", of_creates), ("changes", of_changes)] {
        println!("  {what} delivered / bare loop {:5.2}", middle(ratios).context("nothing was measured")?);
    }
    println!("\nFrom a PATCH to its notification on {store}, {RATE} changes a second\n");
    lags_at(&patch, &changed.arrivals, RATE, settings).await
}

/// A receiver.
struct Told {
    arrivals: Arrivals,
    url: String,
}

/// Requests answered a second.
async fn bare_loop(url: &str, time: Duration) -> Result<f64> {
    #[expect(clippy::disallowed_methods, reason = "what the hub is measured beside does not go through its door")]
    let client = reqwest::Client::new();
    let end = Instant::now() + time;
    let mut tasks = Vec::new();
    for _ in 0..BARE_AT_ONCE {
        let (client, url) = (client.clone(), url.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut sent = 0_u64;
            while Instant::now() < end {
                let answer = client.post(&url).header("content-type", "application/json").body(BODY).send().await?;
                ensure!(answer.status().is_success(), "the receiver said {}", answer.status());
                answer.bytes().await?;
                sent += 1;
            }
            Ok(sent)
        }));
    }
    let mut sent = 0;
    for task in tasks {
        sent += task.await??;
    }
    Ok(sent as f64 / time.as_secs_f64())
}

impl Told {
    async fn by(number_in: NumberIn) -> Result<Self> {
        let arrivals = Arrivals::default();
        let url = format!("http://127.0.0.1:{}/notified", idle(arrivals.clone(), number_in).await?);
        Ok(Self { arrivals, url })
    }

    /// How many have come a second, from the first request to the last arrival.
    async fn a_second(&self, load: &Load, settings: Settings) -> Result<f64> {
        let how = Run { connections: CONNECTIONS, warm_up: Duration::ZERO, measure: settings.measure, rate: None };
        self.arrivals.taken();
        let (begun, progress) = (Instant::now(), Arc::new(Progress::noting(1)));
        let measured = run_load(load, how, &progress).await?;
        ensure!(measured.refused().is_empty(), "some were refused: {:?}", measured.refused());
        let sent = progress.noted().len();
        let end = Instant::now() + ARRIVES_WITHIN;
        while self.arrivals.count() < sent && Instant::now() < end {
            sleep(Duration::from_millis(5)).await;
        }
        let arrived = self.arrivals.taken();
        ensure!(arrived.len() == sent, "{} of {sent} notifications came", arrived.len());
        let last = arrived.values().max().context("nothing came")?;
        Ok(sent as f64 / last.duration_since(begun).as_secs_f64())
    }
}

/// As large as a notification.
const BODY: &str = include_str!("notification.json");

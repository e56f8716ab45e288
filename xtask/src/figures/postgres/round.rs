//! One measurement: rate, latencies, and what the server logged for a create. And the hubs that are measured.

use super::super::receivers::Hanging;
use super::super::servers::Server;
use super::super::{CONNECTIONS, Settings, WARM_UP, creates, middle};
use super::HUB;
use super::bench::Sample;
use anyhow::{Context, Result, bail};
use cluster::Cluster;
use load::{Keys, Measured, Progress, Run};
use std::fmt;
use std::sync::Arc;

/// How fast.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    pub(super) per_second: f64,
    /// Of pgbench: the average.
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:7.0} /s", self.per_second)?;
        match (self.p50_ms, self.p99_ms) {
            (Some(p50), Some(p99)) => write!(f, "   p50 {p50:6.2} ms   p99 {p99:6.2} ms"),
            (Some(average), None) => write!(f, "   average {average:6.2} ms        "),
            (None, _) => Ok(()),
        }
    }
}

/// What the server has written ahead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wal {
    bytes: f64,
    whole_pages: f64,
}

impl Wal {
    pub(super) async fn of(cluster: &Cluster) -> Result<Self> {
        let sql = "SELECT wal_bytes || ' ' || wal_fpi FROM pg_stat_wal";
        let said = cluster.ask(HUB, sql).await;
        let mut numbers = said.first().context("no pg_stat_wal")?.split(' ');
        let mut number = || -> Result<f64> { Ok(numbers.next().context("no number")?.parse()?) };
        Ok(Self { bytes: number()?, whole_pages: number()? })
    }

    /// What came since, for each of so many creates.
    pub(super) fn since(&self, before: &Self, creates: u64) -> Self {
        let creates = creates.max(1) as f64;
        Self {
            bytes: (self.bytes - before.bytes) / creates,
            whole_pages: (self.whole_pages - before.whole_pages) / creates,
        }
    }
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub(super) struct One {
    pub(super) rate: Rate,
    pub(super) wal: Wal,
}

impl fmt::Display for One {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}   {:6.0} bytes of log, {:4.2} whole pages in it", self.rate, self.wal.bytes, self.wal.whole_pages)
    }
}

impl One {
    /// Of each figure by itself.
    pub(super) fn median(ones: &[Self]) -> Option<Self> {
        let of = |value: fn(&Self) -> Option<f64>| middle(ones.iter().filter_map(value).collect());
        Some(Self {
            rate: Rate {
                per_second: of(|one| Some(one.rate.per_second))?,
                p50_ms: of(|one| one.rate.p50_ms),
                p99_ms: of(|one| one.rate.p99_ms),
            },
            wal: Wal { bytes: of(|one| Some(one.wal.bytes))?, whole_pages: of(|one| Some(one.wal.whole_pages))? },
        })
    }
}

/// Two hubs on one database, and a receiver that hangs.
pub(super) struct Hubs {
    hubs: [Server; 2],
    hanging: Hanging,
}

impl Hubs {
    pub(super) fn start(database: &str) -> Result<Self> {
        Ok(Self { hubs: [Server::sandbox(database)?, Server::sandbox(database)?], hanging: Hanging::start()? })
    }

    /// A create as it is written.
    pub(super) async fn sample(&self, cluster: &Cluster) -> Result<Sample> {
        let [hub, _] = &self.hubs;
        load::made_to_read(&creates(hub.port, Keys::Ascending, &self.hanging.url())?, 1).await?;
        let sql = |column: &str| {
            format!("SELECT {column} FROM entitlement e JOIN event v USING (key) ORDER BY e.created_at DESC LIMIT 1")
        };
        let mut found = Vec::new();
        for column in ["e.account", "e.route", "e.rest", "v.sets", "v.at"] {
            found.push(cluster.ask(HUB, &sql(column)).await.pop().context("no create was written")?);
        }
        let [account, route, rest, sets, at] = <[String; 5]>::try_from(found).unwrap_or_default();
        Ok(Sample { account, route, rest, sets, now: at.parse()? })
    }

    /// Creates sent to so many of them, all connections together; how many were made.
    pub(super) async fn creates(
        &self,
        keys: Keys,
        hubs: usize,
        rate: Option<u32>,
        settings: Settings,
    ) -> Result<(Rate, u64)> {
        let connections = CONNECTIONS / hubs;
        let how = Run { connections, warm_up: WARM_UP, measure: settings.measure, rate };
        let mut runs = Vec::new();
        for hub in self.hubs.iter().take(hubs) {
            let load = creates(hub.port, keys, &self.hanging.url())?;
            runs.push(tokio::spawn(async move {
                let progress = Arc::new(Progress::default());
                let measured = load::run(&load, how, &progress).await;
                measured.map(|measured| (measured, progress.answers()))
            }));
        }
        let (mut of_each, mut made): (Vec<Measured>, u64) = (Vec::new(), 0);
        for run in runs {
            let (measured, answers) = run.await??;
            if !measured.refused().is_empty() {
                bail!("some were refused: {:?}", measured.refused());
            }
            of_each.push(measured);
            made += answers;
        }
        let worst = |share| middle(of_each.iter().map(|one| one.ms_at(share)).collect());
        let per_second = of_each.iter().map(Measured::per_second).sum();
        Ok((Rate { per_second, p50_ms: worst(0.5), p99_ms: worst(0.99) }, made))
    }
}

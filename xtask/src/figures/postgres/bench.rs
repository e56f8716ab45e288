//! `pgbench` with what a create writes, one transaction each.

use super::BENCH;
use super::round::Rate;
use anyhow::{Context, Result, bail, ensure};
use cluster::Cluster;
use load::Keys;
use std::cell::Cell;
use std::time::Duration;

/// As many as the goal is stated for.
const CLIENTS: &str = "64";
const CREATE: &str = include_str!("create.sql");
/// The key of a customer and of an identity…
const KEY: &str = ":prefix || lpad((:number)::text, 12, '0')";
/// …and one that may lie anywhere among those that are there.
const RANDOM_KEY: &str = "lpad(to_hex(:low::bigint), 16, '0') || '-customer'";
/// Keys of one run stand behind those of the run before.
const RUN_APART: i64 = 1 << 44;

/// Texts of a create as the hub wrote them, and where it belongs.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) account: String,
    pub(super) route: String,
    pub(super) rest: String,
    pub(super) sets: String,
    /// Milliseconds since 1970.
    pub(super) now: i64,
}

#[derive(Debug)]
pub(super) struct Bench {
    folder: super::super::servers::Folder,
    values: Vec<String>,
    base: i64,
    runs: Cell<i64>,
}

impl Bench {
    pub(super) async fn make(cluster: &Cluster, sample: &Sample) -> Result<Self> {
        cluster.ask(BENCH, "CREATE SEQUENCE figures_position").await;
        let folder = super::super::servers::Folder::make("pgbench")?;
        std::fs::write(folder.file("ascending.sql"), CREATE)?;
        let random = CREATE.replace(KEY, RANDOM_KEY);
        ensure!(random != CREATE, "create.sql has other keys");
        std::fs::write(folder.file("random.sql"), random)?;
        let Sample { account, route, rest, sets, now } = sample;
        let values = vec![
            format!("account={account}"),
            format!("route={route}"),
            format!("rest={rest}"),
            format!("sets={sets}"),
            format!("now={now}"),
            "n=0".to_owned(),
        ];
        Ok(Self { folder, values, base: now << 16, runs: Cell::new(0) })
    }

    /// How many it wrote a second, and in all.
    pub(super) fn run(&self, cluster: &Cluster, keys: Keys, time: Duration) -> Result<(Rate, u64)> {
        let run = self.runs.replace(self.runs.get() + 1);
        let (script, prefix) = match keys {
            Keys::Ascending => ("ascending.sql", Some(format!("load-{run:08}-"))),
            Keys::Random => ("random.sql", None),
        };
        let mut command = cluster.client("pgbench");
        command.args(["-n", "-M", "prepared", "-c", CLIENTS, "-j", "2", "-T", &time.as_secs().max(1).to_string()]);
        for value in &self.values {
            command.args(["-D", value]);
        }
        command.args(["-D", &format!("base={}", self.base + run * RUN_APART)]);
        if let Some(prefix) = prefix {
            command.args(["-D", &format!("prefix={prefix}")]);
        }
        command.arg("-f").arg(self.folder.file(script)).arg(BENCH);
        let output = command.output().context("pgbench cannot be started")?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() || said.contains("failed transactions: 0 ") != said.contains("failed transactions")
        {
            bail!("pgbench failed:\n{said}{}", String::from_utf8_lossy(&output.stderr));
        }
        let number = |before: &str| -> Result<f64> {
            let line =
                said.lines().find_map(|line| line.strip_prefix(before)).with_context(|| format!("no {before}"))?;
            Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
        };
        let rate = Rate { per_second: number("tps = ")?, p50_ms: None, p99_ms: None };
        Ok((
            Rate { p50_ms: Some(number("latency average = ")?), ..rate },
            number("number of transactions actually processed: ")? as u64,
        ))
    }
}

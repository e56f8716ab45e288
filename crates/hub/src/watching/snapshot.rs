//! What is looked up when somebody asks: the store's counts and standing, open operations, the
//! clock. Made anew for every text, so that nothing is shown that is no longer so.

use super::labels::{ByCause, ByStanding, OfKind};
use super::process;
use crate::Hub;
use crate::execute::merchant::ask_word;
use entitlement::{Moment, Stage};
use prometheus_client::encoding::{EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::AtomicU64;
use store::{Backlog, Cause, Distribution, Standing};

/// A gauge of a fraction.
type Seconds = Gauge<f64, AtomicU64>;

/// All of it, in a registry of its own.
pub(super) fn registry(hub: &Hub, standing: &Standing, answers: bool) -> Registry {
    let mut registry = Registry::default();
    process::register(&mut registry, hub.started_at.0.div_euclid(1_000));
    counted(&mut registry, hub);
    sizes(&mut registry, standing, answers);
    let now = hub.store.now();
    lanes(&mut registry, standing, now);
    operations(&mut registry, standing, now);
    let late = standing.next_due.map_or(0.0, |due| seconds_since(due, now));
    fraction(&mut registry, "entitle_due_lateness_seconds", "How late the earliest due thing is", late);
    let readers = hub.feed_bells.listeners();
    whole(&mut registry, "entitle_feed_readers_waiting", "Requests waiting at the feed", count(readers));
    let offset = seconds(hub.store.clock_offset_ms());
    fraction(&mut registry, "entitle_clock_offset_seconds", "How far the test clock is ahead of real time", offset);
    if let Some(ends) = hub.watching.figures.certificate() {
        let text = "When the certificate that is served ends, in seconds since 1970";
        registry.register("entitle_tls_certificate_expiry_seconds", text, ends.clone());
    }
    registry
}

fn counted(registry: &mut Registry, hub: &Hub) {
    let figures = hub.store.figures();
    let text = "Changes in one transaction of the store";
    registry.register("entitle_store_batch_changes", text, Shown::of(&figures.batches, 1.0));
    let text = "How long a transaction's COMMIT took, the flush to the disk included";
    registry.register("entitle_store_commit_duration_seconds", text, Shown::of(&figures.commits_us, 1e6));
    let conflicts = Family::<ByCause, prometheus_client::metrics::counter::Counter>::default();
    for cause in Cause::ALL {
        let counter = conflicts.get_or_create_owned(&ByCause { cause: cause.word() });
        counter.inc_by(figures.conflicts(cause));
    }
    registry.register("entitle_store_conflicts", "Changes that something stood in the way of, by cause", conflicts);
    let waiting = count(hub.store.waiting());
    whole(registry, "entitle_store_changes_waiting", "Changes waiting to be committed", waiting);
    let text = "1 while the last change found the disk full";
    whole(registry, "entitle_store_full", text, i64::from(figures.is_full()));
}

fn sizes(registry: &mut Registry, standing: &Standing, answers: bool) {
    whole(registry, "entitle_store_answers", "1 while the store reads and takes changes", i64::from(answers));
    whole(registry, "entitle_store_data_bytes", "Size of the data file", bytes(standing.data_bytes));
    whole(registry, "entitle_store_log_bytes", "Size of the write-ahead log", bytes(standing.log_bytes));
    let text = "1 where lanes, dead letters or operations are more than are counted";
    whole(registry, "entitle_store_counts_cut", text, i64::from(answers && !standing.is_whole));
}

fn lanes(registry: &mut Registry, standing: &Standing, now: Moment) {
    let (lanes, oldest) = (Family::<ByStanding, Gauge>::default(), Family::<ByStanding, Seconds>::default());
    let standings = [("waiting", standing.waiting), ("retrying", standing.retrying), ("parked", standing.parked)];
    for (standing, Backlog { lanes: held, oldest: since }) in standings {
        lanes.get_or_create(&ByStanding { standing }).set(bytes(held));
        let age = since.map_or(0.0, |since| seconds_since(since, now));
        oldest.get_or_create(&ByStanding { standing }).set(age);
    }
    registry.register("entitle_lanes", "Lanes with a notification to send, by standing", lanes);
    let text = "Age of the oldest notification at the head of a lane, by standing";
    registry.register("entitle_notification_oldest_seconds", text, oldest);
    whole(registry, "entitle_notifications_dead", "Notifications given up, and not removed", bytes(standing.dead));
}

fn operations(registry: &mut Registry, standing: &Standing, now: Moment) {
    let mut found: BTreeMap<(&str, &str), (i64, Moment)> = BTreeMap::new();
    for operation in &standing.operations {
        let of_kind = found.entry((ask_word(&operation.ask), word(operation.stage))).or_insert((0, now));
        *of_kind = (of_kind.0 + 1, Moment(of_kind.1.0.min(operation.opened_at.0)));
    }
    let (open, oldest) = (Family::<OfKind, Gauge>::default(), Family::<OfKind, Seconds>::default());
    for ((kind, stage), (held, since)) in found {
        open.get_or_create(&OfKind { kind, stage }).set(held);
        oldest.get_or_create(&OfKind { kind, stage }).set(seconds_since(since, now));
    }
    registry.register("entitle_operations_open", "Operations at merchants that are not settled, by stage", open);
    registry.register("entitle_operation_oldest_seconds", "Age of the oldest open operation", oldest);
}

const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::InFlight => "in-flight",
        Stage::Queued => "queued",
        Stage::Unknown => "unknown",
    }
}

fn whole(registry: &mut Registry, name: &str, text: &str, value: i64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(value);
    registry.register(name, text, gauge);
}

fn fraction(registry: &mut Registry, name: &str, text: &str, value: f64) {
    let gauge = Seconds::default();
    gauge.set(value);
    registry.register(name, text, gauge);
}

fn bytes(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn count(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Never negative: a due moment may lie ahead, and clocks may move.
fn seconds_since(since: Moment, now: Moment) -> f64 {
    seconds((now.0 - since.0).max(0))
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a figure; a float is exact beyond any age")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

/// A distribution of the store, as a histogram.
#[derive(Debug)]
struct Shown {
    sum: f64,
    buckets: Vec<(f64, u64)>,
}

impl Shown {
    #[expect(clippy::cast_precision_loss, reason = "bounds are small, and a sum need not be exact to the last unit")]
    /// So many of the distribution's units are one of the figure's.
    fn of(distribution: &Distribution, units: f64) -> Self {
        let bound = |bound: Option<u64>| bound.map_or(f64::MAX, |bound| bound as f64 / units);
        Self {
            sum: distribution.sum() as f64 / units,
            buckets: distribution.counts().map(|(upper, counted)| (bound(upper), counted)).collect(),
        }
    }
}

impl EncodeMetric for Shown {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let counted = self.buckets.iter().map(|(_, counted)| counted).sum();
        encoder.encode_histogram::<[(String, String); 0]>(self.sum, counted, &self.buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

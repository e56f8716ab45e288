//! What a load took: counts, rates, latencies.

use crate::LoadError;
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// The result of one run.
#[derive(Debug, Clone)]
pub struct Measured {
    pub(crate) latencies: Histogram<u64>,
    pub(crate) refused: BTreeMap<u16, u64>,
    pub(crate) took: Duration,
}

impl Measured {
    pub(crate) fn new() -> Result<Self, LoadError> {
        // Microseconds up to an hour, three digits.
        const HOUR_US: u64 = 3_600_000_000;
        let latencies = Histogram::new_with_max(HOUR_US, 3).map_err(|_| LoadError::Histogram)?;
        Ok(Self { latencies, refused: BTreeMap::new(), took: Duration::ZERO })
    }

    pub(crate) fn record(&mut self, status: u16, latency: Duration) {
        if !(200..=299).contains(&status) {
            *self.refused.entry(status).or_default() += 1;
        }
        self.latencies.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    pub(crate) fn add(&mut self, other: &Self) {
        // Both have the same bounds, so that nothing is lost.
        let _ = self.latencies.add(&other.latencies);
        for (status, count) in &other.refused {
            *self.refused.entry(*status).or_default() += count;
        }
    }

    /// Answers, refusals among them.
    #[must_use]
    pub fn answers(&self) -> u64 {
        self.latencies.len()
    }

    /// Answers that were no 2xx, by status.
    #[must_use]
    pub const fn refused(&self) -> &BTreeMap<u16, u64> {
        &self.refused
    }

    /// 2xx answers a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        let good = self.answers() - self.refused.values().sum::<u64>();
        good as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// How long it ran.
    #[must_use]
    pub const fn took(&self) -> Duration {
        self.took
    }

    /// Milliseconds within which this share of the answers came, `0.0..=1.0`.
    #[must_use]
    pub fn ms_at(&self, share: f64) -> f64 {
        self.latencies.value_at_quantile(share) as f64 / 1_000.0
    }

    /// The slowest answer, in milliseconds.
    #[must_use]
    pub fn max_ms(&self) -> f64 {
        self.latencies.max() as f64 / 1_000.0
    }

    /// The histogram: for each step its upper bound in milliseconds and the answers up to there.
    #[must_use]
    pub fn histogram(&self) -> Vec<(f64, u64)> {
        let mut so_far = 0;
        let steps = self.latencies.iter_log(100, 2.0).map(|step| {
            so_far += step.count_since_last_iteration();
            ((step.value_iterated_to() + 1) as f64 / 1_000.0, so_far)
        });
        steps.collect()
    }
}

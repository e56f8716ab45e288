//! What the recording says about time: from the attempts that were answered.

use witness::Operation;

/// How finely it is looked when things were normal again.
const WINDOW_US: u64 = 500_000;
/// Fewer answers in a window say nothing.
const ANSWERS_MIN: usize = 20;
/// Normal is up to so many times what it was before, and what is below this anyway.
const NORMAL_TIMES: u64 = 2;
const NORMAL_US: u64 = 25_000;

/// Of the writes that were answered within some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latencies {
    /// How many.
    pub count: usize,
    /// Half of them took no longer.
    pub p50_us: u64,
    /// 99 of 100.
    pub p99_us: u64,
    /// All of them.
    pub max_us: u64,
}

/// Of the writes that were settled from one moment to another; each from its first attempt.
#[must_use]
pub fn latencies(operations: &[Operation], from_us: u64, until_us: u64) -> Latencies {
    let within = |operation: &&Operation| {
        let end = operation.settled().map_or(u64::MAX, |(end, _)| end);
        !operation.is_read() && (from_us..until_us).contains(&end)
    };
    let took = |one: &Operation| one.settled().map_or(0, |(end, _)| end) - one.begin_us();
    let mut all: Vec<u64> = operations.iter().filter(within).map(took).collect();
    all.sort_unstable();
    let at = |permille: usize| all.get((all.len() * permille / 1_000).min(all.len().saturating_sub(1)));
    let value = |permille| at(permille).copied().unwrap_or(0);
    Latencies { count: all.len(), p50_us: value(500), p99_us: value(990), max_us: value(1_000) }
}

/// The longest time between these moments in which no write was done, and which ended: from when to when. What the
/// processes of a server that was killed had begun, some of them bring to its end.
#[must_use]
pub fn longest_silence(operations: &[Operation], from_us: u64, until_us: u64) -> Option<(u64, u64)> {
    let done = operations.iter().filter(|operation| !operation.is_read()).filter_map(Operation::done);
    let mut ends: Vec<u64> = done.map(|(end, _)| end).filter(|end| (from_us..until_us).contains(end)).collect();
    ends.push(from_us);
    ends.sort_unstable();
    let pairs = ends.windows(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?)));
    pairs.max_by_key(|(from, until)| until - from)
}

/// The end of the first window after this moment from which on as many writes are answered as usual, 99 of 100 of
/// them as soon as before.
#[must_use]
pub fn normal_again_after(operations: &[Operation], moment_us: u64, before: Latencies, last_us: u64) -> Option<u64> {
    let limit = (before.p99_us * NORMAL_TIMES).max(NORMAL_US);
    let is_normal = |from: &u64| {
        let seen = latencies(operations, *from, from + WINDOW_US);
        seen.count >= ANSWERS_MIN && seen.p99_us <= limit
    };
    let mut windows = (moment_us..last_us.saturating_sub(WINDOW_US)).step_by(usize::try_from(WINDOW_US).unwrap_or(1));
    windows.find(is_normal).map(|from| from + WINDOW_US)
}

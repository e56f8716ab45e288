//! The one source of chance in tests and drills, which is none.

use std::time::Duration;

/// Deterministic: the same seed gives the same numbers (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Less than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % (end.max(1) as u64)).unwrap_or(0)
    }

    /// A time within these milliseconds.
    pub fn within(&mut self, range_ms: std::ops::Range<u64>) -> Duration {
        let width = usize::try_from(range_ms.end - range_ms.start).unwrap_or(1);
        Duration::from_millis(range_ms.start + self.below(width) as u64)
    }
}

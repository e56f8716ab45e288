//! A point in time as the store's clock gives it. Parsing and printing are the wire's.

/// Milliseconds since 1970-01-01T00:00:00Z. Dates of the record are whole seconds; due times of
/// operations and lanes use the milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// The same moment with its fraction of a second cut off, as dates of the record are kept.
    #[must_use]
    pub const fn whole_second(self) -> Self {
        Self(self.0.div_euclid(1000) * 1000)
    }

    /// This moment plus so many milliseconds; saturates instead of overflowing.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This moment plus so many seconds; saturates instead of overflowing.
    #[must_use]
    pub const fn plus_s(self, seconds: i64) -> Self {
        self.plus_ms(seconds.saturating_mul(1000))
    }
}

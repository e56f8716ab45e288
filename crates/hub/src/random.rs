//! The one door for randomness: new keys, operation ids, secrets. Tests may seed it.

use entitlement::Moment;
use ids::{EntitlementKey, OperationId};
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Random bytes taken from the system at once; a key takes ten of them.
const POOL_BYTES: usize = 4096;

/// The system could not give random bytes: the program cannot go on safely.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

/// Makes ids and secrets.
#[derive(Debug)]
pub struct Random {
    pool: Mutex<Pool>,
    /// Milliseconds and a counter below them, so that keys ascend within this process.
    last: AtomicU64,
}

/// Sixteen hexadecimal digits that name one request; kept without an allocation, since every request
/// has one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId([u8; 16]);

impl RequestId {
    fn of(number: u64) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        Self(std::array::from_fn(|at| DIGITS[(number >> (60 - 4 * at)) as usize & 0xf]))
    }

    /// As text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[derive(Debug)]
struct Pool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

impl Random {
    /// Randomness from the system.
    ///
    /// # Errors
    /// Where the system has none.
    pub fn from_system() -> Result<Self, NoRandomness> {
        let pool = Pool { bytes: fill::<POOL_BYTES>()?, used: 0 };
        Ok(Self { pool: Mutex::new(pool), last: AtomicU64::new(0) })
    }

    /// A new UUIDv7 that ascends: 48 bits of milliseconds, 12 of a counter, 62 random.
    #[must_use]
    pub fn key(&self, real_now: Moment) -> EntitlementKey {
        EntitlementKey(self.uuid_v7(real_now))
    }

    /// A new operation id.
    #[must_use]
    pub fn operation(&self, real_now: Moment) -> OperationId {
        OperationId(self.uuid_v7(real_now))
    }

    /// Random bytes for secrets, straight from the system.
    ///
    /// # Errors
    /// Where the system has none.
    pub fn secret<const N: usize>(&self) -> Result<[u8; N], NoRandomness> {
        fill()
    }

    /// A number below `bound` (at most 1001), for jitter.
    #[must_use]
    pub fn permille(&self, bound: u16) -> u16 {
        u16::try_from(self.u64() % u64::from(bound.clamp(1, 1_001))).unwrap_or(0)
    }

    /// A short word that names one request in answers and logs.
    #[must_use]
    pub(crate) fn request_id(&self) -> RequestId {
        RequestId::of(self.u64())
    }

    /// A number for a trace or a span; never 0, which stands for none.
    #[must_use]
    pub(crate) fn trace_number(&self) -> u64 {
        self.u64().max(1)
    }

    fn uuid_v7(&self, real_now: Moment) -> u128 {
        let ms = u64::try_from(real_now.0).unwrap_or(0) & 0xffff_ffff_ffff;
        let fresh = ms << 12;
        let before = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(fresh.max(last + 1)));
        let ticks = fresh.max(before.unwrap_or(0) + 1);
        let (time, counter) = (ticks >> 12, ticks & 0xfff);
        let random = u128::from(self.u64() & 0x3fff_ffff_ffff_ffff);
        (u128::from(time) << 80) | (0x7 << 76) | (u128::from(counter) << 64) | (0b10 << 62) | random
    }

    fn u64(&self) -> u64 {
        let mut pool = self.pool.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if pool.used + 8 > POOL_BYTES {
            match fill::<POOL_BYTES>() {
                Ok(bytes) => *pool = Pool { bytes, used: 0 },
                // Keys stay unique by time and counter; going on beats failing every create.
                Err(error) => tracing::error!(%error, "keys are less random than they should be"),
            }
            pool.used = pool.used.min(POOL_BYTES - 8);
        }
        let used = pool.used;
        pool.used += 8;
        let mut eight = [0; 8];
        eight.copy_from_slice(&pool.bytes[used..used + 8]);
        u64::from_le_bytes(eight)
    }
}

fn fill<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    #[expect(clippy::disallowed_methods, reason = "this is the door for randomness")]
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_is_the_number_in_sixteen_digits() {
        assert_eq!(RequestId::of(0x0012_3456_789a_bcde).as_str(), "00123456789abcde");
        assert_eq!(RequestId::of(u64::MAX).as_str(), "ffffffffffffffff");
    }

    #[test]
    fn keys_ascend_even_when_the_clock_stands_still_or_goes_back() {
        let random = Random::from_system().unwrap();
        let mut last = random.key(Moment(1_000));
        for at in [1_000; 10_000].into_iter().chain([500, 2_000]) {
            let next = random.key(Moment(at));
            assert!(next > last);
            assert_eq!((next.0 >> 76) & 0xf, 7, "version");
            assert_eq!((next.0 >> 62) & 0b11, 0b10, "variant");
            last = next;
        }
    }
}

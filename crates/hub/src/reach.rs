//! Which merchants' last calls did not get through: a note in memory, for products. It decides
//! nothing: a merchant that is called is called.

use entitlement::Moment;
use merchants::Response;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A failure is told for so long; after it the merchant is worth another try.
const FAILING_FOR_MS: i64 = 60_000;

/// By merchantAccountKey: when the last call did not get through.
#[derive(Default)]
pub(crate) struct Reach {
    failed_at: Mutex<HashMap<String, Moment>>,
}

impl Reach {
    /// Notes what came of a call.
    pub(crate) fn note(&self, merchant: &str, response: &Response, now: Moment) {
        match response {
            Response::Whole { .. } => drop(self.failed_at().remove(merchant)),
            Response::NotSent | Response::Broken => drop(self.failed_at().insert(merchant.to_owned(), now)),
        }
    }

    /// Whether the last call did not get through, and was not long ago.
    pub(crate) fn is_failing(&self, merchant: &str, now: Moment) -> bool {
        self.failed_at().get(merchant).is_some_and(|at| now < at.plus_ms(FAILING_FOR_MS))
    }

    fn failed_at(&self) -> MutexGuard<'_, HashMap<String, Moment>> {
        self.failed_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! What the next calls of a test credential are answered, whatever they ask
//! (docs/API.md section 8.5). Kept in memory: a restart forgets it.

use ids::AccountId;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use wire::ResponseCode;

/// An answer of the hub that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forced {
    /// HTTP status, 400 to 599.
    pub(crate) http: u16,
    /// A code that goes with it.
    pub(crate) code: ResponseCode,
}

/// By account: the answer, and for how many calls still.
#[derive(Debug, Default)]
pub(crate) struct NextAnswers(Mutex<HashMap<AccountId, (Forced, u32)>>);

impl NextAnswers {
    /// The next `times` calls; replaces what was set before.
    pub(crate) fn set(&self, account: AccountId, forced: Forced, times: u32) {
        self.lock().insert(account, (forced, times));
    }

    /// What is set.
    pub(crate) fn get(&self, account: AccountId) -> Option<(Forced, u32)> {
        self.lock().get(&account).copied()
    }

    /// One call's answer, counted.
    pub(crate) fn take(&self, account: AccountId) -> Option<Forced> {
        let mut next = self.lock();
        let (forced, left) = next.get_mut(&account)?;
        let forced = *forced;
        *left -= 1;
        if *left == 0 {
            next.remove(&account);
        }
        Some(forced)
    }

    pub(crate) fn clear(&self, account: AccountId) {
        self.lock().remove(&account);
    }

    pub(crate) fn clear_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, (Forced, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! How many requests are at work at once: bounded in the process, so that memory is, and for each
//! account, so that one reseller cannot take every place. Beyond it a request is told to come again,
//! before its body is read. Long polls that wait hold no place; they have a bound of their own.

use crate::answer::unavailable;
use ids::AccountId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wire::ErrorAnswer;

/// How many requests may be at work at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadLimits {
    /// In the process. A request holds its body (256 KiB at most) and waits for the store, or up to
    /// 10 s for a merchant.
    pub requests_max: usize,
    /// Of one account.
    pub requests_per_account_max: usize,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self { requests_max: 4_096, requests_per_account_max: 1_024 }
    }
}

/// The places for requests.
#[derive(Debug)]
pub(crate) struct Load {
    limits: LoadLimits,
    at_work: Arc<Mutex<AtWork>>,
}

#[derive(Debug, Default)]
struct AtWork {
    all: usize,
    of: HashMap<AccountId, usize>,
}

/// A request's place; dropped when it is answered.
#[derive(Debug)]
pub(crate) struct Place {
    at_work: Arc<Mutex<AtWork>>,
    account: AccountId,
}

impl Load {
    pub(crate) fn new(limits: LoadLimits) -> Self {
        Self { limits, at_work: Arc::default() }
    }

    /// Requests at work now.
    pub(crate) fn at_work(&self) -> usize {
        lock(&self.at_work).all
    }

    /// A place for one more request of this account.
    ///
    /// # Errors
    /// Where there is none: 503.
    pub(crate) fn take(&self, account: AccountId) -> Result<Place, Box<ErrorAnswer>> {
        let mut at_work = lock(&self.at_work);
        let of_account = at_work.of.get(&account).copied().unwrap_or(0);
        if at_work.all >= self.limits.requests_max || of_account >= self.limits.requests_per_account_max {
            return Err(Box::new(overloaded()));
        }
        at_work.all += 1;
        at_work.of.insert(account, of_account + 1);
        drop(at_work);
        Ok(Place { at_work: Arc::clone(&self.at_work), account })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut at_work = lock(&self.at_work);
        at_work.all -= 1;
        if let Some(of_account) = at_work.of.get_mut(&self.account) {
            *of_account -= 1;
            if *of_account == 0 {
                at_work.of.remove(&self.account);
            }
        }
    }
}

fn lock(at_work: &Mutex<AtWork>) -> MutexGuard<'_, AtWork> {
    at_work.lock().unwrap_or_else(PoisonError::into_inner)
}

fn overloaded() -> ErrorAnswer {
    unavailable("overloaded", "The hub has too many requests at work; nothing was done.", 1).with_hint(
        "Send it again after Retry-After; the same X-RequestIdentifier may be used. If it stays, send fewer at once: \
         what waits for a merchant counts, too.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: AccountId = AccountId(1);
    const OTHER: AccountId = AccountId(2);

    #[test]
    fn one_account_has_its_share_and_the_rest_is_for_others() {
        let load = Load::new(LoadLimits { requests_max: 3, requests_per_account_max: 2 });
        let first = load.take(ONE).unwrap();
        let second = load.take(ONE).unwrap();
        let refused = load.take(ONE).unwrap_err();
        assert_eq!((refused.http, refused.rule, refused.retry_after_s), (503, "overloaded", Some(1)));
        let third = load.take(OTHER).unwrap();
        assert!(load.take(OTHER).is_err(), "the process is full");
        drop(first);
        let again = load.take(OTHER).unwrap();
        assert_eq!(load.at_work(), 3);
        drop((second, third, again));
        let at_work = lock(&load.at_work);
        assert!(at_work.all == 0 && at_work.of.is_empty());
    }
}

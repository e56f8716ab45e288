//! One bell per account, rung after a commit that brought events, for whoever waits at its feed.
//! A bell only hastens: other nodes write, too, so that whoever waits also looks by itself.

use ids::AccountId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Requests of one account that may wait at once: more than a reseller has readers, and few enough
/// that they cost nothing.
const LISTENERS_MAX: usize = 256;

/// The bells of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Bells {
    hung: Mutex<HashMap<AccountId, Bell>>,
    /// Listeners of all accounts, so that ringing for nobody costs one look.
    listeners: AtomicUsize,
    stopping: AtomicBool,
}

#[derive(Debug, Default)]
struct Bell {
    rung: Arc<Notify>,
    listeners: usize,
}

/// Somebody who listens to an account's bell.
#[derive(Debug)]
pub(super) struct Listener<'a> {
    bells: &'a Bells,
    account: AccountId,
    rung: Arc<Notify>,
}

impl Bells {
    /// Listens to an account's bell; `None` where too many do, or the hub stops.
    pub(super) fn listen(&self, account: AccountId) -> Option<Listener<'_>> {
        let mut hung = self.hung();
        let listening = hung.get(&account).map_or(0, |bell| bell.listeners);
        if listening >= LISTENERS_MAX || self.is_stopping() {
            return None;
        }
        let bell = hung.entry(account).or_default();
        bell.listeners += 1;
        self.listeners.fetch_add(1, Ordering::SeqCst);
        Some(Listener { bells: self, account, rung: Arc::clone(&bell.rung) })
    }

    /// How many listen, of all accounts.
    pub(crate) fn listeners(&self) -> usize {
        self.listeners.load(Ordering::SeqCst)
    }

    /// Wakes everybody who listens to this account's bell.
    pub(crate) fn ring(&self, account: AccountId) {
        // Whoever begins to listen after this look reads the store after it, too.
        if self.listeners.load(Ordering::SeqCst) == 0 {
            return;
        }
        if let Some(bell) = self.hung().get(&account) {
            bell.rung.notify_waiters();
        }
    }

    /// Wakes everybody.
    pub(crate) fn ring_all(&self) {
        for bell in self.hung().values() {
            bell.rung.notify_waiters();
        }
    }

    /// The hub stops: whoever waits is woken, and nobody waits any more.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.ring_all();
    }

    /// Whether the hub stops.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    fn hung(&self) -> MutexGuard<'_, HashMap<AccountId, Bell>> {
        self.hung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener<'_> {
    /// The next ring from now on, whenever it is polled first.
    pub(super) fn next_ring(&self) -> Notified<'_> {
        self.rung.notified()
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        self.bells.listeners.fetch_sub(1, Ordering::SeqCst);
        let mut hung = self.bells.hung();
        if let Some(bell) = hung.get_mut(&self.account) {
            bell.listeners -= 1;
            if bell.listeners == 0 {
                hung.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    const ACCOUNT: AccountId = AccountId(1);

    fn is_rung(ring: Notified<'_>) -> bool {
        let mut ring = Box::pin(ring);
        ring.as_mut().poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(())
    }

    #[test]
    fn a_bell_wakes_its_own_listeners_even_before_they_wait() {
        let bells = Bells::default();
        let (one, other) = (bells.listen(ACCOUNT).unwrap(), bells.listen(AccountId(2)).unwrap());
        let (rings, stays) = (one.next_ring(), other.next_ring());
        bells.ring(ACCOUNT);
        assert!(is_rung(rings) && !is_rung(stays) && !is_rung(one.next_ring()));
    }

    #[test]
    fn so_many_may_listen_and_who_leaves_makes_room() {
        let bells = Bells::default();
        let mut listeners: Vec<Listener<'_>> = (0..LISTENERS_MAX).filter_map(|_| bells.listen(ACCOUNT)).collect();
        assert_eq!(listeners.len(), LISTENERS_MAX);
        assert!(bells.listen(ACCOUNT).is_none(), "full");
        assert!(bells.listen(AccountId(2)).is_some(), "another account's bell is another one");
        listeners.pop();
        listeners.extend(bells.listen(ACCOUNT));
        assert_eq!(listeners.len(), LISTENERS_MAX);
        drop(listeners);
        assert!(bells.hung().is_empty() && bells.listeners.load(Ordering::SeqCst) == 0);
    }

    #[test]
    fn a_hub_that_stops_wakes_all_and_lets_nobody_wait() {
        let bells = Bells::default();
        let listener = bells.listen(ACCOUNT).unwrap();
        let ring = listener.next_ring();
        bells.stop();
        assert!(is_rung(ring) && bells.listen(ACCOUNT).is_none());
    }
}

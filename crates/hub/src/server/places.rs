//! Places for connections: so many in all, and so many for one client address. A network that
//! hands out IPv6 gives each customer 2^64 addresses, so such an address counts as its /64.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A client as limits count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Counted(u128);

impl From<IpAddr> for Counted {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            // Beside all IPv6 networks, whose lower half is empty here.
            IpAddr::V4(address) => Self(u128::from(u32::from(address)) | 1 << 32),
            IpAddr::V6(address) => Self(u128::from(address) & !u128::from(u64::MAX)),
        }
    }
}

/// The places of a listener.
pub(super) struct Places {
    all: Arc<Semaphore>,
    taken: Arc<Mutex<HashMap<Counted, usize>>>,
    per_address_max: usize,
}

/// One connection's place; dropped with it.
pub(super) struct Place {
    _one: OwnedSemaphorePermit,
    _of_address: Option<OfAddress>,
}

struct OfAddress {
    taken: Arc<Mutex<HashMap<Counted, usize>>>,
    counted: Counted,
}

impl Places {
    pub(super) fn new(max: usize, per_address_max: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(max)), taken: Arc::default(), per_address_max }
    }

    /// Waits until there is a place for one more.
    pub(super) async fn free(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// Gives it to this peer; `None` where the peer has as many as one may have. A peer of `None` is
    /// a proxy and not counted.
    pub(super) fn give(&self, one: OwnedSemaphorePermit, peer: Option<IpAddr>) -> Option<Place> {
        let Some(peer) = peer else {
            return Some(Place { _one: one, _of_address: None });
        };
        let counted = Counted::from(peer);
        let mut taken = lock(&self.taken);
        let has = taken.entry(counted).or_default();
        if *has >= self.per_address_max {
            return None;
        }
        *has += 1;
        let of_address = OfAddress { taken: Arc::clone(&self.taken), counted };
        Some(Place { _one: one, _of_address: Some(of_address) })
    }
}

impl Drop for OfAddress {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(has) = taken.get_mut(&self.counted) {
            *has -= 1;
            if *has == 0 {
                taken.remove(&self.counted);
            }
        }
    }
}

fn lock(taken: &Mutex<HashMap<Counted, usize>>) -> MutexGuard<'_, HashMap<Counted, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_ipv6_address_counts_as_its_network_and_an_ipv4_address_as_itself() {
        let same = |one: &str, other: &str| Counted::from(ip(one)) == Counted::from(ip(other));
        assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"));
        assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
        assert!(!same("203.0.113.7", "203.0.113.8"));
        assert!(same("203.0.113.7", "::ffff:203.0.113.7"));
        assert!(!same("0.0.0.0", "::"), "no IPv6 network is mistaken for an IPv4 address");
    }

    #[tokio::test]
    async fn one_address_has_its_share_and_leaving_gives_it_back() {
        let places = Places::new(10, 2);
        let take = async |peer: Option<&str>| places.give(places.free().await.unwrap(), peer.map(ip));
        let first = take(Some("203.0.113.7")).await.unwrap();
        let _second = take(Some("203.0.113.7")).await.unwrap();
        assert!(take(Some("203.0.113.7")).await.is_none(), "the third");
        assert!(take(Some("203.0.113.8")).await.is_some(), "somebody else");
        let _proxied = [take(None).await.unwrap(), take(None).await.unwrap(), take(None).await.unwrap()];
        drop(first);
        assert!(take(Some("203.0.113.7")).await.is_some());
        drop((_second, _proxied));
        assert!(lock(&places.taken).is_empty() && places.all.available_permits() == 10);
    }
}

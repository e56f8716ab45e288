//! Turns: work on one key goes one after the other, in the order it came, within this process.
//! Between processes the store's checks decide; turns only spare it needless conflicts.

use ids::{AccountId, RequestIdentity, RouteId};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

/// At most so many wait behind one key (docs/API.md section 4).
pub(crate) const WAITING_MAX: usize = 32;
/// Keys are spread over so many locks.
const SHARDS: usize = 16;

/// What takes turns.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum TurnKey {
    /// One request identity.
    Identity(AccountId, RequestIdentity),
    /// One entitlement, by the id it was called with.
    Entitlement(AccountId, String),
    /// Creates of one customer on one route.
    Customer(RouteId, String),
}

/// Why no turn came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// As many as may wait do so already.
    TooMany,
    /// It did not come in time.
    TooLate,
}

type Shard<K> = Mutex<HashMap<K, Arc<Entry>>>;

struct Entry {
    gate: Arc<Semaphore>,
    /// Users of this entry, waiting or at work; counted under the shard's lock.
    users: std::sync::atomic::AtomicUsize,
}

pub(crate) struct Turns<K> {
    hasher: RandomState,
    shards: Arc<Vec<Shard<K>>>,
}

/// A turn; the next one comes when it is dropped.
pub(crate) struct Turn<K: Eq + Hash> {
    key: K,
    shard: usize,
    shards: Arc<Vec<Shard<K>>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl<K: Clone + Eq + Hash> Turns<K> {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(HashMap::new())).collect();
        Self { hasher: RandomState::new(), shards: Arc::new(shards) }
    }

    /// Waits for this key's turn, at most until the deadline.
    pub(crate) async fn take(&self, key: K, deadline: Instant) -> Result<Turn<K>, NoTurn> {
        let (mut turn, gate) = self.join(key)?;
        let permit = match Arc::clone(&gate).try_acquire_owned() {
            Ok(permit) => Ok(Ok(permit)),
            Err(_) => timeout_at(deadline, gate.acquire_owned()).await,
        };
        match permit {
            Ok(Ok(permit)) => {
                turn.permit = Some(permit);
                Ok(turn)
            }
            Ok(Err(_)) | Err(_) => Err(NoTurn::TooLate),
        }
    }

    fn join(&self, key: K) -> Result<(Turn<K>, Arc<Semaphore>), NoTurn> {
        let shard = usize::try_from(self.hasher.hash_one(&key) % SHARDS as u64).unwrap_or(0);
        let mut entries = lock(&self.shards[shard]);
        let entry = entries.entry(key.clone()).or_insert_with(|| Arc::new(Entry::new()));
        // One at work and WAITING_MAX behind it.
        if entry.users.load(std::sync::atomic::Ordering::Relaxed) > WAITING_MAX {
            return Err(NoTurn::TooMany);
        }
        entry.users.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let gate = Arc::clone(&entry.gate);
        Ok((Turn { key, shard, shards: Arc::clone(&self.shards), permit: None }, gate))
    }
}

impl Entry {
    fn new() -> Self {
        Self { gate: Arc::new(Semaphore::new(1)), users: std::sync::atomic::AtomicUsize::new(0) }
    }
}

impl<K: Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        let mut entries = lock(&self.shards[self.shard]);
        drop(self.permit.take());
        let left =
            entries.get(&self.key).map(|entry| entry.users.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) - 1);
        if left == Some(0) {
            entries.remove(&self.key);
        }
    }
}

fn lock<K>(shard: &Shard<K>) -> std::sync::MutexGuard<'_, HashMap<K, Arc<Entry>>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn one_works_the_others_wait_in_order_and_the_key_is_forgotten() {
        let turns = Arc::new(Turns::<u8>::new());
        let soon = Instant::now() + Duration::from_secs(10);
        let first = turns.take(1, soon).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for n in 0..4 {
            let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _turn = turns.take(1, soon).await.unwrap();
                order.lock().unwrap().push(n);
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
        assert!(turns.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }

    #[tokio::test]
    async fn too_many_and_too_late_are_told_apart() {
        let turns = Arc::new(Turns::<u8>::new());
        let now = Instant::now();
        let first = turns.take(1, now).await.unwrap();
        assert_eq!(turns.take(1, now).await.err(), Some(NoTurn::TooLate));
        let late = now + Duration::from_secs(10);
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { turns.take(1, late).await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(turns.take(1, late).await.err(), Some(NoTurn::TooMany));
        drop(first);
        for task in waiting {
            assert!(task.await.unwrap());
        }
    }
}

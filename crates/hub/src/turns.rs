//! Turns: work on one key goes one after the other, in the order it came, within this process.
//! Between processes the store's checks decide; turns only spare it needless conflicts.

use ids::{AccountId, RequestIdentity, RouteId};
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
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

type Shard<K> = Mutex<HashMap<K, Behind<K>>>;

/// Who waits behind the turn that runs, in the order they came. Whoever has given up is passed over.
type Behind<K> = VecDeque<oneshot::Sender<Turn<K>>>;

pub(crate) struct Turns<K: Eq + Hash> {
    hasher: RandomState,
    shards: Arc<Vec<Shard<K>>>,
}

/// A turn; the next one comes when it is dropped.
pub(crate) struct Turn<K: Eq + Hash> {
    /// `None` once it has been passed on.
    key: Option<K>,
    shard: usize,
    shards: Arc<Vec<Shard<K>>>,
}

impl<K: Clone + Eq + Hash> Turns<K> {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(HashMap::new())).collect();
        Self { hasher: RandomState::new(), shards: Arc::new(shards) }
    }

    /// Waits for this key's turn, at most until the deadline.
    pub(crate) async fn take(&self, key: K, deadline: Instant) -> Result<Turn<K>, NoTurn> {
        let turn = match self.join(key)? {
            Joined::Free(turn) => return Ok(turn),
            Joined::Behind(turn) => turn,
        };
        match timeout_at(deadline, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(NoTurn::TooLate),
        }
    }

    fn join(&self, key: K) -> Result<Joined<K>, NoTurn> {
        let shard = usize::try_from(self.hasher.hash_one(&key) % SHARDS as u64).unwrap_or(0);
        match lock(&self.shards[shard]).entry(key) {
            Vacant(free) => {
                let key = Some(free.key().clone());
                free.insert(Behind::new());
                Ok(Joined::Free(Turn { key, shard, shards: Arc::clone(&self.shards) }))
            }
            Occupied(mut taken) => {
                let behind = taken.get_mut();
                if behind.len() >= WAITING_MAX {
                    behind.retain(|waiting| !waiting.is_closed());
                }
                if behind.len() >= WAITING_MAX {
                    return Err(NoTurn::TooMany);
                }
                let (to, turn) = oneshot::channel();
                behind.push_back(to);
                Ok(Joined::Behind(turn))
            }
        }
    }
}

/// How a key was found.
enum Joined<K: Eq + Hash> {
    Free(Turn<K>),
    Behind(oneshot::Receiver<Turn<K>>),
}

impl<K: Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else {
            return;
        };
        let mut entries = lock(&self.shards[self.shard]);
        let Some(next) = entries.get_mut(&key).and_then(VecDeque::pop_front) else {
            entries.remove(&key);
            return;
        };
        drop(entries);
        // Handed over whole: if its new owner has gone, or goes before it looks, this runs once more.
        let _ = next.send(Turn { key: Some(key), shard: self.shard, shards: Arc::clone(&self.shards) });
    }
}

fn lock<K>(shard: &Shard<K>) -> std::sync::MutexGuard<'_, HashMap<K, Behind<K>>>
where
    K: Eq + Hash,
{
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

    #[tokio::test]
    async fn whoever_has_given_up_is_passed_over_and_takes_no_place() {
        let turns = Arc::new(Turns::<u8>::new());
        let now = Instant::now();
        let first = turns.take(1, now).await.unwrap();
        for _ in 0..2 * WAITING_MAX {
            assert_eq!(turns.take(1, now).await.err(), Some(NoTurn::TooLate));
        }
        let late = now + Duration::from_secs(10);
        let second = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.take(1, late).await.is_ok() }
        });
        tokio::task::yield_now().await;
        // One that was handed its turn and is gone before it looks at it.
        let mut gone = Box::pin(turns.take(1, late));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(gone.as_mut().poll(cx))).await.is_pending());
        drop(first);
        assert!(second.await.unwrap());
        drop(gone);
        assert!(turns.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }
}

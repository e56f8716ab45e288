//! Turns: work on one key goes one after the other, in the order it came, within this process.
//! Between processes the store's checks decide; turns only spare it needless conflicts.

use ids::{AccountId, RequestIdentity, RouteId};
use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

/// At most so many wait behind one key (docs/API.md section 4).
pub(crate) const WAITING_MAX: usize = 32;
/// Keys are spread over so many locks.
const SHARDS: usize = 16;

/// What takes turns.
#[derive(Debug, Clone, Copy, Hash)]
pub(crate) enum TurnKey<'a> {
    /// One request identity.
    Identity(AccountId, &'a RequestIdentity),
    /// One entitlement, by the id it was called with.
    Entitlement(AccountId, &'a str),
    /// Creates of one customer on one route.
    Customer(RouteId, &'a str),
}

/// A key's hash under a secret of this process, which stands for the key: should two ever have the same,
/// they take turns with each other, which is all. But whoever has an identity's turn waits for another
/// kind's, so that those are kept apart by a bit.
type Place = u64;
const IS_IDENTITY: Place = 1 << 40;
/// Which shard: none of the bits that a map goes by first.
const SHARD_BITS_AT: u32 = 41;

/// Why no turn came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// As many as may wait do so already.
    TooMany,
    /// It did not come in time.
    TooLate,
}

type Shard = Mutex<HashMap<Place, Behind, BuildHasherDefault<AsItIs>>>;

/// Who waits behind the turn that runs, in the order they came. Whoever has given up is passed over.
type Behind = VecDeque<oneshot::Sender<Turn>>;

pub(crate) struct Turns {
    hasher: RandomState,
    shards: Arc<Vec<Shard>>,
}

/// A turn; the next one comes when it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    place: Place,
    shards: Arc<Vec<Shard>>,
}

/// A place is a hash already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, place: u64) {
        self.0 = place;
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }
}

impl Turns {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self { hasher: RandomState::new(), shards: Arc::new(shards) }
    }

    /// Waits for this key's turn, at most until the deadline.
    pub(crate) async fn take(&self, key: TurnKey<'_>, deadline: Instant) -> Result<Turn, NoTurn> {
        let turn = match self.join(self.place(key))? {
            Joined::Free(turn) => return Ok(turn),
            Joined::Behind(turn) => turn,
        };
        match timeout_at(deadline, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(NoTurn::TooLate),
        }
    }

    fn place(&self, key: TurnKey<'_>) -> Place {
        let hash = self.hasher.hash_one(key);
        match key {
            TurnKey::Identity(..) => hash | IS_IDENTITY,
            TurnKey::Entitlement(..) | TurnKey::Customer(..) => hash & !IS_IDENTITY,
        }
    }

    fn join(&self, place: Place) -> Result<Joined, NoTurn> {
        match lock(&self.shards, place).entry(place) {
            Vacant(free) => {
                free.insert(Behind::new());
                Ok(Joined::Free(Turn { place, shards: Arc::clone(&self.shards) }))
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
enum Joined {
    Free(Turn),
    Behind(oneshot::Receiver<Turn>),
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut entries = lock(&self.shards, self.place);
        let Some(next) = entries.get_mut(&self.place).and_then(VecDeque::pop_front) else {
            entries.remove(&self.place);
            return;
        };
        drop(entries);
        // Handed over whole: if its new owner has gone, or goes before it looks, this runs once more.
        let _ = next.send(Turn { place: self.place, shards: Arc::clone(&self.shards) });
    }
}

fn lock(shards: &[Shard], place: Place) -> MutexGuard<'_, HashMap<Place, Behind, BuildHasherDefault<AsItIs>>> {
    let shard = usize::try_from(place >> SHARD_BITS_AT).unwrap_or(0) % SHARDS;
    shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const KEY: TurnKey<'static> = TurnKey::Customer(RouteId(1), "c");

    #[tokio::test]
    async fn keys_of_different_kinds_and_values_do_not_wait_for_each_other() {
        let turns = Turns::new();
        let now = Instant::now();
        let identity = RequestIdentity::parse("c").unwrap();
        let mut held = vec![turns.take(KEY, now).await.unwrap()];
        for key in [
            TurnKey::Customer(RouteId(1), "d"),
            TurnKey::Customer(RouteId(2), "c"),
            TurnKey::Entitlement(AccountId(1), "c"),
            TurnKey::Identity(AccountId(1), &identity),
            TurnKey::Identity(AccountId(2), &identity),
        ] {
            held.push(turns.take(key, now).await.unwrap());
        }
        assert_eq!(turns.take(KEY, now).await.err(), Some(NoTurn::TooLate));
    }

    #[tokio::test]
    async fn one_works_the_others_wait_in_order_and_the_key_is_forgotten() {
        let turns = Arc::new(Turns::new());
        let soon = Instant::now() + Duration::from_secs(10);
        let first = turns.take(KEY, soon).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for n in 0..4 {
            let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _turn = turns.take(KEY, soon).await.unwrap();
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
        let turns = Arc::new(Turns::new());
        let now = Instant::now();
        let first = turns.take(KEY, now).await.unwrap();
        assert_eq!(turns.take(KEY, now).await.err(), Some(NoTurn::TooLate));
        let late = now + Duration::from_secs(10);
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                let turns = Arc::clone(&turns);
                tokio::spawn(async move { turns.take(KEY, late).await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(turns.take(KEY, late).await.err(), Some(NoTurn::TooMany));
        drop(first);
        for task in waiting {
            assert!(task.await.unwrap());
        }
    }

    #[tokio::test]
    async fn whoever_has_given_up_is_passed_over_and_takes_no_place() {
        let turns = Arc::new(Turns::new());
        let now = Instant::now();
        let first = turns.take(KEY, now).await.unwrap();
        for _ in 0..2 * WAITING_MAX {
            assert_eq!(turns.take(KEY, now).await.err(), Some(NoTurn::TooLate));
        }
        let late = now + Duration::from_secs(10);
        let second = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.take(KEY, late).await.is_ok() }
        });
        tokio::task::yield_now().await;
        // One that was handed its turn and is gone before it looks at it.
        let mut gone = Box::pin(turns.take(KEY, late));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(gone.as_mut().poll(cx))).await.is_pending());
        drop(first);
        assert!(second.await.unwrap());
        drop(gone);
        assert!(turns.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }
}

//! A store that fails when it is told to: a decorator for tests of everything above the store.
//!
//! ```
//! # use store::faults::{Call, Fault, FaultyStore};
//! # use store::StoreError;
//! # fn example(inner: std::sync::Arc<dyn store::Store>) {
//! let store = FaultyStore::new(inner);
//! store.script(Call::Commit, Fault::None); // the first commit passes
//! store.script(Call::Commit, Fault::After(StoreError::Unknown("cut off".into())));
//! # }
//! ```
//!
//! Each call takes the next fault scripted for its kind; without one it passes. Calls that no
//! test needs to fail are passed on as they are.

mod decorator;

use crate::{Change, Committed, Conflict, HandOver, Load, Loaded, RowChange, Store, StoreError, Target};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a call does instead of passing.
#[derive(Debug, Clone)]
pub enum Fault {
    /// It passes: lets a script say "the third".
    None,
    /// Nothing is done, and this is answered.
    Before(StoreError),
    /// It is done, and this is answered all the same (`Unknown`: the answer was lost).
    After(StoreError),
    /// A commit is not done and answers a conflict with what is there now; other calls pass.
    Conflict,
    /// It is done so much later.
    Delay(Duration),
    /// It is done at once, and answered so much later.
    Late(Duration),
}

/// Which calls can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Call {
    /// [`Store::load`]
    Load,
    /// [`Store::commit`]
    Commit,
    /// [`Store::history`]
    History,
    /// [`Store::report`]
    Report,
    /// [`Store::feed`] and [`Store::feed_head`]
    Feed,
    /// [`Store::due`], [`Store::callbacks_due`], [`Store::lanes_due`] and [`Store::next_due`]
    Due,
    /// [`Store::claim_lanes`]
    ClaimLanes,
    /// [`Store::settle_lanes`]
    SettleLanes,
    /// [`Store::wake_lanes`]
    WakeLanes,
    /// [`Store::answers`]
    Answers,
}

/// The decorator, around whichever engine.
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    scripts: Mutex<HashMap<Call, VecDeque<Fault>>>,
    held: AtomicUsize,
}

impl fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore").field("left", &self.left()).finish_non_exhaustive()
    }
}

impl FaultyStore {
    /// A store that passes everything until it is told otherwise.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, scripts: Mutex::default(), held: AtomicUsize::new(0) }
    }

    /// The store behind.
    pub fn inner(&self) -> &dyn Store {
        self.inner.as_ref()
    }

    /// Appends a fault for the next call of this kind that has none yet.
    pub fn script(&self, call: Call, fault: Fault) {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default().push_back(fault);
    }

    /// Faults not yet met: a test that leaves some has not tested what it says.
    pub fn left(&self) -> usize {
        self.scripts.lock().unwrap_or_else(PoisonError::into_inner).values().map(VecDeque::len).sum()
    }

    /// How many calls a delay has held so far: where to cut a program off.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    async fn hold(&self, time: Duration) {
        self.held.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(time).await;
    }

    fn next(&self, call: Call) -> Fault {
        let mut scripts = self.scripts.lock().unwrap_or_else(PoisonError::into_inner);
        scripts.get_mut(&call).and_then(VecDeque::pop_front).unwrap_or(Fault::None)
    }

    async fn faulty<T>(&self, call: Call, pass: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        match self.next(call) {
            Fault::None | Fault::Conflict => pass.await,
            Fault::Before(error) => Err(error),
            Fault::After(error) => pass.await.and(Err(error)),
            Fault::Delay(time) => {
                self.hold(time).await;
                pass.await
            }
            Fault::Late(time) => {
                let done = pass.await;
                self.hold(time).await;
                done
            }
        }
    }

    async fn faulty_commit(&self, change: Change, hand_over: Option<HandOver>) -> Result<Committed, StoreError> {
        let fault = self.next(Call::Commit);
        if matches!(fault, Fault::Conflict) {
            return self.conflict(&change).await;
        }
        let pass = || match hand_over {
            Some(hand_over) => self.inner.commit_and_hand_over(change, hand_over),
            None => self.inner.commit(change),
        };
        match fault {
            Fault::None | Fault::Conflict => pass().await,
            Fault::Before(error) => Err(error),
            Fault::After(error) => pass().await.and(Err(error)),
            Fault::Delay(time) => {
                self.hold(time).await;
                pass().await
            }
            Fault::Late(time) => {
                let done = pass().await;
                self.hold(time).await;
                done
            }
        }
    }

    /// What the store would say had somebody else been faster.
    async fn conflict(&self, change: &Change) -> Result<Committed, StoreError> {
        let key = match &change.row {
            RowChange::None => None,
            RowChange::Insert(row) | RowChange::Update(row) => Some(row.key),
            RowChange::Remove { key, .. } => Some(*key),
        };
        let load = |target| {
            let identity = change.claim.identity().cloned();
            self.inner.load(Load { account: change.account, target, identity })
        };
        let at_row = load(key.map_or(Target::Nothing, Target::Key)).await?;
        let open = match change.row() {
            Some(row) => load(Target::Customer(row.route, row.state.record.customer_identifier.clone())).await?.open,
            None => Vec::new(),
        };
        let found = Loaded { open, ..at_row };
        let cause = if key.is_some() { crate::Cause::Revision } else { crate::Cause::Claim };
        Ok(Committed::Conflict(Box::new(Conflict { cause, found })))
    }
}

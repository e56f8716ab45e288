//! What the worker has begun and not yet seen the end of: each due entitlement in a task of its
//! own, so that a merchant who does not answer holds up nobody else.

use ids::EntitlementKey;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use tokio::task::{Id, JoinSet};

/// Entitlements being looked at at once; more stay due.
const AT_ONCE_MAX: usize = 512;

/// The tasks; dropping it ends them where they stand.
#[derive(Default)]
pub(super) struct UnderWay {
    tasks: JoinSet<bool>,
    keys: HashMap<Id, EntitlementKey>,
    begun: HashSet<EntitlementKey>,
}

impl UnderWay {
    pub(super) fn count(&self) -> usize {
        self.keys.len()
    }

    /// How many more may be begun.
    pub(super) fn room(&self) -> usize {
        AT_ONCE_MAX.saturating_sub(self.count())
    }

    /// Begins one, unless it is under way already or there is no room.
    pub(super) fn begin(&mut self, key: EntitlementKey, task: impl Future<Output = bool> + Send + 'static) {
        if self.room() > 0 && self.begun.insert(key) {
            let handle = self.tasks.spawn(task);
            self.keys.insert(handle.id(), key);
        }
    }

    /// Waits for one to end, and says whether it did anything; `None` where none is under way.
    pub(super) async fn ended(&mut self) -> Option<bool> {
        let (id, did) = match self.tasks.join_next_with_id().await? {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "a due thing ended early; it stays due");
                (error.id(), false)
            }
        };
        self.forget(id);
        Some(did)
    }

    /// Waits until one has done something. Others that have ended by then are noted too.
    pub(super) async fn progress(&mut self) {
        loop {
            match self.ended().await {
                Some(true) => break,
                Some(false) => {}
                None => std::future::pending().await,
            }
        }
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            let id = ended.as_ref().map_or_else(tokio::task::JoinError::id, |(id, _)| *id);
            self.forget(id);
        }
    }

    fn forget(&mut self, id: Id) {
        if let Some(key) = self.keys.remove(&id) {
            self.begun.remove(&key);
        }
    }
}

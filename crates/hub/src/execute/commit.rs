//! Committing surely: where the outcome of a commit is unknown, the same change with the same
//! ids is committed again, and the unique keys decide.

use super::from_store;
use crate::Hub;
use entitlement::Set;
use store::{Change, ClaimChange, Committed, Conflict, Row, RowChange, StoreError};
use wire::ErrorAnswer;

/// A commit whose outcome is unknown is repeated so often.
const REPEATS_MAX: usize = 3;

impl Hub {
    /// Commits a change; an unknown outcome is asked again until it is known.
    pub(crate) async fn commit(&self, change: Change) -> Result<Committed, Box<ErrorAnswer>> {
        let mut repeated = false;
        for _ in 0..REPEATS_MAX {
            match self.store.commit(change.clone()).await {
                Err(StoreError::Unknown(error)) => {
                    tracing::warn!(error, "a commit's outcome is unknown; committing it again");
                    repeated = true;
                }
                Err(error) => return Err(from_store(error)),
                Ok(Committed::Conflict(conflict)) if !(repeated && is_ours(&change, &conflict)) => {
                    return Ok(Committed::Conflict(conflict));
                }
                Ok(_) => {
                    self.committed(&change).await;
                    return Ok(Committed::Done);
                }
            }
        }
        Err(from_store(StoreError::Unknown("it stayed unknown".to_owned())))
    }
}

impl Hub {
    async fn committed(&self, change: &Change) {
        if let RowChange::Insert(row) | RowChange::Update(row) = &change.row {
            self.note_fired(&row.state.record.entitlement_id, &change.events);
            if row.revision > 1 && changes_url(change) {
                self.wake_repaired(row).await;
            }
        }
        if !change.notices.is_empty() {
            self.lanes_bell.notify_one();
        }
    }

    /// Another URL repairs what waits: parked or backing off, it is tried now.
    async fn wake_repaired(&self, row: &Row) {
        match self.store.wake_lanes(row.key).await {
            Ok(()) => self.lanes_bell.notify_one(),
            Err(error) => tracing::error!(%error, "notifications that wait for a new URL were not woken"),
        }
    }
}

fn changes_url(change: &Change) -> bool {
    change.events.iter().flat_map(|event| &event.sets).any(|set| matches!(set, Set::NotificationUrl(_)))
}

/// Whether what stands in the way is this very change, committed before.
fn is_ours(change: &Change, conflict: &Conflict) -> bool {
    let row = |expected: &Row| {
        conflict.found.row.as_ref().is_some_and(|row| row.key == expected.key && row.revision == expected.revision)
    };
    match (&change.row, &change.claim) {
        (RowChange::Insert(expected) | RowChange::Update(expected), _) => row(expected),
        (RowChange::Remove { .. }, _) => conflict.found.row.is_none(),
        (RowChange::None, ClaimChange::Insert(claim)) => {
            conflict.found.claim.as_ref().is_some_and(|found| found.fingerprint == claim.fingerprint)
        }
        (RowChange::None, _) => true,
    }
}

//! Committing surely: where the outcome of a commit is unknown, the same change with the same
//! ids is committed again, and the unique keys decide.

use super::from_store;
use crate::Hub;
use entitlement::Event;
use ids::AccountId;
use store::{Change, ClaimChange, Committed, Conflict, HandOver, Row, RowChange, StoreError};
use tokio::time::Instant;
use wire::ErrorAnswer;

/// A commit whose outcome is unknown is repeated so often.
const REPEATS_MAX: usize = 3;

/// What a commit sets off once it is durable.
struct Aftermath {
    /// Something waits in a lane that did not before.
    rings: bool,
    /// Whose feed has grown.
    fed: Option<AccountId>,
    /// While the test clock moves: what fired.
    fired: Option<(Box<Row>, Vec<Event>)>,
}

impl Hub {
    /// Commits a change; an unknown outcome is asked again until it is known.
    pub(crate) async fn commit(&self, mut change: Change) -> Result<Committed, Box<ErrorAnswer>> {
        let _span = crate::watching::span("commit");
        self.put_off(&mut change);
        let hand_over = self.hand_over(&change);
        let mut aftermath = self.aftermath(&change);
        // Whatever is not handed over has somebody who looks after it already.
        aftermath.rings &= hand_over.is_none();
        let committed = if self.store.knows_outcomes() {
            self.commit_once(change, hand_over).await.map_err(from_store)?
        } else {
            self.commit_surely(change, hand_over, &mut aftermath).await?
        };
        if committed == Committed::Done {
            self.set_off(aftermath);
        }
        Ok(committed)
    }

    async fn commit_once(&self, change: Change, hand_over: Option<HandOver>) -> Result<Committed, StoreError> {
        match hand_over {
            Some(hand_over) => self.store.commit_and_hand_over(change, hand_over).await,
            None => self.store.commit(change).await,
        }
    }

    async fn commit_surely(
        &self,
        change: Change,
        mut hand_over: Option<HandOver>,
        aftermath: &mut Aftermath,
    ) -> Result<Committed, Box<ErrorAnswer>> {
        let mut repeated = false;
        for _ in 0..REPEATS_MAX {
            match self.commit_once(change.clone(), hand_over.take()).await {
                Err(StoreError::Unknown(error)) => {
                    tracing::warn!(error, "a commit's outcome is unknown; committing it again");
                    repeated = true;
                    aftermath.rings = true;
                }
                Err(error) => return Err(from_store(error)),
                Ok(Committed::Conflict(conflict)) if !(repeated && is_ours(&change, &conflict)) => {
                    return Ok(Committed::Conflict(conflict));
                }
                Ok(_) => return Ok(Committed::Done),
            }
        }
        Err(from_store(StoreError::Unknown("it stayed unknown".to_owned())))
    }

    /// What is to be told to a receiver that has no place left waits for one from the beginning.
    fn put_off(&self, change: &mut Change) {
        if change.notices.is_empty() {
            return;
        }
        let at = change.at;
        let later = change.row().and_then(|row| self.endpoints.not_before(&self.url_of(row)?, at, Instant::now()));
        for notice in &mut change.notices {
            notice.not_before = later;
        }
    }

    fn aftermath(&self, change: &Change) -> Aftermath {
        let row = change.row().filter(|_| self.is_clock_moving());
        let fired = row.map(|row| (Box::new(row.clone()), change.events.clone()));
        let fed = (!change.events.is_empty()).then_some(change.account);
        Aftermath {
            fed,
            rings: change.wakes_lanes || change.notices.iter().any(|notice| notice.not_before.is_none()),
            fired,
        }
    }

    fn set_off(&self, aftermath: Aftermath) {
        if let Some((row, events)) = aftermath.fired {
            self.note_events(&row, &events);
        }
        if let Some(account) = aftermath.fed {
            self.feed_bells.ring(account);
        }
        if aftermath.rings {
            self.lanes_bell.notify_one();
        }
    }
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

//! What an attempt makes of its lane: the same in every engine. Nothing is read or written here.

use super::{LaneOutcome, LaneResult, NotificationState};
use entitlement::Moment;

/// Where a lane stood when its attempt came back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    /// The number that the next notification gets.
    pub(crate) next: u32,
    pub(crate) failures: u32,
    pub(crate) attempt_at: Option<Moment>,
    /// It was woken while it was leased.
    pub(crate) woken: bool,
    /// Since when, where it was parked.
    pub(crate) parked_since: Option<Moment>,
}

/// Where a lane stands after an attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After {
    pub(crate) head: u32,
    pub(crate) attempt_at: Option<Moment>,
    pub(crate) failures: u32,
    /// Since when, where it is parked.
    pub(crate) parked_since: Option<Moment>,
}

/// What an attempt did to its notification.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tried {
    pub(crate) state: NotificationState,
    /// Whether it counts as an attempt.
    pub(crate) counts: bool,
}

impl Tried {
    /// When it was done with, if it was.
    pub(crate) fn done_at(self, result: &LaneResult) -> Option<Moment> {
        (self.state != NotificationState::Waiting).then_some(result.at)
    }

    /// Whether the notification is as it was before.
    pub(crate) fn changes_nothing(self) -> bool {
        !self.counts && self.state == NotificationState::Waiting
    }
}

/// All of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled {
    pub(crate) after: After,
    pub(crate) tried: Tried,
    /// The lane was parked and is not any more: the time is booked.
    pub(crate) ends_hold: bool,
}

impl Settled {
    /// Whether its next attempt is due already.
    pub(crate) fn goes_on(&self, result: &LaneResult) -> bool {
        self.after.attempt_at.is_some_and(|at| at <= result.at)
    }
}

impl Before {
    /// What a result that counts makes of it. `following`: the notification after the one that was
    /// tried, if one waits.
    pub(crate) fn settled(&self, result: &LaneResult, following: Option<u32>) -> Settled {
        let (after, state) = match result.outcome {
            LaneOutcome::Delivered => (self.on(result, following, 0), NotificationState::Delivered),
            LaneOutcome::Dead => (self.on(result, following, self.failures), NotificationState::Dead),
            outcome => (self.here(result, outcome), NotificationState::Waiting),
        };
        let ends_hold = self.parked_since.is_some() && after.parked_since.is_none();
        Settled { after, tried: Tried { state, counts: counts(result) }, ends_hold }
    }

    /// On to the next.
    fn on(&self, result: &LaneResult, following: Option<u32>, failures: u32) -> After {
        After {
            head: following.unwrap_or(self.next),
            attempt_at: following.map(|_| result.at),
            failures,
            parked_since: None,
        }
    }

    /// The same once more, at whatever moment.
    fn here(&self, result: &LaneResult, outcome: LaneOutcome) -> After {
        let was_parked = self.parked_since.is_some();
        let (attempt_at, failures, parks) = match outcome {
            LaneOutcome::Retry(at) => (Some(at), self.failures.saturating_add(1), false),
            LaneOutcome::Later(at) => (Some(at), self.failures, was_parked),
            LaneOutcome::Parked(until) => (Some(until), self.failures, true),
            LaneOutcome::Release | LaneOutcome::Delivered | LaneOutcome::Dead => {
                (self.attempt_at, self.failures, was_parked)
            }
        };
        After {
            head: result.sequence,
            attempt_at: if self.woken { Some(result.at) } else { attempt_at },
            failures,
            parked_since: (parks && !self.woken).then(|| self.parked_since.unwrap_or(result.at)),
        }
    }
}

/// A release was no attempt; parking and giving up were one where something came of it.
fn counts(result: &LaneResult) -> bool {
    match result.outcome {
        LaneOutcome::Delivered | LaneOutcome::Retry(_) => true,
        LaneOutcome::Dead => result.status.is_some() || result.error.is_some(),
        LaneOutcome::Parked(_) => result.status.is_some(),
        LaneOutcome::Later(_) | LaneOutcome::Release => false,
    }
}

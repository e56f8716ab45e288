//! What went wrong last, at the merchant or on the way to the reseller's receiver.

use crate::execute::merchant::ask_word;
use crate::refusal;
use entitlement::{Entitlement, EventKind, Operation, Stage};
use store::{ClosedOperation, NotificationState, StoredEvent, StoredNotification};
use wire::{ErrorAnswer, LastError, Origin};

/// The newest failure that is known; `None` where all went well. Of two at one moment the one
/// that says more.
pub(super) fn newest(
    e: &Entitlement,
    events: &[StoredEvent],
    closed: &[ClosedOperation],
    told: &[StoredNotification],
) -> Option<LastError> {
    let undelivered = told.iter().filter_map(undelivered);
    let not_done = events.iter().filter(|stored| stored.event.kind == EventKind::RequestNotDone).map(|stored| {
        let asked = closed.iter().find(|closed| closed.closed_at == stored.event.at).map(|closed| closed.kind.clone());
        of(&refusal::not_done(), stored.event.at, asked)
    });
    let ended = closed.iter().rev().filter_map(|closed| {
        let answer = refusal::of_outcome(&closed.outcome)?;
        Some(of(&answer, closed.closed_at, Some(closed.kind.clone())))
    });
    let open = e.operation.iter().filter(|operation| operation.stage == Stage::Unknown).map(unknown);
    undelivered.chain(not_done).chain(ended).chain(open).max_by_key(|error| error.at)
}

fn of(answer: &ErrorAnswer, at: entitlement::Moment, operation: Option<String>) -> LastError {
    LastError { at, origin: answer.origin, operation, rule: Some(answer.rule), message: answer.message.clone() }
}

fn unknown(operation: &Operation) -> LastError {
    of(&refusal::unknown(), operation.opened_at, Some(ask_word(&operation.ask).to_owned()))
}

fn undelivered(one: &StoredNotification) -> Option<LastError> {
    let what = match (one.last_status, &one.last_error) {
        (Some(status), _) => format!("Your receiver answered {status} to the notification {}", one.id()),
        (None, Some(error)) => format!("Your receiver was not reached with the notification {}: {error}", one.id()),
        (None, None) => format!("The notification {} was not delivered", one.id()),
    };
    let (at, message) = match one.state {
        NotificationState::Dead => (one.done_at.unwrap_or(one.committed_at), format!("{what}; it was given up.")),
        NotificationState::Waiting if one.attempts > 0 => (one.committed_at, format!("{what}; it is tried again.")),
        NotificationState::Waiting | NotificationState::Delivered => return None,
    };
    Some(LastError { at, origin: Origin::Reseller, operation: None, rule: None, message })
}

//! Which notification an event obliges: at most one. Where it goes and how often it is tried is
//! the hub's business.

use crate::{Entitlement, Event, EventKind, NotificationReason, Party, Set, Status};

/// What a reseller wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotifySwitches {
    /// Changes it made itself, too.
    pub own_changes: bool,
    /// Its creates, too.
    pub on_create: bool,
}

/// The notification this event obliges; `after` is the state with the event applied.
#[must_use]
pub fn effects(after: &Entitlement, event: &Event, switches: NotifySwitches) -> Option<NotificationReason> {
    if event.kind == EventKind::Created {
        return switches.on_create.then(|| reason_of_create(after.record.status));
    }
    if event.by == Party::Reseller && !switches.own_changes {
        return None;
    }
    reason_of(event)
}

fn reason_of_create(status: Status) -> NotificationReason {
    match status {
        Status::Active => NotificationReason::ActivationSuccess,
        Status::Pending
        | Status::ActiveEnding
        | Status::Suspended
        | Status::Cancelled
        | Status::Revoked
        | Status::Failed => NotificationReason::MetadataUpdate,
    }
}

fn reason_of(event: &Event) -> Option<NotificationReason> {
    match event.kind {
        EventKind::Activated => Some(NotificationReason::ActivationSuccess),
        EventKind::ProductUpdated | EventKind::UpdateRolledBack => Some(reason_of_product(event)),
        EventKind::FoundPending | EventKind::DetailsUpdated | EventKind::HoldChanged | EventKind::RequestNotDone => {
            Some(NotificationReason::MetadataUpdate)
        }
        EventKind::Suspended => Some(NotificationReason::SuspensionSuccess),
        EventKind::Resumed | EventKind::EndingUndone => Some(NotificationReason::ResumptionSuccess),
        EventKind::EndingPlanned => Some(NotificationReason::TerminationPending),
        EventKind::Cancelled | EventKind::Revoked => Some(NotificationReason::TerminationSuccess),
        // The answer to the request tells these, or there is nothing to tell.
        EventKind::Created
        | EventKind::UpdatePending
        | EventKind::RequestQueued
        | EventKind::EndWished
        | EventKind::Noted => None,
    }
}

fn reason_of_product(event: &Event) -> NotificationReason {
    if event.sets.iter().any(|set| matches!(set, Set::ProductKey(_))) {
        NotificationReason::ProductUpdate
    } else {
        NotificationReason::MetadataUpdate
    }
}

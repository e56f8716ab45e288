//! The words of closed lists in the store. They never change; a new one may be added.

use super::Unreadable;
use crate::NotificationState;
use entitlement::{EventKind, NotificationReason, Party, Status};

const PARTIES: [Party; 4] = [Party::Reseller, Party::Merchant, Party::Hub, Party::Operator];

const REASONS: [NotificationReason; 7] = [
    NotificationReason::ActivationSuccess,
    NotificationReason::TerminationPending,
    NotificationReason::TerminationSuccess,
    NotificationReason::ProductUpdate,
    NotificationReason::SuspensionSuccess,
    NotificationReason::ResumptionSuccess,
    NotificationReason::MetadataUpdate,
];

const KINDS: [EventKind; 18] = [
    EventKind::Created,
    EventKind::Activated,
    EventKind::FoundPending,
    EventKind::ProductUpdated,
    EventKind::DetailsUpdated,
    EventKind::UpdatePending,
    EventKind::UpdateRolledBack,
    EventKind::Suspended,
    EventKind::HoldChanged,
    EventKind::Resumed,
    EventKind::EndingPlanned,
    EventKind::EndingUndone,
    EventKind::Cancelled,
    EventKind::Revoked,
    EventKind::RequestQueued,
    EventKind::RequestNotDone,
    EventKind::EndWished,
    EventKind::Noted,
];

pub(crate) const fn party_word(party: Party) -> &'static str {
    party.as_str()
}

pub(crate) fn party_of(word: &str) -> Option<Party> {
    PARTIES.into_iter().find(|party| party.as_str() == word)
}

pub(crate) const fn reason_word(reason: NotificationReason) -> &'static str {
    reason.as_str()
}

pub(crate) fn reason_of(word: &str) -> Option<NotificationReason> {
    REASONS.into_iter().find(|reason| reason.as_str() == word)
}

pub(crate) fn status_of(word: &str) -> Option<Status> {
    Status::parse(word)
}

pub(crate) const fn kind_word(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "created",
        EventKind::Activated => "activated",
        EventKind::FoundPending => "found-pending",
        EventKind::ProductUpdated => "product-updated",
        EventKind::DetailsUpdated => "details-updated",
        EventKind::UpdatePending => "update-pending",
        EventKind::UpdateRolledBack => "update-rolled-back",
        EventKind::Suspended => "suspended",
        EventKind::HoldChanged => "hold-changed",
        EventKind::Resumed => "resumed",
        EventKind::EndingPlanned => "ending-planned",
        EventKind::EndingUndone => "ending-undone",
        EventKind::Cancelled => "cancelled",
        EventKind::Revoked => "revoked",
        EventKind::RequestQueued => "request-queued",
        EventKind::RequestNotDone => "request-not-done",
        EventKind::EndWished => "end-wished",
        EventKind::Noted => "noted",
    }
}

pub(crate) fn kind_of(word: &str) -> Option<EventKind> {
    KINDS.into_iter().find(|kind| kind_word(*kind) == word)
}

pub(crate) const fn state_word(state: NotificationState) -> &'static str {
    match state {
        NotificationState::Waiting => "waiting",
        NotificationState::Delivered => "delivered",
        NotificationState::Dead => "dead",
    }
}

pub(crate) fn state_of(word: &str) -> Option<NotificationState> {
    match word {
        "waiting" => Some(NotificationState::Waiting),
        "delivered" => Some(NotificationState::Delivered),
        "dead" => Some(NotificationState::Dead),
        _ => None,
    }
}

/// A word of a closed list, or what is wrong with it.
pub(crate) fn known<T>(what: &str, word: &str, of: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
    of(word).ok_or_else(|| Unreadable(format!("{what} '{word}' is unknown")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_word() {
        for kind in KINDS {
            assert_eq!(kind_of(kind_word(kind)), Some(kind));
        }
        assert_eq!(kind_of("nonsense"), None);
    }
}

//! Events: past participles with the field changes they made. Folding them needs no rule, so
//! that an old history folds the same under every later version of the rules.

use crate::{Ending, Hold, Holds, JsonObject, Moment, Party, PendingUpdate, Reason, Record, Shared, Status, Wish};
use alloc::string::String;
use alloc::vec::Vec;

/// One thing that happened to an entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was applied; never before the event before it.
    pub at: Moment,
    /// Who made it happen.
    pub by: Party,
    /// What happened; a closed list.
    pub kind: EventKind,
    /// Why, where it was said.
    pub reason: Option<Reason>,
    /// The record's version afterwards. Events of one commit may share a version; a kind that
    /// changes no record (`Noted`) leaves it.
    pub version: u32,
    /// The field changes, new values.
    pub sets: Vec<Set>,
}

/// What happened: the closed list of history and feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventKind {
    /// The reseller created it.
    Created,
    /// The merchant activated it, first or after an update.
    Activated,
    /// After an unknown create: the merchant has it pending.
    FoundPending,
    /// productKey or offerKey changed; `productKey` decides the notification.
    ProductUpdated,
    /// Any other field changed.
    DetailsUpdated,
    /// The user has to confirm an update.
    UpdatePending,
    /// A pending update was refused, dropped or timed out.
    UpdateRolledBack,
    /// A hold was set on an entitlement that was not suspended.
    Suspended,
    /// A further hold, or one lifted while others remain.
    HoldChanged,
    /// The last hold went.
    Resumed,
    /// An end was planned, or its date moved.
    EndingPlanned,
    /// A planned end was taken back.
    EndingUndone,
    /// Ended softly.
    Cancelled,
    /// Ended at once.
    Revoked,
    /// The merchant queued a cancel or revoke: its reason is in extensionData already.
    RequestQueued,
    /// A queued or unknown request was not done: its reason is taken back.
    RequestNotDone,
    /// A wish to cancel or revoke was kept while FAILED.
    EndWished,
    /// The merchant told something that changed nothing.
    Noted,
}

impl Event {
    /// Whether it changed the record, and so stands in the feed. What only notes something behind
    /// the record is in the history alone.
    #[must_use]
    pub fn changes_record(&self) -> bool {
        let only_notes = matches!(self.kind, EventKind::Noted | EventKind::EndWished);
        !only_notes || self.sets.iter().any(Set::is_of_record)
    }
}

impl EventKind {
    /// Every kind, in the order of the documents.
    pub const ALL: [EventKind; 18] = [
        Self::Created,
        Self::Activated,
        Self::FoundPending,
        Self::ProductUpdated,
        Self::DetailsUpdated,
        Self::UpdatePending,
        Self::UpdateRolledBack,
        Self::Suspended,
        Self::HoldChanged,
        Self::Resumed,
        Self::EndingPlanned,
        Self::EndingUndone,
        Self::Cancelled,
        Self::Revoked,
        Self::RequestQueued,
        Self::RequestNotDone,
        Self::EndWished,
        Self::Noted,
    ];

    /// The word of history and feed.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Activated => "ACTIVATED",
            Self::FoundPending => "FOUND_PENDING",
            Self::ProductUpdated => "PRODUCT_UPDATED",
            Self::DetailsUpdated => "DETAILS_UPDATED",
            Self::UpdatePending => "UPDATE_PENDING",
            Self::UpdateRolledBack => "UPDATE_ROLLED_BACK",
            Self::Suspended => "SUSPENDED",
            Self::HoldChanged => "HOLD_CHANGED",
            Self::Resumed => "RESUMED",
            Self::EndingPlanned => "ENDING_PLANNED",
            Self::EndingUndone => "ENDING_UNDONE",
            Self::Cancelled => "CANCELLED",
            Self::Revoked => "REVOKED",
            Self::RequestQueued => "REQUEST_QUEUED",
            Self::RequestNotDone => "REQUEST_NOT_DONE",
            Self::EndWished => "END_WISHED",
            Self::Noted => "NOTED",
        }
    }
}

/// One field's new value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Set {
    /// The whole record: only in `Created`.
    Record(Shared<Record>),
    /// status
    Status(Status),
    /// dateActivated
    DateActivated(Option<Moment>),
    /// dateEnded
    DateEnded(Option<Moment>),
    /// dateSuspended
    DateSuspended(Option<Moment>),
    /// dateResumed
    DateResumed(Option<Moment>),
    /// customerIdentifier
    CustomerIdentifier(String),
    /// productKey
    ProductKey(String),
    /// offerKey
    OfferKey(Option<String>),
    /// activationCode
    ActivationCode(Option<String>),
    /// entitlementDisplayName
    EntitlementDisplayName(Option<String>),
    /// dateExpiry
    DateExpiry(Option<Moment>),
    /// extensionData, whole
    ExtensionData(JsonObject),
    /// notificationUrl
    NotificationUrl(Option<String>),
    /// externalEntitlementId
    ExternalEntitlementId(Option<String>),
    /// merchantEntitlementId
    MerchantEntitlementId(String),
    /// financeData, whole
    FinanceData(JsonObject),
    /// behind the record: the merchant's private pairs, whole
    MerchantExtension(JsonObject),
    /// behind the record: one party's hold (never `Operator`: its hold is the HUB's)
    Hold(Party, Option<Hold>),
    /// behind the record: all holds (an end clears them)
    Holds(Holds),
    /// behind the record
    PendingUpdate(Option<PendingUpdate>),
    /// behind the record
    Ending(Option<Ending>),
    /// behind the record
    PendingUntil(Option<Moment>),
    /// behind the record
    MerchantsTurn(bool),
    /// behind the record
    Wish(Option<Wish>),
    /// behind the record
    LastMerchantEventAt(Moment),
}

impl Set {
    /// Whether a field change is one of the record: what raises the version. A hold is not in the
    /// record, but its change counts as one.
    #[must_use]
    pub const fn is_of_record(&self) -> bool {
        match self {
            Self::MerchantExtension(_)
            | Self::PendingUpdate(_)
            | Self::Ending(_)
            | Self::PendingUntil(_)
            | Self::MerchantsTurn(_)
            | Self::Wish(_)
            | Self::LastMerchantEventAt(_) => false,
            Self::Record(_)
            | Self::Status(_)
            | Self::DateActivated(_)
            | Self::DateEnded(_)
            | Self::DateSuspended(_)
            | Self::DateResumed(_)
            | Self::CustomerIdentifier(_)
            | Self::ProductKey(_)
            | Self::OfferKey(_)
            | Self::ActivationCode(_)
            | Self::EntitlementDisplayName(_)
            | Self::DateExpiry(_)
            | Self::ExtensionData(_)
            | Self::NotificationUrl(_)
            | Self::ExternalEntitlementId(_)
            | Self::MerchantEntitlementId(_)
            | Self::FinanceData(_)
            | Self::Hold(..)
            | Self::Holds(_) => true,
        }
    }
}

/// What a notification says (docs/API.md section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotificationReason {
    /// Became active.
    ActivationSuccess,
    /// Will end.
    TerminationPending,
    /// Ended.
    TerminationSuccess,
    /// The product changed.
    ProductUpdate,
    /// Suspended.
    SuspensionSuccess,
    /// Resumed, or its ending undone.
    ResumptionSuccess,
    /// Something else changed.
    MetadataUpdate,
}

impl NotificationReason {
    /// Every reason, in the order of the documents.
    pub const ALL: [NotificationReason; 7] = [
        Self::ActivationSuccess,
        Self::TerminationPending,
        Self::TerminationSuccess,
        Self::ProductUpdate,
        Self::SuspensionSuccess,
        Self::ResumptionSuccess,
        Self::MetadataUpdate,
    ];

    /// The word of the public API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ActivationSuccess => "ACTIVATION_SUCCESS",
            Self::TerminationPending => "TERMINATION_PENDING",
            Self::TerminationSuccess => "TERMINATION_SUCCESS",
            Self::ProductUpdate => "PRODUCT_UPDATE",
            Self::SuspensionSuccess => "SUSPENSION_SUCCESS",
            Self::ResumptionSuccess => "RESUMPTION_SUCCESS",
            Self::MetadataUpdate => "METADATA_UPDATE",
        }
    }
}

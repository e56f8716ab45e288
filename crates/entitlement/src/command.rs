//! What somebody wants. Everything impure arrives inside a command: new ids, catalogue facts.

use crate::{JsonObject, Moment, Party, Reason, Record};
use alloc::string::String;
use alloc::vec::Vec;
use ids::OperationId;

/// What a route offers towards its merchant, and its limits; data from the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteFacts {
    /// Verbs the route offers.
    pub update: bool,
    /// See `update`.
    pub suspend: bool,
    /// See `update`.
    pub resume: bool,
    /// An ending can be undone (an update with `terminationDate: null`).
    pub undo: bool,
    /// See `update`.
    pub cancel: bool,
    /// See `update`.
    pub revoke: bool,
    /// See `update`.
    pub activation_info: bool,
    /// The merchant de-duplicates by requestId: an unknown outcome may be sent again.
    pub repeatable: bool,
    /// The merchant tells an operation's outcome when asked.
    pub inquiry: bool,
    /// A cancel or revoke needs a reason.
    pub reason_required: bool,
    /// Open entitlements per customer at this merchant, at least 1.
    pub limit: u32,
    /// PENDING ends by itself after so long.
    pub pending_timeout_s: Option<i64>,
    /// A queued operation ends as not done after so long; the documents' default is 72 h.
    pub queued_deadline_s: i64,
}

/// A command against one existing entitlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// PATCH with local fields, and at most one merchant operation.
    Update(Update),
    /// Soft end.
    Cancel(EndRequest),
    /// Hard end.
    Revoke(EndRequest),
    /// A fresh activation URL or code.
    ActivationInfo,
    /// An operator sets the HUB hold.
    Hold(Option<Reason>),
    /// An operator lifts the HUB hold.
    Release,
}

/// A new entitlement. `record` is complete but for what the merchant decides: status PENDING,
/// dates of creation set, defaults filled in by the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The record as it will be if the merchant accepts.
    pub record: Record,
    /// Handed to the merchant, kept nowhere else.
    pub extra_information: JsonObject,
    /// The pending time-out of the route, as a moment.
    pub pending_until: Option<Moment>,
}

/// What one PATCH asks. Members equal to the current value are dropped by [`crate::admit`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Update {
    /// Local fields.
    pub details: Details,
    /// productKey and/or offerKey, resolved against the catalog.
    pub product: Option<ProductChange>,
    /// entitlementBenefits or status.
    pub verb: Option<Verb>,
    /// suspendReason…
    pub reason: Option<Reason>,
}

/// The status-changing part of a PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// `entitlementBenefits: SUSPENDED` (or its aliases): also sets a further hold.
    BenefitsSuspended,
    /// `entitlementBenefits: NORMAL`: resume, or undo an ending.
    BenefitsNormal,
    /// `status: "SUSPENDED"`: dropped where already SUSPENDED.
    StatusSuspended,
    /// `status: "ACTIVE"`: resume, or undo an ending; dropped where already ACTIVE.
    StatusActive,
}

/// Another product or offer. Absent members stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductChange {
    /// The product afterwards.
    pub product_key: String,
    /// The offer afterwards.
    pub offer_key: Option<String>,
    /// The display name afterwards, where it was the old product's default name.
    pub display_name: Option<Option<String>>,
}

/// Local fields of a PATCH: `None` leaves a field, `Some(None)` clears it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Details {
    /// A new customer (moves the limit slot in the same change).
    pub customer_identifier: Option<String>,
    /// With the pseudonyms that go with nothing: they stay for life.
    pub notification_url: Option<Option<String>>,
    /// A new expiry, whole seconds.
    pub date_expiry: Option<Option<Moment>>,
    /// A merge patch; `Some(None)` empties.
    pub extension_data: Option<Option<JsonObject>>,
    /// A new display name.
    pub entitlement_display_name: Option<Option<String>>,
    /// A new id of the reseller's.
    pub external_entitlement_id: Option<Option<String>>,
}

/// A cancel's or revoke's body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EndRequest {
    /// The reason, if one was given.
    pub reason: Option<Reason>,
    /// Everything to merge into extensionData, reason members included, under the names sent.
    pub extension: JsonObject,
    /// The names under which the reason members were sent.
    pub reason_keys: Vec<String>,
}

/// What the merchant tells by itself (docs/API.md section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantEvent {
    /// What it tells.
    pub what: Told,
    /// When it happened, if the merchant says so.
    pub occurred_at: Option<Moment>,
}

/// What a merchant can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The user has access now.
    Activated(crate::Given),
    /// It ended, or will end.
    Terminated {
        /// At once and hard.
        immediate: bool,
        /// A future date plans the end.
        at: Option<Moment>,
        /// Why.
        reason: Option<Reason>,
    },
    /// The merchant suspended it.
    Suspended(Option<Reason>),
    /// The merchant lifted its own hold.
    Resumed,
    /// The user declined or is not eligible; or a queued operation is refused.
    Refused(Option<Reason>),
    /// A queued operation is settled.
    Completed {
        /// Which.
        operation: OperationId,
        /// Done, or refused.
        done: bool,
    },
    /// News without a change of status.
    Notified {
        /// Why.
        reason: Option<Reason>,
        /// Pairs to merge into its private data.
        extension: JsonObject,
    },
    /// PATCH: product, private data, expiry, end date (`Some(None)` takes the merchant's own
    /// planned end back).
    Patched {
        /// Another product.
        product: Option<ProductChange>,
        /// Pairs to merge into its private data.
        extension: JsonObject,
        /// Another expiry.
        date_expiry: Option<Option<Moment>>,
        /// A planned end, or its undoing.
        termination_date: Option<Option<Moment>>,
    },
}

/// Who the caller is, for holds, endings and the event's actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller(pub Party);

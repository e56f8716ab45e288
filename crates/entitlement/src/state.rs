//! The whole state the rules look at: the public record and what stands behind it.

use crate::{JsonObject, Moment, Operation, Reason, Record, Shared};
use alloc::string::String;
use alloc::vec::Vec;

/// Who does something, holds something, ends something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// The reseller's systems.
    Reseller,
    /// The merchant's systems.
    Merchant,
    /// The hub by itself: time, recovery.
    Hub,
    /// A person at the hub's command line.
    Operator,
}

impl Party {
    /// The word of history and explain.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Party::Reseller => "RESELLER",
            Party::Merchant => "MERCHANT",
            Party::Hub => "HUB",
            Party::Operator => "OPERATOR",
        }
    }
}

/// An entitlement. `record` is public; the rest is what the rules remember behind it.
/// Everything but `operation`, `duty` and `unborn` is folded from events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// What the reseller sees.
    pub record: Shared<Record>,
    /// Counts changes of the record from 1; the ETag. 0 only while `unborn`.
    pub version: u32,
    /// Moment of the last event; `now` is never earlier.
    pub last_event_at: Moment,
    /// Moment of the last event the merchant told (`occurredAt` before it has no effect).
    pub last_merchant_event_at: Option<Moment>,
    /// Who keeps it suspended. SUSPENDED exactly while one is set.
    pub holds: Holds,
    /// Set while PENDING by update.
    pub pending_update: Option<PendingUpdate>,
    /// Set while an end is planned (dateEnded in the future).
    pub ending: Option<Ending>,
    /// PENDING or FAILED ends by itself at this moment (per route; default none).
    pub pending_until: Option<Moment>,
    /// While PENDING: the merchant took it and gave the user nothing to do.
    pub merchants_turn: bool,
    /// The merchant's private pairs, sent along with every call.
    pub merchant_extension: JsonObject,
    /// Cancel or revoke asked while FAILED: carried out once the create's outcome is known.
    pub wish: Option<Wish>,
    /// The one open operation at the merchant.
    pub operation: Option<Operation>,
    /// What the hub still owes the merchant by itself, once no operation is in flight.
    pub duty: Option<Duty>,
    /// True from a create's intent to its outcome: in no report, feed or notification.
    pub unborn: bool,
}

/// At most one hold per owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holds {
    /// Set and lifted by the reseller.
    pub reseller: Option<Hold>,
    /// Set and lifted by the merchant.
    pub merchant: Option<Hold>,
    /// Set and lifted by an operator of the hub.
    pub hub: Option<Hold>,
}

impl Holds {
    /// That party's hold; an operator's is the HUB's.
    #[must_use]
    pub const fn of(&self, owner: Party) -> Option<&Hold> {
        match owner {
            Party::Reseller => self.reseller.as_ref(),
            Party::Merchant => self.merchant.as_ref(),
            Party::Hub | Party::Operator => self.hub.as_ref(),
        }
    }

    /// Whether nobody holds it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.reseller.is_none() && self.merchant.is_none() && self.hub.is_none()
    }
}

/// One party's hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Since when.
    pub since: Moment,
    /// Why, where it was said.
    pub reason: Option<Reason>,
}

/// What PENDING by update goes back to when the update is refused or dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingUpdate {
    /// productKey before the update.
    pub product_key: String,
    /// offerKey before the update.
    pub offer_key: Option<String>,
    /// entitlementDisplayName before the update, where the update changed it with the product.
    pub display_name: Option<String>,
    /// Since when it waits.
    pub since: Moment,
}

/// A planned end. Its moment is `record.date_ended`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Who started it, and so who may undo it.
    pub by: Party,
    /// The merchant itself gave the date: at dateEnded it needs no terminate.
    pub merchant_dated: bool,
    /// Reason keys the cancel put into extensionData; an undo takes them out again.
    pub reason_keys: Vec<String>,
    /// A resume came after the cancel: only `status: "ACTIVE"` undoes.
    pub resumed_since: bool,
}

/// An end asked for while the create's outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// True for revoke, false for cancel.
    pub revoke: bool,
    /// The reason given.
    pub reason: Option<Reason>,
}

/// A call the hub makes by itself until the merchant confirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Duty {
    /// Terminate `immediate: true`: after an expiry, a planned end, or an activation that came
    /// after the end.
    Terminate {
        /// Why it ended, told to the merchant.
        reason: Option<Reason>,
    },
    /// Suspend again: the merchant lifted its own hold while another remains.
    SuspendAgain,
    /// Update back to the stored product: a pending update timed out or was dropped.
    UpdateBack,
}

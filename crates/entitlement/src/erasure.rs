//! What an erasure leaves of an entitlement that has ended (docs/decisions/0038): where it stood, when, and
//! of which product. What named its customer becomes what the caller says instead, all that somebody has
//! written freely goes. Whether a history still folds to its row is not looked at: both are erased alike.
//!
//! Every field is taken apart by name: a new one does not compile until it is said here what becomes of it.

use crate::{Entitlement, Event, Hold, Holds, JsonObject, PendingUpdate, Reason, Record, Set, Wish, is_known};
use alloc::borrow::ToOwned;
use alloc::string::String;

/// Why an entitlement cannot be erased yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StillNeeded {
    /// It is open: the customer has the product.
    Open,
    /// It has ended, and the merchant has not confirmed that yet.
    AtWork,
}

/// Whether nothing of it is needed any more.
///
/// # Errors
/// Where the customer, or the merchant, is not done with it.
pub fn may_be_erased(e: &Entitlement) -> Result<(), StillNeeded> {
    if e.record.status.is_open() {
        return Err(StillNeeded::Open);
    }
    if e.operation.is_some() || e.duty.is_some() { Err(StillNeeded::AtWork) } else { Ok(()) }
}

/// What stands in the place of what named a customer. Each function leaves what it has made itself as it is,
/// so that erasing twice is erasing once.
pub struct Names<'a> {
    /// What the entitlement is called, which stays: also in the place of the merchant's own id for it.
    pub entitlement_id: &'a str,
    /// For a customerIdentifier.
    pub customer: &'a dyn Fn(&str) -> String,
    /// For an externalEntitlementId.
    pub external: &'a dyn Fn(&str) -> String,
    /// For the pseudonym on the route.
    pub shared_customer_id: String,
    /// For the pseudonym at the reseller.
    pub bango_user_id: String,
}

impl Names<'_> {
    /// What is left of a state.
    #[must_use]
    pub fn state(&self, e: &Entitlement) -> Entitlement {
        let Entitlement {
            record,
            version,
            last_event_at,
            last_merchant_event_at,
            holds,
            pending_update,
            ending,
            pending_until,
            merchants_turn,
            merchant_extension: _,
            wish,
            operation,
            duty,
            unborn,
        } = e;
        Entitlement {
            record: self.record(record).into(),
            version: *version,
            last_event_at: *last_event_at,
            last_merchant_event_at: *last_merchant_event_at,
            holds: erased_holds(holds),
            pending_update: pending_update.as_ref().map(erased_pending),
            ending: ending.clone(),
            pending_until: *pending_until,
            merchants_turn: *merchants_turn,
            merchant_extension: JsonObject::new(),
            wish: wish.as_ref().map(erased_wish),
            // There is none: `may_be_erased`.
            operation: operation.clone(),
            duty: duty.clone(),
            unborn: *unborn,
        }
    }

    /// What is left of an event; the kinds of its field changes stay.
    #[must_use]
    pub fn event(&self, event: &Event) -> Event {
        let Event { at, by, kind, reason, version, sets } = event;
        Event {
            at: *at,
            by: *by,
            kind: *kind,
            reason: erased_reason(reason.as_ref()),
            version: *version,
            sets: sets.iter().map(|set| self.set(set)).collect(),
        }
    }

    fn record(&self, record: &Record) -> Record {
        let Record {
            entitlement_id,
            status,
            date_created,
            date_activated,
            date_ended,
            date_suspended,
            date_resumed,
            date_last_updated,
            customer_identifier,
            merchant_account_key,
            product_key,
            offer_key,
            activation_code: _,
            entitlement_display_name: _,
            date_expiry,
            extension_data: _,
            notification_url: _,
            external_entitlement_id,
            shared_customer_id: _,
            bango_user_id: _,
            merchant_entitlement_id: _,
            finance_data: _,
        } = record;
        Record {
            // As if the merchant had given none.
            merchant_entitlement_id: entitlement_id.clone(),
            entitlement_id: entitlement_id.clone(),
            status: *status,
            date_created: *date_created,
            date_activated: *date_activated,
            date_ended: *date_ended,
            date_suspended: *date_suspended,
            date_resumed: *date_resumed,
            date_last_updated: *date_last_updated,
            customer_identifier: (self.customer)(customer_identifier),
            merchant_account_key: merchant_account_key.clone(),
            product_key: product_key.clone(),
            offer_key: offer_key.clone(),
            activation_code: None,
            entitlement_display_name: None,
            date_expiry: *date_expiry,
            extension_data: JsonObject::new(),
            notification_url: None,
            external_entitlement_id: external_entitlement_id.as_deref().map(self.external),
            shared_customer_id: self.shared_customer_id.clone(),
            bango_user_id: self.bango_user_id.clone(),
            finance_data: JsonObject::new(),
        }
    }

    fn set(&self, set: &Set) -> Set {
        match set {
            Set::Record(record) => Set::Record(self.record(record).into()),
            Set::CustomerIdentifier(customer) => Set::CustomerIdentifier((self.customer)(customer)),
            Set::ActivationCode(_) => Set::ActivationCode(None),
            Set::EntitlementDisplayName(_) => Set::EntitlementDisplayName(None),
            Set::ExtensionData(_) => Set::ExtensionData(JsonObject::new()),
            Set::NotificationUrl(_) => Set::NotificationUrl(None),
            Set::ExternalEntitlementId(id) => Set::ExternalEntitlementId(id.as_deref().map(self.external)),
            Set::MerchantEntitlementId(_) => Set::MerchantEntitlementId(self.entitlement_id.to_owned()),
            Set::FinanceData(_) => Set::FinanceData(JsonObject::new()),
            Set::MerchantExtension(_) => Set::MerchantExtension(JsonObject::new()),
            Set::Hold(owner, hold) => Set::Hold(*owner, hold.as_ref().map(erased_hold)),
            Set::Holds(holds) => Set::Holds(erased_holds(holds)),
            Set::PendingUpdate(pending) => Set::PendingUpdate(pending.as_ref().map(erased_pending)),
            Set::Wish(wish) => Set::Wish(wish.as_ref().map(erased_wish)),
            Set::Status(_)
            | Set::DateActivated(_)
            | Set::DateEnded(_)
            | Set::DateSuspended(_)
            | Set::DateResumed(_)
            | Set::ProductKey(_)
            | Set::OfferKey(_)
            | Set::DateExpiry(_)
            | Set::PendingUntil(_)
            | Set::Ending(_)
            | Set::MerchantsTurn(_)
            | Set::LastMerchantEventAt(_) => set.clone(),
        }
    }
}

/// The same event where only this customer is called otherwise: of an entitlement that is another's by now.
#[must_use]
pub fn renamed_event(event: &Event, customer: &str, to: &str) -> Event {
    let mut renamed = event.clone();
    for set in &mut renamed.sets {
        if let Set::Record(record) = set
            && record.customer_identifier == customer
        {
            record.customer_identifier = to.to_owned();
        }
        if let Set::CustomerIdentifier(named) = set
            && named == customer
        {
            *named = to.to_owned();
        }
    }
    renamed
}

/// A pair of the table says nothing of a person; what else is there was written freely.
fn erased_reason(reason: Option<&Reason>) -> Option<Reason> {
    let Reason { category, code, description: _ } = reason?;
    let (category, code) = (category.as_deref()?, code.as_deref()?);
    is_known(category, code).then(|| Reason::of(category, code))
}

fn erased_hold(hold: &Hold) -> Hold {
    let Hold { since, reason } = hold;
    Hold { since: *since, reason: erased_reason(reason.as_ref()) }
}

fn erased_holds(holds: &Holds) -> Holds {
    let Holds { reseller, merchant, hub } = holds;
    let erased = |hold: &Option<Hold>| hold.as_ref().map(erased_hold);
    Holds { reseller: erased(reseller), merchant: erased(merchant), hub: erased(hub) }
}

fn erased_pending(pending: &PendingUpdate) -> PendingUpdate {
    let PendingUpdate { product_key, offer_key, display_name: _, since } = pending;
    PendingUpdate { product_key: product_key.clone(), offer_key: offer_key.clone(), display_name: None, since: *since }
}

fn erased_wish(wish: &Wish) -> Wish {
    let Wish { revoke, reason } = wish;
    Wish { revoke: *revoke, reason: erased_reason(reason.as_ref()) }
}

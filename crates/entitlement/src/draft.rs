//! A decision in the making: events are numbered and folded as they come, and what did not
//! change is left out. It knows no rule.

use crate::{
    Decision, Duty, DutyAfter, Entitlement, Event, EventKind, Moment, Operation, OperationAfter, Party, Reason, Reply,
    RowAfter, Set, apply,
};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// A decision in the making, and the state as it would then be.
pub(crate) struct Draft<'a> {
    before: &'a Entitlement,
    /// The state with everything so far carried out.
    pub(crate) after: Entitlement,
    /// Who makes it happen.
    pub(crate) by: Party,
    events: Vec<Event>,
    now: Moment,
    is_raised: bool,
}

impl<'a> Draft<'a> {
    /// Nothing decided yet. `now` is never earlier than the last event.
    pub(crate) fn new(before: &'a Entitlement, by: Party, now: Moment) -> Self {
        let now = now.max(before.last_event_at);
        Self { before, after: before.clone(), by, events: Vec::new(), now, is_raised: false }
    }

    /// The moment of the decision.
    pub(crate) const fn now(&self) -> Moment {
        self.now
    }

    /// The date that the record would show for now.
    pub(crate) const fn today(&self) -> Option<Moment> {
        Some(self.now.whole_second())
    }

    /// One more event, a change of its own: it raises the version if it changes the record.
    pub(crate) fn push(&mut self, kind: EventKind, reason: Option<Reason>, sets: Vec<Set>) {
        self.is_raised = false;
        self.along(kind, reason, sets);
    }

    /// One more event of the same change as the one before: they share the version.
    pub(crate) fn along(&mut self, kind: EventKind, reason: Option<Reason>, sets: Vec<Set>) {
        let sets: Vec<Set> = sets.into_iter().filter(|set| changes(&self.after, set)).collect();
        let mut version = self.after.version;
        if !self.is_raised && sets.iter().any(Set::is_of_record) {
            version = version.saturating_add(1);
            self.is_raised = true;
        }
        let event = Event { at: self.now, by: self.by, kind, reason, version, sets };
        apply(&mut self.after, &event);
        self.events.push(event);
    }

    /// As [`Self::along`], but nothing where nothing would change.
    pub(crate) fn along_if_changed(&mut self, kind: EventKind, reason: Option<Reason>, sets: Vec<Set>) {
        if sets.iter().any(|set| changes(&self.after, set)) {
            self.along(kind, reason, sets);
        }
    }

    /// As [`Self::push`], but nothing where nothing would change.
    pub(crate) fn push_if_changed(&mut self, kind: EventKind, reason: Option<Reason>, sets: Vec<Set>) {
        if sets.iter().any(|set| changes(&self.after, set)) {
            self.push(kind, reason, sets);
        }
    }

    /// The open operation ends.
    pub(crate) fn close(&mut self) {
        self.after.operation = None;
    }

    /// This operation is open now.
    pub(crate) fn open(&mut self, operation: Operation) {
        self.after.operation = Some(operation);
    }

    /// The hub owes the merchant this call.
    pub(crate) fn owe(&mut self, duty: Duty) {
        self.after.duty = Some(duty);
    }

    /// The hub owes the merchant nothing more.
    pub(crate) fn owe_nothing(&mut self) {
        self.after.duty = None;
    }

    /// An update reached the merchant: there is nothing left to take back.
    pub(crate) fn owe_no_update(&mut self) {
        if self.after.duty == Some(Duty::UpdateBack) {
            self.after.duty = None;
        }
    }

    /// The decision.
    pub(crate) fn finish(mut self, reply: Reply) -> Decision {
        self.drop_moot_duty();
        Decision {
            operation: operation_after(self.before.operation.as_ref(), self.after.operation),
            duty: duty_after(self.before.duty.as_ref(), self.after.duty),
            events: self.events,
            row: RowAfter::Stays,
            reply,
        }
    }

    fn drop_moot_duty(&mut self) {
        let e = &self.after;
        let is_open = e.record.status.is_open();
        let is_moot = match &e.duty {
            None | Some(Duty::Terminate { .. }) => false,
            Some(Duty::SuspendAgain) => e.holds.reseller.is_none() && e.holds.hub.is_none(),
            Some(Duty::UpdateBack) => !is_open || e.pending_update.is_some(),
        };
        if is_moot {
            self.after.duty = None;
        }
    }
}

fn operation_after(before: Option<&Operation>, after: Option<Operation>) -> OperationAfter {
    match after {
        after if after.as_ref() == before => OperationAfter::Keep,
        None => OperationAfter::Closed,
        Some(operation) => OperationAfter::Open(Box::new(operation)),
    }
}

fn duty_after(before: Option<&Duty>, after: Option<Duty>) -> DutyAfter {
    match after {
        after if after.as_ref() == before => DutyAfter::Keep,
        None => DutyAfter::Clear,
        Some(duty) => DutyAfter::Set(duty),
    }
}

/// Whether a field change changes anything.
fn changes(e: &Entitlement, set: &Set) -> bool {
    let record = &e.record;
    match set {
        Set::Record(_) => true,
        // A birth starts from nothing, whatever the intent has remembered.
        Set::PendingUntil(_) | Set::MerchantExtension(_) if e.unborn => true,
        Set::Status(value) => record.status != *value,
        Set::DateActivated(value) => record.date_activated != *value,
        Set::DateEnded(value) => record.date_ended != *value,
        Set::DateSuspended(value) => record.date_suspended != *value,
        Set::DateResumed(value) => record.date_resumed != *value,
        Set::CustomerIdentifier(value) => record.customer_identifier != *value,
        Set::ProductKey(value) => record.product_key != *value,
        Set::OfferKey(value) => record.offer_key != *value,
        Set::ActivationCode(value) => record.activation_code != *value,
        Set::EntitlementDisplayName(value) => record.entitlement_display_name != *value,
        Set::DateExpiry(value) => record.date_expiry != *value,
        Set::ExtensionData(value) => record.extension_data != *value,
        Set::NotificationUrl(value) => record.notification_url != *value,
        Set::ExternalEntitlementId(value) => record.external_entitlement_id != *value,
        Set::MerchantEntitlementId(value) => record.merchant_entitlement_id != *value,
        Set::FinanceData(value) => record.finance_data != *value,
        Set::MerchantExtension(value) => e.merchant_extension != *value,
        Set::Hold(owner, value) => e.holds.of(*owner) != value.as_ref(),
        Set::Holds(value) => e.holds != *value,
        Set::PendingUpdate(value) => e.pending_update != *value,
        Set::Ending(value) => e.ending != *value,
        Set::PendingUntil(value) => e.pending_until != *value,
        Set::MerchantsTurn(value) => e.merchants_turn != *value,
        Set::Wish(value) => e.wish != *value,
        Set::LastMerchantEventAt(value) => e.last_merchant_event_at != Some(*value),
    }
}

//! Folding an event into the state: no rule stands here, so that an old history folds the same
//! under every later version of the rules.

use crate::{
    Decision, DutyAfter, Entitlement, Event, EventKind, Holds, JsonObject, OperationAfter, Party, Record, RowAfter,
    Set, Shared,
};

/// Folds one event into the state: its field changes, the version, the moment. dateLastUpdated
/// moves only where the record changed.
pub fn apply(e: &mut Entitlement, event: &Event) {
    if event.kind == EventKind::Created
        && let Some(born) = born_from(event)
    {
        *e = Entitlement { operation: e.operation.take(), duty: e.duty.take(), ..born };
        return;
    }
    for set in &event.sets {
        apply_set(e, set);
    }
    if event.version > e.version {
        e.version = event.version;
        e.record.date_last_updated = event.at.whole_second();
    }
    e.last_event_at = event.at;
}

/// The state a `Created` event gives birth to; `None` for every other event.
#[must_use]
pub fn born_from(event: &Event) -> Option<Entitlement> {
    Some(born(record_of(event)?.clone(), event))
}

/// As [`born_from`], with the record taken out of the event.
#[must_use]
pub fn born_of(event: &mut Event) -> Option<Entitlement> {
    let at = event.sets.iter().position(|set| matches!(set, Set::Record(_)))?;
    match event.sets.remove(at) {
        Set::Record(record) => Some(born(record, event)),
        _ => None,
    }
}

fn born(record: Shared<Record>, event: &Event) -> Entitlement {
    let mut e = blank(record, event);
    let behind = |set: &&Set| !matches!(set, Set::Record(_));
    for set in event.sets.iter().filter(behind) {
        apply_set(&mut e, set);
    }
    let updated = event.at.whole_second();
    if e.record.date_last_updated != updated {
        // Only then does it become a record of its own.
        e.record.date_last_updated = updated;
    }
    e
}

/// The state a whole history folds to; `None` where it does not begin with `Created`.
#[must_use]
pub fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Entitlement> {
    let mut events = events.into_iter();
    let mut e = born_from(events.next()?)?;
    for event in events {
        apply(&mut e, event);
    }
    Some(e)
}

/// The state after a decision; `None` where the row goes.
#[must_use]
pub fn carry_out(e: &Entitlement, decision: &Decision) -> Option<Entitlement> {
    carry_out_telling(e.clone(), decision, |_, _| {})
}

/// As [`carry_out`], of a state that is not needed any more; `tell` gets every event with the
/// state just after it.
pub fn carry_out_telling(
    e: Entitlement,
    decision: &Decision,
    mut tell: impl FnMut(&Entitlement, &Event),
) -> Option<Entitlement> {
    if decision.row == RowAfter::Removed {
        return None;
    }
    let mut after = e;
    for event in &decision.events {
        apply(&mut after, event);
        tell(&after, event);
    }
    match &decision.operation {
        OperationAfter::Keep => {}
        OperationAfter::Closed => after.operation = None,
        OperationAfter::Open(operation) => after.operation = Some((**operation).clone()),
    }
    match &decision.duty {
        DutyAfter::Keep => {}
        DutyAfter::Clear => after.duty = None,
        DutyAfter::Set(duty) => after.duty = Some(duty.clone()),
    }
    Some(after)
}

fn record_of(event: &Event) -> Option<&Shared<Record>> {
    let mut records =
        event.sets.iter().filter_map(|set| if let Set::Record(record) = set { Some(record) } else { None });
    records.next()
}

fn blank(record: Shared<Record>, event: &Event) -> Entitlement {
    Entitlement {
        record,
        version: event.version,
        last_event_at: event.at,
        last_merchant_event_at: None,
        holds: Holds::default(),
        pending_update: None,
        ending: None,
        pending_until: None,
        merchants_turn: false,
        merchant_extension: JsonObject::new(),
        wish: None,
        operation: None,
        duty: None,
        unborn: false,
    }
}

fn apply_set(e: &mut Entitlement, set: &Set) {
    let record = &mut e.record;
    match set {
        Set::Record(value) => *record = value.clone(),
        Set::Status(value) => record.status = *value,
        Set::DateActivated(value) => record.date_activated = *value,
        Set::DateEnded(value) => record.date_ended = *value,
        Set::DateSuspended(value) => record.date_suspended = *value,
        Set::DateResumed(value) => record.date_resumed = *value,
        Set::CustomerIdentifier(value) => record.customer_identifier.clone_from(value),
        Set::ProductKey(value) => record.product_key.clone_from(value),
        Set::OfferKey(value) => record.offer_key.clone_from(value),
        Set::ActivationCode(value) => record.activation_code.clone_from(value),
        Set::EntitlementDisplayName(value) => record.entitlement_display_name.clone_from(value),
        Set::DateExpiry(value) => record.date_expiry = *value,
        Set::ExtensionData(value) => record.extension_data.clone_from(value),
        Set::NotificationUrl(value) => record.notification_url.clone_from(value),
        Set::ExternalEntitlementId(value) => record.external_entitlement_id.clone_from(value),
        Set::MerchantEntitlementId(value) => record.merchant_entitlement_id.clone_from(value),
        Set::FinanceData(value) => record.finance_data.clone_from(value),
        Set::MerchantExtension(value) => e.merchant_extension.clone_from(value),
        Set::Hold(owner, value) => *e.holds.of_mut(*owner) = value.clone(),
        Set::Holds(value) => e.holds.clone_from(value),
        Set::PendingUpdate(value) => e.pending_update.clone_from(value),
        Set::Ending(value) => e.ending.clone_from(value),
        Set::PendingUntil(value) => e.pending_until = *value,
        Set::MerchantsTurn(value) => e.merchants_turn = *value,
        Set::Wish(value) => e.wish.clone_from(value),
        Set::LastMerchantEventAt(value) => e.last_merchant_event_at = Some(*value),
    }
}

impl Holds {
    fn of_mut(&mut self, owner: Party) -> &mut Option<crate::Hold> {
        match owner {
            Party::Reseller => &mut self.reseller,
            Party::Merchant => &mut self.merchant,
            Party::Hub | Party::Operator => &mut self.hub,
        }
    }
}

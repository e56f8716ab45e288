//! The moves from one status to another, as events. Whether a move is allowed, and who may ask
//! for it, is decided elsewhere; here stands only what it changes.

mod end;
mod hold;
mod update;

pub(crate) use end::{End, end, end_first, plan_end, undo_end};
pub(crate) use hold::{lift_hold, set_hold};
pub(crate) use update::{change_details, change_product, roll_back, update_pending};

use crate::draft::Draft;
use crate::extension::merged;
use crate::{Entitlement, EventKind, Given, Party, Record, Set, Status};
use alloc::vec::Vec;

/// Who goes on with what is PENDING for its first activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The user has a URL, or a code to redeem.
    User,
    /// The merchant gave the user nothing to do.
    Merchant,
}

impl Turn {
    /// Of an answer without a URL.
    pub(crate) const fn without_url(given: &Given) -> Self {
        if given.activation_code.is_some() { Self::User } else { Self::Merchant }
    }
}

/// The create's outcome is known, or known to be unknown: the entitlement comes to be.
pub(crate) fn bear(d: &mut Draft<'_>, status: Status, given: &Given, turn: Turn) {
    let pending_until = d.after.pending_until.filter(|_| status != Status::Active);
    let behind = merged(&d.after.merchant_extension, &given.merchant_extension);
    let mut born = Record {
        status,
        date_activated: d.today().filter(|_| status == Status::Active),
        date_last_updated: d.now().whole_second(),
        ..(*d.after.record).clone()
    };
    give(&mut born, given);
    let mut sets = Vec::from([Set::Record(born.into())]);
    sets.extend((!behind.is_empty()).then_some(Set::MerchantExtension(behind)));
    sets.extend(pending_until.map(|at| Set::PendingUntil(Some(at))));
    sets.push(Set::MerchantsTurn(turn == Turn::Merchant));
    // Whoever made the outcome known: it is the reseller who created it.
    let by = core::mem::replace(&mut d.by, Party::Reseller);
    d.push(EventKind::Created, None, sets);
    d.by = by;
}

/// First activation, or the user's yes to an update.
pub(crate) fn activate(d: &mut Draft<'_>, given: &Given) {
    let mut sets = given_sets(&d.after, given);
    sets.push(Set::Status(status_when_running(&d.after)));
    if d.after.pending_update.is_none() {
        sets.push(Set::DateActivated(d.today()));
    }
    sets.extend([Set::PendingUpdate(None), Set::PendingUntil(None), Set::MerchantsTurn(false)]);
    d.push(EventKind::Activated, None, sets);
}

/// After an unknown create: the merchant has it, and waits.
pub(crate) fn find_pending(d: &mut Draft<'_>, given: &Given, turn: Turn) {
    let mut sets = given_sets(&d.after, given);
    sets.extend([Set::Status(Status::Pending), Set::MerchantsTurn(turn == Turn::Merchant)]);
    d.push(EventKind::FoundPending, None, sets);
}

/// What the merchant gave along is kept, where nothing else happened.
pub(crate) fn keep_given(d: &mut Draft<'_>, given: &Given) {
    if d.after.unborn {
        return;
    }
    let behind = merged(&d.after.merchant_extension, &given.merchant_extension);
    let shown: Vec<Set> =
        given_sets(&d.after, given).into_iter().filter(|set| !matches!(set, Set::MerchantExtension(_))).collect();
    d.along_if_changed(EventKind::DetailsUpdated, None, shown);
    d.along_if_changed(EventKind::Noted, None, Vec::from([Set::MerchantExtension(behind)]));
}

/// It is still waiting: what the merchant gave along is kept, and whose turn it is.
pub(crate) fn keep_waiting(d: &mut Draft<'_>, given: &Given, turn: Turn) {
    keep_given(d, given);
    let turn = Vec::from([Set::MerchantsTurn(turn == Turn::Merchant)]);
    d.along_if_changed(EventKind::Noted, None, turn);
}

/// Ids, code and metadata as field changes.
pub(crate) fn given_sets(e: &Entitlement, given: &Given) -> Vec<Set> {
    let mut sets = Vec::new();
    sets.extend(given.merchant_entitlement_id.clone().map(Set::MerchantEntitlementId));
    sets.extend(given.activation_code.clone().map(|code| Set::ActivationCode(Some(code))));
    sets.extend(given.finance_data.clone().map(Set::FinanceData));
    sets.push(Set::MerchantExtension(merged(&e.merchant_extension, &given.merchant_extension)));
    sets
}

/// The status of one that neither waits nor is held.
pub(crate) const fn status_when_running(e: &Entitlement) -> Status {
    if e.ending.is_some() { Status::ActiveEnding } else { Status::Active }
}

/// PENDING or FAILED before the first activation.
pub(crate) fn is_never_active(e: &Entitlement) -> bool {
    match e.record.status {
        Status::Failed => true,
        Status::Pending => e.pending_update.is_none(),
        Status::Active | Status::ActiveEnding | Status::Suspended | Status::Cancelled | Status::Revoked => false,
    }
}

fn give(record: &mut Record, given: &Given) {
    if let Some(id) = &given.merchant_entitlement_id {
        record.merchant_entitlement_id.clone_from(id);
    }
    if given.activation_code.is_some() {
        record.activation_code.clone_from(&given.activation_code);
    }
    if let Some(data) = &given.finance_data {
        record.finance_data.clone_from(data);
    }
}

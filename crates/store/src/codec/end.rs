//! Reasons, holds, endings, pending updates, wishes and duties.

use super::Unreadable;
use super::print::Object;
use super::read::Fields;
use super::words::{party_of, party_word};
use entitlement::{Duty, Ending, Hold, Holds, PendingUpdate, Reason, Wish};

pub(super) fn write_reason(o: &mut Object<'_>, reason: &Reason) {
    let Reason { category, code, description } = reason;
    o.text_opt("category", category.as_deref());
    o.text_opt("code", code.as_deref());
    o.text_opt("description", description.as_deref());
}

pub(super) fn read_reason(f: Fields<'_, '_>) -> Result<Reason, Unreadable> {
    Ok(Reason { category: f.text_opt("category")?, code: f.text_opt("code")?, description: f.text_opt("description")? })
}

pub(super) fn write_holds(o: &mut Object<'_>, holds: &Holds) {
    let Holds { reseller, merchant, hub } = holds;
    o.object_opt("reseller", reseller.as_ref(), write_hold);
    o.object_opt("merchant", merchant.as_ref(), write_hold);
    o.object_opt("hub", hub.as_ref(), write_hold);
}

pub(super) fn read_holds(f: Fields<'_, '_>) -> Result<Holds, Unreadable> {
    Ok(Holds {
        reseller: f.object_opt("reseller", read_hold)?,
        merchant: f.object_opt("merchant", read_hold)?,
        hub: f.object_opt("hub", read_hold)?,
    })
}

pub(super) fn write_hold(o: &mut Object<'_>, hold: &Hold) {
    let Hold { since, reason } = hold;
    o.moment("since", *since);
    o.object_opt("reason", reason.as_ref(), write_reason);
}

pub(super) fn read_hold(f: Fields<'_, '_>) -> Result<Hold, Unreadable> {
    Ok(Hold { since: f.moment("since")?, reason: f.object_opt("reason", read_reason)? })
}

pub(super) fn write_pending(o: &mut Object<'_>, pending: &PendingUpdate) {
    let PendingUpdate { product_key, offer_key, display_name, since } = pending;
    o.text("product", product_key);
    o.text_opt("offer", offer_key.as_deref());
    o.text_opt("name", display_name.as_deref());
    o.moment("since", *since);
}

pub(super) fn read_pending(f: Fields<'_, '_>) -> Result<PendingUpdate, Unreadable> {
    Ok(PendingUpdate {
        product_key: f.text("product")?,
        offer_key: f.text_opt("offer")?,
        display_name: f.text_opt("name")?,
        since: f.moment("since")?,
    })
}

pub(super) fn write_ending(o: &mut Object<'_>, ending: &Ending) {
    let Ending { by, merchant_dated, reason_keys, resumed_since } = ending;
    o.text("by", party_word(*by));
    o.flag("merchantDated", *merchant_dated);
    o.texts("keys", reason_keys);
    o.flag("resumed", *resumed_since);
}

pub(super) fn read_ending(f: Fields<'_, '_>) -> Result<Ending, Unreadable> {
    Ok(Ending {
        by: f.word("by", party_of)?,
        merchant_dated: f.flag("merchantDated")?,
        reason_keys: f.texts("keys")?,
        resumed_since: f.flag("resumed")?,
    })
}

pub(super) fn write_wish(o: &mut Object<'_>, wish: &Wish) {
    let Wish { revoke, reason } = wish;
    o.flag("revoke", *revoke);
    o.object_opt("reason", reason.as_ref(), write_reason);
}

pub(super) fn read_wish(f: Fields<'_, '_>) -> Result<Wish, Unreadable> {
    Ok(Wish { revoke: f.flag("revoke")?, reason: f.object_opt("reason", read_reason)? })
}

pub(super) fn write_duty(o: &mut Object<'_>, duty: &Duty) {
    match duty {
        Duty::Terminate { reason } => {
            o.text("is", "terminate");
            o.object_opt("reason", reason.as_ref(), write_reason);
        }
        Duty::SuspendAgain => o.text("is", "suspend-again"),
        Duty::UpdateBack => o.text("is", "update-back"),
    }
}

pub(super) fn read_duty(f: Fields<'_, '_>) -> Result<Duty, Unreadable> {
    match f.text("is")?.as_str() {
        "terminate" => Ok(Duty::Terminate { reason: f.object_opt("reason", read_reason)? }),
        "suspend-again" => Ok(Duty::SuspendAgain),
        "update-back" => Ok(Duty::UpdateBack),
        other => Err(Unreadable(format!("duty '{other}' is unknown"))),
    }
}

//! An entitlement: its columns (what is searched or checked) and the rest as one JSON text.
//! No field stands in both.

use super::Unreadable;
use super::end;
use super::operation::{read_operation, write_operation};
use super::print::Object;
use super::read::Fields;
use super::tree;
use entitlement::{Entitlement, Moment, Record, Status};

/// The fields that have columns of their own, as read from them.
pub(crate) struct Columns {
    /// own_id, or the key in text form.
    pub(crate) entitlement_id: String,
    pub(crate) status: Status,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
    pub(crate) customer: String,
    /// By way of the route.
    pub(crate) merchant: String,
    pub(crate) product: String,
    pub(crate) offer: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) version: u32,
    pub(crate) unborn: bool,
}

/// Everything that has no column.
pub(crate) fn rest_text(state: &Entitlement) -> String {
    let mut out = String::with_capacity(256);
    Object::write(&mut out, |o| {
        write_record(o, &state.record);
        write_behind(o, state);
    });
    out
}

fn write_record(o: &mut Object<'_>, record: &Record) {
    let Record {
        entitlement_id,
        status: _,
        date_created: _,
        date_activated,
        date_ended,
        date_suspended,
        date_resumed,
        date_last_updated: _,
        customer_identifier: _,
        merchant_account_key: _,
        product_key: _,
        offer_key: _,
        activation_code,
        entitlement_display_name,
        date_expiry,
        extension_data,
        notification_url,
        external_entitlement_id: _,
        shared_customer_id,
        bango_user_id,
        merchant_entitlement_id,
        finance_data,
    } = record;
    o.moment_opt("activated", *date_activated);
    o.moment_opt("ended", *date_ended);
    o.moment_opt("suspended", *date_suspended);
    o.moment_opt("resumed", *date_resumed);
    o.text_opt("code", activation_code.as_deref());
    o.text_opt("name", entitlement_display_name.as_deref());
    o.moment_opt("expiry", *date_expiry);
    o.json("extension", extension_data);
    o.text_opt("url", notification_url.as_deref());
    o.text("shared", shared_customer_id);
    o.text("bango", bango_user_id);
    o.text_opt("merchantId", (merchant_entitlement_id != entitlement_id).then_some(merchant_entitlement_id));
    o.json("finance", finance_data);
}

fn write_behind(o: &mut Object<'_>, state: &Entitlement) {
    let Entitlement {
        record: _,
        version: _,
        last_event_at,
        last_merchant_event_at,
        holds,
        pending_update,
        ending,
        pending_until,
        merchants_turn,
        merchant_extension,
        wish,
        operation,
        duty,
        unborn: _,
    } = state;
    o.moment("eventAt", *last_event_at);
    o.moment_opt("merchantEventAt", *last_merchant_event_at);
    let held = [&holds.reseller, &holds.merchant, &holds.hub].iter().any(|hold| hold.is_some());
    o.object_opt("holds", held.then_some(holds), end::write_holds);
    o.object_opt("pending", pending_update.as_ref(), end::write_pending);
    o.object_opt("ending", ending.as_ref(), end::write_ending);
    o.moment_opt("pendingUntil", *pending_until);
    o.flag("merchantsTurn", *merchants_turn);
    o.json("merchantExtension", merchant_extension);
    o.object_opt("wish", wish.as_ref(), end::write_wish);
    o.object_opt("operation", operation.as_ref(), write_operation);
    o.object_opt("duty", duty.as_ref(), end::write_duty);
}

/// Puts columns and rest together again.
pub(crate) fn read_entitlement(columns: Columns, rest: &str) -> Result<Entitlement, Unreadable> {
    let node = tree::parse(rest)?;
    let f = Fields::of(&node)?;
    let (version, unborn) = (columns.version, columns.unborn);
    Ok(Entitlement {
        record: read_record(columns, f)?.into(),
        version,
        last_event_at: f.moment("eventAt")?,
        last_merchant_event_at: f.moment_opt("merchantEventAt")?,
        holds: f.object_opt("holds", end::read_holds)?.unwrap_or_default(),
        pending_update: f.object_opt("pending", end::read_pending)?,
        ending: f.object_opt("ending", end::read_ending)?,
        pending_until: f.moment_opt("pendingUntil")?,
        merchants_turn: f.flag("merchantsTurn")?,
        merchant_extension: f.json("merchantExtension")?,
        wish: f.object_opt("wish", end::read_wish)?,
        operation: f.object_opt("operation", read_operation)?,
        duty: f.object_opt("duty", end::read_duty)?,
        unborn,
    })
}

fn read_record(columns: Columns, f: Fields<'_, '_>) -> Result<Record, Unreadable> {
    Ok(Record {
        merchant_entitlement_id: f.text_opt("merchantId")?.unwrap_or_else(|| columns.entitlement_id.clone()),
        entitlement_id: columns.entitlement_id,
        status: columns.status,
        date_created: columns.created_at,
        date_activated: f.moment_opt("activated")?,
        date_ended: f.moment_opt("ended")?,
        date_suspended: f.moment_opt("suspended")?,
        date_resumed: f.moment_opt("resumed")?,
        date_last_updated: columns.updated_at,
        customer_identifier: columns.customer,
        merchant_account_key: columns.merchant,
        product_key: columns.product,
        offer_key: columns.offer,
        activation_code: f.text_opt("code")?,
        entitlement_display_name: f.text_opt("name")?,
        date_expiry: f.moment_opt("expiry")?,
        extension_data: f.json("extension")?,
        notification_url: f.text_opt("url")?,
        external_entitlement_id: columns.external_id,
        shared_customer_id: f.text("shared")?,
        bango_user_id: f.text("bango")?,
        finance_data: f.json("finance")?,
    })
}

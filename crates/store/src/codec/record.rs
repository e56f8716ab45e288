//! A whole record, as it stands in a `Created` event. Fields that repeat another are left out:
//! the entitlementId where it is the key, the merchant's id where it is the entitlementId,
//! dateLastUpdated where it is dateCreated.

use super::Unreadable;
use super::print::Object;
use super::read::Fields;
use entitlement::{Record, Status};

pub(super) fn write_record(o: &mut Object<'_>, record: &Record, key: &str) {
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
        activation_code,
        entitlement_display_name,
        date_expiry,
        extension_data,
        notification_url,
        external_entitlement_id,
        shared_customer_id,
        bango_user_id,
        merchant_entitlement_id,
        finance_data,
    } = record;
    o.text_opt("id", (entitlement_id != key).then_some(entitlement_id));
    o.text("status", status.as_str());
    o.moment("created", *date_created);
    o.moment_opt("activated", *date_activated);
    o.moment_opt("ended", *date_ended);
    o.moment_opt("suspended", *date_suspended);
    o.moment_opt("resumed", *date_resumed);
    o.moment_opt("updated", (date_last_updated != date_created).then_some(*date_last_updated));
    o.text("customer", customer_identifier);
    o.text("merchant", merchant_account_key);
    o.text("product", product_key);
    o.text_opt("offer", offer_key.as_deref());
    o.text_opt("code", activation_code.as_deref());
    o.text_opt("name", entitlement_display_name.as_deref());
    o.moment_opt("expiry", *date_expiry);
    o.json("extension", extension_data);
    o.text_opt("url", notification_url.as_deref());
    o.text_opt("external", external_entitlement_id.as_deref());
    o.text("shared", shared_customer_id);
    o.text("bango", bango_user_id);
    o.text_opt("merchantId", (merchant_entitlement_id != entitlement_id).then_some(merchant_entitlement_id));
    o.json("finance", finance_data);
}

pub(super) fn read_record(f: Fields<'_, '_>, key: &str) -> Result<Record, Unreadable> {
    let entitlement_id = f.text_opt("id")?.unwrap_or_else(|| key.to_owned());
    let date_created = f.moment("created")?;
    Ok(Record {
        status: f.word("status", Status::parse)?,
        date_created,
        date_activated: f.moment_opt("activated")?,
        date_ended: f.moment_opt("ended")?,
        date_suspended: f.moment_opt("suspended")?,
        date_resumed: f.moment_opt("resumed")?,
        date_last_updated: f.moment_opt("updated")?.unwrap_or(date_created),
        customer_identifier: f.text("customer")?,
        merchant_account_key: f.text("merchant")?,
        product_key: f.text("product")?,
        offer_key: f.text_opt("offer")?,
        activation_code: f.text_opt("code")?,
        entitlement_display_name: f.text_opt("name")?,
        date_expiry: f.moment_opt("expiry")?,
        extension_data: f.json("extension")?,
        notification_url: f.text_opt("url")?,
        external_entitlement_id: f.text_opt("external")?,
        shared_customer_id: f.text("shared")?,
        bango_user_id: f.text("bango")?,
        merchant_entitlement_id: f.text_opt("merchantId")?.unwrap_or_else(|| entitlement_id.clone()),
        finance_data: f.json("finance")?,
        entitlement_id,
    })
}

//! The record's 22 members, always all of them, in the contract's order.

use super::push_date_or_null;
use crate::error::push_optional;
use crate::{mask_url, push_object, push_string};
use entitlement::{JsonObject, Moment, Record};

/// Appends the members, comma separated, without braces.
pub fn push_record(out: &mut String, record: &Record) {
    out.push_str("\"entitlementId\":");
    push_string(out, &record.entitlement_id);
    out.push_str(",\"status\":\"");
    out.push_str(record.status.as_str());
    out.push('"');
    push_dates(out, record);
    push_sale(out, record);
    push_details(out, record);
    push_pseudonyms(out, record);
    out.push_str(",\"financeData\":");
    push_object_or_null(out, &record.finance_data);
}

fn push_dates(out: &mut String, record: &Record) {
    date(out, ",\"dateCreated\":", Some(record.date_created));
    date(out, ",\"dateActivated\":", record.date_activated);
    date(out, ",\"dateEnded\":", record.date_ended);
    date(out, ",\"dateSuspended\":", record.date_suspended);
    date(out, ",\"dateResumed\":", record.date_resumed);
    date(out, ",\"dateLastUpdated\":", Some(record.date_last_updated));
}

fn push_sale(out: &mut String, record: &Record) {
    text(out, ",\"customerIdentifier\":", Some(&record.customer_identifier));
    text(out, ",\"merchantAccountKey\":", Some(&record.merchant_account_key));
    text(out, ",\"productKey\":", Some(&record.product_key));
    text(out, ",\"offerKey\":", record.offer_key.as_deref());
    text(out, ",\"activationCode\":", record.activation_code.as_deref());
}

fn push_details(out: &mut String, record: &Record) {
    let name = record.entitlement_display_name.as_deref();
    text(out, ",\"entitlementDisplayName\":", name);
    date(out, ",\"dateExpiry\":", record.date_expiry);
    out.push_str(",\"extensionData\":");
    push_object_or_null(out, &record.extension_data);
    let url = record.notification_url.as_deref().map(mask_url);
    text(out, ",\"notificationUrl\":", url.as_deref());
    let external = record.external_entitlement_id.as_deref();
    text(out, ",\"externalEntitlementId\":", external);
}

fn push_pseudonyms(out: &mut String, record: &Record) {
    text(out, ",\"sharedCustomerId\":", Some(&record.shared_customer_id));
    text(out, ",\"bangoUserId\":", Some(&record.bango_user_id));
    text(out, ",\"merchantEntitlementId\":", Some(&record.merchant_entitlement_id));
}

fn text(out: &mut String, name: &str, value: Option<&str>) {
    out.push_str(name);
    push_optional(out, value);
}

fn date(out: &mut String, name: &str, at: Option<Moment>) {
    out.push_str(name);
    push_date_or_null(out, at);
}

fn push_object_or_null(out: &mut String, object: &JsonObject) {
    if object.is_empty() {
        out.push_str("null");
    } else {
        push_object(out, object);
    }
}

//! The record's 22 members, always all of them, in the contract's order: for answers, and one by
//! one for histories and dry runs.

use super::push_date_or_null;
use crate::error::push_optional;
use crate::{CUSTOMER_IDENTIFIER_CHARS_MAX, DISPLAY_NAME_CHARS_MAX, EXTERNAL_ID_CHARS_MAX, KEY_CHARS_MAX};
use crate::{Field, Shape, mask_url, push_object, push_string};
use entitlement::{JsonObject, Moment, Record, Status};

/// How many members a record has.
const MEMBERS: usize = 22;

/// One member's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Member<'a> {
    Status(Status),
    Date(Option<Moment>),
    Text(Option<&'a str>),
    /// Printed with user and password masked.
    Url(Option<&'a str>),
    /// Null without members.
    Object(&'a JsonObject),
}

/// The members, in the order they are printed in.
pub const RECORD_MEMBERS: [Field; MEMBERS] = [
    always("entitlementId", Shape::Identifier(64), "the hub's UUIDv7, or your own id"),
    always("status", Shape::Status, "where it stands"),
    always("dateCreated", Shape::DateTime, "when it was created"),
    date_member("dateActivated", "when it first became ACTIVE; never moves again"),
    date_member("dateEnded", "when it ended or, in the future, will end"),
    date_member("dateSuspended", "when it last became SUSPENDED"),
    date_member("dateResumed", "when it last left SUSPENDED"),
    always("dateLastUpdated", Shape::DateTime, "the last change of this record"),
    always("customerIdentifier", Shape::Identifier(CUSTOMER_IDENTIFIER_CHARS_MAX), "your name for the customer"),
    always("merchantAccountKey", Shape::Identifier(KEY_CHARS_MAX), "the merchant"),
    always("productKey", Shape::Identifier(KEY_CHARS_MAX), "the merchant's product"),
    Field::new("offerKey", Shape::Identifier(KEY_CHARS_MAX), "the offer"),
    Field::new("activationCode", Shape::Text(KEY_CHARS_MAX), "a code the customer redeems at the merchant"),
    Field::new("entitlementDisplayName", Shape::Text(DISPLAY_NAME_CHARS_MAX), "the name shown to the customer"),
    date_member("dateExpiry", "when the hub ends it"),
    Field::new("extensionData", Shape::Object, "your own data, with the reasons of endings and suspensions"),
    Field::new("notificationUrl", Shape::Url(crate::NOTIFICATION_URL_CHARS_MAX), "user and password in it are ***"),
    Field::new("externalEntitlementId", Shape::Identifier(EXTERNAL_ID_CHARS_MAX), "your own reference"),
    always("sharedCustomerId", Shape::Text(64), "the customer's pseudonym on this route"),
    always("bangoUserId", Shape::Digits, "the customer's pseudonym with you"),
    always("merchantEntitlementId", Shape::Text(256), "the merchant's id; the entitlementId until it gives one"),
    Field::new("financeData", Shape::Object, "what the merchant reports about money, as it came"),
];

const fn always(name: &'static str, shape: Shape, meaning: &'static str) -> Field {
    Field::new(name, shape, meaning).filled()
}

const fn date_member(name: &'static str, meaning: &'static str) -> Field {
    Field::new(name, Shape::DateTime, meaning)
}

/// Appends the members, comma separated, without braces.
pub fn push_record(out: &mut String, record: &Record) {
    for (at, (name, member)) in members(record).enumerate() {
        out.push_str(if at == 0 { "\"" } else { ",\"" });
        out.push_str(name);
        out.push_str("\":");
        member.push(out);
    }
}

/// Every member with its name, in order.
pub(super) fn members(record: &Record) -> impl Iterator<Item = (&'static str, Member<'_>)> {
    RECORD_MEMBERS.iter().map(|member| member.name).zip(values(record))
}

fn values(record: &Record) -> [Member<'_>; MEMBERS] {
    use Member::{Date, Object, Status, Text, Url};
    [
        Text(Some(&record.entitlement_id)),
        Status(record.status),
        Date(Some(record.date_created)),
        Date(record.date_activated),
        Date(record.date_ended),
        Date(record.date_suspended),
        Date(record.date_resumed),
        Date(Some(record.date_last_updated)),
        Text(Some(&record.customer_identifier)),
        Text(Some(&record.merchant_account_key)),
        Text(Some(&record.product_key)),
        Text(record.offer_key.as_deref()),
        Text(record.activation_code.as_deref()),
        Text(record.entitlement_display_name.as_deref()),
        Date(record.date_expiry),
        Object(&record.extension_data),
        Url(record.notification_url.as_deref()),
        Text(record.external_entitlement_id.as_deref()),
        Text(Some(&record.shared_customer_id)),
        Text(Some(&record.bango_user_id)),
        Text(Some(&record.merchant_entitlement_id)),
        Object(&record.finance_data),
    ]
}

impl Member<'_> {
    pub(super) fn push(self, out: &mut String) {
        match self {
            Self::Status(status) => push_string(out, status.as_str()),
            Self::Date(at) => push_date_or_null(out, at),
            Self::Text(text) => push_optional(out, text),
            Self::Url(url) => push_optional(out, url.map(mask_url).as_deref()),
            Self::Object(object) if object.is_empty() => out.push_str("null"),
            Self::Object(object) => push_object(out, object),
        }
    }

    pub(super) fn is_null(self) -> bool {
        match self {
            Self::Status(_) => false,
            Self::Date(at) => at.is_none(),
            Self::Text(text) | Self::Url(text) => text.is_none(),
            Self::Object(object) => object.is_empty(),
        }
    }
}

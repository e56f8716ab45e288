//! Bodies of the floors as types, as any axum handler has them: a create, and the answer to it with
//! the envelope and the 22 fields of the record.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What the floor answers with; the prototype has real ones.
pub(super) const ID: &str = "019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b";
pub(super) const DATE: &str = "2026-11-22T03:04:05Z";
pub(super) const NAME: &str = "Music (active at once)";
pub(super) const SHARED: &str = "0123456789abcdef0123456789abcdef";
pub(super) const BANGO: &str = "123456789012345";

/// A create's body.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Create {
    pub(super) customer_identifier: String,
    pub(super) merchant_account_key: String,
    pub(super) product_key: String,
    pub(super) notification_url: Option<String>,
}

/// The answer to it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    response_code: &'static str,
    response_message: &'static str,
    parameters: Empty,
    entitlement_id: String,
    status: Cow<'static, str>,
    date_created: String,
    date_activated: Option<String>,
    date_ended: Option<String>,
    date_suspended: Option<String>,
    date_resumed: Option<String>,
    date_last_updated: String,
    customer_identifier: String,
    merchant_account_key: String,
    product_key: String,
    offer_key: Option<String>,
    activation_code: Option<String>,
    entitlement_display_name: Cow<'static, str>,
    date_expiry: Option<String>,
    extension_data: Option<Empty>,
    notification_url: Option<String>,
    external_entitlement_id: Option<String>,
    shared_customer_id: Cow<'static, str>,
    bango_user_id: Cow<'static, str>,
    merchant_entitlement_id: String,
    finance_data: Option<Empty>,
}

#[derive(Serialize)]
struct Empty {}

impl Answer {
    /// The answer to a create that is active at once.
    pub(super) fn active(create: Create, id: String, date: &str) -> Self {
        Self {
            response_code: "OK",
            response_message: "Success",
            parameters: Empty {},
            merchant_entitlement_id: id.clone(),
            entitlement_id: id,
            status: Cow::Borrowed("ACTIVE"),
            date_created: date.to_owned(),
            date_activated: Some(date.to_owned()),
            date_ended: None,
            date_suspended: None,
            date_resumed: None,
            date_last_updated: date.to_owned(),
            customer_identifier: create.customer_identifier,
            merchant_account_key: create.merchant_account_key,
            product_key: create.product_key,
            offer_key: None,
            activation_code: None,
            entitlement_display_name: Cow::Borrowed(NAME),
            date_expiry: None,
            extension_data: None,
            notification_url: create.notification_url,
            external_entitlement_id: None,
            shared_customer_id: Cow::Borrowed(SHARED),
            bango_user_id: Cow::Borrowed(BANGO),
            finance_data: None,
        }
    }

    /// What has been read of a row. Dates are not printed anew: the floor may be a little too low.
    pub(super) fn read(id: &str, status: String, create: Create, rest: Rest) -> Self {
        Self {
            status: Cow::Owned(status),
            date_activated: rest.activated.map(|_| DATE.to_owned()),
            entitlement_display_name: Cow::Owned(rest.name),
            notification_url: rest.url,
            shared_customer_id: Cow::Owned(rest.shared),
            bango_user_id: Cow::Owned(rest.bango),
            ..Self::active(create, id.to_owned(), DATE)
        }
    }
}

/// What of a row has no column.
#[derive(Deserialize)]
pub(super) struct Rest {
    activated: Option<i64>,
    name: String,
    url: Option<String>,
    shared: String,
    bango: String,
}

//! The public record: what the reseller reads and is told (docs/API.md section 3).

use crate::{JsonObject, Moment, Status};
use alloc::string::String;

/// The fields of the public record, in its order. Dates are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Public id: the reseller's own, or the key in UUID form.
    pub entitlement_id: String,
    /// Where it stands.
    pub status: Status,
    /// When the reseller created it.
    pub date_created: Moment,
    /// When it first became ACTIVE.
    pub date_activated: Option<Moment>,
    /// When it ended, or will end; set if and only if ended or ending.
    pub date_ended: Option<Moment>,
    /// When it last became SUSPENDED.
    pub date_suspended: Option<Moment>,
    /// When it last left SUSPENDED.
    pub date_resumed: Option<Moment>,
    /// When the record last changed.
    pub date_last_updated: Moment,
    /// The reseller's customer, opaque.
    pub customer_identifier: String,
    /// The merchant.
    pub merchant_account_key: String,
    /// The merchant's product.
    pub product_key: String,
    /// The offer, where there is one.
    pub offer_key: Option<String>,
    /// A code the user redeems at the merchant.
    pub activation_code: Option<String>,
    /// The name shown to the user.
    pub entitlement_display_name: Option<String>,
    /// When the hub ends it by itself.
    pub date_expiry: Option<Moment>,
    /// The reseller's own data; printed as null without members.
    pub extension_data: JsonObject,
    /// Where its notifications go, as given.
    pub notification_url: Option<String>,
    /// The reseller's other id for it.
    pub external_entitlement_id: Option<String>,
    /// The customer's pseudonym on this route.
    pub shared_customer_id: String,
    /// The customer's pseudonym at this reseller: a string of digits.
    pub bango_user_id: String,
    /// The merchant's id; the entitlementId until the merchant gives one.
    pub merchant_entitlement_id: String,
    /// What the merchant says about money; printed as null without members.
    pub finance_data: JsonObject,
}

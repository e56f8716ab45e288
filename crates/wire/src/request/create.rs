//! Create: `POST /v1/entitlement`.

use super::extension::{check_merged, nul_faults, read_patch};
use super::fields::{Fields, check_expiry, read_date, read_url, unknown_hint};
use super::text::{Text, type_fault};
use super::{Parsed, Switches, is_valid_own_id};
use crate::json::without_nulls;
use crate::web_url::is_masked;
use crate::{Fault, Field, Shape, rule};
use entitlement::{Json, JsonObject, Moment};

/// The fields of a create, in the contract's order. `""` in one that is not required means not sent.
pub const CREATE_FIELDS: [Field; 11] = [
    Text::CUSTOMER_IDENTIFIER.field("your name for the customer").required(),
    Text::MERCHANT_ACCOUNT_KEY.field("the merchant").required(),
    Text::PRODUCT_KEY.field("the merchant's product").required(),
    Text::OFFER_KEY.field("one of the product's offers, where it demands one"),
    Field::new("entitlementId", Shape::OwnId, "an id of your own, used once and never again; else the hub makes one"),
    Field::new("notificationUrl", URL, "where its notifications go; https in live mode"),
    Field::new("dateExpiry", Shape::DateTime, "when the hub ends it: later than now and before the year 2200"),
    Field::new("extensionData", Shape::ObjectOrText, "your own data, at most 32 KiB"),
    Text::ENTITLEMENT_DISPLAY_NAME.field("the name shown to the customer; the product's unless set"),
    Text::EXTERNAL_ENTITLEMENT_ID.field("your own reference"),
    Field::new("extraInformation", Shape::Object, "handed to the merchant and kept nowhere"),
];

const URL: Shape = Shape::Url(crate::NOTIFICATION_URL_CHARS_MAX);

/// Members of the record that no create sets.
const SET_BY_THE_HUB: [&str; 12] = [
    "status",
    "dateCreated",
    "dateActivated",
    "dateEnded",
    "dateSuspended",
    "dateResumed",
    "dateLastUpdated",
    "activationCode",
    "sharedCustomerId",
    "bangoUserId",
    "merchantEntitlementId",
    "financeData",
];

/// A create. Fields that are `None` were not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRequest {
    /// The reseller's customer.
    pub customer_identifier: String,
    /// The merchant.
    pub merchant_account_key: String,
    /// The merchant's product.
    pub product_key: String,
    /// The offer.
    pub offer_key: Option<String>,
    /// An id of the reseller's own.
    pub entitlement_id: Option<String>,
    /// Where notifications go.
    pub notification_url: Option<String>,
    /// When the hub ends it by itself.
    pub date_expiry: Option<Moment>,
    /// The reseller's data as it will be stored: merged into nothing, so without nulls.
    pub extension_data: Option<JsonObject>,
    /// The name shown to the user.
    pub entitlement_display_name: Option<String>,
    /// The reseller's other id.
    pub external_entitlement_id: Option<String>,
    /// Handed to the merchant.
    pub extra_information: JsonObject,
}

impl CreateRequest {
    /// Reads the body of a create.
    ///
    /// # Errors
    /// Every faulty field, in the contract's order.
    pub fn parse(body: JsonObject, now: Moment, live: bool, switches: &Switches) -> Result<Parsed<Self>, Vec<Fault>> {
        let mut fields = Fields::new(body);
        let customer_identifier = fields.required(Text::CUSTOMER_IDENTIFIER);
        let merchant_account_key = fields.required(Text::MERCHANT_ACCOUNT_KEY);
        let product_key = fields.required(Text::PRODUCT_KEY);
        let request = Self {
            customer_identifier: customer_identifier.unwrap_or_default(),
            merchant_account_key: merchant_account_key.unwrap_or_default(),
            product_key: product_key.unwrap_or_default(),
            offer_key: fields.filled(Text::OFFER_KEY),
            entitlement_id: take_own_id(&mut fields),
            notification_url: take_url(&mut fields, live),
            date_expiry: take_expiry(&mut fields, now),
            extension_data: take_extension(&mut fields),
            entitlement_display_name: fields.filled(Text::ENTITLEMENT_DISPLAY_NAME),
            external_entitlement_id: fields.filled(Text::EXTERNAL_ENTITLEMENT_ID),
            extra_information: take_extra(&mut fields),
        };
        for name in SET_BY_THE_HUB {
            fields.drop_null(name);
        }
        let ignored_fields = fields.finish(switches.unknown_fields, hint)?;
        Ok(Parsed { request, ignored_fields })
    }
}

fn hint(name: &str) -> String {
    if SET_BY_THE_HUB.contains(&name) {
        return format!("{name} is set by the hub. Leave it out of a create.");
    }
    unknown_hint(name, &CREATE_FIELDS)
}

fn take_own_id(fields: &mut Fields) -> Option<String> {
    const HINT: &str = "An entitlementId has 1-64 of A-Z a-z 0-9 . _ - and is not a word of the paths \
                        (report, cancel, …). Leave it out, and the hub makes one.";
    let id = fields.filled(Text::OWN_ID)?;
    if !is_valid_own_id(&id) {
        fields.fault(Fault::invalid("entitlementId", rule::ENTITLEMENT_ID_INVALID).with_hint(HINT));
    }
    Some(id)
}

fn take_url(fields: &mut Fields, live: bool) -> Option<String> {
    const HINT: &str = "*** is how the hub shows a URL with a password. Send the URL with the real user and password.";
    let value = fields.take_filled("notificationUrl")?;
    let url = fields.keep(read_url(value, live))?;
    if is_masked(&url) {
        fields.fault(Fault::invalid("notificationUrl", rule::URL_MASKED).with_hint(HINT));
    }
    Some(url)
}

fn take_expiry(fields: &mut Fields, now: Moment) -> Option<Moment> {
    let value = fields.take_filled("dateExpiry")?;
    let read = read_date("dateExpiry", value).and_then(|at| check_expiry(at, now));
    fields.keep(read)
}

fn take_extension(fields: &mut Fields) -> Option<JsonObject> {
    const FIELD: &str = "extensionData";
    let value = fields.take_filled(FIELD)?;
    let patch = fields.keep_all(read_patch(FIELD, value))?;
    let merged = without_nulls(&patch);
    fields.keep(check_merged(FIELD, &merged))?;
    Some(merged)
}

fn take_extra(fields: &mut Fields) -> JsonObject {
    const FIELD: &str = "extraInformation";
    match fields.take_filled(FIELD) {
        None => {}
        Some(Json::Object(object)) => {
            fields.fault_all(nul_faults(FIELD, &object));
            return object;
        }
        Some(_) => fields.fault(type_fault(FIELD, "an object")),
    }
    JsonObject::new()
}

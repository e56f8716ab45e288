//! Update: `PATCH /v1/entitlement`, in two stages. Here is the first, without the row: shape and
//! format of every field. What depends on the current values is in `update/against.rs`.

mod against;

use super::extension::read_patch;
use super::fields::{Fields, read_date, read_url, unknown_hint};
use super::reasons::{ReasonNames, take_reason};
use super::text::{Text, type_fault};
use super::{NullInUpdate, Parsed, Switches};
use crate::web_url::is_masked;
use crate::{Fault, nearest, rule};
pub use against::UpdateWanted;
use entitlement::{Json, JsonObject, Moment, Reason, Status};

/// The fields of an update, in the contract's order.
const FIELDS: [&str; 14] = [
    "entitlementId",
    "productKey",
    "offerKey",
    "notificationUrl",
    "dateExpiry",
    "extensionData",
    "customerIdentifier",
    "entitlementDisplayName",
    "externalEntitlementId",
    "entitlementBenefits",
    "status",
    "suspendReasonCategory",
    "suspendReasonCode",
    "suspendReasonDescription",
];

/// Members of the record that only hub and merchant set.
const READ_ONLY: [&str; 12] = [
    "dateCreated",
    "dateActivated",
    "dateEnded",
    "dateSuspended",
    "dateResumed",
    "dateLastUpdated",
    "merchantAccountKey",
    "activationCode",
    "sharedCustomerId",
    "bangoUserId",
    "merchantEntitlementId",
    "financeData",
];

/// Members of an answer around the record; they come along where an answer is written back.
const ENVELOPE: [&str; 4] = ["responseCode", "responseMessage", "parameters", "error"];

/// An update whose fields are well formed. `None`: not sent; `Some(None)`: to be cleared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateRequest {
    entitlement_id: String,
    product_key: Option<String>,
    offer_key: Option<Option<String>>,
    notification_url: Option<Option<String>>,
    date_expiry: Option<Option<Moment>>,
    extension_data: Option<Option<JsonObject>>,
    customer_identifier: Option<String>,
    entitlement_display_name: Option<Option<String>>,
    external_entitlement_id: Option<Option<String>>,
    benefits: Option<Benefits>,
    status: Option<Status>,
    reason: Option<Reason>,
    /// Sent and not null, in the contract's order.
    read_only: Vec<(&'static str, Json)>,
}

/// entitlementBenefits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Benefits {
    Suspended,
    Normal,
}

impl UpdateRequest {
    /// Reads the body of an update.
    ///
    /// # Errors
    /// Every faulty field that is known without the row, in the contract's order.
    pub fn parse(body: JsonObject, live: bool, switches: &Switches) -> Result<Parsed<Self>, Vec<Fault>> {
        let mut reader = Reader { fields: Fields::new(body), nulls: switches.null_in_update };
        let request = Self {
            entitlement_id: reader.fields.required(Text::ENTITLEMENT_ID).unwrap_or_default(),
            product_key: reader.kept(Text::PRODUCT_KEY),
            offer_key: reader.cleared(Text::OFFER_KEY),
            notification_url: reader.url(live),
            date_expiry: reader.expiry(),
            extension_data: reader.extension(),
            customer_identifier: reader.kept(Text::CUSTOMER_IDENTIFIER),
            entitlement_display_name: reader.cleared(Text::ENTITLEMENT_DISPLAY_NAME),
            external_entitlement_id: reader.cleared(Text::EXTERNAL_ENTITLEMENT_ID),
            benefits: reader.benefits(),
            status: read_status(&mut reader.fields),
            reason: take_reason(&mut reader.fields, ReasonNames::SUSPEND, switches.unknown_reasons),
            read_only: reader.read_only(),
        };
        let mut fields = reader.fields;
        for name in ENVELOPE {
            fields.take(name);
        }
        let hint = |name: &str| unknown_hint(name, &FIELDS);
        let ignored_fields = fields.finish(switches.unknown_fields, hint)?;
        Ok(Parsed { request, ignored_fields })
    }

    /// Which entitlement.
    #[must_use]
    pub fn entitlement_id(&self) -> &str {
        &self.entitlement_id
    }
}

/// The fields, and what null means.
struct Reader {
    fields: Fields,
    nulls: NullInUpdate,
}

impl Reader {
    /// `Some(None)`: null, to be cleared.
    fn value(&mut self, name: &str) -> Option<Option<Json>> {
        match self.fields.take(name)? {
            Json::Null if self.nulls == NullInUpdate::Skip => None,
            Json::Null => Some(None),
            value => Some(Some(value)),
        }
    }

    /// A string that cannot be cleared.
    fn kept(&mut self, text: Text) -> Option<String> {
        let Some(value) = self.value(text.name)? else {
            let fault = Fault::invalid(text.name, rule::NOT_NULLABLE);
            self.fields
                .fault(fault.with_hint(format!("{} cannot be cleared. Send a value, or leave it out.", text.name)));
            return None;
        };
        self.fields.keep(text.read(value))
    }

    /// A string that can be cleared.
    fn cleared(&mut self, text: Text) -> Option<Option<String>> {
        self.read(text.name, |value| text.read(value))
    }

    fn read<T>(&mut self, name: &str, read: impl FnOnce(Json) -> Result<T, Fault>) -> Option<Option<T>> {
        match self.value(name)? {
            None => Some(None),
            Some(value) => self.fields.keep(read(value)).map(Some),
        }
    }

    /// A masked URL is the stored one as it was shown: it is not sent.
    fn url(&mut self, live: bool) -> Option<Option<String>> {
        self.read("notificationUrl", |value| read_url(value, live)).filter(|url| !url.as_deref().is_some_and(is_masked))
    }

    fn expiry(&mut self) -> Option<Option<Moment>> {
        self.read("dateExpiry", |value| read_date("dateExpiry", value))
    }

    fn extension(&mut self) -> Option<Option<JsonObject>> {
        const FIELD: &str = "extensionData";
        let Some(value) = self.value(FIELD)? else {
            return Some(None);
        };
        self.fields.keep_all(read_patch(FIELD, value)).map(Some)
    }

    fn benefits(&mut self) -> Option<Benefits> {
        const FIELD: &str = "entitlementBenefits";
        const HINT: &str = "Send SUSPENDED to suspend, or NORMAL to resume or to undo an ending.";
        let word = self.fields.sent(Text::word(FIELD))?;
        match word.as_str() {
            "SUSPENDED" | "SUSPEND" | "NONE" => return Some(Benefits::Suspended),
            "NORMAL" => return Some(Benefits::Normal),
            _ => {}
        }
        self.fields.fault(Fault::invalid(FIELD, rule::BENEFITS_UNKNOWN).with_hint(HINT));
        None
    }

    fn read_only(&mut self) -> Vec<(&'static str, Json)> {
        let names = READ_ONLY.into_iter();
        names.filter_map(|name| Some((name, self.fields.take_sent(name)?))).collect()
    }
}

fn read_status(fields: &mut Fields) -> Option<Status> {
    let value = fields.take_sent("status")?;
    fields.keep(status_of("status", value))
}

/// Reads the word of a status.
pub(super) fn status_of(field: &'static str, value: Json) -> Result<Status, Fault> {
    let Json::String(word) = &value else {
        return Err(type_fault(field, "a string in double quotes"));
    };
    let Some(status) = Status::parse(word) else {
        let word = Text::word(field).read(value)?;
        let words = Status::ALL.map(Status::as_str);
        let hint = match nearest(&word, words.into_iter()) {
            Some(meant) => format!("Is it {meant}? Letter case counts."),
            None => format!("The statuses are {}.", words.join(", ")),
        };
        return Err(Fault::invalid(field, rule::STATUS_UNKNOWN).with_hint(hint));
    };
    Ok(status)
}

//! Update: `PATCH /v1/entitlement`, in two stages. Here is the first, without the row: shape and
//! format of every field. What depends on the current values is in `update/against.rs`.

mod against;

use super::extension::read_patch;
use super::fields::{Fields, read_date, read_url, unknown_hint};
use super::reasons::{ReasonNames, take_reason};
use super::text::{Text, type_fault};
use super::{NullInUpdate, Parsed, Switches};
use crate::web_url::is_masked;
use crate::{Fault, Field, Shape, nearest, rule};
pub use against::UpdateWanted;
use entitlement::{Json, JsonObject, Moment, Reason, Status};

/// The fields of an update, in the contract's order.
pub const UPDATE_FIELDS: [Field; 14] = [
    Text::ENTITLEMENT_ID.field("which entitlement").required(),
    Text::PRODUCT_KEY.field("another product of the same merchant").filled(),
    Text::OFFER_KEY.field("another offer; null drops it"),
    Field::new("notificationUrl", URL, "where its notifications go; null takes your default"),
    Field::new("dateExpiry", Shape::DateTime, "when the hub ends it; null means never"),
    Field::new("extensionData", Shape::ObjectOrText, "merged into yours by RFC 7396; null empties it"),
    Text::CUSTOMER_IDENTIFIER.field("your name for the customer").filled(),
    Text::ENTITLEMENT_DISPLAY_NAME.field("the name shown to the customer; null takes the product's"),
    Text::EXTERNAL_ENTITLEMENT_ID.field("your own reference"),
    Field::new(BENEFITS, Shape::Words(&BENEFITS_WORDS), "suspends, or resumes and undoes an ending"),
    Field::new("status", Shape::Status, "SUSPENDED or ACTIVE; every other one only if it is so already"),
    SUSPEND[0].field("why it is suspended: a category of the table of reasons"),
    SUSPEND[1].field("why it is suspended: a code of that category"),
    SUSPEND[2].field("why it is suspended, in your words"),
];

const URL: Shape = Shape::Url(crate::NOTIFICATION_URL_CHARS_MAX);
const SUSPEND: [Text; 3] = ReasonNames::SUSPEND.texts();
const BENEFITS: &str = "entitlementBenefits";
const BENEFITS_WORDS: [&str; 4] = ["SUSPENDED", "SUSPEND", "NONE", "NORMAL"];

/// Members of the record that only hub and merchant set: null or as they are, where a record is sent back.
pub const READ_ONLY_FIELDS: [&str; 12] = [
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
pub const ENVELOPE_FIELDS: [&str; 4] = ["responseCode", "responseMessage", "parameters", "error"];

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
        for name in ENVELOPE_FIELDS {
            fields.take(name);
        }
        let hint = |name: &str| unknown_hint(name, &UPDATE_FIELDS);
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
        const HINT: &str = "Send SUSPENDED to suspend, or NORMAL to resume or to undo an ending.";
        let word = self.fields.sent(Text::word(BENEFITS))?;
        match word.as_str() {
            "SUSPENDED" | "SUSPEND" | "NONE" => return Some(Benefits::Suspended),
            "NORMAL" => return Some(Benefits::Normal),
            _ => {}
        }
        self.fields.fault(Fault::invalid(BENEFITS, rule::BENEFITS_UNKNOWN).with_hint(HINT));
        None
    }

    fn read_only(&mut self) -> Vec<(&'static str, Json)> {
        let names = READ_ONLY_FIELDS.into_iter();
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

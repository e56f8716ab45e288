//! Report: `POST /v1/entitlement/report`, filters and paging.

use super::fields::{Fields, read_date, unknown_hint};
use super::switches::Unknown;
use super::text::{Text, type_fault};
use super::update::status_of;
use crate::{Fault, Field, Shape, rule};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entitlement::{Json, JsonObject, Moment, Status};

/// Most entitlements on a page, and how many there are unless asked otherwise.
pub const REPORT_LIMIT_MAX: usize = 1000;

/// The fields of a report, in the contract's order.
pub const REPORT_FIELDS: [Field; 12] = [
    Text::CUSTOMER_IDENTIFIER.field("of this customer"),
    Text::ENTITLEMENT_ID.field("with this id"),
    Text::EXTERNAL_ENTITLEMENT_ID.field("with this reference of yours"),
    Text::MERCHANT_ACCOUNT_KEY.field("of this merchant"),
    Text::PRODUCT_KEY.field("with this product"),
    Text::OFFER_KEY.field("with this offer"),
    Field::new("status", Shape::Statuses, "in this status, or in one of these"),
    Field::new("updatedSince", Shape::DateTime, "changed then or later"),
    Field::new("createdFrom", Shape::DateTime, "created then or later"),
    Field::new("createdTo", Shape::DateTime, "created before then; later than createdFrom"),
    Field::new("limit", Shape::Count(REPORT_LIMIT_MAX), "at most so many; 1000 unless set"),
    Text::word("cursor").field("parameters.nextCursor of the page before"),
];

/// What a report asks for. `None` and an empty `status` mean any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportRequest {
    /// Of this customer.
    pub customer_identifier: Option<String>,
    /// With this id.
    pub entitlement_id: Option<String>,
    /// With this other id of the reseller.
    pub external_entitlement_id: Option<String>,
    /// Of this merchant.
    pub merchant_account_key: Option<String>,
    /// With this product.
    pub product_key: Option<String>,
    /// With this offer.
    pub offer_key: Option<String>,
    /// With one of these statuses; no status twice.
    pub status: Vec<Status>,
    /// dateLastUpdated at or after.
    pub updated_since: Option<Moment>,
    /// dateCreated at or after.
    pub created_from: Option<Moment>,
    /// dateCreated before.
    pub created_to: Option<Moment>,
    /// Page size, 1 to [`REPORT_LIMIT_MAX`].
    pub limit: usize,
    /// After this dateCreated and entitlementId.
    pub cursor: Option<(Moment, String)>,
}

impl ReportRequest {
    /// Reads the body of a report.
    ///
    /// # Errors
    /// Every faulty field, in the contract's order.
    pub fn parse(body: JsonObject) -> Result<Self, Vec<Fault>> {
        let mut fields = Fields::new(body);
        let mut request = Self {
            customer_identifier: fields.sent(Text::CUSTOMER_IDENTIFIER),
            entitlement_id: fields.sent(Text::ENTITLEMENT_ID),
            external_entitlement_id: fields.sent(Text::EXTERNAL_ENTITLEMENT_ID),
            merchant_account_key: fields.sent(Text::MERCHANT_ACCOUNT_KEY),
            product_key: fields.sent(Text::PRODUCT_KEY),
            offer_key: fields.sent(Text::OFFER_KEY),
            status: take_statuses(&mut fields),
            updated_since: take_date(&mut fields, "updatedSince"),
            created_from: take_date(&mut fields, "createdFrom"),
            ..Self::default()
        };
        request.created_to = take_created_to(&mut fields, request.created_from);
        request.limit = take_limit(&mut fields);
        request.cursor = take_cursor(&mut fields);
        // A filter that is not understood must never widen the result, whatever a switch says.
        fields.finish(Unknown::Refuse, |name| unknown_hint(name, &REPORT_FIELDS))?;
        Ok(request)
    }
}

/// The cursor of what follows this entitlement in the order (dateCreated, entitlementId).
#[must_use]
pub fn print_cursor(at: Moment, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{id}", at.0))
}

fn parse_cursor(cursor: &str) -> Option<(Moment, String)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (at, id) = text.split_once('.')?;
    let read = (Moment(at.parse().ok()?), id.to_owned());
    // Only what was printed is taken: one place, one cursor.
    (!id.is_empty() && print_cursor(read.0, id) == cursor).then_some(read)
}

fn take_cursor(fields: &mut Fields) -> Option<(Moment, String)> {
    let cursor = fields.sent(Text::word("cursor"))?;
    let read = parse_cursor(&cursor).ok_or_else(|| {
        Fault::invalid("cursor", rule::CURSOR_INVALID)
            .with_hint("Send parameters.nextCursor of the page before as it is, or no cursor for the first page.")
    });
    fields.keep(read)
}

fn take_date(fields: &mut Fields, name: &'static str) -> Option<Moment> {
    let value = fields.take_sent(name)?;
    fields.keep(read_date(name, value))
}

fn take_created_to(fields: &mut Fields, from: Option<Moment>) -> Option<Moment> {
    const HINT: &str =
        "createdTo has to be later than createdFrom: the span begins with createdFrom and ends before createdTo.";
    let to = take_date(fields, "createdTo")?;
    if from.is_some_and(|from| to <= from) {
        fields.fault(Fault::invalid("createdTo", rule::DATE_ORDER).with_hint(HINT));
    }
    Some(to)
}

fn take_limit(fields: &mut Fields) -> usize {
    let limit = match fields.take_sent("limit") {
        None => return REPORT_LIMIT_MAX,
        Some(Json::Number(text)) => {
            text.parse().ok().filter(|limit| (1..=REPORT_LIMIT_MAX).contains(limit)).ok_or_else(|| {
                Fault::invalid("limit", rule::LIMIT_RANGE)
                    .with_hint(format!("limit is a whole number from 1 to {REPORT_LIMIT_MAX}."))
            })
        }
        Some(_) => Err(type_fault("limit", "a number without quotes")),
    };
    fields.keep(limit).unwrap_or(REPORT_LIMIT_MAX)
}

fn take_statuses(fields: &mut Fields) -> Vec<Status> {
    let items = match fields.take_sent("status") {
        None => return Vec::new(),
        Some(Json::Array(items)) => items,
        Some(one) => vec![one],
    };
    if items.is_empty() {
        fields.fault(
            Fault::invalid("status", rule::EMPTY)
                .with_hint("An empty list asks for nothing. Leave status out for any."),
        );
    }
    let mut statuses = Vec::new();
    for item in items {
        match status_of("status", item) {
            Ok(status) if statuses.contains(&status) => {}
            Ok(status) => statuses.push(status),
            Err(fault) => {
                fields.fault(fault);
                break;
            }
        }
    }
    statuses
}

//! `X-CustomerIdentifier`: the customer that products are asked for.

use super::text::Text;
use crate::{Fault, rule};
use entitlement::Json;

/// The header's customer; valid where a `customerIdentifier` of these bytes would be.
///
/// # Errors
/// The fault of the header.
pub fn parse_customer_header(bytes: &[u8]) -> Result<String, Fault> {
    let text = Text::CUSTOMER_HEADER;
    match std::str::from_utf8(bytes) {
        Ok(customer) => text.read(Json::String(customer.to_owned())),
        Err(_) => Err(Fault::invalid(text.name, rule::UTF8_INVALID).with_hint("Send the header as UTF-8.")),
    }
}

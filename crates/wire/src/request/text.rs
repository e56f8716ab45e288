//! What strings a request may hold.

use crate::{Fault, Field, Shape, rule};
use entitlement::{EXTENSION_BYTES_MAX, Json};

/// Longest customerIdentifier (docs/API.md section 3).
pub const CUSTOMER_IDENTIFIER_CHARS_MAX: usize = 256;

/// Longest merchantAccountKey, productKey, offerKey and reason word: four times the longest one
/// in use, and short enough for an index.
pub const KEY_CHARS_MAX: usize = 128;

/// Longest externalEntitlementId: as long as the reseller's other identifier.
pub const EXTERNAL_ID_CHARS_MAX: usize = 256;

/// Longest entitlementDisplayName: a line that a user reads.
pub const DISPLAY_NAME_CHARS_MAX: usize = 256;

/// Longest string where none of the others fits: beyond it an id cannot exist.
const LOOKED_UP_CHARS_MAX: usize = 256;

/// Longest date, cursor or word out of a list: no valid one is near it.
const WORD_CHARS_MAX: usize = 1024;

/// What a field of text takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) name: &'static str,
    chars_max: usize,
    /// Free text is kept as sent; identifiers and keys hold no control characters.
    free: bool,
    empty_ok: bool,
}

impl Text {
    const fn key(name: &'static str) -> Self {
        Self::identifier(name, KEY_CHARS_MAX)
    }

    const fn identifier(name: &'static str, chars_max: usize) -> Self {
        Self { name, chars_max, free: false, empty_ok: false }
    }

    const fn free(name: &'static str, chars_max: usize, empty_ok: bool) -> Self {
        Self { name, chars_max, free: true, empty_ok }
    }

    pub(super) const CUSTOMER_IDENTIFIER: Self = Self::identifier("customerIdentifier", CUSTOMER_IDENTIFIER_CHARS_MAX);
    pub(super) const CUSTOMER_HEADER: Self = Self::identifier("X-CustomerIdentifier", CUSTOMER_IDENTIFIER_CHARS_MAX);
    pub(super) const MERCHANT_ACCOUNT_KEY: Self = Self::key("merchantAccountKey");
    pub(super) const PRODUCT_KEY: Self = Self::key("productKey");
    pub(super) const OFFER_KEY: Self = Self::key("offerKey");
    pub(super) const ENTITLEMENT_ID: Self = Self::identifier("entitlementId", LOOKED_UP_CHARS_MAX);
    pub(super) const OWN_ID: Self = Self::identifier("entitlementId", super::own_id::OWN_ID_CHARS_MAX);
    pub(super) const EXTERNAL_ENTITLEMENT_ID: Self = Self::identifier("externalEntitlementId", EXTERNAL_ID_CHARS_MAX);
    pub(super) const ENTITLEMENT_DISPLAY_NAME: Self =
        Self::free("entitlementDisplayName", DISPLAY_NAME_CHARS_MAX, false);
    pub(super) const NOTIFICATION_URL: Self = Self::identifier("notificationUrl", crate::NOTIFICATION_URL_CHARS_MAX);

    /// A reason's category or code.
    pub(super) const fn reason_word(name: &'static str) -> Self {
        Self::key(name)
    }

    /// A reason's description: as long as extensionData allows.
    pub(super) const fn description(name: &'static str) -> Self {
        Self::free(name, EXTENSION_BYTES_MAX, true)
    }

    /// A date, cursor or word out of a list, judged by what it says.
    pub(super) const fn word(name: &'static str) -> Self {
        Self::free(name, WORD_CHARS_MAX, false)
    }

    /// The same as a line of a table of fields.
    pub(super) const fn field(self, meaning: &'static str) -> Field {
        let shape = match (self.free, self.empty_ok) {
            (true, true) => Shape::Text(self.chars_max),
            (true, false) => Shape::Filled(self.chars_max),
            (false, _) => Shape::Identifier(self.chars_max),
        };
        Field::new(self.name, shape, meaning)
    }

    /// The string, if the field takes it.
    pub(super) fn read(self, value: Json) -> Result<String, Fault> {
        let Json::String(text) = value else {
            return Err(type_fault(self.name, "a string in double quotes"));
        };
        self.check(&text).map(|()| text)
    }

    fn check(self, text: &str) -> Result<(), Fault> {
        if text.is_empty() && !self.empty_ok {
            let hint = "An empty string says nothing. Send a value, or leave the field out.";
            return Err(self.fault(rule::EMPTY, hint.to_owned()));
        }
        self.check_chars(text)?;
        self.check_length(text)
    }

    fn check_chars(self, text: &str) -> Result<(), Fault> {
        let first = |wanted: fn(char) -> bool| text.chars().position(wanted).map(|at| at + 1);
        if let Some(place) = first(|char| char == '\0') {
            let hint = format!("Character {place} is U+0000, which no field takes. Remove it.");
            return Err(self.fault(rule::NUL_CHARACTER, hint));
        }
        match first(char::is_control) {
            Some(place) if !self.free => {
                let hint = format!(
                    "Character {place} is a control character. Remove it; a line end or tab may have slipped in."
                );
                Err(self.fault(rule::CONTROL_CHARACTER, hint))
            }
            _ => Ok(()),
        }
    }

    fn check_length(self, text: &str) -> Result<(), Fault> {
        // Bytes first: they are known without counting.
        if text.len() <= self.chars_max {
            return Ok(());
        }
        match text.chars().count() {
            chars if chars > self.chars_max => {
                let hint = format!("{} takes at most {} characters; these are {chars}.", self.name, self.chars_max);
                Err(self.fault(rule::TOO_LONG, hint))
            }
            _ => Ok(()),
        }
    }

    fn fault(self, rule: &'static str, hint: String) -> Fault {
        Fault::invalid(self.name, rule).with_hint(hint)
    }
}

/// A value of the wrong type; `wanted` completes "has to be".
pub(super) fn type_fault(field: &str, wanted: &str) -> Fault {
    Fault::invalid(field, rule::TYPE).with_hint(format!("{field} has to be {wanted}."))
}

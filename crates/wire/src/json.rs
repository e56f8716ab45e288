//! JSON as the contract wants it: UTF-8, at most 32 deep, no name twice, numbers as written.
//! Reading is in `json/parse.rs`, printing in `json/print.rs`, comparing and measuring in
//! `json/compare.rs`.

mod compare;
mod parse;
mod print;

use crate::{Fault, rule};
pub(crate) use compare::{depth, is_same, is_same_loosely, nul_fields, without_nulls};
pub use parse::{parse_body, parse_object};
pub use print::{canonical, push_json, push_object, push_string};

/// Deepest nesting read, the body itself counted: far beyond any real body, far below what could
/// exhaust a stack.
pub const JSON_DEPTH_MAX: usize = 32;

/// Why bytes are no body. Places are byte offsets from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonFault {
    /// Not UTF-8 from this byte on.
    NotUtf8 {
        /// The first byte that does not fit.
        at: usize,
    },
    /// Not JSON.
    NotJson {
        /// Where reading stopped.
        at: usize,
        /// What was missing or wrong there.
        problem: &'static str,
    },
    /// JSON, but not an object.
    NotAnObject,
    /// Nested deeper than [`JSON_DEPTH_MAX`].
    TooDeep {
        /// Where the first level too deep opens.
        at: usize,
    },
    /// One object has this name twice; outer names by dots before it.
    DuplicateKey(String),
}

impl JsonFault {
    /// The fault of the answer; `field` is what was read: `body`, or a field holding JSON.
    #[must_use]
    pub fn fault(&self, field: &str) -> Fault {
        match self {
            Self::NotUtf8 { at } => Fault::invalid(field, rule::UTF8_INVALID)
                .with_hint(format!("The bytes are not UTF-8 from byte {at} on. Encode the body as UTF-8.")),
            Self::NotJson { at, problem } => Fault::invalid(field, rule::JSON_INVALID)
                .with_hint(format!("This is not JSON: {problem} at byte {at}.")),
            Self::NotAnObject => {
                Fault::invalid(field, rule::JSON_NOT_OBJECT).with_hint("Send a JSON object: {\"name\": value, …}.")
            }
            Self::TooDeep { at } => Fault::invalid(field, rule::JSON_TOO_DEEP).with_hint(format!(
                "Objects and arrays may be nested {JSON_DEPTH_MAX} deep, \
                 the body itself included; byte {at} opens one more."
            )),
            Self::DuplicateKey(path) => duplicate(field, path),
        }
    }
}

impl From<JsonFault> for Fault {
    fn from(fault: JsonFault) -> Self {
        fault.fault("body")
    }
}

fn duplicate(field: &str, path: &str) -> Fault {
    let field = match field {
        "body" => path.to_owned(),
        outer => format!("{outer}.{path}"),
    };
    Fault::invalid(&field, rule::JSON_DUPLICATE_KEY).with_hint("This name stands twice in one object. Send it once.")
}

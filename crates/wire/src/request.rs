//! Requests, read from JSON: every faulty field of one request is told in one answer, in the
//! contract's order. What needs the stored row is a second stage (`request/update/against.rs`).

mod create;
mod customer_header;
mod end;
mod extension;
mod feed;
mod fields;
mod own_id;
mod reasons;
mod report;
mod switches;
mod text;
mod update;

pub use create::{CREATE_FIELDS, CreateRequest};
pub use customer_header::parse_customer_header;
pub use end::{CANCEL_FIELDS, REVOKE_FIELDS, parse_end};
pub use feed::{FEED_LIMIT_MAX, FEED_PARAMETERS, FEED_WAIT_S_MAX, FeedRequest};
pub use own_id::is_valid_own_id;
pub use report::{REPORT_FIELDS, REPORT_LIMIT_MAX, ReportRequest, print_cursor};
pub use switches::{NullInUpdate, SWITCHES, Switches, Unknown};
pub use text::{CUSTOMER_IDENTIFIER_CHARS_MAX, DISPLAY_NAME_CHARS_MAX, EXTERNAL_ID_CHARS_MAX, KEY_CHARS_MAX};
pub use update::{ENVELOPE_FIELDS, READ_ONLY_FIELDS, UPDATE_FIELDS, UpdateRequest, UpdateWanted};

/// A request that is in order, and the names of the fields that were ignored because the
/// credential's switch says so (header `Ignored-Fields`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<T> {
    /// The request.
    pub request: T,
    /// Names, as sent.
    pub ignored_fields: Vec<String>,
}

//! Answers that are successes, *form 1*. The form is frozen: an answer is not kept but printed
//! again from the record, and a replay years later has to give the same bytes. Another shape is
//! another form beside this one.

mod dry_run;
mod explain;
mod feed;
mod history;
mod products;
mod record;

use crate::error::push_optional;
use crate::{ResponseCode, push_date, push_string};
pub use dry_run::{DryRun, dry_run_body};
use entitlement::{Moment, Record};
pub use explain::{Explanation, LastError, explain_body};
pub use feed::{FeedBody, FeedEvent};
pub use history::{HistoryBody, HistoryEvent};
pub use products::{EligibleProduct, ProductStatus, products_body};
pub use record::{RECORD_MEMBERS, push_record};

/// The form that new answers are printed in.
pub const ANSWER_FORM: u8 = 1;

/// What `responseMessage` says on success.
pub(crate) const SUCCESS: &str = "Success";

/// What it says where the user has to act.
const ACTION_REQUIRED: &str = "An action is required in the client.";

/// An answer with the record flat beside the envelope. `parameters` is printed JSON, `{}` where
/// there is none. `None`: a form this program does not know, or a code that is no success.
#[must_use]
pub fn record_body(form: u8, code: ResponseCode, parameters: Option<&str>, record: &Record) -> Option<String> {
    let message = message_of(code).filter(|_| form == ANSWER_FORM)?;
    let mut out = String::with_capacity(1024);
    push_envelope(&mut out, code, message, parameters.unwrap_or("{}"));
    out.push(',');
    push_record(&mut out, record);
    out.push('}');
    Some(out)
}

/// The message of a success; `None` where the code is none.
fn message_of(code: ResponseCode) -> Option<&'static str> {
    match code {
        ResponseCode::Ok => Some(SUCCESS),
        ResponseCode::ClientActionRequired => Some(ACTION_REQUIRED),
        _ => None,
    }
}

/// `parameters` where the user has to go to a URL.
#[must_use]
pub fn action_parameters(url: &str, expires_at: Option<Moment>) -> String {
    let mut out = String::with_capacity(url.len() + 80);
    out.push_str("{\"action\":\"NAVIGATE_TO_URL\",\"url\":");
    push_string(&mut out, url);
    out.push_str(",\"urlExpiry\":");
    push_date_or_null(&mut out, expires_at);
    out.push('}');
    out
}

/// The answer to an echo.
#[must_use]
pub fn echo_body(id: &str) -> String {
    let mut out = String::with_capacity(id.len() + 80);
    push_envelope(&mut out, ResponseCode::Ok, SUCCESS, "{}");
    out.push_str(",\"echo\":");
    push_string(&mut out, id);
    out.push('}');
    out
}

/// One page of a report. The feed cursor is a string, since it may pass what a JavaScript number
/// can count.
#[must_use]
pub fn report_body<'a>(
    records: impl Iterator<Item = &'a Record>,
    next_cursor: Option<&str>,
    feed_cursor: u64,
) -> String {
    let mut parameters = String::from("{\"nextCursor\":");
    push_optional(&mut parameters, next_cursor);
    parameters.push_str(&format!(",\"feedCursor\":\"{feed_cursor}\"}}"));
    let mut out = String::with_capacity(1024);
    push_envelope(&mut out, ResponseCode::Ok, SUCCESS, &parameters);
    out.push_str(",\"entitlements\":[");
    for (at, record) in records.enumerate() {
        out.push_str(if at == 0 { "{" } else { ",{" });
        push_record(&mut out, record);
        out.push('}');
    }
    out.push_str("]}");
    out
}

/// `{` and the envelope's three members; `parameters` is printed JSON.
pub(crate) fn push_envelope(out: &mut String, code: ResponseCode, message: &str, parameters: &str) {
    out.push_str("{\"responseCode\":\"");
    out.push_str(code.as_str());
    out.push_str("\",\"responseMessage\":");
    push_string(out, message);
    out.push_str(",\"parameters\":");
    out.push_str(parameters);
}

/// A quoted date or `null`.
fn push_date_or_null(out: &mut String, at: Option<Moment>) {
    match at {
        Some(at) => {
            out.push('"');
            push_date(out, at);
            out.push('"');
        }
        None => out.push_str("null"),
    }
}

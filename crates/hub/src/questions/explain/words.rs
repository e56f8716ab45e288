//! Plain words for parties, reasons and operations, as a care agent would say them.

use entitlement::{Ask, Operation, Party, Reason};
use wire::print_date;

/// A description is shown so far: a sentence is read out.
const DESCRIPTION_CHARS_MAX: usize = 200;

/// Who did something.
pub(super) const fn who(party: Party) -> &'static str {
    match party {
        Party::Reseller => "the reseller",
        Party::Merchant => "the merchant",
        Party::Hub => "the hub",
        Party::Operator => "the hub's operator",
    }
}

/// ` (CATEGORY/CODE: description)`, or nothing where nothing was said.
pub(super) fn why(reason: Option<&Reason>) -> String {
    let Some(reason) = reason else { return String::new() };
    let pair = [&reason.category, &reason.code].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/");
    let description = reason.description.as_deref().map(shortened).unwrap_or_default();
    match (pair.is_empty(), description.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(" ({pair})"),
        (true, false) => format!(" ({description})"),
        (false, false) => format!(" ({pair}: {description})"),
    }
}

fn shortened(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    match text.char_indices().nth(DESCRIPTION_CHARS_MAX) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed(words: &[impl AsRef<str>], last: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., end] => format!("{} {last} {end}", some.join(", ")),
    }
}

/// An operation as a thing: `the reseller's cancellation of 2026-…`.
pub(super) fn thing(operation: &Operation) -> String {
    let deed = match &operation.ask {
        Ask::Create => "creation",
        Ask::ActivationInfo => "question for a fresh link",
        Ask::Update { .. } => "change of product",
        Ask::Suspend { .. } => "suspension",
        Ask::Resume { .. } => "resumption",
        Ask::Undo { .. } => "taking back of the end",
        Ask::Cancel(_) => "cancellation",
        Ask::Revoke(_) => "revocation",
        Ask::Terminate { .. } => "termination",
        Ask::SuspendAgain => "repeated suspension",
        Ask::UpdateBack => "change back of the product",
    };
    let whose = match operation.by {
        Party::Reseller => "the reseller's",
        Party::Merchant => "the merchant's",
        Party::Hub => "the hub's",
        Party::Operator => "the operator's",
    };
    format!("{whose} {deed} of {}", print_date(operation.opened_at))
}

/// With a capital letter.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

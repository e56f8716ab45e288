//! What lies in text columns: compact JSON with short, stable names. Written by hand, so that the
//! rules stay free of serialisation and numbers survive as they were written (`1e400`, `0.10`).
//!
//! Every encoder takes its value apart by name: a new field of the rules does not compile until
//! it has a name here. Readers skip what they do not know and take what is absent as empty, so
//! that an older row stays readable. Names are never reused for something else.

mod answer;
mod end;
mod event;
mod operation;
mod print;
mod read;
mod record;
#[cfg(test)]
mod round_trips;
mod row;
mod tree;
mod words;

pub(crate) use answer::{answer_columns, read_answer};
pub(crate) use event::{read_sets, sets_text};
pub(crate) use row::{Columns, read_entitlement, rest_text};
pub(crate) use words::{
    kind_of, kind_word, known, party_of, party_word, reason_of, reason_word, state_of, state_word, status_of,
};

use entitlement::{Entitlement, Reason, Stage};
use print::Object;
use read::Fields;

/// What cannot be read, in words for an operator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(pub(crate) String);

impl Unreadable {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// The same, with where it was found in front.
    pub(crate) fn at(self, place: &str) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}

/// The open operation's stage as a column has it; 0 where none is open.
pub(crate) fn stage_number(state: &Entitlement) -> u8 {
    state.operation.as_ref().map_or(0, |operation| match operation.stage {
        Stage::InFlight => 1,
        Stage::Queued => 2,
        Stage::Unknown => 3,
    })
}

/// The stage that the column names.
pub(crate) const fn stage_of(number: u8) -> Option<Stage> {
    match number {
        1 => Some(Stage::InFlight),
        2 => Some(Stage::Queued),
        3 => Some(Stage::Unknown),
        _ => None,
    }
}

/// A text as it stands in a JSON text.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    print::text(&mut out, text);
    out
}

/// A reason as it stands in a column of its own.
pub(crate) fn reason_text(reason: &Reason) -> String {
    let mut out = String::new();
    Object::write(&mut out, |o| end::write_reason(o, reason));
    out
}

/// Reads what [`reason_text`] wrote.
pub(crate) fn read_reason(text: &str) -> Result<Reason, Unreadable> {
    let node = tree::parse(text)?;
    end::read_reason(Fields::of(&node)?)
}

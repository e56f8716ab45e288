//! Why something was suspended or ended. The table of known pairs is [`REASONS`]; here is how a
//! pair is looked up, and the nearest ones for an error message.

mod table;

use alloc::string::String;
use alloc::vec::Vec;
pub use table::{KnownReason, REASONS};

/// A reason as a reseller, a merchant or the hub gave it. Pairs from resellers stand in
/// [`REASONS`]; pairs from merchants are kept as they are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Reason {
    /// For example `CUSTOMER_CANCELLED`.
    pub category: Option<String>,
    /// For example `NOT_RENEWED`.
    pub code: Option<String>,
    /// Free text.
    pub description: Option<String>,
}

impl Reason {
    /// A reason of category and code, without a description.
    #[must_use]
    pub fn of(category: &str, code: &str) -> Self {
        Self { category: Some(category.into()), code: Some(code.into()), description: None }
    }
}

/// How many near pairs an error message names at most: more would hide the right one.
pub const NEAREST_REASONS_MAX: usize = 5;

/// Characters of a sent word that are compared: no known word is longer, and a hostile one must
/// not cost time.
const COMPARED_CHARS_MAX: usize = 40;

/// Whether a reseller may give this pair; case sensitive.
#[must_use]
pub fn is_known(category: &str, code: &str) -> bool {
    REASONS.iter().any(|known| known.category == category && known.code == code)
}

/// The known pairs nearest to this one, nearest first, at most [`NEAREST_REASONS_MAX`].
#[must_use]
pub fn nearest_reasons(category: &str, code: &str) -> Vec<&'static KnownReason> {
    let mut ranked: Vec<(usize, &'static KnownReason)> =
        REASONS.iter().map(|known| (distance_of_pair(known, category, code), known)).collect();
    ranked.sort_by_key(|(distance, _)| *distance);
    ranked.into_iter().take(NEAREST_REASONS_MAX).map(|(_, known)| known).collect()
}

fn distance_of_pair(known: &KnownReason, category: &str, code: &str) -> usize {
    edit_distance(known.category, category) + edit_distance(known.code, code)
}

/// Levenshtein's distance, letter case not counted.
fn edit_distance(known: &str, sent: &str) -> usize {
    let sent: Vec<char> = sent.chars().take(COMPARED_CHARS_MAX).map(|c| c.to_ascii_uppercase()).collect();
    let mut row: Vec<usize> = (0..=sent.len()).collect();
    for (line, letter) in known.chars().enumerate() {
        row = next_row(&row, line + 1, letter, &sent);
    }
    row.last().copied().unwrap_or(0)
}

fn next_row(above: &[usize], first: usize, letter: char, sent: &[char]) -> Vec<usize> {
    let mut row = Vec::with_capacity(above.len());
    let mut left = first;
    row.push(left);
    for (pair, other) in above.windows(2).zip(sent) {
        let (diagonal, up) = (pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0));
        let replaced = diagonal + usize::from(letter != *other);
        left = replaced.min(up + 1).min(left + 1);
        row.push(left);
    }
    row
}

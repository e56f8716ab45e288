//! One faulty field of a request.

use crate::rule;

/// Longest piece of the caller's own text that an answer repeats: enough to recognise it.
const SHOWN_CHARS_MAX: usize = 80;

/// A faulty field. All faults of a request are told in one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field, inner names by dots; `body` where it is the whole.
    pub field: String,
    /// The stable rule id.
    pub rule: &'static str,
    /// `<field> parameter is required` or `<field> parameter is invalid`.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Fault {
    /// `<field> parameter is required`.
    #[must_use]
    pub fn required(field: &str) -> Self {
        Self::saying(field, rule::REQUIRED, "required")
    }

    /// `<field> parameter is invalid`.
    #[must_use]
    pub fn invalid(field: &str, rule: &'static str) -> Self {
        Self::saying(field, rule, "invalid")
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn saying(field: &str, rule: &'static str, what: &str) -> Self {
        let field = shown(field);
        let message = format!("{field} parameter is {what}");
        Self { field, rule, message, hint: None }
    }
}

/// The caller's own text as an answer may repeat it: cut, and without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut kept: String =
        text.chars().take(SHOWN_CHARS_MAX).map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect();
    if kept.len() < text.len() && text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_the_callers_text_only_so_far() {
        assert_eq!(shown("plain"), "plain");
        assert_eq!(shown("a\u{0}b\n"), "a\u{fffd}b\u{fffd}");
        assert_eq!(shown(&"x".repeat(80)), "x".repeat(80));
        assert_eq!(shown(&"x".repeat(81)), format!("{}…", "x".repeat(80)));
    }
}

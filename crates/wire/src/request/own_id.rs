//! Which entitlementIds a reseller may choose.

/// Longest own entitlementId (docs/API.md section 3).
pub(super) const OWN_ID_CHARS_MAX: usize = 64;

/// Words that stand in the place of an id in a path, and what a path would swallow.
const RESERVED: [&str; 9] =
    [".", "..", "report", "cancel", "revoke", "reactivate", "activationInfo", "suspend", "resume"];

/// Whether a reseller may choose this id: 1-64 of `A-Z a-z 0-9 . _ -`, none of the reserved
/// words in any letter case.
#[must_use]
pub fn is_valid_own_id(id: &str) -> bool {
    let fits = (1..=OWN_ID_CHARS_MAX).contains(&id.len());
    fits && id.bytes().all(is_id_byte) && !RESERVED.iter().any(|word| word.eq_ignore_ascii_case(id))
}

const fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_ids_that_fit_a_path() {
        for (id, valid) in [
            ("a", true),
            ("A-1_b.c", true),
            ("...", true),
            ("reports", true),
            ("019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b", true),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
            ("", false),
            (".", false),
            ("..", false),
            ("report", false),
            ("CANCEL", false),
            ("Revoke", false),
            ("reactivate", false),
            ("activationinfo", false),
            ("activationInfo", false),
            ("suspend", false),
            ("RESUME", false),
            ("a b", false),
            ("a/b", false),
            ("ä", false),
            ("a\u{0}", false),
        ] {
            assert_eq!(is_valid_own_id(id), valid, "{id}");
        }
    }
}

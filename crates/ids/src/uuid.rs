//! UUIDs as 128-bit values, printed in the hyphenated lower-case form of RFC 9562.

use core::fmt;

/// The hub's own key of an entitlement: a UUIDv7, so that it ascends with time. It is also the
/// public `entitlementId` where the reseller gave none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntitlementKey(pub u128);

/// The id of one operation at a merchant (`requestId` towards it): fresh per operation, the same
/// on every repeat, never the reseller's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId(pub u128);

impl fmt::Display for EntitlementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_uuid(self.0, f)
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_uuid(self.0, f)
    }
}

/// Reads the hyphenated form in any letter case. Anything else is `None`, so that a reseller's
/// own id is never mistaken for one of ours.
#[must_use]
pub fn parse_uuid(text: &str) -> Option<u128> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    if text.len() != 36 {
        return None;
    }
    let mut value: u128 = 0;
    for (at, byte) in text.bytes().enumerate() {
        if HYPHENS.contains(&at) {
            if byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = char::from(byte).to_digit(16)?;
        value = (value << 4) | u128::from(digit);
    }
    Some(value)
}

fn print_uuid(value: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; 36];
    let mut nibble = 0;
    for (at, place) in text.iter_mut().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            continue;
        }
        *place = DIGITS[((value >> (124 - 4 * nibble)) & 0xf) as usize];
        nibble += 1;
    }
    f.write_str(core::str::from_utf8(&text).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn prints_what_it_parses_in_any_case() {
        let text = "019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b";
        let key = EntitlementKey(parse_uuid(text).unwrap());
        assert_eq!(key.to_string(), text);
        assert_eq!(parse_uuid(&text.to_uppercase()), Some(key.0));
    }

    #[test]
    fn refuses_every_other_shape() {
        for text in [
            "",
            "019ab3c40d5e7f608a7b9c0d1e2f3a4b",
            "{019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b}",
            "019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4g",
            "019ab3c4x0d5e-7f60-8a7b-9c0d1e2f3a4b",
        ] {
            assert_eq!(parse_uuid(text), None, "{text}");
        }
    }
}

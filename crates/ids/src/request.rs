//! The reseller's name for one operation: `X-RequestIdentifier`, alias `Idempotency-Key`.

use alloc::string::String;
use core::fmt;

/// Longest identity taken (docs/API.md section 4).
pub const REQUEST_IDENTITY_CHARS_MAX: usize = 128;

/// 1 to 128 visible ASCII characters, surrounding quotes already dropped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestIdentity(String);

impl RequestIdentity {
    /// `None` where the header's value is not an identity.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let bare = header.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(header);
        let fits = (1..=REQUEST_IDENTITY_CHARS_MAX).contains(&bare.len());
        (fits && bare.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(bare.into()))
    }

    /// The identity as it stands in the store and in the echoed header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_quotes_and_keeps_bounds() {
        assert_eq!(RequestIdentity::parse("\"a-1\"").unwrap().as_str(), "a-1");
        assert!(RequestIdentity::parse("").is_none());
        assert!(RequestIdentity::parse("\"\"").is_none());
        assert!(RequestIdentity::parse("a b").is_none());
        assert!(RequestIdentity::parse("ä").is_none());
        assert!(RequestIdentity::parse(&"x".repeat(128)).is_some());
        assert!(RequestIdentity::parse(&"x".repeat(129)).is_none());
    }
}

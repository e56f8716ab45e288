//! W3C Trace Context's `traceparent`: read from callers, written to merchants.

/// What a caller says of its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: u128,
    pub(super) span: u64,
    /// The caller keeps this trace.
    pub(super) sampled: bool,
}

/// Reads the header; what is no traceparent is as good as none. Later versions may say more behind.
pub(super) fn parse(header: &str) -> Option<Parent> {
    let mut parts = header.trim().split('-');
    let version = hex(parts.next()?, 2)?;
    let (trace, span, flags) = (hex(parts.next()?, 32)?, hex(parts.next()?, 16)?, hex(parts.next()?, 2)?);
    let is_known = version != 0xff && (version != 0 || parts.next().is_none());
    let span = u64::try_from(span).ok()?;
    (is_known && trace != 0 && span != 0).then_some(Parent { trace, span, sampled: flags & 1 == 1 })
}

/// So many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    (text.len() == digits && is_hex).then(|| u128::from_str_radix(text, 16).ok())?
}

/// The header of a call made in this span; what is traced at all is kept.
pub(super) fn print(trace: u128, span: u64) -> String {
    format!("00-{trace:032x}-{span:016x}-01")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_none_is_not() {
        let (trace, span) = (0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0x00f0_67aa_0ba9_02b7);
        assert_eq!(print(trace, span), "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01");
        assert_eq!(parse(&print(trace, span)), Some(Parent { trace, span, sampled: true }));
        let unsampled = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-00";
        assert_eq!(parse(unsampled), Some(Parent { trace, span, sampled: false }));
        assert!(parse("cc-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more").is_some());
        for none in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01-more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7",
            "00-+af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}

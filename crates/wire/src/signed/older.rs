//! The older form, of the public system's signing page: headers joined by LF, LF, then the body
//! without CR, LF and TAB.

use super::{Algorithm, Form, NotSigned, Signed, SignedMessage, is_fresh};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The one value of keyId.
const KEY_ID: &str = "RSA-SHA256V1";
/// Listed headers at most.
const HEADERS_MAX: usize = 32;

/// The names of the signed headers, as the list wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Older(Vec<String>);

/// `keyId=RSA-SHA256V1, headers=Created, signature=<base64>`; quotes around a value do no harm.
pub(super) fn read(signature: &str, created: &str, now_s: i64) -> Result<Signed, NotSigned> {
    let part = |wanted: &str| {
        let mut values = signature.split(',').filter_map(|part| part.split_once('='));
        let found = values.find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().trim_matches('"'))
    };
    if part("keyId").ok_or(NotSigned::Malformed)? != KEY_ID {
        return Err(NotSigned::Malformed);
    }
    let listed = part("headers").ok_or(NotSigned::Malformed)?;
    let headers: Vec<String> = listed.split(';').map(|name| name.trim().to_owned()).collect();
    if headers.len() > HEADERS_MAX || !headers.iter().any(|name| name.eq_ignore_ascii_case("created")) {
        return Err(NotSigned::Incomplete);
    }
    let signature = part("signature").and_then(|text| STANDARD.decode(text).ok()).ok_or(NotSigned::Malformed)?;
    let created_s: i64 = created.trim().parse().map_err(|_| NotSigned::Malformed)?;
    if !is_fresh(created_s, now_s) {
        return Err(NotSigned::Stale);
    }
    Ok(Signed { signature, algorithm: Some(Algorithm::RsaSha256), key_id: None, form: Form::Older(Older(headers)) })
}

impl Older {
    pub(super) fn text(&self, message: &SignedMessage<'_>) -> Result<Vec<u8>, NotSigned> {
        let mut text = Vec::with_capacity(message.body.len().saturating_add(64));
        for name in &self.0 {
            let value = (message.header)(&name.to_ascii_lowercase()).ok_or(NotSigned::Incomplete)?;
            text.extend_from_slice(name.as_bytes());
            text.extend_from_slice(b": ");
            text.extend_from_slice(value.trim().as_bytes());
            text.push(b'\n');
        }
        text.extend(message.body.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'\t')));
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_717_171_717;
    const SIGNATURE: &str = "keyId=RSA-SHA256V1, headers=Created, signature=AAAA";

    fn header(name: &str) -> Option<String> {
        match name {
            "created" => Some("1717171717".to_owned()),
            "entitlementid" => Some(" E-1 ".to_owned()),
            _ => None,
        }
    }

    fn text(signature: &str, body: &[u8]) -> Result<String, NotSigned> {
        let header: &dyn Fn(&str) -> Option<String> = &header;
        let (method, scheme, authority, path, query) = ("POST", "https", "h", "/v1/entitlement", None);
        let message = SignedMessage { method, scheme, authority, path, query, header, body };
        let text = read(signature, "1717171717", NOW_S)?.text(&message)?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn headers_and_body_are_joined_as_the_page_says() {
        assert_eq!(text(SIGNATURE, b"{\r\n\t\"a\": 1\n}").unwrap(), "Created: 1717171717\n{\"a\": 1}");
        assert_eq!(text(SIGNATURE, b"").unwrap(), "Created: 1717171717\n");
        let two = "keyId=RSA-SHA256V1, headers=created;EntitlementId, signature=AAAA";
        assert_eq!(text(two, b"{}").unwrap(), "created: 1717171717\nEntitlementId: E-1\n{}");
        let loose = "keyid=\"RSA-SHA256V1\",headers=\"Created\",signature=\"AAA=\"";
        assert_eq!(text(loose, b"{}").unwrap(), "Created: 1717171717\n{}");
    }

    #[test]
    fn what_is_missing_unreadable_or_of_another_time_is_refused() {
        for (signature, why) in [
            ("", NotSigned::Malformed),
            ("nonsense", NotSigned::Malformed),
            ("keyId=RSA-SHA1, headers=Created, signature=AAAA", NotSigned::Malformed),
            ("keyId=RSA-SHA256V1, headers=Created", NotSigned::Malformed),
            ("keyId=RSA-SHA256V1, headers=Created, signature=A", NotSigned::Malformed),
            ("keyId=RSA-SHA256V1, signature=AAAA", NotSigned::Malformed),
            ("keyId=RSA-SHA256V1, headers=EntitlementId, signature=AAAA", NotSigned::Incomplete),
            ("keyId=RSA-SHA256V1, headers=Created;Host, signature=AAAA", NotSigned::Incomplete),
        ] {
            assert_eq!(text(signature, b"{}"), Err(why), "{signature}");
        }
        for (created, why) in [
            ("1717171837", Ok(())),
            ("1717171838", Err(NotSigned::Stale)),
            ("1717171597", Ok(())),
            ("1717171596", Err(NotSigned::Stale)),
            ("-9223372036854775808", Err(NotSigned::Stale)),
            ("1717171717.5", Err(NotSigned::Malformed)),
            ("2024-05-31T16:08:37Z", Err(NotSigned::Malformed)),
            ("", Err(NotSigned::Malformed)),
        ] {
            assert_eq!(read(SIGNATURE, created, NOW_S).map(drop), why, "{created}");
        }
    }
}

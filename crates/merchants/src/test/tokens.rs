//! Activation URLs carry everything in themselves: which entitlement, until when, and a mac, so
//! that a page needs no row of its own and nobody can guess one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use entitlement::Moment;
use hmac::{Hmac, KeyInit, Mac};
use ids::EntitlementKey;
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Half of an HMAC-SHA256: 128 bits cannot be guessed, and the URL stays short.
const MAC_BYTES: usize = 16;
const PAYLOAD_BYTES: usize = 16 + 8;

/// The secret under activation tokens and codes.
#[derive(Clone)]
pub struct PageKey([u8; 32]);

impl PageKey {
    /// A key from the hub's secrets.
    #[must_use]
    pub const fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    pub(super) fn mac(&self, purpose: &str, payload: &[u8]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return [0; 32]; // HMAC takes keys of any length
        };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(payload);
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for PageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PageKey(secret)")
    }
}

/// What an activation URL says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivationToken {
    /// Which entitlement.
    pub key: EntitlementKey,
    /// Until when the page takes a decision.
    pub expires_at: Moment,
}

impl ActivationToken {
    /// The last segment of the URL.
    #[must_use]
    pub fn print(&self, key: &PageKey) -> String {
        let mut bytes = Vec::with_capacity(PAYLOAD_BYTES + MAC_BYTES);
        bytes.extend_from_slice(&self.key.0.to_be_bytes());
        bytes.extend_from_slice(&self.expires_at.0.to_be_bytes());
        let mac = key.mac("activation-url", &bytes);
        bytes.extend_from_slice(&mac[..MAC_BYTES]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a segment; `None` where it is not one of ours.
    #[must_use]
    pub fn read(segment: &str, key: &PageKey) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(segment).ok()?;
        let (payload, mac) = bytes.split_at_checked(PAYLOAD_BYTES)?;
        let expected = key.mac("activation-url", payload);
        if !bool::from(expected[..MAC_BYTES].ct_eq(mac)) {
            return None;
        }
        let (id, expiry) = payload.split_at_checked(16)?;
        Some(Self {
            key: EntitlementKey(u128::from_be_bytes(id.try_into().ok()?)),
            expires_at: Moment(i64::from_be_bytes(expiry.try_into().ok()?)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_a_changed_one_does_not() {
        let key = PageKey::new([7; 32]);
        let token = ActivationToken { key: EntitlementKey(42), expires_at: Moment(1_000) };
        let text = token.print(&key);
        assert_eq!(ActivationToken::read(&text, &key), Some(token));
        assert_eq!(ActivationToken::read(&text, &PageKey::new([8; 32])), None);
        let mut changed = text.into_bytes();
        changed[3] = if changed[3] == b'A' { b'B' } else { b'A' };
        assert_eq!(ActivationToken::read(std::str::from_utf8(&changed).unwrap(), &key), None);
        assert_eq!(ActivationToken::read("", &key), None);
    }
}

//! The signature of notifications by Standard Webhooks, `v1`: HMAC-SHA256 over
//! `<id>.<timestamp>.<body>`. Made and verified here, for hub and receivers alike. How old a
//! timestamp may be is the receiver's decision.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use subtle::ConstantTimeEq;

/// What a printed secret begins with.
const PREFIX: &str = "whsec_";

/// Bounds that Standard Webhooks sets: shorter can be guessed, longer gains nothing.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What HMAC-SHA256 gives.
const MAC_BYTES: usize = 32;

/// More signatures than any change of secrets needs; the rest of the header is not looked at.
const SIGNATURES_MAX: usize = 16;

/// A secret shared with one receiver. Never printed.
#[derive(Clone)]
pub struct WebhookSecret(Hmac<Sha256>);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(***)")
    }
}

impl WebhookSecret {
    /// Reads `whsec_<base64>` of 24 to 64 bytes, padded or not.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let base64 = text.strip_prefix(PREFIX)?.trim_end_matches('=');
        let bytes = STANDARD_NO_PAD.decode(base64).ok()?;
        if !SECRET_BYTES.contains(&bytes.len()) {
            return None;
        }
        Hmac::new_from_slice(&bytes).ok().map(Self)
    }

    /// The `webhook-signature` of a body: `v1,<base64>`.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        format!("v1,{}", STANDARD.encode(self.mac(id, timestamp_s, body)))
    }

    /// Whether one of the header's space separated signatures is right, compared in constant
    /// time. Other versions than `v1` are passed over.
    #[must_use]
    pub fn verify(&self, id: &str, timestamp_s: i64, body: &[u8], header: &str) -> bool {
        let right = self.mac(id, timestamp_s, body);
        let signatures = header.split(' ').take(SIGNATURES_MAX);
        signatures
            .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
            .fold(false, |found, given| found | bool::from(given.ct_eq(&right)))
    }

    fn mac(&self, id: &str, timestamp_s: i64, body: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = self.0.clone();
        mac.update(id.as_bytes());
        mac.update(format!(".{timestamp_s}.").as_bytes());
        mac.update(body);
        mac.finalize().into_bytes().into()
    }
}

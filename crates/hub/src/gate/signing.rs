//! Signatures of requests against a credential's public keys. What is signed is read in `wire`; here
//! it is computed, by ring.

mod key;

pub use key::{KeyError, SigningKey};

use hyper::HeaderMap;
use wire::{NotSigned, Signed, SignedMessage};

/// Keys of one credential at most: an old one, a new one, and some to spare.
const KEYS_MAX: usize = 8;

/// Requests are signed by one of these.
#[derive(Debug, Clone)]
pub struct Signing {
    keys: Vec<SigningKey>,
    required: bool,
}

impl Signing {
    /// Signed by one of these keys; the first eight count.
    #[must_use]
    pub fn new(mut keys: Vec<SigningKey>) -> Self {
        keys.truncate(KEYS_MAX);
        Self { keys, required: true }
    }

    /// The same where an unsigned request is taken, or not; a signed one is verified in any case.
    #[must_use]
    pub fn required(self, required: bool) -> Self {
        Self { required, ..self }
    }

    /// Whether these headers want to be verified: they show a signature, or they have to.
    pub(crate) fn concerns(&self, headers: &HeaderMap) -> bool {
        self.required || headers.contains_key("signature") || headers.contains_key("signature-input")
    }

    /// Whether the request carries a signature of one of the keys, under the scheme that the client
    /// used.
    pub(crate) fn verify(&self, signed: &Signed, message: &SignedMessage<'_>) -> Result<(), NotSigned> {
        let text = signed.text(message)?;
        let fits = |key: &&SigningKey| key.fits(signed.algorithm, signed.key_id.as_deref());
        let is_good = self.keys.iter().filter(fits).any(|key| key.has_signed(&text, &signed.signature));
        if is_good { Ok(()) } else { Err(NotSigned::OtherBody) }
    }
}

#[cfg(test)]
mod tests;

//! Secrets that the hub has to send (webhook secrets, passwords towards receivers), sealed at rest: the
//! store keeps what only the key file opens. AES would do as well; ChaCha20-Poly1305 is fast without
//! hardware, too. The name goes into the seal, so that one secret cannot be put in another's place.

use crate::catalog::Secret;
use crate::{HubError, Random};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::collections::HashMap;
use store::{SealedSecret, Store};

/// Opens and closes seals; from the key file.
pub struct SealingKey(LessSafeKey);

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(secret)")
    }
}

impl SealingKey {
    /// The key of these 32 bytes.
    ///
    /// # Errors
    /// None in truth: every 32 bytes are a key.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, HubError> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).map_err(|_| HubError::Secret("the key file"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a secret under its name. A nonce is random: at a few thousand secrets a key never meets
    /// one twice.
    ///
    /// # Errors
    /// Where the system has no randomness.
    pub fn seal(&self, name: &str, secret: &str, random: &Random) -> Result<Vec<u8>, HubError> {
        let nonce: [u8; NONCE_LEN] = random.secret()?;
        let mut sealed = secret.as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut sealed)
            .map_err(|_| HubError::Secret("which is too long"))?;
        Ok(nonce.into_iter().chain(sealed).collect())
    }

    /// Opens a seal; `None` where another key, or another name, closed it.
    #[must_use]
    pub fn open(&self, name: &str, sealed: &[u8]) -> Option<String> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(name.as_bytes()), &mut bytes).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    }
}

/// The opened secrets, by name.
pub(crate) type Secrets = HashMap<String, Secret>;

/// Opens all that the store holds.
///
/// # Errors
/// Where the store fails, or one was sealed with another key.
pub(crate) async fn opened(store: &dyn Store, key: &SealingKey) -> Result<Secrets, HubError> {
    let open = |SealedSecret { name, sealed, .. }| match key.open(&name, &sealed) {
        Some(secret) => Ok((name, Secret(secret))),
        None => Err(HubError::Sealed(name)),
    };
    store.secrets().await?.into_iter().map(open).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_under_its_own_key_and_name_only() {
        let random = Random::from_system().unwrap();
        let (key, other) = (SealingKey::new(&[1; 32]).unwrap(), SealingKey::new(&[2; 32]).unwrap());
        let sealed = key.seal("hook", "whsec_abc", &random).unwrap();
        assert_eq!(key.open("hook", &sealed).as_deref(), Some("whsec_abc"));
        assert_eq!(key.open("hock", &sealed), None);
        assert_eq!(other.open("hook", &sealed), None);
        assert!(!sealed.windows(9).any(|bytes| bytes == b"whsec_abc"));
        let again = key.seal("hook", "whsec_abc", &random).unwrap();
        assert_ne!(again, sealed, "equal secrets do not look equal");
    }

    #[test]
    fn every_changed_or_missing_byte_keeps_it_closed() {
        let random = Random::from_system().unwrap();
        let key = SealingKey::new(&[1; 32]).unwrap();
        let sealed = key.seal("hook", "secret", &random).unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("hook", &changed), None, "byte {at}");
            assert_eq!(key.open("hook", &sealed[..at]), None, "{at} bytes");
        }
    }
}

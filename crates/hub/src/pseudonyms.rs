//! Customer pseudonyms: `bangoUserId` and `sharedCustomerId` are derived at create by a keyed
//! hash and stay with the entitlement for life (docs/API.md section 3).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// bangoUserId has at most so many digits, so that it fits a double and a bigint alike.
const USER_ID_BELOW: u64 = 1_000_000_000_000_000;

/// Derives pseudonyms under one secret.
#[derive(Clone)]
pub struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// Pseudonyms under a secret of the hub.
    #[must_use]
    pub fn new(secret: [u8; 32]) -> Self {
        // A key that is shorter than a block stands for itself and zeros. Keyed once, copied for each hash.
        let mut block = [0; 64];
        block[..secret.len()].copy_from_slice(&secret);
        Self(Hmac::new(&block.into()))
    }

    /// The same customer of the same reseller always has the same digits, on every route.
    #[must_use]
    pub fn bango_user_id(&self, live: bool, reseller: &str, customer: &str) -> String {
        let hash = self.hash(&[mode(live), reseller, customer]);
        let mut eight = [0; 8];
        eight.copy_from_slice(&hash[..8]);
        (u64::from_be_bytes(eight) % USER_ID_BELOW + 1).to_string()
    }

    /// As `bango_user_id`, but another one towards every merchant.
    #[must_use]
    pub fn shared_customer_id(&self, live: bool, reseller: &str, merchant: &str, customer: &str) -> String {
        let hash = self.hash(&[mode(live), reseller, merchant, customer]);
        hash[..16].iter().fold(String::with_capacity(32), |mut hex, byte| {
            for nibble in [byte >> 4, byte & 15] {
                hex.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
            hex
        })
    }

    fn hash(&self, parts: &[&str]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            // The length before each part keeps ("ab", "c") and ("a", "bc") apart.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

const fn mode(live: bool) -> &'static str {
    if live { "live" } else { "test" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_customer_same_ids_and_every_part_counts() {
        let names = Pseudonyms::new([1; 32]);
        assert_eq!(names.bango_user_id(false, "r", "c"), names.bango_user_id(false, "r", "c"));
        assert_ne!(names.bango_user_id(false, "r", "c"), names.bango_user_id(true, "r", "c"));
        assert_ne!(names.bango_user_id(false, "ab", "c"), names.bango_user_id(false, "a", "bc"));
        assert_ne!(names.shared_customer_id(false, "r", "m", "c"), names.shared_customer_id(false, "r", "n", "c"));
        assert!(names.bango_user_id(false, "r", "c").bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(names.shared_customer_id(false, "r", "m", "c").len(), 32);
    }
}

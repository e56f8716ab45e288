//! Customer pseudonyms: `bangoUserId` and `sharedCustomerId` are derived at create by a keyed
//! hash and stay with the entitlement for life (docs/API.md section 3).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// bangoUserId has at most so many digits, so that it fits a double and a bigint alike.
const USER_ID_BELOW: u64 = 1_000_000_000_000_000;

/// Begins every token.
const TOKEN: &str = "erased-";
/// Keeps what is derived for an erasure apart from the pseudonyms.
const ERASED: &str = "erased";

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
        let hash = self.hash(&[mode(live).as_bytes(), reseller.as_bytes(), customer.as_bytes()]);
        let mut eight = [0; 8];
        eight.copy_from_slice(&hash[..8]);
        (u64::from_be_bytes(eight) % USER_ID_BELOW + 1).to_string()
    }

    /// As `bango_user_id`, but another one towards every merchant.
    #[must_use]
    pub fn shared_customer_id(&self, live: bool, reseller: &str, merchant: &str, customer: &str) -> String {
        let parts = [mode(live), reseller, merchant, customer].map(str::as_bytes);
        hex(&self.hash(&parts)[..16])
    }

    /// What stands for a customer's name, or for something that names him, once it is erased: always the same
    /// for the same, and guessed by nobody without the key. A token stands for itself.
    #[must_use]
    pub fn token(&self, live: bool, reseller: &str, what: &str, name: &str) -> String {
        if self.is_token(name) {
            return name.to_owned();
        }
        let parts = [ERASED, what, mode(live), reseller, name].map(str::as_bytes);
        format!("{TOKEN}{}", hex(&self.mark(&parts)))
    }

    /// What stands for the fingerprint of a request that named an erased customer. One that does stands for
    /// itself.
    #[must_use]
    pub fn erased_fingerprint(&self, fingerprint: [u8; 16]) -> [u8; 16] {
        if self.is_mark(&fingerprint) {
            return fingerprint;
        }
        self.mark(&[ERASED.as_bytes(), b"request", &fingerprint])
    }

    fn is_token(&self, name: &str) -> bool {
        let digits = name.strip_prefix(TOKEN).filter(|digits| digits.len() == 32);
        let number = digits.and_then(|digits| u128::from_str_radix(digits, 16).ok());
        number.is_some_and(|number| self.is_mark(&number.to_be_bytes()))
    }

    /// Twelve bytes that stand for the parts, and four that tell them from all that were not made here: so
    /// that what is erased is not erased again into something else.
    fn mark(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut mark = [0; 16];
        mark[..12].copy_from_slice(&self.hash(parts)[..12]);
        let seal = self.seal(&mark);
        mark[12..].copy_from_slice(&seal);
        mark
    }

    fn is_mark(&self, mark: &[u8; 16]) -> bool {
        mark[12..] == self.seal(mark)
    }

    fn seal(&self, mark: &[u8; 16]) -> [u8; 4] {
        let hash = self.hash(&[ERASED.as_bytes(), b"seal", &mark[..12]]);
        [hash[0], hash[1], hash[2], hash[3]]
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            // The length before each part keeps ("ab", "c") and ("a", "bc") apart.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
        hex
    })
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

    #[test]
    fn pseudonyms_never_change() {
        let names = Pseudonyms::new([1; 32]);
        assert_eq!(names.bango_user_id(false, "r", "c"), "362148690576878");
        assert_eq!(names.shared_customer_id(false, "r", "m", "c"), "a301064d72ab14c86f9a3aef9232c0c3");
    }

    #[test]
    fn a_token_stands_for_one_customer_and_for_itself() {
        let names = Pseudonyms::new([1; 32]);
        let token = names.token(false, "r", "customer", "c");
        assert_eq!(token, names.token(false, "r", "customer", "c"));
        assert_eq!(token, names.token(true, "x", "external", &token), "erased twice is erased once");
        let others = [
            names.token(true, "r", "customer", "c"),
            names.token(false, "s", "customer", "c"),
            names.token(false, "r", "external", "c"),
            names.token(false, "r", "customer", "C"),
            Pseudonyms::new([2; 32]).token(false, "r", "customer", "c"),
        ];
        assert!(others.iter().all(|other| *other != token && other.len() == token.len()), "{token} {others:?}");
        // What only looks like one is a name like others.
        let forged = format!("{}0", &token[..token.len() - 1]);
        let forged = if forged == token { format!("{}1", &token[..token.len() - 1]) } else { forged };
        assert_ne!(names.token(false, "r", "customer", &forged), forged);
    }

    #[test]
    fn a_fingerprint_is_replaced_once() {
        let names = Pseudonyms::new([1; 32]);
        let erased = names.erased_fingerprint([7; 16]);
        assert_eq!(names.erased_fingerprint(erased), erased);
        assert_eq!(names.erased_fingerprint([7; 16]), erased);
        assert_ne!(names.erased_fingerprint([8; 16]), erased);
    }
}

//! Content-Digest (RFC 9530): SHA-256 or SHA-512 of the body; others are left aside.

use super::super::NotSigned;
use super::fields::{self, Value};
use sha2::{Digest, Sha256, Sha512};
use subtle::ConstantTimeEq;

/// Every digest that can be computed is the body's, and one at least can.
pub(super) fn check(header: &str, body: &[u8]) -> Result<(), NotSigned> {
    let digests = fields::dictionary(header).ok_or(NotSigned::Malformed)?;
    let mut computed = 0_usize;
    for digest in &digests {
        let Value::Bytes(given) = &digest.value else {
            return Err(NotSigned::Malformed);
        };
        let is_the_bodys: bool = match digest.key.as_str() {
            "sha-256" => Sha256::digest(body).as_slice().ct_eq(given).into(),
            "sha-512" => Sha512::digest(body).as_slice().ct_eq(given).into(),
            _ => continue,
        };
        if !is_the_bodys {
            return Err(NotSigned::OtherBody);
        }
        computed += 1;
    }
    if computed == 0 { Err(NotSigned::Incomplete) } else { Ok(()) }
}

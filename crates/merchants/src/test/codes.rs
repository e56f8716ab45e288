//! Activation codes: short, readable over the phone, the same whenever asked.

use super::PageKey;
use ids::EntitlementKey;

/// No letters or digits that are mistaken for each other.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// For example `K7QF-2MXA-93PT`.
pub(super) fn activation_code(key: &PageKey, entitlement: EntitlementKey) -> String {
    let mac = key.mac("activation-code", &entitlement.0.to_be_bytes());
    let letters: Vec<char> = mac.iter().take(12).map(|byte| char::from(LETTERS[usize::from(byte & 31)])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

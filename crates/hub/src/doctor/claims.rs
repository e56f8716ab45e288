//! Request identities: what is remembered can be printed again, what waits waits for something.

use super::{Check, Finding};
use store::{ExaminedClaim, Remembered};

/// What is wrong with it. The identity itself is the reseller's and may say anything: its number is
/// named instead.
pub(super) fn check(claim: &ExaminedClaim) -> Option<Finding> {
    let what = match claim.remembers {
        Remembered::Literal => None,
        Remembered::Nothing { operation: None, .. } => Some("it waits for no operation".to_owned()),
        Remembered::Nothing { operation: Some(operation), is_known } => {
            (!is_known).then(|| format!("it waits for operation {operation}, which is neither open nor ended"))
        }
        Remembered::Record(version) => of_record(claim, version),
    };
    let place = format!("request identity number {} of account {}", claim.number, claim.account.0);
    what.map(|what| Finding { check: Check::Claim, place, what })
}

fn of_record(claim: &ExaminedClaim, version: u32) -> Option<String> {
    let Some(key) = claim.key else {
        return Some("it remembers a record and names no entitlement".to_owned());
    };
    match claim.found_version {
        None => Some(format!("it remembers a record of entitlement {key}, which is not there")),
        Some(found) if version > found => {
            Some(format!("it remembers version {version} of entitlement {key}, which has come to version {found}"))
        }
        Some(_) => None,
    }
}

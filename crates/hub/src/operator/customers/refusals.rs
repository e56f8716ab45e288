//! Why a customer cannot be erased yet, and what to do about it.

use crate::operator::conflict;
use wire::ErrorAnswer;

/// Entitlements that a refusal names.
const NAMED_MAX: usize = 5;

/// The first few, and how many more.
fn list(ids: &[String]) -> String {
    let named = ids.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    match ids.len().checked_sub(NAMED_MAX) {
        None | Some(0) => named,
        Some(more) => format!("{named} and {more} more"),
    }
}

pub(super) fn open_refusal(ids: &[String]) -> Box<ErrorAnswer> {
    let are = if ids.len() == 1 { "is" } else { "are" };
    conflict(
        "customerIdentifier",
        format!("{} {are} still open; the customer was not erased.", list(ids)),
        "Have them cancelled or revoked first, so that the merchant ends them, too; then erase again.",
    )
}

pub(super) fn at_work_refusal(ids: &[String]) -> Box<ErrorAnswer> {
    conflict(
        "customerIdentifier",
        format!("A merchant has not confirmed the end of {}; nothing was erased.", list(ids)),
        "`entitle entitlement show` says what is awaited; `entitle entitlement resolve` settles what nobody answers.",
    )
}

pub(super) fn untold_refusal(ids: &[String]) -> Box<ErrorAnswer> {
    conflict(
        "customerIdentifier",
        format!("The reseller has not been told everything of {} yet; nothing was erased.", list(ids)),
        "Wait until it is delivered (`entitle notifications list`), or erase with --undelivered: what waits is then \
         told under the token, to the reseller's usual URL.",
    )
}

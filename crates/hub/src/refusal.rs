//! The rules' rejections and the merchants' refusals in the words of the public API
//! (docs/API.md sections 2 and 6).

use crate::answer::unavailable;
use entitlement::{Failure, Refusal, RefusalKind, Rejection, Status};
use wire::{ErrorAnswer, Fault, LIMIT_MESSAGE, Origin, ResponseCode, Switches};

/// The merchant is asked again after so long, says a 503.
const MERCHANT_RETRY_AFTER_S: u32 = 5;

/// A rule of the hub says no.
#[must_use]
pub(crate) fn rejected(rejection: Rejection, status: Option<Status>, switches: &Switches) -> ErrorAnswer {
    let rule = rejection.rule();
    let conflict = conflict_code(switches);
    let word = status.map_or("", Status::as_str);
    let no = |http, code, message: &str| ErrorAnswer::new(http, code, rule, message);
    let wrong_status = |hint: &str| {
        no(409, conflict, &format!("The entitlement's status {word} does not allow this.")).with_hint(hint)
    };
    match rejection {
        Rejection::NotOffered => no(422, ResponseCode::NotAvailable, "This merchant does not offer this operation.")
            .with_hint("Your route to this merchant is configured without it; the operator of the hub knows why."),
        Rejection::UndoNotSupported => {
            no(422, ResponseCode::NotAvailable, "This merchant cannot take a planned end back.")
                .with_hint("The end stands. After dateEnded a new entitlement can be created.")
        }
        Rejection::OneOperation => {
            fault("entitlementBenefits", rule, "One PATCH carries at most one operation for the merchant; send two.")
        }
        Rejection::ExpiryNotAfterNow => {
            fault("dateExpiry", rule, "dateExpiry must be later than now and than the entitlement's last change.")
        }
        Rejection::ExtensionTooLarge => {
            fault("extensionData", rule, "extensionData holds at most 32 KiB after the merge; nothing was changed.")
        }
        Rejection::LimitReached => no(400, ResponseCode::BadRequest, LIMIT_MESSAGE),
        Rejection::AlreadyEnded => wrong_status("It has ended, which is final. Create a new one."),
        Rejection::OperationInProgress => no(409, conflict, "The merchant has not yet settled an earlier operation.")
            .with_hint("Wait for its notification, or revoke, which supersedes it.")
            .with_retryable(true),
        Rejection::AlreadyEnding => {
            wrong_status("Its end is planned already; see dateEnded. To end it at once, revoke it.")
        }
        Rejection::NotActive => wrong_status(not_active_hint(status)),
        Rejection::NotPending => {
            wrong_status("Only PENDING has something to activate; read it to see where it stands.")
        }
        Rejection::NotSuspended => wrong_status("Nothing holds it: only SUSPENDED can be resumed."),
        Rejection::HeldByMerchant => wrong_status("The merchant suspended it; only the merchant can resume it."),
        Rejection::HeldByReseller => wrong_status("The reseller suspended it; only the reseller can resume it."),
        Rejection::HeldByHub => wrong_status("The hub's operator holds it; only the operator can release it."),
        Rejection::NotEnding => wrong_status("There is no planned end to take back."),
        Rejection::EndingByMerchant => {
            wrong_status("The merchant planned this end; only the merchant can take it back.")
        }
        Rejection::EndingByReseller => {
            wrong_status("The reseller planned this end; only the reseller can take it back.")
        }
        Rejection::ResumeFirst => wrong_status("It is suspended and will end: resume it first, then undo the end."),
        Rejection::UndoNeedsStatus => {
            wrong_status("It was resumed after the cancel: send status \"ACTIVE\" to take the end back.")
        }
    }
}

/// A field that turned out to be faulty beside the entitlement.
fn fault(field: &str, rule: &'static str, hint: &str) -> ErrorAnswer {
    ErrorAnswer::faults(vec![Fault {
        field: field.to_owned(),
        rule,
        message: format!("{field} parameter is invalid"),
        hint: Some(hint.to_owned()),
    }])
}

/// What to do before it can be suspended or get another product.
const fn not_active_hint(status: Option<Status>) -> &'static str {
    match status {
        Some(Status::Pending) => {
            "It waits for its activation. Once it is ACTIVE this works; cancel and revoke work now."
        }
        Some(Status::Suspended) => "It is suspended. Resume it first; only ACTIVE and ACTIVE-ENDING allow this.",
        Some(Status::Failed) => {
            "The outcome of its create is not known yet; the hub is finding out. Read it again soon."
        }
        Some(Status::Active | Status::ActiveEnding | Status::Cancelled | Status::Revoked) | None => {
            "Only ACTIVE and ACTIVE-ENDING allow it."
        }
    }
}

/// A merchant says no.
#[must_use]
pub(crate) fn refused(refusal: &Refusal, switches: &Switches) -> ErrorAnswer {
    let no = |http, code, rule, words: &str, hint| {
        let message = refusal.message.as_deref().unwrap_or(words);
        ErrorAnswer::new(http, code, rule, message).with_origin(Origin::Merchant).with_hint(hint)
    };
    match refusal.kind {
        RefusalKind::RefusedUser => no(
            422,
            ResponseCode::NotAvailable,
            "merchant-refused-user",
            "The merchant refuses this user.",
            "The merchant decides this, user by user. The same request again gets the same answer.",
        ),
        RefusalKind::AlreadySubscribed => no(
            422,
            ResponseCode::NotAvailable,
            "already-subscribed",
            "The user already subscribes at the merchant.",
            "The user has it from elsewhere, and has to end that at the merchant first.",
        ),
        RefusalKind::NotSupported => no(
            422,
            ResponseCode::NotAvailable,
            "not-supported",
            "The merchant does not support this.",
            "The merchant cannot do this for this product; nothing was changed.",
        ),
        RefusalKind::WrongStatus => no(
            409,
            conflict_code(switches),
            "merchant-wrong-status",
            "The status at the merchant does not allow this.",
            "Hub and merchant see it differently. Read it again soon; if it stays so, ask the operator of the hub.",
        ),
        RefusalKind::BadRequest => no(
            400,
            ResponseCode::BadRequest,
            "merchant-bad-request",
            "The merchant calls the request faulty.",
            "Check what goes on to the merchant: productKey, offerKey and extraInformation.",
        ),
    }
}

/// The merchant certainly did nothing.
#[must_use]
pub(crate) fn failed(failure: Failure) -> ErrorAnswer {
    let unreachable = |rule, message| {
        let mut answer = unavailable(rule, message, MERCHANT_RETRY_AFTER_S);
        answer.origin = Origin::Merchant;
        answer
    };
    match failure {
        Failure::Unreachable => {
            unreachable("merchant-unreachable", "The merchant cannot be reached; nothing was done.")
                .with_hint("Send it again after Retry-After; the same X-RequestIdentifier may be used.")
        }
        Failure::Busy => unreachable("merchant-busy", "The merchant takes no more requests now; nothing was done.")
            .with_hint("Send it again after Retry-After; the same X-RequestIdentifier may be used."),
        Failure::Misconfigured => ErrorAnswer::new(
            500,
            ResponseCode::InternalError,
            "merchant-misconfigured",
            "The merchant refused the hub's own credentials; nothing was done.",
        )
        .with_hint("The operator of the hub has to repair this route."),
    }
}

/// Nobody knows whether the merchant has acted.
#[must_use]
pub(crate) fn unknown() -> ErrorAnswer {
    let mut answer = unavailable(
        "outcome-unknown",
        "The merchant's answer did not arrive; the hub goes on finding out.",
        MERCHANT_RETRY_AFTER_S,
    )
    .with_hint("Repeat with the same X-RequestIdentifier, or read the entitlement; nothing is sent twice.");
    answer.origin = Origin::Merchant;
    answer
}

/// An unknown outcome was found not done.
#[must_use]
pub(crate) fn not_done() -> ErrorAnswer {
    ErrorAnswer::new(422, ResponseCode::NotAvailable, "not-done", "The merchant did not carry this out.")
        .with_origin(Origin::Merchant)
        .with_hint("If it is still wanted, send it again under a new identity.")
}

/// The answer that an ended operation's outcome was, or would have been, by its rule id; `None`
/// for one that went well.
#[must_use]
pub(crate) fn of_outcome(rule: &str) -> Option<ErrorAnswer> {
    let kinds = [
        RefusalKind::RefusedUser,
        RefusalKind::AlreadySubscribed,
        RefusalKind::NotSupported,
        RefusalKind::WrongStatus,
        RefusalKind::BadRequest,
    ];
    let refusals = kinds.map(|kind| refused(&Refusal { kind, message: None }, &Switches::default()));
    let failures = [Failure::Unreachable, Failure::Busy, Failure::Misconfigured].map(failed);
    refusals.into_iter().chain(failures).chain([unknown(), not_done()]).find(|answer| answer.rule == rule)
}

fn conflict_code(switches: &Switches) -> ResponseCode {
    switches.conflict_code
}

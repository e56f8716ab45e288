//! An operator settles an operation whose outcome nobody could find out.

use crate::draft::Draft;
use crate::moves::{End, end};
use crate::settle::{By, settle_by};
use crate::{Answer, Ask, Decision, Entitlement, Given, Moment, Party, Reason, Rejection, Reply, RouteFacts, Stage};
use alloc::string::String;

/// How it stands at the merchant, as the operator found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The user has access there: creates, updates, resumes and undoings were done, suspensions
    /// and ends were not.
    Active,
    /// The merchant waits for its user: creates and updates only.
    Pending,
    /// It does not exist there, or has ended.
    Cancelled,
}

/// Settles the queued or unknown operation in an operator's name.
///
/// # Errors
/// `OperationInProgress` while it is still in flight, `AlreadyEnded` and `NotPending` where
/// nothing of that kind is open.
pub fn resolve(e: &Entitlement, as_: Resolution, reason: Option<Reason>, now: Moment) -> Result<Decision, Rejection> {
    let Some(operation) = &e.operation else {
        let is_open = e.record.status.is_open();
        return Err(if is_open { Rejection::NotPending } else { Rejection::AlreadyEnded });
    };
    if operation.stage == Stage::InFlight {
        return Err(Rejection::OperationInProgress);
    }
    match found(&operation.ask, as_) {
        Found::Answer(answer) => {
            let decision = settle_by(e, &answer, &ROUTE, now, By { party: Party::Operator, reason });
            Ok(without_url(decision))
        }
        Found::Ended => Ok(ended(e, reason, now)),
        Found::Impossible if !e.record.status.is_open() => Err(Rejection::AlreadyEnded),
        Found::Impossible => Err(Rejection::NotPending),
    }
}

/// An operator's word settles without the route: nothing is asked or repeated afterwards.
const ROUTE: RouteFacts = RouteFacts {
    update: true,
    suspend: true,
    resume: true,
    undo: true,
    cancel: true,
    revoke: true,
    activation_info: true,
    repeatable: false,
    inquiry: false,
    reason_required: false,
    limit: 1,
    pending_timeout_s: None,
    queued_deadline_s: 0,
};

/// The operator knows that the user has to act, but not where.
fn without_url(decision: Decision) -> Decision {
    match decision.reply {
        Reply::UserActs { .. } => Decision { reply: Reply::Queued, ..decision },
        Reply::Done
        | Reply::Waiting
        | Reply::Queued
        | Reply::AskMerchant
        | Reply::Refused(_)
        | Reply::Failed(_)
        | Reply::Unknown
        | Reply::NotDone => decision,
    }
}

/// What the operator's word means for the operation.
enum Found {
    Answer(Answer),
    /// The entitlement ended, whatever was asked.
    Ended,
    Impossible,
}

fn found(ask: &Ask, as_: Resolution) -> Found {
    let done = || Found::Answer(Answer::Done(Given::default()));
    match (as_, ask) {
        (Resolution::Active, Ask::Create | Ask::Update { .. } | Ask::Resume { .. } | Ask::Undo { .. }) => done(),
        (Resolution::Active, Ask::Suspend { .. } | Ask::Cancel(_) | Ask::Revoke(_)) => Found::Answer(Answer::NotDone),
        (Resolution::Active, Ask::UpdateBack) => done(),
        (Resolution::Active, Ask::Terminate { .. } | Ask::SuspendAgain | Ask::ActivationInfo) => Found::Impossible,
        (Resolution::Pending, Ask::Create) => Found::Answer(Answer::Accepted(Given::default())),
        (Resolution::Pending, Ask::Cancel(_) | Ask::Revoke(_)) => Found::Answer(Answer::NotDone),
        (Resolution::Pending, Ask::Update { .. }) => {
            Found::Answer(Answer::UserActs { given: Given::default(), url: String::new(), expires_at: None })
        }
        (
            Resolution::Pending,
            Ask::Suspend { .. }
            | Ask::Resume { .. }
            | Ask::Undo { .. }
            | Ask::Terminate { .. }
            | Ask::SuspendAgain
            | Ask::UpdateBack
            | Ask::ActivationInfo,
        ) => Found::Impossible,
        (Resolution::Cancelled, Ask::Create) => Found::Answer(Answer::NotDone),
        (Resolution::Cancelled, Ask::Cancel(_) | Ask::Revoke(_) | Ask::Terminate { .. }) => done(),
        (
            Resolution::Cancelled,
            Ask::Update { .. }
            | Ask::Suspend { .. }
            | Ask::Resume { .. }
            | Ask::Undo { .. }
            | Ask::SuspendAgain
            | Ask::UpdateBack
            | Ask::ActivationInfo,
        ) => Found::Ended,
    }
}

fn ended(e: &Entitlement, reason: Option<Reason>, now: Moment) -> Decision {
    let mut d = Draft::new(e, Party::Operator, now);
    let at = d.now();
    end(&mut d, End::now(at, reason));
    d.finish(Reply::Done)
}

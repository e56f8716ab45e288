//! How a decision's reply is answered: status, code, parameters (docs/API.md section 2).

use crate::answer::saved_record;
use crate::{Answer, refusal};
use entitlement::{Entitlement, Reply};
use store::{ClaimChange, SavedAnswer};
use wire::{ErrorAnswer, ResponseCode, Switches, action_parameters};

/// Which kind of request is answered; only the form differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Waiting answers are 201, or 202 by a switch.
    Create,
    /// A fresh URL is a plain 200.
    ActivationInfo,
    /// Everything else.
    Other,
}

/// An answer before the record is printed into it.
pub(crate) enum Outcome {
    /// The record in its envelope.
    Record {
        /// HTTP status.
        http: u16,
        /// responseCode.
        code: ResponseCode,
        /// `parameters` as printed.
        parameters: Option<String>,
    },
    /// A refusal or a certain failure.
    Error(Box<ErrorAnswer>),
    /// The outcome is unknown: 503 with the record.
    Unknown(Box<ErrorAnswer>),
}

/// The outcome a reply stands for.
pub(crate) fn outcome(reply: &Reply, kind: Kind, switches: &Switches) -> Outcome {
    let record = |http, code, parameters| Outcome::Record { http, code, parameters };
    match reply {
        Reply::Done => record(200, ResponseCode::Ok, None),
        Reply::Waiting => record(switches.created_http, ResponseCode::Ok, None),
        Reply::Queued => record(202, ResponseCode::Ok, None),
        Reply::UserActs { url, expires_at } => {
            let parameters = Some(action_parameters(url, *expires_at));
            if kind == Kind::ActivationInfo {
                return record(200, ResponseCode::Ok, parameters);
            }
            record(202, ResponseCode::ClientActionRequired, parameters)
        }
        Reply::Refused(refusal) => Outcome::Error(Box::new(refusal::refused(refusal, switches))),
        Reply::Failed(failure) => Outcome::Error(Box::new(refusal::failed(*failure))),
        Reply::NotDone => Outcome::Error(Box::new(refusal::not_done())),
        Reply::Unknown | Reply::AskMerchant => Outcome::Unknown(Box::new(refusal::unknown())),
    }
}

impl Outcome {
    /// The whole answer, with the record as it now is.
    pub(crate) fn answer(&self, state: Option<&Entitlement>) -> Answer {
        match (self, state) {
            (Self::Record { http, code, parameters }, Some(state)) => {
                Answer::record(*http, *code, parameters.as_deref(), state)
            }
            (Self::Unknown(error), Some(state)) => Answer::unknown(error, state),
            (Self::Error(error) | Self::Unknown(error), _) => Answer::error(error),
            (Self::Record { .. }, None) => Answer::error(&crate::answer::internal_error()),
        }
    }

    /// What is remembered of it; `None` for what is not.
    pub(crate) fn saved(&self, version: u32) -> Option<SavedAnswer> {
        match self {
            Self::Record { http, code, parameters } => Some(saved_record(*http, *code, version, parameters.clone())),
            Self::Error(error) if super::remember::is_remembered(error) => {
                Some(SavedAnswer::Literal { http: error.http, body: error.body() })
            }
            Self::Error(_) | Self::Unknown(_) => None,
        }
    }

    /// What becomes of the claims bound to an operation that ended, or goes on, this way.
    pub(crate) fn claims_of(&self, operation: ids::OperationId, version: u32) -> ClaimChange {
        match (self.saved(version), self) {
            (Some(saved), _) => ClaimChange::AnswerOf(operation, saved),
            // A certain failure frees the identity; a repeat starts anew.
            (None, Self::Error(_)) => ClaimChange::FreeOf(operation),
            (None, Self::Record { .. } | Self::Unknown(_)) => ClaimChange::None,
        }
    }
}

//! Request identities: what is claimed, what is remembered, what is not (docs/API.md section 4).

use super::{Caller, Step, Tried, from_store};
use crate::{Answer, Hub};
use entitlement::Moment;
use ids::{EntitlementKey, OperationId};
use store::{Change, Claim, ClaimChange, Committed, Load, RowChange, SavedAnswer, Target};
use wire::ErrorAnswer;

impl Caller {
    /// The claim of this request, answered or still open.
    pub(super) fn claim(
        &self,
        key: Option<EntitlementKey>,
        operation: Option<OperationId>,
        answer: Option<SavedAnswer>,
        at: Moment,
    ) -> ClaimChange {
        match &self.identity {
            None => ClaimChange::None,
            Some(identity) => ClaimChange::Insert(Claim {
                identity: identity.clone(),
                fingerprint: self.fingerprint,
                key,
                operation,
                answer,
                at,
            }),
        }
    }

    /// The identity's text, for the history.
    pub(super) fn request(&self) -> Option<String> {
        self.identity.as_ref().map(|identity| identity.as_str().to_owned())
    }
}

impl Hub {
    /// Answers with a refusal. Remembered ones are claimed in a commit of their own; where the
    /// identity turns out to be claimed already, the first answer wins, whatever was found now.
    pub(super) async fn refuse(&self, caller: &Caller, error: ErrorAnswer) -> Tried {
        if caller.identity.is_none() {
            return Ok(Step::Answer(Answer::error(&error)));
        }
        if !is_remembered(&error) {
            return self.refuse_unremembered(caller, error).await;
        }
        let now = self.store.now();
        let answer = SavedAnswer::Literal { http: error.http, body: error.body() };
        let change = claim_only(caller, caller.claim(None, None, Some(answer), now), now);
        match self.store.commit(change).await.map_err(from_store)? {
            Committed::Done => Ok(Step::Answer(Answer::error(&error))),
            Committed::Conflict(conflict) => Ok(Step::Again(Box::new(conflict.found))),
        }
    }

    async fn refuse_unremembered(&self, caller: &Caller, error: ErrorAnswer) -> Tried {
        let load = Load { account: caller.account.id, target: Target::Nothing, identity: caller.identity.clone() };
        let found = self.store.load(load).await.map_err(from_store)?;
        match found.claim {
            Some(_) => Ok(Step::Again(Box::new(found))),
            None => Ok(Step::Answer(Answer::error(&error))),
        }
    }
}

/// A change that touches only the request identity.
pub(super) fn claim_only(caller: &Caller, claim: ClaimChange, at: Moment) -> Change {
    Change {
        account: caller.account.id,
        at,
        claim,
        row: RowChange::None,
        events: Vec::new(),
        request: None,
        notices: Vec::new(),
        callbacks: Vec::new(),
        callback_done: None,
        wakes_lanes: false,
        closed: None,
        audit: None,
    }
}

/// Refusals that say how things stand are remembered; faults of the request itself are not.
pub(crate) fn is_remembered(error: &ErrorAnswer) -> bool {
    match error.http {
        404 | 409 | 422 => !matches!(error.rule, "identity-reused" | "operation-in-progress"),
        400 => matches!(error.rule, "limit-reached" | "merchant-bad-request"),
        _ => false,
    }
}

//! The first answer again: byte by byte, without any second effect (docs/API.md section 4).

use super::remember::claim_only;
use super::{Caller, Step, Tried, from_store, look_again, request_in_progress};
use crate::answer::{internal_error, saved_record, told};
use crate::{Answer, Hub, refusal};
use entitlement::{Entitlement, Moment, Status, fold};
use ids::EntitlementKey;
use store::{Change, Claim, ClaimChange, Load, Loaded, Row, SavedAnswer, Target};
use wire::{ErrorAnswer, ResponseCode, record_body};

impl Hub {
    /// Answers a request whose identity is claimed already.
    pub(super) async fn replay(&self, caller: &Caller, claim: &Claim) -> Tried {
        // That of a request that named a customer who is erased has been replaced; few are, so it is worked out last.
        if claim.fingerprint != caller.fingerprint
            && claim.fingerprint != self.pseudonyms.erased_fingerprint(caller.fingerprint)
        {
            return Ok(Step::Answer(Answer::error(&identity_reused())));
        }
        let mut claim = claim.clone();
        loop {
            if let Some(answer) = &claim.answer {
                return self.print_again(&claim, answer).await.map(Step::Answer);
            }
            let found = self.claim_now(caller, &claim).await?;
            match &found.claim {
                Some(now) if now.answer.is_none() => {
                    if let Some(change) = answer_overtaken(caller, now, found.row.as_deref(), self.store.now()) {
                        self.commit(change).await?;
                        continue;
                    }
                }
                Some(now) => {
                    claim = now.clone();
                    continue;
                }
                // A certain failure freed the identity: the repeat starts anew.
                None => return Ok(Step::Again(Box::default())),
            }
            if !look_again(caller.deadline).await {
                return self.still_running(&claim).await.map(Step::Answer);
            }
        }
    }

    /// The claim and its entitlement, in one snapshot.
    async fn claim_now(&self, caller: &Caller, claim: &Claim) -> Result<Loaded, Box<ErrorAnswer>> {
        let target = claim.key.map_or(Target::Nothing, Target::Key);
        let load = Load { account: caller.account.id, target, identity: caller.identity.clone() };
        self.store.load(load).await.map_err(from_store)
    }

    pub(crate) async fn print_again(&self, claim: &Claim, answer: &SavedAnswer) -> Result<Answer, Box<ErrorAnswer>> {
        let printed = match answer {
            SavedAnswer::Literal { http, body } => {
                let (code, rule) = told(body);
                Answer { code, rule, ..Answer::plain(*http, body.clone()) }
            }
            SavedAnswer::Record { http, form, code, version, parameters } => {
                let state = self.state_at(claim.key, *version).await?;
                let code = ResponseCode::from_index(*code).ok_or_else(unprintable)?;
                let body = record_body(*form, code, parameters.as_deref(), &state.record).ok_or_else(unprintable)?;
                Answer { version: Some(*version), code, ..Answer::plain(*http, body) }
            }
        };
        Ok(Answer { replayed: true, ..printed })
    }

    /// The entitlement as it was at a version: the row where nothing has changed since, else
    /// folded from its history.
    pub(crate) async fn state_at(
        &self,
        key: Option<EntitlementKey>,
        version: u32,
    ) -> Result<Entitlement, Box<ErrorAnswer>> {
        let key = key.ok_or_else(unprintable)?;
        if let Some(row) = self.row(key).await?
            && row.state.version == version
        {
            return Ok(row.state);
        }
        let history = self.store.history(key, Some(version)).await.map_err(from_store)?;
        fold(history.iter().map(|stored| &stored.event)).ok_or_else(unprintable)
    }

    /// The row of a key, whoever's it is.
    pub(crate) async fn row(&self, key: EntitlementKey) -> Result<Option<Box<store::Row>>, Box<ErrorAnswer>> {
        let load = Load { account: ids::AccountId(0), target: Target::Key(key), identity: None };
        Ok(self.store.load(load).await.map_err(from_store)?.row)
    }

    async fn still_running(&self, claim: &Claim) -> Result<Answer, Box<ErrorAnswer>> {
        let row = match claim.key {
            Some(key) => self.row(key).await?,
            None => None,
        };
        Ok(match row {
            Some(row) if !row.state.unborn => Answer::unknown(&refusal::unknown(), &row.state),
            Some(row) => Answer::unknown(&request_in_progress(), &row.state),
            None => Answer::error(&request_in_progress()),
        })
    }
}

/// An operation that was overtaken (an end came first, or a revoke superseded it) never gets an
/// outcome of its own: its requests are answered with the entitlement as it stands now. `None`
/// while the operation, or the end that follows from it, is still to come.
fn answer_overtaken(caller: &Caller, claim: &Claim, row: Option<&Row>, now: Moment) -> Option<Change> {
    let Some(Row { state, .. }) = row else {
        // Nothing remains of it, so nothing is remembered either.
        return Some(claim_only(caller, ClaimChange::Free(claim.identity.clone()), now));
    };
    let open = state.operation.as_ref();
    if open.map(|operation| operation.id) == claim.operation || state.record.status == Status::Failed {
        return None;
    }
    let answer = if state.record.status.is_open() && open.is_some() {
        let error = refusal::not_done();
        SavedAnswer::Literal { http: error.http, body: error.body() }
    } else {
        saved_record(200, ResponseCode::Ok, state.version, None)
    };
    let claim = Claim { answer: Some(answer), ..claim.clone() };
    Some(claim_only(caller, ClaimChange::Answer(claim), now))
}

fn identity_reused() -> ErrorAnswer {
    ErrorAnswer::new(
        422,
        ResponseCode::BadRequest,
        "identity-reused",
        "This X-RequestIdentifier was used for another request.",
    )
    .with_field("X-RequestIdentifier")
    .with_hint("Make a new identity for every new intent; repeat an old one only with the very same request.")
}

fn unprintable() -> Box<ErrorAnswer> {
    tracing::error!("a remembered answer cannot be printed");
    Box::new(internal_error())
}

//! The first answer again: byte by byte, without any second effect (docs/API.md section 4).

use super::{Caller, Step, Tried, from_store, look_again, request_in_progress};
use crate::answer::internal_error;
use crate::{Answer, Hub, refusal};
use entitlement::{Entitlement, fold};
use ids::EntitlementKey;
use store::{Claim, Load, SavedAnswer, Target};
use wire::{ErrorAnswer, ResponseCode, record_body};

impl Hub {
    /// Answers a request whose identity is claimed already.
    pub(super) async fn replay(&self, caller: &Caller, claim: &Claim) -> Tried {
        if claim.fingerprint != caller.fingerprint {
            return Ok(Step::Answer(Answer::error(&identity_reused())));
        }
        let mut claim = claim.clone();
        loop {
            if let Some(answer) = &claim.answer {
                return self.print_again(&claim, answer).await.map(Step::Answer);
            }
            if !look_again(caller.deadline).await {
                return self.still_running(&claim).await.map(Step::Answer);
            }
            match self.claim_now(caller).await? {
                Some(found) => claim = found,
                // A certain failure freed the identity: the repeat starts anew.
                None => return Ok(Step::Again(Box::default())),
            }
        }
    }

    async fn claim_now(&self, caller: &Caller) -> Result<Option<Claim>, Box<ErrorAnswer>> {
        let load = Load { account: caller.account.id, target: Target::Nothing, identity: caller.identity.clone() };
        Ok(self.store.load(load).await.map_err(from_store)?.claim)
    }

    async fn print_again(&self, claim: &Claim, answer: &SavedAnswer) -> Result<Answer, Box<ErrorAnswer>> {
        let printed = match answer {
            SavedAnswer::Literal { http, body } => Answer::plain(*http, body.clone()),
            SavedAnswer::Record { http, form, code, version, parameters } => {
                let state = self.state_at(claim.key, *version).await?;
                let code = ResponseCode::from_index(*code).ok_or_else(unprintable)?;
                let body = record_body(*form, code, parameters.as_deref(), &state.record).ok_or_else(unprintable)?;
                Answer { version: Some(*version), ..Answer::plain(*http, body) }
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
    pub(crate) async fn row(&self, key: EntitlementKey) -> Result<Option<store::Row>, Box<ErrorAnswer>> {
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

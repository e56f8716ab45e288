//! Load, decide, commit, and try again on conflict. Every write of the public API comes through
//! here; the worker's writes use the same pieces (`change`, `merchant`).

pub(crate) mod change;
mod commit;
mod create;
mod dry_run;
mod magic;
pub(crate) mod merchant;
mod operate;
pub(crate) use operate::not_found;
mod remember;
mod replay;
pub(crate) mod reply;
mod slots;
mod sold;

use crate::answer::{self, unavailable};
use crate::catalog::Account;
use crate::turns::{NoTurn, Turn, TurnKey};
use crate::{Answer, Hub};
use ids::RequestIdentity;
use std::sync::Arc;
use store::{AuditEntry, FINGERPRINT_BYTES, Loaded};
use tokio::time::{Duration, Instant, sleep};
use wire::{CreateRequest, ErrorAnswer, UpdateRequest};

/// Tries of one write against conflicts with other nodes; then 503 `contended`.
pub(crate) const TRIES_MAX: usize = 8;
/// How often something that others are working on is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Who asks, and how the request is named.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Whose credential it is.
    pub account: Arc<Account>,
    /// X-RequestIdentifier, on writes.
    pub identity: Option<RequestIdentity>,
    /// What is asked, for `identity-reused`.
    pub fingerprint: [u8; FINGERPRINT_BYTES],
    /// If-Match, on PATCH, cancel and revoke.
    pub if_match: Option<String>,
    /// X-Magic-Number as sent: forces the test merchant's answer (docs/API.md section 8.4).
    pub magic_number: Option<String>,
    /// When the caller is answered at the latest.
    pub deadline: Instant,
    /// The audit's entry, where an operator asks: it goes into the commit of what is done.
    pub audit: Option<Box<AuditEntry>>,
}

/// What a write asks.
#[derive(Debug, Clone)]
pub enum Wanted {
    /// POST /v1/entitlement
    Create(Box<CreateRequest>),
    /// PATCH /v1/entitlement
    Update(Box<UpdateRequest>),
    /// POST /v1/entitlement/cancel/{id}
    Cancel(String, Box<entitlement::EndRequest>),
    /// POST /v1/entitlement/revoke/{id}
    Revoke(String, Box<entitlement::EndRequest>),
    /// activationInfo; a read by nature, so without identity
    ActivationInfo(String),
    /// An operator sets the HUB hold.
    Hold(String, Option<entitlement::Reason>),
    /// An operator lifts it.
    Release(String),
}

/// One try's end.
pub(crate) enum Step {
    /// The caller is answered.
    Answer(Answer),
    /// Something else was there: decide again on what was found.
    Again(Box<Loaded>),
}

/// A try's end, or the answer to a fault met on the way.
pub(crate) type Tried = Result<Step, Box<ErrorAnswer>>;

impl Hub {
    /// Carries a write out and answers. Whatever has to be awaited of a merchant runs in a task of
    /// its own from the intent on: dropping this future drops the answer only.
    pub async fn execute(&self, caller: Caller, wanted: Wanted) -> Answer {
        if let Err(error) = caller.checked_magic_number(&wanted) {
            return Answer::error(&error);
        }
        let _turn = match self.identity_turn(&caller).await {
            Ok(turn) => turn,
            Err(error) => return Answer::error(&error),
        };
        let done = match wanted {
            Wanted::Create(request) => self.create(&caller, *request).await,
            Wanted::Update(request) => {
                let id = request.entitlement_id().to_owned();
                Box::pin(self.operate(&caller, &id, operate::Asked::Update(*request))).await
            }
            Wanted::Cancel(id, end) => Box::pin(self.operate(&caller, &id, operate::Asked::Cancel(*end))).await,
            Wanted::Revoke(id, end) => Box::pin(self.operate(&caller, &id, operate::Asked::Revoke(*end))).await,
            Wanted::ActivationInfo(id) => Box::pin(self.operate(&caller, &id, operate::Asked::ActivationInfo)).await,
            Wanted::Hold(id, reason) => Box::pin(self.operate(&caller, &id, operate::Asked::Hold(reason))).await,
            Wanted::Release(id) => Box::pin(self.operate(&caller, &id, operate::Asked::Release)).await,
        };
        done.unwrap_or_else(|error| Answer::error(&error))
    }

    async fn identity_turn(&self, caller: &Caller) -> Result<Option<Turn>, Box<ErrorAnswer>> {
        let Some(identity) = &caller.identity else {
            return Ok(None);
        };
        let key = TurnKey::Identity(caller.account.id, identity);
        match self.turns.take(key, caller.deadline).await {
            Ok(turn) => Ok(Some(turn)),
            Err(NoTurn::TooMany | NoTurn::TooLate) => Err(Box::new(request_in_progress())),
        }
    }

    pub(crate) async fn turn(&self, key: TurnKey<'_>, deadline: Instant) -> Result<Turn, Box<ErrorAnswer>> {
        self.turns.take(key, deadline).await.map_err(|_| Box::new(contended()))
    }
}

/// The first request of this identity is still running.
fn request_in_progress() -> ErrorAnswer {
    unavailable("request-in-progress", "A request with this identity is still running.", 1)
        .with_hint("Repeat it with the same X-RequestIdentifier; nothing is done twice.")
}

/// Others kept changing the same entitlement.
pub(crate) fn contended() -> ErrorAnswer {
    unavailable("contended", "Too many requests change this entitlement at once; nothing was changed.", 1)
        .with_hint("Send it again after Retry-After. Requests about one entitlement go one after the other.")
}

/// Waits a little before looking again; false once the deadline would be missed.
async fn look_again(deadline: Instant) -> bool {
    if Instant::now() + LOOK_AGAIN >= deadline {
        return false;
    }
    sleep(LOOK_AGAIN).await;
    true
}

/// The store's error as an answer, logged once.
pub(crate) fn from_store(error: store::StoreError) -> Box<ErrorAnswer> {
    tracing::error!(%error, "the store could not do it");
    Box::new(answer::store_error(&error))
}

//! Asking a merchant and settling what comes back: the same code for the request's own task and
//! for the worker later (docs/LIFECYCLE.md sections 4 and 5).

use super::TRIES_MAX;
use super::change::Draft;
use super::reply::{Kind, Outcome, outcome};
use super::slots::{free_slot, staying};
use crate::catalog::{Account, Route};
use crate::turns::Turn;
use crate::watching::{Carried, Span};
use crate::{Answer, Hub, answer, refusal};
use entitlement::{Answer as MerchantAnswer, Ask, Decision, Entitlement, JsonObject, Moment, Operation, settle};
use merchants::test::MagicNumber;
use merchants::{Answered, Call, Connector, Prepared, Purpose, Request, Response};
use std::sync::Arc;
use std::time::Duration;
use store::{Cause, Change, ClosedOperation, Committed, Conflict, Row};
use tokio::time::{Instant, sleep};
use wire::{ErrorAnswer, Switches};

/// Quick tries after the first: they ride over a restart or a dropped connection.
const QUICK_TRIES_AFTER_MS: [u64; 3] = [50, 100, 200];
/// All tries of one operation end within this (docs/API.md section 6).
const ALL_TRIES_MS: u64 = 10_000;

/// One operation to be carried to its merchant. The row is stored with the operation open.
pub(crate) struct Errand {
    pub(crate) account: Arc<Account>,
    pub(crate) route: Arc<Route>,
    pub(crate) row: Row,
    pub(crate) purpose: Purpose,
    pub(crate) extra_information: JsonObject,
    pub(crate) kind: Kind,
}

/// How an errand ended: the outcome for the caller and the entitlement as it now is.
pub(crate) struct Errands {
    pub(crate) outcome: Outcome,
    pub(crate) state: Option<Entitlement>,
}

/// What came of an intent.
pub(crate) enum Intended {
    /// It was committed, the merchant was asked, and this is the answer.
    Carried(Answer),
    /// Something else was there; the turn is given back.
    Withdrawn(Box<Conflict>, Option<Turn>),
}

impl Hub {
    /// Commits an intent and carries the operation out, in a task of its own: from here on a
    /// caller who is gone stops nothing (docs/LIFECYCLE.md section 4). The turn ends with the
    /// intent's commit; from then on the open operation itself makes others wait.
    pub(crate) async fn intend(
        &self,
        change: Change,
        errand: Errand,
        turn: Option<Turn>,
    ) -> Result<Intended, Box<ErrorAnswer>> {
        let state = errand.row.state.clone();
        let hub = self.clone();
        let operation = errand.row.state.operation.as_ref();
        let lease = operation.and_then(|open| Some(self.leases.take(open.id, open.next_at?)));
        let task = tokio::spawn(Carried::now().scope(async move {
            let _lease = lease;
            if let Committed::Conflict(conflict) = hub.commit(change).await? {
                return Ok(Intended::Withdrawn(conflict, turn));
            }
            drop(turn);
            Ok(Intended::Carried(hub.answer_errand(errand).await))
        }));
        task.await.unwrap_or_else(|panic| {
            tracing::error!(%panic, "an operation's task ended early; recovery goes on with it");
            // The merchant may have been asked: that nothing was done must not be said.
            Ok(Intended::Carried(Answer::unknown(&refusal::unknown(), &state)))
        })
    }

    /// The intent is durable: whatever fails now, the operation goes on, and that is what the
    /// caller is told.
    async fn answer_errand(&self, errand: Errand) -> Answer {
        let state = errand.row.state.clone();
        match self.run_errand(errand).await {
            Ok(ended) => ended.outcome.answer(ended.state.as_ref()),
            Err(_) => Answer::unknown(&refusal::unknown(), &state),
        }
    }

    /// Who answers an operation: the route's merchant, or the test merchant where a magic number
    /// forces the answer of one that is called over a network.
    pub(crate) fn connector<'a>(&'a self, route: &'a Route, operation: &Operation) -> &'a dyn Connector {
        let is_forced = operation.note.as_deref().and_then(MagicNumber::parse).is_some();
        if is_forced && !route.connector.is_built_in() { self.desk.merchant() } else { route.connector.as_ref() }
    }

    /// Sends the row's open operation to its merchant and settles what comes back.
    pub(crate) async fn run_errand(&self, errand: Errand) -> Result<Errands, Box<ErrorAnswer>> {
        let Some(operation) = errand.row.state.operation.clone() else {
            return Ok(nothing_open(errand.row.state, &errand.account));
        };
        let answered = self.ask(&errand, &operation).await;
        self.settle_errand(errand, &operation, answered).await
    }

    /// Asks without an intent: a read by nature (activation info).
    pub(crate) async fn ask_only(
        &self,
        account: &Arc<Account>,
        route: &Arc<Route>,
        row: &Row,
        asking: &Entitlement,
    ) -> Answered {
        let Some(operation) = &asking.operation else {
            return Answered { answer: MerchantAnswer::Unknown, promises: Vec::new() };
        };
        let errand = Errand {
            account: Arc::clone(account),
            route: Arc::clone(route),
            row: Row { state: asking.clone(), ..row.clone() },
            purpose: Purpose::First,
            extra_information: JsonObject::new(),
            kind: Kind::ActivationInfo,
        };
        self.ask(&errand, operation).await
    }

    async fn ask(&self, errand: &Errand, operation: &Operation) -> Answered {
        let call = Call {
            key: errand.row.key,
            entitlement: &errand.row.state,
            operation,
            purpose: errand.purpose,
            extra_information: &errand.extra_information,
            reseller: &errand.account.reseller,
            now: self.store.now(),
        };
        let connector = self.connector(&errand.route, operation);
        match connector.prepare(&call) {
            Prepared::Answered(answered) => answered,
            Prepared::Send(request) => {
                let response = self.exchange(request, &errand.route, operation).await;
                self.reach.note(&errand.route.merchant_account_key, &response, self.store.now());
                Answered { answer: connector.read(&call, &response), promises: Vec::new() }
            }
        }
    }

    /// Sends it, watched: the merchant can go on with the trace.
    async fn exchange(&self, mut request: Request, route: &Route, operation: &Operation) -> Response {
        let merchant = route.merchant_account_key.as_str();
        let mut span = self.span_or_root("merchant call").map(Span::calling);
        if let Some(span) = &mut span {
            request.headers.push(("traceparent", span.traceparent()));
            span.note("entitle.merchant", merchant);
            span.note("entitle.operation_kind", ask_word(&operation.ask));
        }
        let begun = Instant::now();
        let response = self.tries(&request, route.facts.repeatable, merchant).await;
        self.watching.figures.merchant_took(merchant, begun.elapsed());
        match (&response, &mut span) {
            (Response::Whole { status, .. }, Some(span)) if *status < 500 => {
                span.note("http.response.status_code", status.to_string());
            }
            (_, Some(span)) => span.fail(),
            (_, None) => {}
        }
        response
    }

    async fn tries(&self, request: &Request, repeatable: bool, merchant: &str) -> Response {
        let end = Instant::now() + Duration::from_millis(ALL_TRIES_MS);
        let mut response = self.try_once(request, end, merchant).await;
        for wait in QUICK_TRIES_AFTER_MS {
            let again = match &response {
                Response::NotSent => true,
                Response::Whole { status, .. } => repeatable && *status >= 500,
                Response::Broken => false,
            };
            let wait = Duration::from_millis(wait);
            if !again || Instant::now() + wait >= end {
                break;
            }
            sleep(wait).await;
            response = self.try_once(request, end, merchant).await;
        }
        response
    }

    async fn try_once(&self, request: &Request, end: Instant, merchant: &str) -> Response {
        let response = self.outgoing.ask(request, end).await;
        self.watching.figures.merchant_answered(merchant, &response);
        response
    }

    async fn settle_errand(
        &self,
        errand: Errand,
        operation: &Operation,
        answered: Answered,
    ) -> Result<Errands, Box<ErrorAnswer>> {
        let mut row = errand.row;
        let mut moving = Moving::AsAsked;
        for _ in 0..TRIES_MAX {
            row = moving.applied(row);
            if row.state.operation.as_ref().map(|open| open.id) != Some(operation.id) {
                // A call-back was faster; the caller is answered with the state as it now is.
                return Ok(nothing_open(row.state, &errand.account));
            }
            let now = self.store.now();
            let decision = settle(&row.state, &answered.answer, &errand.route.facts, now);
            let key = row.key;
            let ended = self.settle_once(row, operation, &decision, &answered, &errand.account, errand.kind, now);
            match ended.await? {
                Ok(ended) => return Ok(ended),
                Err(conflict) if conflict.cause == Cause::Slot => {
                    moving = Moving::after(free_slot(&conflict.found.open, key, errand.route.facts.limit));
                }
                Err(_) => {}
            }
            match self.row(key).await? {
                Some(found) => row = *found,
                None => return Ok(gone()),
            }
        }
        Err(Box::new(super::contended()))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one settlement, used once")]
    async fn settle_once(
        &self,
        row: Row,
        operation: &Operation,
        decision: &Decision,
        answered: &Answered,
        account: &Arc<Account>,
        kind: Kind,
        now: Moment,
    ) -> Result<Result<Errands, Box<Conflict>>, Box<ErrorAnswer>> {
        let mut draft = Draft::of(row);
        draft.decide(decision, account);
        draft.promise(answered.promises.clone());
        let state = draft.state().cloned();
        if state.as_ref().and_then(|state| state.operation.as_ref()).map(|open| open.id) != Some(operation.id) {
            draft.close(closed(operation, draft.key(), &answered.answer, now));
        }
        let ended = outcome(&decision.reply, kind, &account.switches);
        let claims = ended.claims_of(operation.id, state.as_ref().map_or(0, |state| state.version));
        let change = draft.finish(now, claims, None);
        Ok(match self.commit(change).await? {
            Committed::Done => Ok(Errands { outcome: ended, state }),
            Committed::Conflict(conflict) => Err(conflict),
        })
    }
}

/// What becomes of a change of customer that came with an operation: a slot that was free before
/// the merchant was asked may be taken when it is done.
enum Moving {
    /// Into the slot it has.
    AsAsked,
    /// Into another one.
    Into(u32),
    /// None is free any more. What the merchant has done counts; the customer stays.
    Stays,
}

impl Moving {
    fn after(free: Option<u32>) -> Self {
        free.map_or(Self::Stays, Self::Into)
    }

    fn applied(&self, row: Row) -> Row {
        match self {
            Self::AsAsked => row,
            Self::Into(slot) => Row { slot: Some(*slot), ..row },
            Self::Stays => {
                tracing::warn!(key = %row.key, "the new customer has no slot left; the entitlement stays with the old");
                let operation = row.state.operation.as_ref().map(staying);
                Row { state: Entitlement { operation, ..row.state }, ..row }
            }
        }
    }
}

fn nothing_open(state: Entitlement, account: &Account) -> Errands {
    let outcome = outcome(&entitlement::Reply::Done, Kind::Other, &account.switches);
    Errands { outcome, state: Some(state) }
}

fn gone() -> Errands {
    Errands { outcome: Outcome::Error(Box::new(answer::internal_error())), state: None }
}

fn closed(operation: &Operation, key: ids::EntitlementKey, answer: &MerchantAnswer, now: Moment) -> ClosedOperation {
    ClosedOperation {
        id: operation.id,
        key,
        kind: ask_word(&operation.ask).to_owned(),
        outcome: answer_word(answer).to_owned(),
        opened_at: operation.opened_at,
        closed_at: now,
    }
}

/// One word for what was asked.
pub(crate) const fn ask_word(ask: &Ask) -> &'static str {
    match ask {
        Ask::Create => "create",
        Ask::ActivationInfo => "activationInfo",
        Ask::Update { .. } => "update",
        Ask::Suspend { .. } => "suspend",
        Ask::Resume { .. } => "resume",
        Ask::Undo { .. } => "undo",
        Ask::Cancel(_) => "cancel",
        Ask::Revoke(_) => "revoke",
        Ask::Terminate { .. } => "terminate",
        Ask::SuspendAgain => "suspendAgain",
        Ask::UpdateBack => "updateBack",
    }
}

/// One word for how it ended: the rule id where it did not go well.
fn answer_word(answer: &MerchantAnswer) -> &'static str {
    match answer {
        MerchantAnswer::Done(_) => "done",
        MerchantAnswer::UserActs { .. } => "user acts",
        MerchantAnswer::Accepted(_) => "accepted",
        MerchantAnswer::Code(_) => "code",
        MerchantAnswer::EndsAt { .. } => "ends at",
        MerchantAnswer::Queued(_) => "queued",
        MerchantAnswer::Refused(refused) => refusal::refused(refused, &Switches::default()).rule,
        MerchantAnswer::CertainFailure(failure) => refusal::failed(*failure).rule,
        MerchantAnswer::Unknown => refusal::unknown().rule,
        MerchantAnswer::NotDone => refusal::not_done().rule,
    }
}

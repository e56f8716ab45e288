//! Writes on an existing entitlement: PATCH, cancel, revoke, and activation info. One loop: look,
//! apply what time has brought, decide, commit; again on conflict.

use super::change::Draft;
use super::merchant::{Errand, Intended};
use super::reply::{Kind, Outcome, outcome};
use super::slots::{free_slot, moves_to};
use super::sold::sold;
use super::{Caller, Step, TRIES_MAX, Tried, contended, from_store, look_again};
use crate::catalog::Route;
use crate::turns::{Turn, TurnKey};
use crate::{Answer, Hub, refusal};
use entitlement::{
    Ask, Command, Decision, EndRequest, Entitlement, JsonObject, Moment, OperationAfter, Party, ProductChange, Reason,
    Rejection, Reply, Stage, Update, admit, carry_out, pass_time, settle,
};
use merchants::{Answered, Call, Prepared, Purpose};
use std::sync::Arc;
use store::{AuditEntry, Committed, Load, Loaded, Row, Target};
use wire::{ErrorAnswer, Fault, ResponseCode, UpdateRequest, UpdateWanted, if_match_allows};

/// What is asked of an existing entitlement.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    Update(UpdateRequest),
    Cancel(EndRequest),
    Revoke(EndRequest),
    ActivationInfo,
    Hold(Option<Reason>),
    Release,
}

/// One operation on its way.
pub(super) struct Operating<'a> {
    pub(super) hub: &'a Hub,
    pub(super) caller: &'a Caller,
    pub(super) id: &'a str,
    pub(super) asked: &'a Asked,
}

impl Hub {
    pub(super) async fn operate(&self, caller: &Caller, id: &str, asked: Asked) -> Result<Answer, Box<ErrorAnswer>> {
        Operating { hub: self, caller, id, asked: &asked }.run().await
    }

    /// A fresh activation URL or code; `None` where the row changed meanwhile.
    pub(super) async fn fresh_activation(
        &self,
        caller: &Caller,
        route: &Arc<Route>,
        row: &Row,
        kind: Kind,
    ) -> Result<Option<(Outcome, Entitlement)>, Box<ErrorAnswer>> {
        let operating =
            Operating { hub: self, caller, id: &row.state.record.entitlement_id, asked: &Asked::ActivationInfo };
        let now = self.store.now();
        match operating.admitted(route, row, &Command::ActivationInfo, now) {
            Err(rejection) => {
                let status = Some(row.state.record.status);
                let error = refusal::rejected(rejection, status, &caller.account.switches);
                Ok(Some((Outcome::Error(Box::new(error)), row.state.clone())))
            }
            Ok(decision) => operating.activation(route, row, &decision, kind, now).await,
        }
    }

    /// Commits what time has brought; true where there was something.
    pub(crate) async fn settle_due(
        &self,
        account: &crate::Account,
        route: &Route,
        row: &Row,
    ) -> Result<bool, Box<ErrorAnswer>> {
        let now = self.store.now();
        let decision = pass_time(&row.state, &route.facts, now);
        if decision.events.is_empty() && decision.operation == OperationAfter::Keep {
            return Ok(false);
        }
        let mut draft = Draft::of(row.clone());
        draft.decide(&decision, account);
        let change = draft.finish(now, store::ClaimChange::None, None);
        self.commit(change).await?;
        Ok(true)
    }
}

impl Operating<'_> {
    async fn run(&self) -> Result<Answer, Box<ErrorAnswer>> {
        let mut tries = 0;
        let mut _turn = Some(self.turn().await?);
        let mut found = self.load().await?;
        while tries < TRIES_MAX {
            if let Some(claim) = &found.claim {
                // Whoever waits for an answer decides nothing, and recovery needs the turn.
                _turn = None;
                match self.hub.replay(self.caller, claim).await? {
                    Step::Answer(answer) => return Ok(answer),
                    Step::Again(_) => _turn = Some(self.turn().await?),
                }
                found = self.load().await?;
                tries += 1;
                continue;
            }
            if self.is_in_flight(&found) {
                if !look_again(self.caller.deadline).await {
                    return Err(Box::new(contended()));
                }
                found = self.load().await?;
                continue;
            }
            match self.attempt(&found).await? {
                Step::Answer(answer) => return Ok(answer),
                Step::Again(other) => {
                    // The customer's open rows come only with a conflict about a slot.
                    let open = other.open;
                    found = Loaded { open, ..self.load().await? };
                }
            }
            tries += 1;
        }
        Err(Box::new(contended()))
    }

    async fn turn(&self) -> Result<Turn, Box<ErrorAnswer>> {
        let id = self.id.to_ascii_lowercase();
        self.hub.turn(TurnKey::Entitlement(self.caller.account.id, &id), self.caller.deadline).await
    }

    pub(super) async fn load(&self) -> Result<Loaded, Box<ErrorAnswer>> {
        let identity = match self.asked {
            Asked::ActivationInfo | Asked::Hold(_) | Asked::Release => None,
            Asked::Update(_) | Asked::Cancel(_) | Asked::Revoke(_) => self.caller.identity.clone(),
        };
        let _span = crate::watching::span("load");
        let load = Load { account: self.caller.account.id, target: Target::Id(self.id.to_owned()), identity };
        self.hub.store.load(load).await.map_err(from_store)
    }

    fn is_in_flight(&self, found: &Loaded) -> bool {
        let operation = found.row.as_ref().and_then(|row| row.state.operation.as_ref());
        operation.is_some_and(|operation| operation.stage == Stage::InFlight)
    }

    async fn attempt(&self, found: &Loaded) -> Tried {
        let Some(row) = found.row.as_ref().filter(|row| row.account == self.caller.account.id) else {
            return self.hub.refuse(self.caller, not_found()).await;
        };
        let route = self.caller.account.route_of(&row.state.record.merchant_account_key);
        if self.hub.settle_due(&self.caller.account, route, row).await? {
            return Ok(Step::Again(Box::default()));
        }
        if let Err(refusal) = self.check_if_match(row) {
            return self.hub.refuse(self.caller, *refusal).await;
        }
        self.decide(route, row, &found.open).await
    }

    pub(super) fn check_if_match(&self, row: &Row) -> Result<(), Box<ErrorAnswer>> {
        match &self.caller.if_match {
            Some(header) if !if_match_allows(header, row.state.version) => {
                Err(Box::new(precondition_failed(row.state.version)))
            }
            Some(_) | None => Ok(()),
        }
    }

    async fn decide(&self, route: &Arc<Route>, row: &Row, open: &[Row]) -> Tried {
        let now = self.hub.store.now();
        match crate::watching::decided(|| self.decision(route, row, now)) {
            Ok(decision) if matches!(self.asked, Asked::ActivationInfo) => {
                let ended = self.activation(route, row, &decision, Kind::ActivationInfo, now).await?;
                Ok(match ended {
                    Some((outcome, state)) => Step::Answer(outcome.answer(Some(&state))),
                    None => Step::Again(Box::default()),
                })
            }
            Ok(decision) => self.carry_out(route, row, open, &decision, now).await,
            Err(refusal) => self.hub.refuse(self.caller, *refusal).await,
        }
    }

    /// The rules' word on what is asked.
    pub(super) fn decision(&self, route: &Route, row: &Row, now: Moment) -> Result<Decision, Box<ErrorAnswer>> {
        if route.facts.reason_required && self.lacks_reason() {
            return Err(Box::new(reason_required()));
        }
        let command = self.command(row, now)?;
        let mut decision = self.admitted(route, row, &command, now).map_err(|rejection| {
            let status = Some(row.state.record.status);
            Box::new(refusal::rejected(rejection, status, &self.caller.account.switches))
        })?;
        if let OperationAfter::Open(operation) = &mut decision.operation {
            operation.note = self.caller.note(operation)?;
        }
        Ok(decision)
    }

    fn lacks_reason(&self) -> bool {
        match self.asked {
            Asked::Cancel(end) | Asked::Revoke(end) => end.reason.is_none(),
            Asked::Update(_) | Asked::ActivationInfo | Asked::Hold(_) | Asked::Release => false,
        }
    }

    fn admitted(&self, route: &Route, row: &Row, command: &Command, now: Moment) -> Result<Decision, Rejection> {
        let operation = self.hub.random.operation(now);
        let party = match self.asked {
            Asked::Hold(_) | Asked::Release => Party::Operator,
            Asked::Update(_) | Asked::Cancel(_) | Asked::Revoke(_) | Asked::ActivationInfo => Party::Reseller,
        };
        admit(&row.state, command, party, &route.facts, now, operation)
    }

    fn command(&self, row: &Row, now: Moment) -> Result<Command, Box<ErrorAnswer>> {
        match self.asked {
            Asked::Cancel(end) => Ok(Command::Cancel(end.clone())),
            Asked::Revoke(end) => Ok(Command::Revoke(end.clone())),
            Asked::ActivationInfo => Ok(Command::ActivationInfo),
            Asked::Hold(reason) => Ok(Command::Hold(reason.clone())),
            Asked::Release => Ok(Command::Release),
            Asked::Update(request) => {
                let wanted = request
                    .clone()
                    .against(&row.state.record, now)
                    .map_err(|faults| Box::new(ErrorAnswer::faults(faults)))?;
                let product = self.product_change(row, &wanted)?;
                let UpdateWanted { details, verb, reason, .. } = wanted;
                Ok(Command::Update(Update { details, product, verb, reason }))
            }
        }
    }

    /// productKey and offerKey against the catalog. An offer that the new product does not list
    /// is `not-sold`; null drops it.
    fn product_change(&self, row: &Row, wanted: &UpdateWanted) -> Result<Option<ProductChange>, Box<ErrorAnswer>> {
        if wanted.product_key.is_none() && wanted.offer_key.is_none() {
            return Ok(None);
        }
        let record = &row.state.record;
        let product_key = wanted.product_key.as_ref().unwrap_or(&record.product_key);
        let offer_key = wanted.offer_key.as_ref().unwrap_or(&record.offer_key);
        let account = &self.caller.account;
        let route = sold(account, &record.merchant_account_key, product_key, offer_key.as_deref(), Some(record))?;
        let name_of = |key: &str| route.product(key).map(|product| product.name.clone());
        // The default name follows the product; a name of the reseller's own stays.
        let follows = record.entitlement_display_name == name_of(&record.product_key);
        Ok(Some(ProductChange {
            product_key: product_key.clone(),
            offer_key: offer_key.clone(),
            display_name: follows.then(|| name_of(product_key)),
        }))
    }

    async fn carry_out(&self, route: &Arc<Route>, row: &Row, open: &[Row], decision: &Decision, now: Moment) -> Tried {
        let mut draft = Draft::of(row.clone());
        draft.decide(decision, &self.caller.account);
        if let Some(entry) = &self.caller.audit {
            draft.audit(AuditEntry::clone(entry));
        }
        if let Err(refusal) = self.move_slot(route, row, open, &mut draft) {
            return self.hub.refuse(self.caller, *refusal).await;
        }
        if decision.reply != Reply::AskMerchant {
            return self.commit_answered(draft, &decision.reply, now).await;
        }
        if let Some(refusal) = self.has_no_slot(route, row, decision).await? {
            return self.hub.refuse(self.caller, refusal).await;
        }
        match self.prepare(route, row, decision, now)? {
            Prepared::Answered(answered) => {
                let Some(asking) = draft.state().cloned() else {
                    return Err(Box::new(crate::answer::internal_error()));
                };
                let settled = settle(&asking, &answered.answer, &route.facts, now);
                if matches!(settled.reply, Reply::Refused(_) | Reply::Failed(_)) {
                    // Refused or certainly failed: nothing changes.
                    return self.refuse_settled(&settled).await;
                }
                draft.decide(&settled, &self.caller.account);
                if let Err(refusal) = self.move_slot(route, row, open, &mut draft) {
                    return self.hub.refuse(self.caller, *refusal).await;
                }
                draft.promise(answered.promises);
                self.commit_answered(draft, &settled.reply, now).await
            }
            Prepared::Send(_) => self.commit_intent(route, draft, now).await,
        }
    }

    fn prepare(
        &self,
        route: &Route,
        row: &Row,
        decision: &Decision,
        now: Moment,
    ) -> Result<Prepared, Box<ErrorAnswer>> {
        let unreachable = || Box::new(refusal::failed(entitlement::Failure::Unreachable));
        let asking = carry_out(&row.state, decision).ok_or_else(unreachable)?;
        let operation = asking.operation.as_ref().ok_or_else(unreachable)?;
        let connector = self.hub.connector(route, operation);
        let call = Call {
            key: row.key,
            entitlement: &asking,
            operation,
            purpose: Purpose::First,
            extra_information: &JsonObject::new(),
            reseller: &self.caller.account.reseller,
            now,
        };
        Ok(connector.prepare(&call))
    }

    async fn refuse_settled(&self, settled: &Decision) -> Tried {
        match outcome(&settled.reply, Kind::Other, &self.caller.account.switches) {
            Outcome::Error(error) => self.hub.refuse(self.caller, *error).await,
            Outcome::Record { .. } | Outcome::Unknown(_) => Err(Box::new(crate::answer::internal_error())),
        }
    }

    async fn commit_answered(&self, draft: Draft, reply: &Reply, now: Moment) -> Tried {
        let outcome = outcome(reply, Kind::Other, &self.caller.account.switches);
        let Some(state) = draft.state().cloned() else {
            return Err(Box::new(crate::answer::internal_error()));
        };
        let claim = self.caller.claim(Some(draft.key()), draft.operation(), outcome.saved(state.version), now);
        if draft.is_empty() && self.caller.identity.is_none() {
            return Ok(Step::Answer(outcome.answer(Some(&state))));
        }
        let change = draft.finish(now, claim, self.caller.request());
        match self.hub.commit(change).await? {
            Committed::Done => Ok(Step::Answer(outcome.answer(Some(&state)))),
            Committed::Conflict(conflict) => Ok(Step::Again(Box::new(conflict.found))),
        }
    }

    async fn commit_intent(&self, route: &Arc<Route>, draft: Draft, now: Moment) -> Tried {
        let claim = self.caller.claim(Some(draft.key()), draft.operation(), None, now);
        let change = draft.finish(now, claim, self.caller.request());
        let row = change.row().cloned();
        let errand = Errand {
            account: Arc::clone(&self.caller.account),
            route: Arc::clone(route),
            row: row.ok_or_else(|| Box::new(crate::answer::internal_error()))?,
            purpose: Purpose::First,
            extra_information: JsonObject::new(),
            kind: Kind::Other,
        };
        Ok(match self.hub.intend(change, errand, None).await? {
            Intended::Carried(answer) => Step::Answer(answer),
            Intended::Withdrawn(conflict, _) => Step::Again(Box::new(conflict.found)),
        })
    }

    /// A new customer means another slot: the first free one, as far as is known.
    fn move_slot(&self, route: &Route, row: &Row, open: &[Row], draft: &mut Draft) -> Result<(), Box<ErrorAnswer>> {
        let moved =
            draft.state().is_some_and(|after| after.record.customer_identifier != row.state.record.customer_identifier);
        if !moved || row.slot.is_none() {
            return Ok(());
        }
        let slot = free_slot(open, row.key, route.facts.limit)
            .ok_or_else(|| Box::new(super::create::limit_reached(self.caller, open)))?;
        draft.take_slot(slot);
        Ok(())
    }

    /// A new customer's slots are looked at before the merchant is asked; when it is done, the
    /// unique key decides again.
    async fn has_no_slot(
        &self,
        route: &Route,
        row: &Row,
        decision: &Decision,
    ) -> Result<Option<ErrorAnswer>, Box<ErrorAnswer>> {
        let OperationAfter::Open(operation) = &decision.operation else {
            return Ok(None);
        };
        let Some(customer) = moves_to(&operation.ask).filter(|_| row.slot.is_some()) else {
            return Ok(None);
        };
        let target = Target::Customer(route.id, customer.to_owned());
        let load = Load { account: self.caller.account.id, target, identity: None };
        let open = self.hub.store.load(load).await.map_err(from_store)?.open;
        let is_full = free_slot(&open, row.key, route.facts.limit).is_none();
        Ok(is_full.then(|| super::create::limit_reached(self.caller, &open)))
    }

    async fn activation(
        &self,
        route: &Arc<Route>,
        row: &Row,
        decision: &Decision,
        kind: Kind,
        now: Moment,
    ) -> Result<Option<(Outcome, Entitlement)>, Box<ErrorAnswer>> {
        let asking = carry_out(&row.state, decision).ok_or_else(|| Box::new(crate::answer::internal_error()))?;
        let answered = match self.prepare(route, row, decision, now)? {
            Prepared::Answered(answered) => answered,
            Prepared::Send(_) => self.hub.ask_only(&self.caller.account, route, row, &asking).await,
        };
        let Answered { answer, .. } = answered;
        let settled = settle(&asking, &answer, &route.facts, now);
        debug_assert!(matches!(asking.operation.as_ref().map(|open| &open.ask), Some(Ask::ActivationInfo)));
        let ended = outcome(&settled.reply, kind, &self.caller.account.switches);
        let mut draft = Draft::of(row.clone());
        // Only what the merchant gave along (ids, a code) is kept; the asking itself is a read.
        draft.decide(&Decision { operation: OperationAfter::Keep, ..settled }, &self.caller.account);
        let Some(state) = draft.state().cloned() else {
            return Err(Box::new(crate::answer::internal_error()));
        };
        if draft.is_empty() {
            return Ok(Some((ended, state)));
        }
        let change = draft.finish(now, store::ClaimChange::None, None);
        Ok(match self.hub.commit(change).await? {
            Committed::Done => Some((ended, state)),
            Committed::Conflict(_) => None,
        })
    }
}

pub(crate) fn not_found() -> ErrorAnswer {
    ErrorAnswer::new(404, ResponseCode::NotFound, "unknown-entitlement", "There is no such entitlement.")
        .with_field("entitlementId")
        .with_hint("Ids are case sensitive, and each credential sees only its own entitlements in its own mode.")
}

/// A switch of the route: this merchant wants to know why.
fn reason_required() -> ErrorAnswer {
    let faults = ["cancelReasonCategory", "cancelReasonCode"].map(|field| {
        Fault::required(field).with_hint("This merchant ends nothing without a reason; see the table of reasons.")
    });
    ErrorAnswer::faults(faults.to_vec())
}

fn precondition_failed(version: u32) -> ErrorAnswer {
    ErrorAnswer::new(
        412,
        ResponseCode::BadRequest,
        "version-mismatch",
        "The entitlement has changed since the version named in If-Match.",
    )
    .with_field("If-Match")
    .with_hint(format!("Its ETag is now {}; read it and decide again.", wire::etag(version)))
}

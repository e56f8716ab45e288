//! POST /v1/entitlement. A create starts from an assumed-absent `Loaded`: no look-up is made,
//! the unique keys tell, and a conflict brings back what a look-up would have said.

use super::change::Draft;
use super::merchant::{Errand, Intended};
use super::reply::{Kind, Outcome, outcome};
use super::sold::sold;
use super::{Caller, Step, TRIES_MAX, Tried, contended, from_store, look_again};
use crate::catalog::Route;
use crate::turns::{Turn, TurnKey};
use crate::{Answer, Hub, refusal};
use entitlement::{
    AtLimit, Create, Entitlement, JsonObject, Moment, Record, Rejection, SentCreate, Status, at_limit, choose_slot,
    open_create, settle,
};
use ids::EntitlementKey;
use merchants::{Call, Prepared, Purpose};
use std::sync::Arc;
use store::{Cause, Change, Committed, Conflict, Load, Loaded, Row, Target};
use wire::{CreateRequest, ErrorAnswer, ResponseCode};

/// One create on its way.
pub(super) struct Creating<'a> {
    pub(super) hub: &'a Hub,
    pub(super) caller: &'a Caller,
    pub(super) request: &'a CreateRequest,
    /// The customer's turn, while this create decides.
    turn: Option<Turn>,
    /// What is there has been looked at, not assumed.
    has_looked: bool,
    /// The own id is used, by whomever; known once it has been looked at.
    id_is_used: bool,
}

/// How a create stands beside what is there.
pub(super) enum Standing<'a> {
    /// An identical one is still running, or its outcome unknown.
    Join(&'a Row),
    /// An identical one waits for its user.
    FreshUrl(&'a Row),
    /// Its own id is used.
    IdUsed,
    /// The customer's limit is reached.
    Full,
    /// This slot is free.
    Free(u32),
}

/// A create up to its first commit.
enum Begun {
    /// The merchant answered at once: one commit, and this answer.
    Answered(Box<(Change, Answer)>),
    /// The merchant has to be asked: the intent, and when it was decided.
    Intent(Box<Draft>, Moment),
    /// The merchant refused, or certainly failed.
    Refused(Box<ErrorAnswer>),
}

impl Hub {
    pub(super) async fn create(&self, caller: &Caller, request: CreateRequest) -> Result<Answer, Box<ErrorAnswer>> {
        let mut creating = Creating::new(self, caller, &request);
        match creating.route() {
            Ok(route) => creating.on_route(&route).await,
            Err(refusal) => Box::pin(creating.refused(*refusal)).await,
        }
    }
}

impl<'a> Creating<'a> {
    pub(super) fn new(hub: &'a Hub, caller: &'a Caller, request: &'a CreateRequest) -> Self {
        Self { hub, caller, request, turn: None, has_looked: false, id_is_used: false }
    }

    /// The route on which it is sold.
    pub(super) fn route(&self) -> Result<Arc<Route>, Box<ErrorAnswer>> {
        let CreateRequest { merchant_account_key, product_key, offer_key, .. } = self.request;
        sold(&self.caller.account, merchant_account_key, product_key, offer_key.as_deref(), None)
    }

    async fn refused(&self, refusal: ErrorAnswer) -> Result<Answer, Box<ErrorAnswer>> {
        match self.hub.refuse(self.caller, refusal.clone()).await? {
            Step::Answer(answer) => Ok(answer),
            Step::Again(found) => match &found.claim {
                Some(claim) => match self.hub.replay(self.caller, claim).await? {
                    Step::Answer(answer) => Ok(answer),
                    Step::Again(_) => Ok(Answer::error(&refusal)),
                },
                None => Ok(Answer::error(&refusal)),
            },
        }
    }

    async fn on_route(&mut self, route: &Arc<Route>) -> Result<Answer, Box<ErrorAnswer>> {
        let turn = TurnKey::Customer(route.id, &self.request.customer_identifier);
        self.turn = Some(self.hub.turn(turn, self.caller.deadline).await?);
        let mut found = self.assumed(route).await?;
        for _ in 0..TRIES_MAX {
            let step = match &found.claim {
                Some(claim) => {
                    // Whoever waits for an answer decides nothing.
                    self.turn = None;
                    Box::pin(self.hub.replay(self.caller, claim)).await?
                }
                None => Box::pin(self.attempt(route, &found)).await?,
            };
            match step {
                Step::Answer(answer) => return Ok(answer),
                Step::Again(loaded) => found = *loaded,
            }
        }
        Err(Box::new(contended()))
    }

    /// With a limit of one the slot's key alone tells whether another is open; a higher limit
    /// has to look, since an identical create may still be running in another slot.
    async fn assumed(&self, route: &Route) -> Result<Loaded, Box<ErrorAnswer>> {
        if route.facts.limit <= 1 {
            return Ok(Loaded::default());
        }
        Box::pin(self.look(route)).await
    }

    async fn look(&self, route: &Route) -> Result<Loaded, Box<ErrorAnswer>> {
        let _span = crate::watching::span("load");
        let load = Load {
            account: self.caller.account.id,
            target: Target::Customer(route.id, self.request.customer_identifier.clone()),
            identity: self.caller.identity.clone(),
        };
        self.hub.store.load(load).await.map_err(from_store)
    }

    /// The same, and whether the own id is used.
    pub(super) async fn look_closely(&mut self, route: &Route) -> Result<Loaded, Box<ErrorAnswer>> {
        self.has_looked = true;
        let found = self.look(route).await?;
        if let Some(id) = &self.request.entitlement_id {
            let used = self.hub.store.own_id_is_used(self.caller.account.id, id.clone());
            self.id_is_used = used.await.map_err(from_store)?;
        }
        Ok(found)
    }

    async fn attempt(&mut self, route: &Arc<Route>, found: &Loaded) -> Tried {
        match self.standing(route, found) {
            Standing::Join(row) => Box::pin(self.join(route, row)).await,
            Standing::FreshUrl(row) => Box::pin(self.fresh_url(route, row)).await,
            Standing::IdUsed => Box::pin(self.hub.refuse(self.caller, already_exists())).await,
            Standing::Full => Box::pin(self.limit_reached(found)).await,
            Standing::Free(slot) => self.begin(route, slot).await,
        }
    }

    /// Identical create, then own id, then limit (docs/API.md section 2).
    pub(super) fn standing<'f>(&self, route: &Route, found: &'f Loaded) -> Standing<'f> {
        let open: Vec<&Entitlement> = found.open.iter().map(|row| &row.state).collect();
        let (verdict, which) = match open.is_empty() {
            // Nothing to compare it with, as usual.
            true => (AtLimit::NewEntitlement, None),
            false => at_limit(&open, &sent(self.request), route.facts.limit),
        };
        match (verdict, which.and_then(|at| found.open.get(at))) {
            (AtLimit::Join, Some(row)) => return Standing::Join(row),
            (AtLimit::FreshUrl, Some(row)) => return Standing::FreshUrl(row),
            (AtLimit::NewEntitlement | AtLimit::LimitReached | AtLimit::Join | AtLimit::FreshUrl, _) => {}
        }
        if found.row.is_some() || self.id_is_used {
            return Standing::IdUsed;
        }
        let taken: Vec<u32> = found.open.iter().filter_map(|row| row.slot).collect();
        choose_slot(&taken, route.facts.limit).map_or(Standing::Full, Standing::Free)
    }

    async fn limit_reached(&self, found: &Loaded) -> Tried {
        self.hub.refuse(self.caller, limit_reached(self.caller, &found.open)).await
    }

    async fn begin(&mut self, route: &Arc<Route>, slot: u32) -> Tried {
        match self.decide(route, slot)? {
            // Nothing is inserted, so no unique key would tell what goes before the merchant.
            Begun::Refused(_) if !self.has_looked => {
                Ok(Step::Again(Box::new(Box::pin(self.look_closely(route)).await?)))
            }
            Begun::Refused(error) => Box::pin(self.hub.refuse(self.caller, *error)).await,
            Begun::Answered(answered) => self.commit_answered(answered).await,
            Begun::Intent(draft, now) => Box::pin(self.commit_intent(route, *draft, now)).await,
        }
    }

    /// Everything up to the first commit. Not async: the values in between are large, and a
    /// future that holds them is copied with every request.
    fn decide(&self, route: &Arc<Route>, slot: u32) -> Result<Begun, Box<ErrorAnswer>> {
        let now = self.hub.store.now();
        let (key, opened) = self.opened(route, now)?;
        let Some(operation) = &opened.operation else {
            return Err(Box::new(crate::answer::internal_error()));
        };
        let call = Call {
            key,
            entitlement: &opened,
            operation,
            purpose: Purpose::First,
            extra_information: &self.request.extra_information,
            reseller: &self.caller.account.reseller,
            now,
        };
        let connector = self.hub.connector(route, operation);
        let own_id = self.request.entitlement_id.clone();
        match connector.prepare(&call) {
            Prepared::Answered(answered) => {
                let decision = crate::watching::decided(|| settle(&opened, &answered.answer, &route.facts, now));
                let mut draft = Draft::new_row(key, &self.caller.account, route, own_id, slot, opened);
                let reply = draft.take(decision, &self.caller.account);
                draft.promise(answered.promises);
                let outcome = outcome(&reply, Kind::Create, &self.caller.account.switches);
                self.answered(draft, outcome, now)
            }
            Prepared::Send(_) => {
                let draft = Draft::new_row(key, &self.caller.account, route, own_id, slot, opened);
                Ok(Begun::Intent(Box::new(draft), now))
            }
        }
    }

    /// The new entitlement with its create open.
    pub(super) fn opened(&self, route: &Route, now: Moment) -> Result<(EntitlementKey, Entitlement), Box<ErrorAnswer>> {
        let key = self.hub.random.key(now);
        let create = self.create_command(route, key, now);
        let mut opened = open_create(create, self.hub.random.operation(now), now);
        if let Some(operation) = &mut opened.operation {
            operation.note = self.caller.note(operation)?;
        }
        Ok((key, opened))
    }

    fn answered(&self, draft: Draft, outcome: Outcome, now: Moment) -> Result<Begun, Box<ErrorAnswer>> {
        let Some(state) = draft.state() else {
            return match outcome {
                Outcome::Error(error) => Ok(Begun::Refused(error)),
                Outcome::Record { .. } | Outcome::Unknown(_) => Err(Box::new(crate::answer::internal_error())),
            };
        };
        let answer = outcome.answer(Some(state));
        let claim = self.caller.claim(Some(draft.key()), draft.operation(), outcome.saved(state.version), now);
        let change = draft.finish(now, claim, self.caller.request());
        Ok(Begun::Answered(Box::new((change, answer))))
    }

    /// Nothing had to be awaited: one commit does all.
    async fn commit_answered(&self, answered: Box<(Change, Answer)>) -> Tried {
        let (change, answer) = *answered;
        match self.hub.commit(change).await? {
            Committed::Done => Ok(Step::Answer(answer)),
            Committed::Conflict(conflict) => Box::pin(self.stands_in_the_way(*conflict)).await,
        }
    }

    /// Another reseller's id is not shown, and is in the way all the same.
    async fn stands_in_the_way(&self, conflict: Conflict) -> Tried {
        if conflict.cause == Cause::Id && conflict.found.row.is_none() {
            return Box::pin(self.hub.refuse(self.caller, already_exists())).await;
        }
        Ok(Step::Again(Box::new(conflict.found)))
    }

    /// The intent is durable before the merchant is asked.
    async fn commit_intent(&mut self, route: &Arc<Route>, draft: Draft, now: Moment) -> Tried {
        let claim = self.caller.claim(Some(draft.key()), draft.operation(), None, now);
        let change = draft.finish(now, claim, self.caller.request());
        let row = change.row().cloned();
        let errand = Errand {
            account: Arc::clone(&self.caller.account),
            route: Arc::clone(route),
            row: row.ok_or_else(|| Box::new(crate::answer::internal_error()))?,
            purpose: Purpose::First,
            extra_information: self.request.extra_information.clone(),
            kind: Kind::Create,
        };
        match self.hub.intend(change, errand, self.turn.take()).await? {
            Intended::Carried(answer) => Ok(Step::Answer(answer)),
            Intended::Withdrawn(conflict, turn) => {
                self.turn = turn;
                self.stands_in_the_way(*conflict).await
            }
        }
    }

    /// An identical create is still running, or its outcome unknown: it is joined, whatever the
    /// limit. An identity is bound to the same operation, and so gets the same answer.
    async fn join(&mut self, route: &Arc<Route>, row: &Row) -> Tried {
        self.turn = None;
        let operation = row.state.operation.as_ref().map(|operation| operation.id);
        if self.caller.identity.is_some() && operation.is_some() {
            let now = self.hub.store.now();
            let claim = self.caller.claim(Some(row.key), operation, None, now);
            self.hub.commit(super::remember::claim_only(self.caller, claim, now)).await?;
            return self.look(route).await.map(|found| Step::Again(Box::new(found)));
        }
        let mut row = row.clone();
        while look_again(self.caller.deadline).await {
            match self.hub.row(row.key).await? {
                Some(now) if now.state.unborn || now.state.record.status == Status::Failed => row = *now,
                Some(now) => return self.joined(route, &now).await,
                // Nothing remains of it: this one asks for itself.
                None => return self.look(route).await.map(|found| Step::Again(Box::new(found))),
            }
        }
        Ok(Step::Answer(Answer::unknown(&refusal::unknown(), &row.state)))
    }

    /// The outcome of the create that was joined, as far as the row tells it.
    async fn joined(&self, route: &Arc<Route>, row: &Row) -> Tried {
        let record = &row.state.record;
        match record.status {
            Status::Pending if row.state.pending_update.is_none() => self.fresh_url(route, row).await,
            Status::Cancelled | Status::Revoked if record.date_activated.is_none() => {
                Ok(Step::Answer(Answer::error(&refusal::not_done())))
            }
            Status::Pending
            | Status::Active
            | Status::ActiveEnding
            | Status::Suspended
            | Status::Failed
            | Status::Cancelled
            | Status::Revoked => Ok(Step::Answer(Answer::record(200, ResponseCode::Ok, None, &row.state))),
        }
    }

    /// An identical one waits for its user: the same entitlement, a fresh URL.
    async fn fresh_url(&self, route: &Arc<Route>, row: &Row) -> Tried {
        let ended = self.hub.fresh_activation(self.caller, route, row, Kind::Create).await?;
        let Some((outcome, state)) = ended else {
            return self.look(route).await.map(|found| Step::Again(Box::new(found)));
        };
        let outcome = match outcome {
            // No URL to give: it is created and waiting, as before.
            Outcome::Error(_) => Outcome::Record {
                http: self.caller.account.switches.created_http,
                code: ResponseCode::Ok,
                parameters: None,
            },
            other => other,
        };
        let now = self.hub.store.now();
        let claim = self.caller.claim(Some(row.key), None, outcome.saved(state.version), now);
        if self.caller.identity.is_some() {
            let change = super::remember::claim_only(self.caller, claim, now);
            if let Committed::Conflict(conflict) = self.hub.commit(change).await? {
                return Ok(Step::Again(Box::new(conflict.found)));
            }
        }
        Ok(Step::Answer(outcome.answer(Some(&state))))
    }

    fn create_command(&self, route: &Route, key: EntitlementKey, now: Moment) -> Create {
        let pending_until = route.facts.pending_timeout_s.map(|seconds| now.plus_s(seconds).whole_second());
        Create {
            record: self.record(route, key, now.whole_second()),
            extra_information: self.request.extra_information.clone(),
            pending_until,
        }
    }

    fn record(&self, route: &Route, key: EntitlementKey, now: Moment) -> Record {
        let request = self.request;
        let account = &self.caller.account;
        let customer = &request.customer_identifier;
        let names = &self.hub.pseudonyms;
        let merchant = &route.merchant_account_key;
        let id = request.entitlement_id.clone().unwrap_or_else(|| key.to_string());
        let default_name = route.product(&request.product_key).map(|product| product.name.clone());
        Record {
            merchant_entitlement_id: id.clone(),
            entitlement_id: id,
            status: Status::Pending,
            date_created: now,
            date_activated: None,
            date_ended: None,
            date_suspended: None,
            date_resumed: None,
            date_last_updated: now,
            customer_identifier: customer.clone(),
            merchant_account_key: merchant.clone(),
            product_key: request.product_key.clone(),
            offer_key: request.offer_key.clone(),
            activation_code: None,
            entitlement_display_name: request.entitlement_display_name.clone().or(default_name),
            date_expiry: request.date_expiry,
            extension_data: without_nulls(request.extension_data.as_ref()),
            notification_url: request.notification_url.clone(),
            external_entitlement_id: request.external_entitlement_id.clone(),
            shared_customer_id: names.shared_customer_id(account.live, &account.reseller, merchant, customer),
            bango_user_id: names.bango_user_id(account.live, &account.reseller, customer),
            finance_data: JsonObject::new(),
        }
    }
}

/// extensionData is merged into nothing, so that members sent as null are not kept.
fn without_nulls(sent: Option<&JsonObject>) -> JsonObject {
    let mut kept = JsonObject::new();
    if let Some(sent) = sent {
        kept.merge(sent);
    }
    kept
}

fn sent(request: &CreateRequest) -> SentCreate {
    SentCreate {
        entitlement_id: request.entitlement_id.clone(),
        customer_identifier: Some(request.customer_identifier.clone()),
        merchant_account_key: Some(request.merchant_account_key.clone()),
        product_key: Some(request.product_key.clone()),
        offer_key: request.offer_key.clone(),
        notification_url: request.notification_url.clone(),
        date_expiry: request.date_expiry,
        extension_data: request.extension_data.as_ref().map(|sent| without_nulls(Some(sent))),
        entitlement_display_name: request.entitlement_display_name.clone(),
        external_entitlement_id: request.external_entitlement_id.clone(),
    }
}

/// The customer has as many open ones as the route allows; the hint names one.
pub(super) fn limit_reached(caller: &Caller, open: &[Row]) -> ErrorAnswer {
    let refusal = refusal::rejected(Rejection::LimitReached, None, &caller.account.switches);
    match open.iter().find(|row| row.slot.is_some()).map(|row| &row.state.record) {
        Some(open) => refusal.with_hint(format!("The open entitlement is {} ({}).", open.entitlement_id, open.status)),
        None => refusal,
    }
}

pub(super) fn already_exists() -> ErrorAnswer {
    ErrorAnswer::new(
        409,
        ResponseCode::AlreadyExists,
        "id-used",
        "This entitlementId is used already; ids are never used again.",
    )
    .with_field("entitlementId")
    .with_hint("Choose another id, or leave entitlementId out and the hub makes one.")
}

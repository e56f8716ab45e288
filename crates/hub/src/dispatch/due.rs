//! What is due: planned events, open operations, duties, and the calls the test merchant has
//! promised.

use super::under_way::UnderWay;
use crate::Hub;
use crate::catalog::{Account, Route};
use crate::execute::change::Draft;
use crate::execute::merchant::Errand;
use crate::execute::reply::Kind;
use crate::sandbox::What;
use crate::turns::TurnKey;
use entitlement::{
    Entitlement, JsonObject, MerchantEvent, Moment, OperationAfter, Rejection, Work, outcome_lost, owed_after_refusal,
    take_up_duty, told, work_due,
};
use ids::EntitlementKey;
use merchants::{Connector as _, Purpose};
use std::sync::Arc;
use std::time::Duration;
use store::{Callback, Change, ClaimChange, Committed, Row, RowChange};
use tokio::time::Instant;
use wire::ErrorAnswer;

/// So many due things are taken at once.
const BATCH: usize = 256;
/// A worker waits so long for a turn before it comes again later.
const TURN_WITHIN: Duration = Duration::from_millis(100);
/// Two nodes may settle the same thing; the loser looks again so often.
const TRIES: usize = 4;

impl Hub {
    /// At start every sender is gone: what was in flight has an unknown outcome.
    pub(super) async fn outcomes_lost_at_start(&self) {
        loop {
            match self.store.in_flight(BATCH).await {
                Ok(keys) if keys.is_empty() => return,
                Ok(keys) => {
                    for key in &keys {
                        log(self.lose_outcome(*key).await);
                    }
                    if keys.len() < BATCH {
                        return;
                    }
                }
                Err(error) => return tracing::error!(%error, "open operations cannot be read"),
            }
        }
    }

    /// Does everything that is due by a moment and waits for it, the test clock's way; returns how
    /// much that was.
    pub(crate) async fn run_due(&self, by: Moment) -> usize {
        let mut under_way = UnderWay::default();
        let mut done = self.begin_due(&mut under_way, by).await;
        while let Some(did) = under_way.ended().await {
            done += usize::from(did);
        }
        done
    }

    /// Begins everything that is due by a moment; returns how much of it was done at once.
    pub(super) async fn begin_due(&self, under_way: &mut UnderWay, by: Moment) -> usize {
        let callbacks = self.store.callbacks_due(by, BATCH).await.unwrap_or_default();
        let mut done = 0;
        for callback in &callbacks {
            done += usize::from(log(self.run_callback(callback).await));
        }
        // What is under way is still due in the store; and what there is no room for is left to other hubs.
        for (_, key) in self.store.due(by, under_way.count() + under_way.room().min(BATCH)).await.unwrap_or_default() {
            let hub = self.clone();
            under_way.begin(key, async move { log(hub.run_entitlement(key).await) });
        }
        done
    }

    async fn lose_outcome(&self, key: EntitlementKey) -> Result<bool, Box<ErrorAnswer>> {
        let Some((row, account, route)) = self.row_and_route(key).await? else {
            return Ok(false);
        };
        let now = self.store.now();
        let decision = outcome_lost(&row.state, &route.facts, now);
        let mut draft = Draft::of(row);
        draft.decide(&decision, &account);
        let change = draft.finish(now, ClaimChange::None, None);
        self.commit(change).await.map(|_| true)
    }

    async fn run_entitlement(&self, key: EntitlementKey) -> Result<bool, Box<ErrorAnswer>> {
        let Some((row, account, route)) = self.row_and_route(key).await? else {
            return Ok(false);
        };
        // The request's own task may be at work on it: then its turn is not ours.
        let id = row.state.record.entitlement_id.to_ascii_lowercase();
        let Ok(turn) = self.turns.take(TurnKey::Entitlement(row.account, &id), Instant::now() + TURN_WITHIN).await
        else {
            return Ok(false);
        };
        let Some((row, ..)) = self.row_and_route(key).await? else {
            return Ok(false);
        };
        if self.settle_due(&account, &route, &row).await? {
            return Ok(true);
        }
        match work_due(&row.state, &route.facts, self.store.now()) {
            None => Ok(false),
            // Its sender is still at work, whatever the test clock says.
            Some(Work::OutcomeLost) if row.state.operation.as_ref().is_some_and(|open| self.leases.holds(open.id)) => {
                Ok(false)
            }
            Some(Work::OutcomeLost) => self.lose_outcome(key).await,
            Some(Work::Perform) => self.perform_duty(account, route, row).await,
            // While the merchant is asked again, a revoke or a local update need not wait.
            Some(Work::Inquire) => {
                drop(turn);
                self.errand(account, route, row, Purpose::Inquiry).await
            }
            Some(Work::Repeat) => {
                drop(turn);
                self.errand(account, route, row, Purpose::Repeat).await
            }
        }
    }

    async fn perform_duty(&self, account: Arc<Account>, route: Arc<Route>, row: Row) -> Result<bool, Box<ErrorAnswer>> {
        let now = self.store.now();
        let Some(decision) = take_up_duty(&row.state, self.random.operation(now), now) else {
            return Ok(false);
        };
        let mut draft = Draft::of(row);
        draft.decide(&decision, &account);
        let change = draft.finish(now, ClaimChange::None, None);
        let row = change.row().cloned();
        match (self.commit(change).await?, row) {
            (Committed::Done, Some(row)) => self.errand(account, route, row, Purpose::First).await,
            (Committed::Done | Committed::Conflict(_), _) => Ok(true),
        }
    }

    async fn errand(
        &self,
        account: Arc<Account>,
        route: Arc<Route>,
        row: Row,
        purpose: Purpose,
    ) -> Result<bool, Box<ErrorAnswer>> {
        let kind = if row.state.version <= 1 { Kind::Create } else { Kind::Other };
        let extra_information = JsonObject::new();
        self.note_call(&row, What::Operation);
        self.run_errand(Errand { account, route, row, purpose, extra_information, kind }).await?;
        Ok(true)
    }

    async fn run_callback(&self, callback: &Callback) -> Result<bool, Box<ErrorAnswer>> {
        let Some((row, _, route)) = self.row_and_route(callback.key).await? else {
            return self.forget_callback(callback, ids::AccountId(0)).await;
        };
        let now = self.store.now();
        let by_route = route.connector.said(&callback.says, callback.key, &row.state, now);
        // What a magic number forced, the test merchant has promised.
        let by_desk = || self.desk.merchant().said(&callback.says, callback.key, &row.state, now);
        let Some(event) = by_route.or_else(by_desk) else {
            return self.forget_callback(callback, row.account).await;
        };
        self.note_call(&row, What::CallBack);
        match self.merchant_told(callback.key, &event, Some(callback.id)).await? {
            Some(Ok(_)) => Ok(true),
            Some(Err(_)) | None => self.forget_callback(callback, row.account).await,
        }
    }

    async fn forget_callback(&self, callback: &Callback, account: ids::AccountId) -> Result<bool, Box<ErrorAnswer>> {
        let change = Change {
            account,
            at: self.store.now(),
            claim: ClaimChange::None,
            row: RowChange::None,
            events: Vec::new(),
            request: None,
            notices: Vec::new(),
            callbacks: Vec::new(),
            callback_done: Some(callback.id),
            wakes_lanes: false,
            closed: None,
            audit: None,
        };
        self.commit(change).await.map(|_| true)
    }

    /// A merchant tells something by itself: settled and committed. `None`: no such entitlement.
    ///
    /// # Errors
    /// The answer to a fault of the store; the inner error where the merchant's own call gets 409.
    pub async fn merchant_told(
        &self,
        key: EntitlementKey,
        event: &MerchantEvent,
        callback_done: Option<u64>,
    ) -> Result<Option<Result<Entitlement, Rejection>>, Box<ErrorAnswer>> {
        for _ in 0..TRIES {
            let Some((row, account, route)) = self.row_and_route(key).await? else {
                return Ok(None);
            };
            if self.settle_due(&account, &route, &row).await? {
                continue;
            }
            let now = self.store.now();
            let decision = match told(&row.state, event, &route.facts, now) {
                Ok(decision) => decision,
                Err(rejection) => match owed_after_refusal(&row.state, event, now) {
                    // The user has access there although it has ended here: the merchant is told so.
                    Some(owed) if !self.commit_owed(row, &owed, &account, now).await? => continue,
                    Some(_) | None => return Ok(Some(Err(rejection))),
                },
            };
            let settled = settled_operation(&row, &decision);
            let mut draft = Draft::of(row);
            draft.decide(&decision, &account);
            let state = draft.state().cloned();
            let claims = claims_settled(settled, &state, &decision, &account);
            let change = draft.finish(now, claims, None);
            let change = Change { callback_done, ..change };
            if let (Committed::Done, Some(state)) = (self.commit(change).await?, state) {
                return Ok(Some(Ok(state)));
            }
        }
        Err(Box::new(crate::answer::internal_error()))
    }

    /// False where the row changed meanwhile.
    async fn commit_owed(
        &self,
        row: Row,
        owed: &entitlement::Decision,
        account: &Account,
        now: Moment,
    ) -> Result<bool, Box<ErrorAnswer>> {
        let mut draft = Draft::of(row);
        draft.decide(owed, account);
        let change = draft.finish(now, ClaimChange::None, None);
        Ok(matches!(self.commit(change).await?, Committed::Done))
    }

    pub(crate) async fn row_and_route(
        &self,
        key: EntitlementKey,
    ) -> Result<Option<(Row, Arc<Account>, Arc<Route>)>, Box<ErrorAnswer>> {
        let Some(row) = self.row(key).await? else {
            return Ok(None);
        };
        let catalog = self.catalog();
        let account = catalog.account(row.account).cloned();
        let route = account.as_ref().and_then(|account| account.route(&row.state.record.merchant_account_key).cloned());
        match (account, route) {
            (Some(account), Some(route)) => Ok(Some((*row, account, route))),
            (Some(_) | None, _) => {
                tracing::error!(%key, "an entitlement's route is not in the catalog");
                Ok(None)
            }
        }
    }
}

/// The operation this decision closes, if it closes one.
pub(crate) fn settled_operation(row: &Row, decision: &entitlement::Decision) -> Option<ids::OperationId> {
    let open = row.state.operation.as_ref()?;
    (decision.operation == OperationAfter::Closed).then_some(open.id)
}

pub(crate) fn claims_settled(
    settled: Option<ids::OperationId>,
    state: &Option<Entitlement>,
    decision: &entitlement::Decision,
    account: &Account,
) -> ClaimChange {
    let (Some(operation), Some(state)) = (settled, state) else {
        return ClaimChange::None;
    };
    let kind = if state.version <= 1 { Kind::Create } else { Kind::Other };
    crate::execute::reply::outcome(&decision.reply, kind, &account.switches).claims_of(operation, state.version)
}

fn log(done: Result<bool, Box<ErrorAnswer>>) -> bool {
    done.unwrap_or_else(|error| {
        tracing::warn!(rule = error.rule, message = error.message, "a due thing could not be done; it stays due");
        false
    })
}

//! The dry run: what a write would do and say, decided by the same rules on what is there now.
//! Nothing is written, claimed, replayed or waited for, and no merchant is asked: it is taken to
//! answer as its route calls usual.

use super::change::Draft;
use super::create::{Creating, Standing};
use super::operate::{Asked, Operating};
use super::reply::{Kind, Outcome, outcome};
use super::slots::free_slot;
use super::{Caller, Wanted, create, from_store, operate};
use crate::answer::{internal_error, unavailable};
use crate::catalog::{Route, UsualAnswer, UsualAnswers};
use crate::{Answer, Hub};
use entitlement::{Answer as MerchantAnswer, Ask, Entitlement, Given, Moment, Reply, carry_out, pass_time, settle};
use std::sync::Arc;
use store::{Load, Row, Target};
use wire::{DryRun, ErrorAnswer, dry_run_body};

/// What the hub itself would make up: nobody can know it before.
const MADE_BY_THE_HUB: [&str; 2] = ["entitlementId", "merchantEntitlementId"];

type Foreseen = Result<Answer, Box<ErrorAnswer>>;

impl Hub {
    /// Answers as the write would be answered, and does nothing.
    pub async fn dry_run(&self, caller: Caller, wanted: Wanted) -> Answer {
        let caller = Caller { identity: None, ..caller };
        let foreseen = match wanted {
            Wanted::Create(request) => Creating::new(self, &caller, &request).foreseen().await,
            Wanted::Update(request) => {
                let id = request.entitlement_id().to_owned();
                self.foreseen(&caller, &id, Asked::Update(*request)).await
            }
            Wanted::Cancel(id, end) => self.foreseen(&caller, &id, Asked::Cancel(*end)).await,
            Wanted::Revoke(id, end) => self.foreseen(&caller, &id, Asked::Revoke(*end)).await,
            Wanted::Hold(id, reason) => self.foreseen(&caller, &id, Asked::Hold(reason)).await,
            Wanted::Release(id) => self.foreseen(&caller, &id, Asked::Release).await,
            Wanted::ActivationInfo(_) => Err(Box::new(internal_error())),
        };
        foreseen.unwrap_or_else(|error| Answer::error(&error))
    }

    async fn foreseen(&self, caller: &Caller, id: &str, asked: Asked) -> Foreseen {
        Operating { hub: self, caller, id, asked: &asked }.foreseen().await
    }
}

impl Creating<'_> {
    async fn foreseen(&mut self) -> Foreseen {
        let route = self.route()?;
        let found = self.look_closely(&route).await?;
        match self.standing(&route, &found) {
            Standing::Free(slot) => self.foreseen_new(&route, slot),
            Standing::FreshUrl(row) => self.foreseen_url(row),
            Standing::Join(_) => Err(Box::new(still_running())),
            Standing::IdUsed => Err(Box::new(create::already_exists())),
            Standing::Full => Err(Box::new(create::limit_reached(self.caller, &found.open))),
        }
    }

    fn foreseen_new(&self, route: &Arc<Route>, slot: u32) -> Foreseen {
        let account = &self.caller.account;
        let now = self.hub.store.now();
        let (key, opened) = self.opened(route, now)?;
        let own_id = self.request.entitlement_id.clone();
        let unknown: &[&str] = if own_id.is_some() { &[] } else { &MADE_BY_THE_HUB };
        let decision = settle(&opened, &usual(route, &opened), &route.facts, now);
        let mut draft = Draft::new_row(key, account, route, own_id, slot, opened);
        draft.decide(&decision, account);
        answer(&draft, &outcome(&decision.reply, Kind::Create, &account.switches), unknown)
    }

    /// The one that is there, with a fresh URL that only the merchant can make.
    fn foreseen_url(&self, row: &Row) -> Foreseen {
        let reply = Reply::UserActs { url: String::new(), expires_at: None };
        let outcome = outcome(&reply, Kind::Create, &self.caller.account.switches);
        answer(&Draft::of(row.clone()), &outcome, &[])
    }
}

impl Operating<'_> {
    async fn foreseen(&self) -> Foreseen {
        let account = &self.caller.account;
        let now = self.hub.store.now();
        let stored = self.load().await?.row.ok_or_else(|| Box::new(operate::not_found()))?;
        let route = account.route_of(&stored.state.record.merchant_account_key);
        let row = with_time_passed(*stored, route, now);
        self.check_if_match(&row)?;
        let decision = self.decision(route, &row, now)?;
        let mut draft = Draft::of(row.clone());
        draft.decide(&decision, account);
        let mut reply = decision.reply;
        if reply == Reply::AskMerchant {
            let asking = draft.state().ok_or_else(|| Box::new(internal_error()))?;
            let settled = settle(asking, &usual(route, asking), &route.facts, now);
            draft.decide(&settled, account);
            reply = settled.reply;
        }
        self.check_slot(route, &row, &draft).await?;
        answer(&draft, &outcome(&reply, Kind::Other, &account.switches), &[])
    }

    /// A new customer has to have a slot left.
    async fn check_slot(&self, route: &Route, row: &Row, draft: &Draft) -> Result<(), Box<ErrorAnswer>> {
        let moved = draft.state().map(|after| &after.record.customer_identifier);
        let Some(customer) = moved.filter(|customer| **customer != row.state.record.customer_identifier) else {
            return Ok(());
        };
        let target = Target::Customer(route.id, customer.clone());
        let load = Load { account: row.account, target, identity: None };
        let open = self.hub.store.load(load).await.map_err(from_store)?.open;
        match free_slot(&open, row.key, route.facts.limit) {
            None if row.slot.is_some() => Err(Box::new(create::limit_reached(self.caller, &open))),
            Some(_) | None => Ok(()),
        }
    }
}

/// The row as a write would find it: what is due by now comes first.
fn with_time_passed(row: Row, route: &Route, now: Moment) -> Row {
    let passed = pass_time(&row.state, &route.facts, now);
    match carry_out(&row.state, &passed) {
        Some(state) => Row { state, ..row },
        None => row,
    }
}

/// What the merchant is taken to answer to the open operation.
fn usual(route: &Route, asking: &Entitlement) -> MerchantAnswer {
    let UsualAnswers { create, update, others } = route.usual;
    let usual = match asking.operation.as_ref().map(|operation| &operation.ask) {
        Some(Ask::Create) => create,
        Some(Ask::Update { .. }) => update,
        Some(_) | None => others,
    };
    match usual {
        UsualAnswer::Done => MerchantAnswer::Done(Given::default()),
        UsualAnswer::UserActs => {
            MerchantAnswer::UserActs { given: Given::default(), url: String::new(), expires_at: None }
        }
        UsualAnswer::Accepted => MerchantAnswer::Accepted(Given::default()),
        UsualAnswer::Queued => MerchantAnswer::Queued(Given::default()),
    }
}

fn answer(draft: &Draft, outcome: &Outcome, unknown: &[&'static str]) -> Foreseen {
    let internal = || Box::new(internal_error());
    match (outcome, draft.state()) {
        (Outcome::Error(error), _) => Err(error.clone()),
        (Outcome::Record { http, code, .. }, Some(state)) => {
            let run = DryRun { code: *code, record: &state.record, unknown, would_notify: &draft.told() };
            Ok(Answer::plain(*http, dry_run_body(&run).ok_or_else(internal)?))
        }
        (Outcome::Record { .. } | Outcome::Unknown(_), _) => Err(internal()),
    }
}

/// A create would join an identical one; a dry run waits for nothing.
fn still_running() -> ErrorAnswer {
    unavailable("request-in-progress", "An identical create is still running; this one would join it.", 1)
}

//! What the life of an entitlement does not allow (docs/LIFECYCLE.md sections 1 to 3).

use super::row::{Provoked, alone, shared};
use crate::harness::{START, Setup, TestHub};
use entitlement::{
    Answer, Command, Entitlement, Given, JsonObject, Moment, Party, Rejection, Told, Update, Verb, admit, carry_out,
    next_due, settle,
};
use serde_json::{Value, json};
use store::{Change, ClaimChange, Committed, Load, Row, RowChange, Target};

fn suspended() -> Value {
    json!({ "entitlementBenefits": "SUSPENDED" })
}

fn normal() -> Value {
    json!({ "entitlementBenefits": "NORMAL" })
}

shared! {
    "already-ended" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.revoke(&id).await.shows(200, "REVOKED");
        let before = "It was revoked before:";
        hub.refuses(before, hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).text()).await
    },
    "already-ending" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
        let before = "It was cancelled before, to the end of the month paid for:";
        hub.refuses(before, hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).text()).await
    },
    "not-active" => |hub| {
        let id = hub.created("anna", "MUSIC").await;
        hub.refuses_update("Anna has not confirmed it yet:", &id, &suspended()).await
    },
    "not-pending" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let before = "It is ACTIVE:";
        hub.refuses(before, hub.call("GET", &format!("/v1/entitlement/{id}/activationInfo")).text()).await
    },
    "not-suspended" => |hub| {
        let id = hub.created("anna", "MUSIC").await;
        hub.refuses_update("It is PENDING:", &id, &normal()).await
    },
    "held-by-merchant" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.merchant_tells(&id, Told::Suspended(None)).await.unwrap();
        hub.refuses_update("The merchant has suspended it:", &id, &normal()).await
    },
    "held-by-hub" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.decided_elsewhere(&id, &Command::Hold(None), Party::Operator, START).await;
        hub.refuses_update("An operator of the hub holds it:", &id, &normal()).await
    },
    "held-by-reseller" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.update(&id, &suspended()).await.shows(200, "SUSPENDED");
        let who = "Only an operator of the hub can meet this, who tries to release what you suspended; you never do.";
        Provoked::by_the_rules(who, hub.asked_of_the_rules(&id, &Command::Release, Party::Operator, START).await)
    },
    "ending-by-merchant" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let end = Told::Terminated { immediate: false, at: Some(START.plus_s(86_400)), reason: None };
        hub.merchant_tells(&id, end).await.unwrap();
        hub.refuses_update("The merchant has planned an end for tomorrow:", &id, &normal()).await
    },
    "ending-by-reseller" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
        let extension = JsonObject::new();
        let back = Told::Patched { product: None, extension, date_expiry: None, termination_date: Some(None) };
        let who = "Only the merchant can meet this, who tries to take back the end that you planned; you never do.";
        Provoked::by_the_rules(who, hub.merchant_tells(&id, back).await.unwrap_err())
    },
    "not-ending" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
        let undo = Command::Update(Update { verb: Some(Verb::StatusActive), ..Update::default() });
        let at_its_end = START.plus_s(31 * 86_400);
        let who = "It takes an undo in the very moment of `dateEnded`, which cannot be shown with a request: a moment \
                   earlier it succeeds, a moment later it is [already-ended](already-ended.md).";
        Provoked::by_the_rules(who, hub.asked_of_the_rules(&id, &undo, Party::Reseller, at_its_end).await)
    },
    "resume-first" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.update(&id, &suspended()).await.shows(200, "SUSPENDED");
        hub.cancel(&id).await.shows(200, "SUSPENDED");
        hub.refuses_update("It was suspended, then cancelled:", &id, &json!({ "status": "ACTIVE" })).await
    },
    "undo-needs-status" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.update(&id, &suspended()).await.shows(200, "SUSPENDED");
        hub.cancel(&id).await.shows(200, "SUSPENDED");
        hub.update(&id, &normal()).await.shows(200, "ACTIVE-ENDING");
        hub.refuses_update("It was suspended, cancelled, then resumed:", &id, &normal()).await
    },
    "operation-in-progress" => |hub| {
        let id = hub.created("anna", "MUSIC_LATER").await;
        hub.advance("PT5S").await;
        hub.update(&id, &suspended()).await.shows(202, "ACTIVE");
        let before = "A suspend was answered 202; the merchant has not confirmed it yet:";
        hub.refuses(before, hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).text()).await
    },
}

alone! {
    ALONE:
    "not-offered" => {
        let hub = Setup::new().routes(|route| route.facts.suspend = false).start().await;
        let id = hub.created("anna", "MUSIC_NOW").await;
        let came = hub.refuses_update("On a route without suspend:", &id, &suspended()).await;
        hub.finish().await;
        came
    },
    "undo-not-supported" => {
        let hub = Setup::new().routes(|route| route.facts.undo = false).start().await;
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
        let came = hub.refuses_update("On a route whose merchant cannot undo:", &id, &normal()).await;
        hub.finish().await;
        came
    },
}

impl Provoked {
    fn by_the_rules(who: &'static str, rejection: Rejection) -> Self {
        Self::ByTheRules { who, rule: rejection.rule() }
    }
}

impl TestHub {
    async fn row(&self, id: &str) -> Row {
        let account = self.store.account("sandbox".to_owned(), false).await.unwrap();
        let load = Load { account, target: Target::Id(id.to_owned()), identity: None };
        *self.store.load(load).await.unwrap().row.unwrap()
    }

    /// What the rules say to a command that no call of this release can send.
    async fn asked_of_the_rules(&self, id: &str, command: &Command, by: Party, at: Moment) -> Rejection {
        let row = self.row(id).await;
        let operation = hub::Random::from_system().unwrap().operation(at);
        admit(&row.state, command, by, &facts(self, &row), at, operation).unwrap_err()
    }

    /// A command that somebody else carries out, straight into the store: an operator, or another
    /// node with a clock of its own. The merchant, if asked, does it.
    pub(crate) async fn decided_elsewhere(&self, id: &str, command: &Command, by: Party, at: Moment) {
        let row = self.row(id).await;
        let facts = facts(self, &row);
        let operation = hub::Random::from_system().unwrap().operation(at);
        let asked = admit(&row.state, command, by, &facts, at, operation).unwrap();
        let mut events = asked.events.clone();
        let mut state: Entitlement = carry_out(&row.state, &asked).unwrap();
        if state.operation.is_some() {
            let done = settle(&state, &Answer::Done(Given::default()), &facts, at);
            events.extend(done.events.iter().cloned());
            state = carry_out(&state, &done).unwrap();
        }
        let last_event = row.last_event + u32::try_from(events.len()).unwrap();
        let after = Row { revision: row.revision + 1, last_event, due_at: next_due(&state), state, ..row };
        let change = Change {
            account: after.account,
            at,
            claim: ClaimChange::None,
            row: RowChange::Update(Box::new(after)),
            events,
            request: None,
            notices: Vec::new(),
            callbacks: Vec::new(),
            callback_done: None,
            wakes_lanes: false,
            closed: None,
            audit: None,
        };
        assert_eq!(self.store.commit(change).await.unwrap(), Committed::Done);
    }
}

fn facts(hub: &TestHub, row: &Row) -> entitlement::RouteFacts {
    let catalog = hub.hub.catalog();
    let account = catalog.account(row.account).unwrap();
    account.route(&row.state.record.merchant_account_key).unwrap().facts.clone()
}

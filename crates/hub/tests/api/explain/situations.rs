//! Every situation an entitlement can be in, made by real calls.

use crate::harness::{Answer, Receiver, Reply, ScriptedMerchant, Setup, TestHub, create_body};
use entitlement::{Command, Party, Reason, Told};
use hub::Route;
use serde_json::{Value, json};
use std::pin::Pin;

/// A hub, and the merchant that it calls, if it calls one.
pub(super) struct Place {
    pub(super) hub: TestHub,
    pub(super) merchant: Option<Receiver>,
}

/// Who answers at BANGO_US, on which route.
pub(super) enum World {
    /// The built-in test merchant.
    Sandbox(fn(&mut Route)),
    /// A merchant that is really called.
    Called(fn(&mut Route)),
}

type Made<'a> = Pin<Box<dyn Future<Output = String> + 'a>>;

/// One situation: its name, where it is, and how a customer's entitlement comes into it.
pub(super) struct Situation {
    pub(super) name: &'static str,
    pub(super) world: World,
    pub(super) make: for<'a> fn(&'a Place, &'a str) -> Made<'a>,
}

impl World {
    pub(super) async fn start(&self) -> Place {
        match *self {
            Self::Sandbox(change) => Place { hub: Setup::new().routes(change).start().await, merchant: None },
            Self::Called(change) => {
                let merchant = Receiver::start().await;
                let hub = Setup::new().merchant(ScriptedMerchant::at(&merchant)).routes(change).start().await;
                Place { hub, merchant: Some(merchant) }
            }
        }
    }
}

impl Place {
    /// How the merchant answers next.
    pub(super) fn next(&self, reply: Reply) {
        self.merchant.as_ref().unwrap().answer([reply]);
    }

    /// A create that the merchant answers like this.
    async fn created(&self, customer: &str, reply: Reply) -> String {
        self.next(reply);
        self.hub.create(customer, "MUSIC").await.text("entitlementId")
    }

    /// One that is ACTIVE, and then asked for this, which the merchant answers like that.
    async fn asked(&self, customer: &str, members: &Value, reply: Reply) -> String {
        let id = self.created(customer, Reply::status(200)).await;
        self.next(reply);
        self.hub.update(&id, members).await;
        id
    }
}

fn as_it_is(_: &mut Route) {}

fn cannot_tell(route: &mut Route) {
    (route.facts.inquiry, route.facts.repeatable) = (false, false);
}

fn times_out(route: &mut Route) {
    route.facts.pending_timeout_s = Some(3 * 86_400);
}

fn no_undo(route: &mut Route) {
    route.facts.undo = false;
}

fn no_resume(route: &mut Route) {
    route.facts.resume = false;
}

pub(super) fn suspended() -> Value {
    json!({ "entitlementBenefits": "SUSPENDED" })
}

pub(super) fn normal() -> Value {
    json!({ "entitlementBenefits": "NORMAL" })
}

fn unpaid() -> Value {
    let mut body = suspended();
    body["suspendReasonCategory"] = json!("ACTIVATION_ROLLBACK");
    body["suspendReasonCode"] = json!("CUSTOMER_PAYMENT_DEFAULT");
    body["suspendReasonDescription"] = json!("three bills");
    body
}

fn link() -> Reply {
    Reply::body(202, "https://merchant.example/go")
}

async fn cancelled(hub: &TestHub, id: &str) -> Answer {
    let reason = json!({ "cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "NOT_RENEWED" });
    hub.post(&format!("/v1/entitlement/cancel/{id}"), &reason).await
}

async fn merchant_suspends(hub: &TestHub, id: &str) {
    let reason = Reason::of("CUSTOMER_SUSPENDED", "NON_PAYMENT");
    hub.merchant_tells(id, Told::Suspended(Some(reason))).await.unwrap();
}

async fn operator_holds(hub: &TestHub, id: &str) {
    let reason = Reason { description: Some("fraud case 12".to_owned()), ..Reason::default() };
    hub.decided_elsewhere(id, &Command::Hold(Some(reason)), Party::Operator, hub.store.now()).await;
}

async fn merchant_ends(hub: &TestHub, id: &str, days: Option<i64>) {
    let at = days.map(|days| hub.store.now().plus_s(days * 86_400));
    let reason = Some(Reason::of("CUSTOMER_CANCELLED", "OTHER"));
    hub.merchant_tells(id, Told::Terminated { immediate: false, at, reason }).await.unwrap();
}

async fn expiring(hub: &TestHub, customer: &str, at: &str) -> String {
    let mut body = create_body(customer, "MUSIC_NOW");
    body["dateExpiry"] = json!(at);
    hub.created_of(&body).await
}

macro_rules! situations {
    ($($name:literal in $world:expr => |$place:ident, $customer:ident| $make:expr;)+) => {
        vec![$(Situation {
            name: $name,
            world: $world,
            make: |$place, $customer| Box::pin(async move { $make }),
        }),+]
    };
}

/// From the first create to the end, in the order of a life.
pub(super) fn all() -> Vec<Situation> {
    let parts = [waiting(), running(), held(), asked(), unknown(), ended()];
    parts.into_iter().flatten().collect()
}

fn waiting() -> Vec<Situation> {
    situations! {
        "The customer has a link" in World::Called(as_it_is) => |place, customer| {
            place.created(customer, link()).await
        };
        "The customer has a code" in World::Called(as_it_is) => |place, customer| {
            place.created(customer, Reply::body(201, "CODE-1")).await
        };
        "The merchant takes its time" in World::Called(as_it_is) => |place, customer| {
            place.created(customer, Reply::status(201)).await
        };
        "The merchant has queued the create" in World::Called(as_it_is) => |place, customer| {
            place.created(customer, Reply::status(202)).await
        };
        "The customer has a link, for three days" in World::Sandbox(times_out) => |place, customer| {
            place.hub.created(customer, "MUSIC").await
        };
        "Another product waits for the customer" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            place.hub.update(&id, &json!({ "productKey": "MUSIC_ASK" })).await.shows(202, "PENDING");
            id
        };
        "Another offer waits for the customer" in World::Called(as_it_is) => |place, customer| {
            let mut body = create_body(customer, "MUSIC_OFFER");
            body["offerKey"] = json!("TRIAL");
            let id = place.hub.created_of(&body).await;
            place.next(link());
            place.hub.update(&id, &json!({ "offerKey": "BUNDLE" })).await.shows(202, "PENDING");
            id
        };
        "Another product waits, and an end is planned" in World::Sandbox(times_out) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            cancelled(&place.hub, &id).await.shows(200, "ACTIVE-ENDING");
            place.hub.update(&id, &json!({ "productKey": "MUSIC_ASK" })).await.shows(202, "PENDING");
            id
        };
    }
}

fn running() -> Vec<Situation> {
    situations! {
        "It runs" in World::Sandbox(as_it_is) => |place, customer| {
            place.hub.created(customer, "MUSIC_NOW").await
        };
        "It runs until its expiry" in World::Sandbox(as_it_is) => |place, customer| {
            expiring(&place.hub, customer, "2026-06-01T00:00:00Z").await
        };
        "The reseller cancelled it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            cancelled(&place.hub, &id).await.shows(200, "ACTIVE-ENDING");
            id
        };
        "The reseller cancelled it, and it expires before" in World::Sandbox(as_it_is) => |place, customer| {
            let id = expiring(&place.hub, customer, "2026-03-20T00:00:00Z").await;
            cancelled(&place.hub, &id).await.shows(200, "ACTIVE-ENDING");
            id
        };
        "Cancelled, then suspended and resumed" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            cancelled(&place.hub, &id).await.shows(200, "ACTIVE-ENDING");
            place.hub.update(&id, &suspended()).await.shows(200, "SUSPENDED");
            place.hub.clock.advance_ms(3_600_000);
            place.hub.update(&id, &normal()).await.shows(200, "ACTIVE-ENDING");
            id
        };
        "The merchant planned its end" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            merchant_ends(&place.hub, &id, Some(10)).await;
            id
        };
        "Its end cannot be taken back" in World::Sandbox(no_undo) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            cancelled(&place.hub, &id).await.shows(200, "ACTIVE-ENDING");
            id
        };
    }
}

fn held() -> Vec<Situation> {
    situations! {
        "The reseller suspended it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            place.hub.update(&id, &unpaid()).await.shows(200, "SUSPENDED");
            id
        };
        "The merchant suspended it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            merchant_suspends(&place.hub, &id).await;
            id
        };
        "The hub's operator holds it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            operator_holds(&place.hub, &id).await;
            id
        };
        "Reseller and merchant suspended it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            place.hub.update(&id, &unpaid()).await.shows(200, "SUSPENDED");
            merchant_suspends(&place.hub, &id).await;
            id
        };
        "Merchant and operator hold it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            merchant_suspends(&place.hub, &id).await;
            operator_holds(&place.hub, &id).await;
            id
        };
        "All three hold it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            place.hub.update(&id, &suspended()).await.shows(200, "SUSPENDED");
            merchant_suspends(&place.hub, &id).await;
            operator_holds(&place.hub, &id).await;
            id
        };
        "Suspended, and its end is planned" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            place.hub.update(&id, &suspended()).await.shows(200, "SUSPENDED");
            cancelled(&place.hub, &id).await.shows(200, "SUSPENDED");
            id
        };
        "Suspended on a route without resume" in World::Sandbox(no_resume) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            place.hub.update(&id, &suspended()).await.shows(200, "SUSPENDED");
            id
        };
    }
}

fn asked() -> Vec<Situation> {
    situations! {
        "A suspension is queued" in World::Called(as_it_is) => |place, customer| {
            place.asked(customer, &suspended(), Reply::status(202)).await
        };
        "Another product is queued, and nobody can ask" in World::Called(cannot_tell) => |place, customer| {
            place.asked(customer, &json!({ "productKey": "MUSIC_PREMIUM" }), Reply::status(202)).await
        };
        "A cancellation is queued" in World::Called(as_it_is) => |place, customer| {
            let id = place.created(customer, Reply::status(200)).await;
            place.next(Reply::status(202));
            cancelled(&place.hub, &id).await.shows(202, "ACTIVE");
            id
        };
        "A revocation is queued" in World::Called(as_it_is) => |place, customer| {
            let id = place.created(customer, Reply::status(200)).await;
            place.next(Reply::status(202));
            place.hub.revoke(&id).await.shows(202, "ACTIVE");
            id
        };
        "A suspension was refused" in World::Called(as_it_is) => |place, customer| {
            place.asked(customer, &suspended(), Reply::body(403, "Not this one.")).await
        };
    }
}

fn unknown() -> Vec<Situation> {
    situations! {
        "The create's answer was lost" in World::Called(as_it_is) => |place, customer| {
            place.created(customer, Reply::Break).await
        };
        "The create's answer was lost, and nobody can ask" in World::Called(cannot_tell) => |place, customer| {
            place.created(customer, Reply::Break).await
        };
        "The create's answer was lost, and a cancel is kept" in World::Called(cannot_tell) => |place, customer| {
            let id = place.created(customer, Reply::Break).await;
            cancelled(&place.hub, &id).await.shows(202, "FAILED");
            id
        };
        "A suspension's answer was lost" in World::Called(as_it_is) => |place, customer| {
            let id = place.created(customer, Reply::status(200)).await;
            place.merchant.as_ref().unwrap().answer(vec![Reply::Break]);
            place.hub.update(&id, &suspended()).await.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown");
            id
        };
        "A suspension's answer was lost, and nobody can ask" in World::Called(cannot_tell) => |place, customer| {
            place.asked(customer, &suspended(), Reply::Break).await
        };
    }
}

fn ended() -> Vec<Situation> {
    situations! {
        "The reseller cancelled it for good" in World::Called(as_it_is) => |place, customer| {
            let id = place.created(customer, Reply::status(200)).await;
            cancelled(&place.hub, &id).await.shows(200, "CANCELLED");
            id
        };
        "The reseller revoked it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            place.hub.revoke(&id).await.shows(200, "REVOKED");
            id
        };
        "The merchant ended it" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            merchant_ends(&place.hub, &id, None).await;
            id
        };
        "The customer declined" in World::Sandbox(as_it_is) => |place, customer| {
            let created = place.hub.create(customer, "MUSIC").await;
            place.hub.choose(&created.url(), "decline").await;
            created.text("entitlementId")
        };
        "Its planned end came" in World::Sandbox(as_it_is) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC_NOW").await;
            merchant_ends(&place.hub, &id, Some(10)).await;
            place.hub.advance("P10D").await;
            id
        };
        "It expired" in World::Sandbox(as_it_is) => |place, customer| {
            let at = wire::print_date(place.hub.store.now().plus_s(86_400));
            let id = expiring(&place.hub, customer, &at).await;
            place.hub.advance("P1D").await;
            id
        };
        "It expired, and the merchant has yet to confirm" in World::Called(as_it_is) => |place, customer| {
            let id = place.created(customer, Reply::status(200)).await;
            let at = wire::print_date(place.hub.store.now().plus_s(86_400));
            place.hub.update(&id, &json!({ "dateExpiry": at })).await.shows(200, "ACTIVE");
            place.next(Reply::status(202));
            place.hub.advance("P1D").await;
            id
        };
        "Nobody activated it in time" in World::Sandbox(times_out) => |place, customer| {
            let id = place.hub.created(customer, "MUSIC").await;
            place.hub.advance("P3D").await;
            id
        };
    }
}

//! Merchants that are really called: slow, silent, broken, gone. What a caller sees meanwhile and
//! how it comes out (docs/LIFECYCLE.md sections 4 and 5).

use crate::harness::{Receiver, Reply, ScriptedMerchant, Setup, TestHub, connect};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;

async fn hub_and_merchant(replies: Vec<Reply>) -> (TestHub, Receiver) {
    let merchant = Receiver::start().await;
    merchant.answer(replies);
    let hub = Setup::new()
        .merchant(ScriptedMerchant::at(&merchant))
        .routes(|route| route.facts.repeatable = false)
        .start()
        .await;
    (hub, merchant)
}

fn paths(merchant: &Receiver) -> Vec<String> {
    merchant.all().iter().map(|request| request.path().to_owned()).collect()
}

#[tokio::test]
async fn every_answer_to_a_create_is_answered_in_its_form() {
    let (hub, _merchant) = hub_and_merchant(vec![
        Reply::status(200),
        Reply::status(201),
        Reply::body(202, "https://merchant.example/go?t=1"),
        Reply::status(202),
        Reply::body(403, "Not this one."),
        Reply::status(429),
    ])
    .await;
    hub.create("a", "MUSIC").await.shows(200, "ACTIVE");
    hub.create("b", "MUSIC").await.shows(201, "PENDING");
    let url = hub.create("c", "MUSIC").await;
    url.shows(202, "PENDING");
    assert_eq!(url["parameters"]["url"], "https://merchant.example/go?t=1");
    assert_eq!(url["parameters"]["urlExpiry"], Value::Null);
    hub.create("d", "MUSIC").await.shows(201, "PENDING");
    let refused = hub.create("e", "MUSIC").await;
    refused.refused(422, "NOT_AVAILABLE", "merchant-refused-user");
    assert_eq!(
        (&refused["responseMessage"], &refused["error"]["origin"]),
        (&json!("Not this one."), &json!("MERCHANT"))
    );
    hub.create("f", "MUSIC").await.refused(503, "SERVICE_UNAVAILABLE", "merchant-busy");
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!(found["entitlements"].as_array().unwrap().len(), 4);
    for customer in ["e", "f"] {
        hub.create(customer, "MUSIC").await.shows(200, "ACTIVE");
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_unreachable_merchant_is_a_certain_failure_that_frees_everything() {
    let hub = Setup::new().merchant(ScriptedMerchant::nowhere()).start().await;
    let mut body = crate::harness::create_body("anna", "MUSIC");
    body["entitlementId"] = json!("own");
    for _ in 0..2 {
        let call = hub.call("POST", "/v1/entitlement").json(&body).identity("i-1");
        call.send().await.refused(503, "SERVICE_UNAVAILABLE", "merchant-unreachable");
    }
    hub.read("own").await.is(404, "NOT_FOUND");
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!((&found["entitlements"], &found["parameters"]["feedCursor"]), (&json!([]), &json!("0")));
    hub.finish().await;
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_failed_until_the_merchant_tells_and_a_repeat_gets_the_outcome() {
    let (hub, merchant) = hub_and_merchant(vec![Reply::Break, Reply::status(200)]).await;
    let create = hub.creating("anna", "MUSIC").identity("i-1");
    let lost = create.send().await;
    lost.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown");
    assert_eq!(lost["status"], "FAILED");
    let id = lost.text("entitlementId");
    hub.read(&id).await.shows(200, "FAILED");
    hub.advance("PT2S").await;
    hub.read(&id).await.shows(200, "ACTIVE");
    let again = create.send().await;
    again.shows(200, "ACTIVE");
    assert_eq!(again["entitlementId"], json!(id));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let third = create.send().await;
    assert_eq!((third.body, third.status), (again.body, 200), "it is the remembered answer from then on");
    assert_eq!(paths(&merchant), ["/first", "/inquiry"]);
    let ids: Vec<_> = merchant.all().iter().map(|one| one.header("x-requestidentifier").unwrap().to_owned()).collect();
    assert_eq!(ids[0], ids[1], "one operation, one id");
    assert_eq!(hub.reasons().await, ["ACTIVATION_SUCCESS"]);
    hub.finish().await;
}

#[tokio::test]
async fn a_create_found_not_done_ends_and_its_repeat_says_so() {
    let (hub, merchant) = hub_and_merchant(vec![Reply::Break, Reply::status(500), Reply::status(404)]).await;
    let create = hub.creating("anna", "MUSIC").identity("i-1");
    let id = create.send().await.text("entitlementId");
    hub.advance("PT1S").await;
    hub.read(&id).await.shows(200, "FAILED");
    hub.advance("PT10S").await;
    hub.read(&id).await.shows(200, "CANCELLED");
    let again = create.send().await;
    again.refused(422, "NOT_AVAILABLE", "not-done").hints("new identity");
    assert_eq!(paths(&merchant), ["/first", "/inquiry", "/inquiry"]);
    hub.creating("anna", "MUSIC").identity("i-2").send().await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_leaves_the_status_and_blocks_others_but_revoke() {
    let (hub, _merchant) = hub_and_merchant(vec![Reply::status(200), Reply::Break]).await;
    let id = hub.created("anna", "MUSIC").await;
    let suspend = hub.updating(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).identity("i-1");
    let lost = suspend.send().await;
    lost.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown");
    assert_eq!((&lost["status"], &lost["entitlementId"]), (&json!("ACTIVE"), &json!(id)));
    hub.cancel(&id).await.refused(409, "NOT_AVAILABLE", "operation-in-progress");
    hub.update(&id, &json!({ "extensionData": { "local": 1 } })).await.shows(200, "ACTIVE");
    hub.revoke(&id).await.shows(200, "REVOKED");
    hub.finish().await;
}

#[tokio::test]
async fn on_a_failed_one_cancel_is_kept_as_a_wish_and_carried_out() {
    let (hub, merchant) = hub_and_merchant(vec![Reply::Break, Reply::status(200), Reply::status(200)]).await;
    let id = hub.create("anna", "MUSIC").await.text("entitlementId");
    hub.cancel(&id).await.shows(202, "FAILED");
    hub.advance("PT1M").await;
    hub.read(&id).await.shows(200, "CANCELLED");
    assert_eq!(paths(&merchant), ["/first", "/inquiry", "/first"], "found there, then terminated");
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_second_operation_waits_for_the_first_and_is_decided_on_what_it_left() {
    let (hub, merchant) = hub_and_merchant(vec![Reply::status(200)]).await;
    let hub = Arc::new(hub);
    let id = hub.created("anna", "MUSIC").await;
    let gate = Arc::new(Semaphore::new(0));
    merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
    let (slow, second) = (Arc::clone(&hub), Arc::clone(&hub));
    let (slow_id, second_id) = (id.clone(), id.clone());
    let suspending =
        tokio::spawn(async move { slow.update(&slow_id, &json!({ "entitlementBenefits": "SUSPENDED" })).await });
    merchant.took(2).await;
    hub.read(&id).await.shows(200, "ACTIVE");
    let updating = tokio::spawn(async move { second.update(&second_id, &json!({ "productKey": "MUSIC_NOW" })).await });
    gate.add_permits(1);
    suspending.await.unwrap().shows(200, "SUSPENDED");
    updating.await.unwrap().refused(409, "NOT_AVAILABLE", "not-active");
    assert_eq!(merchant.all().len(), 2, "the second was never sent");
    Arc::into_inner(hub).unwrap().finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_entitlement_whose_create_is_under_way_can_be_read_and_is_in_no_report() {
    let gate = Arc::new(Semaphore::new(0));
    let slow = Reply::Behind(Arc::clone(&gate), Box::new(Reply::body(403, "No.")));
    let (hub, merchant) = hub_and_merchant(vec![slow]).await;
    let hub = Arc::new(hub);
    let mut body = crate::harness::create_body("anna", "MUSIC");
    body["entitlementId"] = json!("own");
    let creating = Arc::clone(&hub);
    let create = tokio::spawn(async move { creating.post("/v1/entitlement", &body).await });
    merchant.took(1).await;
    hub.read("own").await.shows(200, "PENDING");
    let report = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!((&report["entitlements"], &report["parameters"]["feedCursor"]), (&json!([]), &json!("0")));
    hub.create("anna", "MUSIC_NOW").await.refused(400, "BAD_REQUEST", "limit-reached");
    gate.add_permits(1);
    create.await.unwrap().is(422, "NOT_AVAILABLE");
    hub.read("own").await.is(404, "NOT_FOUND");
    Arc::into_inner(hub).unwrap().finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_who_hangs_up_while_the_merchant_thinks_has_his_write_done_once() {
    let gate = Arc::new(Semaphore::new(0));
    let slow = Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)));
    let (hub, merchant) = hub_and_merchant(vec![slow]).await;
    let call = hub.creating("anna", "MUSIC").identity("i-1");
    let mut stream = connect(hub.address).await;
    stream.write_all(&call.text()).await.unwrap();
    merchant.took(1).await;
    drop(stream);
    gate.add_permits(1);
    let again = call.send().await;
    again.shows(200, "ACTIVE");
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(merchant.all().len(), 1);
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_merchant_slower_than_the_deadline_leaves_the_operation_going_on() {
    let gate = Arc::new(Semaphore::new(0));
    let slow = Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)));
    let (hub, merchant) = hub_and_merchant(vec![slow]).await;
    let create = hub.creating("anna", "MUSIC").identity("i-1");
    let late = create.send().await;
    late.is(503, "SERVICE_UNAVAILABLE");
    let id = late.text("entitlementId");
    assert_eq!(merchant.all().len(), 1);
    hub.read(&id).await.shows(200, "FAILED");
    hub.advance("PT1M").await;
    hub.read(&id).await.shows(200, "ACTIVE");
    let again = create.send().await;
    again.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn a_connector_that_panics_is_answered_with_an_envelope_and_harms_nobody_else() {
    #[derive(Debug)]
    struct Panics;
    impl merchants::Connector for Panics {
        fn prepare(&self, _call: &merchants::Call<'_>) -> merchants::Prepared {
            panic!("a defect in a connector")
        }

        fn read(&self, _call: &merchants::Call<'_>, _response: &merchants::Response) -> entitlement::Answer {
            entitlement::Answer::Unknown
        }
    }
    let hub = Setup::new().merchant(Arc::new(Panics)).start().await;
    let create = hub.creating("anna", "MUSIC").identity("i-1");
    for _ in 0..2 {
        let answer = create.send().await;
        answer.refused(500, "INTERNAL_ERROR", "internal-error").hints("X-Request-Id");
        assert_eq!(answer["error"]["origin"], "HUB");
        assert!(!answer.body.contains("defect"), "{answer}");
    }
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!(found["entitlements"], json!([]));
    let bango = json!({ "customerIdentifier": "a", "merchantAccountKey": "BANGO", "productKey": "BangoMusic" });
    hub.post("/v1/entitlement", &bango).await.shows(202, "PENDING");
    hub.finish().await;
}

#[tokio::test]
async fn a_defect_met_after_the_merchant_was_asked_leaves_the_outcome_unknown_and_it_is_found_out() {
    #[derive(Debug)]
    struct PanicsOnce(Arc<dyn merchants::Connector>, AtomicBool);
    impl merchants::Connector for PanicsOnce {
        fn prepare(&self, call: &merchants::Call<'_>) -> merchants::Prepared {
            self.0.prepare(call)
        }

        fn read(&self, call: &merchants::Call<'_>, response: &merchants::Response) -> entitlement::Answer {
            assert!(self.1.swap(true, Ordering::SeqCst), "a defect in a connector");
            self.0.read(call, response)
        }
    }
    let merchant = Receiver::start().await;
    let connector = PanicsOnce(ScriptedMerchant::at(&merchant), AtomicBool::new(false));
    let hub = Setup::new().merchant(Arc::new(connector)).start().await;
    let create = hub.creating("anna", "MUSIC").identity("i-1");
    let lost = create.send().await;
    lost.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown").hints("same X-RequestIdentifier");
    hub.advance("PT1M").await;
    let again = create.send().await;
    assert_eq!(again.shows(200, "ACTIVE")["entitlementId"], lost["entitlementId"]);
    assert_eq!(paths(&merchant), ["/first", "/inquiry"]);
    hub.finish().await;
}

#[tokio::test]
async fn a_customer_without_a_free_slot_is_refused_before_the_merchant_is_asked() {
    let (hub, merchant) = hub_and_merchant(Vec::new()).await;
    let annas = hub.created("anna", "MUSIC").await;
    let berts = hub.created("bert", "MUSIC").await;
    let both = json!({ "productKey": "MUSIC_NOW", "customerIdentifier": "bert" });
    hub.update(&annas, &both).await.refused(400, "BAD_REQUEST", "limit-reached").hints(&berts);
    assert_eq!(merchant.all().len(), 2, "only the creates");
    hub.revoke(&berts).await.shows(200, "REVOKED");
    let moved = hub.update(&annas, &both).await;
    assert_eq!(
        (&moved.shows(200, "ACTIVE")["customerIdentifier"], &moved["productKey"]),
        (&json!("bert"), &json!("MUSIC_NOW"))
    );
    hub.create("bert", "MUSIC").await.refused(400, "BAD_REQUEST", "limit-reached").hints(&annas);
    hub.create("anna", "MUSIC").await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_slot_that_goes_while_the_merchant_thinks_leaves_the_customer_and_keeps_what_was_done() {
    let (hub, merchant) = hub_and_merchant(vec![Reply::status(200)]).await;
    let hub = Arc::new(hub);
    let id = hub.created("anna", "MUSIC").await;
    let gate = Arc::new(Semaphore::new(0));
    merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
    let (moving, moved) = (Arc::clone(&hub), id.clone());
    let both = json!({ "productKey": "MUSIC_NOW", "customerIdentifier": "bert" });
    let moving = tokio::spawn(async move { moving.update(&moved, &both).await });
    merchant.took(2).await;
    hub.create("bert", "MUSIC").await.shows(200, "ACTIVE");
    gate.add_permits(1);
    let answer = moving.await.unwrap();
    assert_eq!(
        (&answer.shows(200, "ACTIVE")["productKey"], &answer["customerIdentifier"]),
        (&json!("MUSIC_NOW"), &json!("anna"))
    );
    for customer in ["anna", "bert"] {
        hub.create(customer, "MUSIC_CODE").await.refused(400, "BAD_REQUEST", "limit-reached");
    }
    Arc::into_inner(hub).unwrap().finish().await;
}

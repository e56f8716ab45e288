//! Limits of open entitlements per customer and merchant: exact under any concurrency, and what an
//! identical create gets at the limit.

use crate::harness::{Setup, TestHub, create_body};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::JoinSet;

async fn at_once(hub: Arc<TestHub>, bodies: Vec<Value>) -> Vec<crate::harness::Answer> {
    let mut calls = JoinSet::new();
    for body in bodies {
        let hub = Arc::clone(&hub);
        calls.spawn(async move { hub.post("/v1/entitlement", &body).await });
    }
    calls.join_all().await
}

fn done(hub: Arc<TestHub>) -> TestHub {
    Arc::into_inner(hub).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_creates_at_once_for_one_customer_make_exactly_one() {
    let hub = Arc::new(TestHub::start().await);
    let answers = at_once(Arc::clone(&hub), vec![create_body("anna", "MUSIC_NOW"); 20]).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.refused(400, "BAD_REQUEST", "limit-reached");
    }
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!(found["entitlements"].as_array().unwrap().len(), 1);
    done(hub).finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_identical_creates_at_once_share_the_one_that_waits_for_its_user() {
    let hub = Arc::new(TestHub::start().await);
    let answers = at_once(Arc::clone(&hub), vec![create_body("anna", "MUSIC"); 20]).await;
    let ids: HashSet<String> =
        answers.iter().map(|answer| answer.shows(202, "PENDING").text("entitlementId")).collect();
    assert_eq!(ids.len(), 1);
    done(hub).finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_different_creates_at_once_keep_a_limit_of_three() {
    let hub = Arc::new(Setup::new().routes(|route| route.facts.limit = 3).start().await);
    let bodies = (0..20).map(|at| {
        let mut body = create_body("anna", "MUSIC_NOW");
        body["externalEntitlementId"] = json!(format!("ext-{at}"));
        body
    });
    let answers = at_once(Arc::clone(&hub), bodies.collect()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 3);
    done(hub).finish().await;
}

#[tokio::test]
async fn an_identical_create_while_the_user_is_awaited_gets_the_same_id_and_a_fresh_url() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC");
    body["extensionData"] = json!({ "a": { "x": 1, "y": 2 }, "b": null });
    let first = hub.post("/v1/entitlement", &body).await;
    hub.advance("PT1M").await;
    let again = hub.post("/v1/entitlement", &body).await;
    again.shows(202, "PENDING");
    assert_eq!((&again["entitlementId"], again.etag()), (&first["entitlementId"], first.etag()));
    assert_ne!(again.url(), first.url());
    assert_eq!(again["parameters"]["urlExpiry"], "2026-03-11T12:01:00Z");
    body["extensionData"] = json!({ "a": { "y": 2, "x": 1 } });
    body["extraInformation"] = json!({ "does": "not count" });
    body["notificationUrl"] = json!(null);
    assert_eq!(hub.post("/v1/entitlement", &body).await["entitlementId"], first["entitlementId"]);
    assert_eq!(hub.page(&first.url()).await.status, 200, "the first URL goes on working");
    body["entitlementId"] = first["entitlementId"].clone();
    assert_eq!(hub.post("/v1/entitlement", &body).await.shows(202, "PENDING")["entitlementId"], first["entitlementId"]);
    hub.finish().await;
}

#[tokio::test]
async fn a_create_that_differs_in_anything_is_over_the_limit_and_is_told_which_one_is_open() {
    let hub = TestHub::start().await;
    let body = create_body("anna", "MUSIC");
    let id = hub.created_of(&body).await;
    for (member, value) in [
        ("productKey", json!("MUSIC_PREMIUM")),
        ("notificationUrl", json!("http://127.0.0.1:9/")),
        ("dateExpiry", json!("2030-01-01T00:00:00Z")),
        ("extensionData", json!({ "a": 1 })),
        ("entitlementDisplayName", json!("Other")),
        ("externalEntitlementId", json!("ext")),
        ("entitlementId", json!("another-id")),
    ] {
        let mut other = body.clone();
        other[member] = value;
        let answer = hub.post("/v1/entitlement", &other).await;
        answer.refused(400, "BAD_REQUEST", "limit-reached").hints(&id);
        let message =
            "Invalid request or the request contains invalid data. Maximum number of subscriptions for user reached";
        assert_eq!(answer["responseMessage"], message);
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_identical_create_is_over_the_limit_once_it_is_active_or_waits_by_an_update() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.create("anna", "MUSIC_NOW").await.refused(400, "BAD_REQUEST", "limit-reached").hints(&id);
    hub.update(&id, &json!({ "productKey": "MUSIC_ASK" })).await.shows(202, "PENDING");
    hub.create("anna", "MUSIC_ASK").await.refused(400, "BAD_REQUEST", "limit-reached");
    hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    hub.create("anna", "MUSIC_NOW").await.refused(400, "BAD_REQUEST", "limit-reached");
    hub.finish().await;
}

#[tokio::test]
async fn one_that_activates_by_itself_is_shared_without_a_url() {
    let hub = TestHub::start().await;
    let first = hub.create("anna", "MUSIC_LATER").await;
    let again = hub.create("anna", "MUSIC_LATER").await;
    again.shows(201, "PENDING");
    assert_eq!(again["entitlementId"], first["entitlementId"]);
    hub.advance("PT5S").await;
    hub.create("anna", "MUSIC_LATER").await.refused(400, "BAD_REQUEST", "limit-reached");
    hub.finish().await;
}

#[tokio::test]
async fn below_a_higher_limit_an_identical_create_makes_another_one() {
    let hub = Setup::new().routes(|route| route.facts.limit = 2).start().await;
    let first = hub.created("anna", "MUSIC").await;
    let second = hub.created("anna", "MUSIC").await;
    assert_ne!(first, second);
    let third = hub.create("anna", "MUSIC").await;
    third.shows(202, "PENDING");
    assert!([first, second].contains(&third.text("entitlementId")), "at the limit it joins one of them");
    hub.create("anna", "MUSIC_NOW").await.refused(400, "BAD_REQUEST", "limit-reached");
    hub.finish().await;
}

#[tokio::test]
async fn every_way_to_end_frees_the_slot() {
    let hub = TestHub::start().await;
    for way in ["cancel", "revoke", "decline", "expiry", "end date"] {
        let product = if way == "decline" { "MUSIC" } else { "MUSIC_NOW" };
        let mut body = create_body("anna", product);
        if way == "expiry" {
            body["dateExpiry"] = json!(wire::print_date(hub.store.now().plus_s(60)));
        }
        let created = hub.post("/v1/entitlement", &body).await;
        let id = created.text("entitlementId");
        match way {
            "cancel" => drop(hub.cancel(&id).await.shows(200, "ACTIVE-ENDING")),
            "revoke" => drop(hub.revoke(&id).await.shows(200, "REVOKED")),
            "decline" => drop(hub.choose(&created.url(), "decline").await),
            "expiry" => drop(hub.advance("PT61S").await),
            _ => drop(hub.cancel(&id).await.shows(200, "ACTIVE-ENDING")),
        }
        if way == "cancel" || way == "end date" {
            hub.create("anna", "MUSIC").await.refused(400, "BAD_REQUEST", "limit-reached").hints("ACTIVE-ENDING");
            hub.advance("P32D").await;
        }
        assert!(["CANCELLED", "REVOKED"].contains(&hub.read(&id).await.text("status").as_str()), "{way}");
    }
    hub.create("anna", "MUSIC_NOW").await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn each_merchant_counts_for_itself() {
    let hub = TestHub::start().await;
    hub.created("anna", "MUSIC_NOW").await;
    let bango = json!({ "customerIdentifier": "anna", "merchantAccountKey": "BANGO", "productKey": "BangoMusic" });
    hub.post("/v1/entitlement", &bango).await.shows(202, "PENDING");
    hub.create("Anna", "MUSIC_NOW").await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn another_customer_takes_the_slot_along_unless_he_has_none_free() {
    let hub = TestHub::start().await;
    let annas = hub.created("anna", "MUSIC_NOW").await;
    let berts = hub.created("bert", "MUSIC_NOW").await;
    let full = hub.updating(&annas, &json!({ "customerIdentifier": "bert" })).identity("move-1").send().await;
    full.refused(400, "BAD_REQUEST", "limit-reached").hints(&berts);
    assert_eq!(hub.read(&annas).await["customerIdentifier"], "anna");
    hub.revoke(&berts).await.shows(200, "REVOKED");
    let again = hub.updating(&annas, &json!({ "customerIdentifier": "bert" })).identity("move-1").send().await;
    assert_eq!((&again.body, again.header("idempotent-replayed")), (&full.body, Some("true")), "it is remembered");
    let moved = hub.update(&annas, &json!({ "customerIdentifier": "bert" })).await;
    assert_eq!(moved.shows(200, "ACTIVE")["customerIdentifier"], "bert");
    hub.create("bert", "MUSIC_NOW").await.refused(400, "BAD_REQUEST", "limit-reached").hints(&annas);
    hub.create("anna", "MUSIC_NOW").await.shows(200, "ACTIVE");
    hub.finish().await;
}

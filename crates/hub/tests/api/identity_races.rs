//! The same request identity many times at once: one effect, and everybody gets its answer.

use crate::harness::{Answer, Receiver, Reply, ScriptedMerchant, Setup, TestHub, create_body};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const TIMES: usize = 16;

async fn at_once(hub: &Arc<TestHub>, method: &'static str, path: &str, body: &Value) -> Vec<Answer> {
    let mut calls = JoinSet::new();
    for _ in 0..TIMES {
        let (hub, path, body) = (Arc::clone(hub), path.to_owned(), body.clone());
        calls.spawn(async move { hub.call(method, &path).json(&body).identity("same").send().await });
    }
    calls.join_all().await
}

/// All the same answer; one of them is the first.
fn one_effect(answers: &[Answer]) {
    let bodies: HashSet<(u16, &str)> = answers.iter().map(|answer| (answer.status, answer.body.as_str())).collect();
    assert_eq!(bodies.len(), 1, "{answers:?}");
    let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_some()).count();
    assert_eq!(replayed, TIMES - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_times_at_once_is_once() {
    let hub = Arc::new(TestHub::start().await);
    let created = at_once(&hub, "POST", "/v1/entitlement", &create_body("anna", "MUSIC_NOW")).await;
    one_effect(&created);
    let id = created[0].text("entitlementId");
    let hub = Arc::into_inner(hub).unwrap();
    assert_eq!(hub.read(&id).await.etag(), "\"1\"");
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_kind_of_write_has_one_effect() {
    for (method, path, body, changes) in [
        ("PATCH", "/v1/entitlement".to_owned(), json!({ "entitlementId": "own", "extensionData": { "a": 1 } }), 1),
        ("PATCH", "/v1/entitlement".to_owned(), json!({ "entitlementId": "own", "productKey": "MUSIC" }), 1),
        ("PATCH", "/v1/entitlement".to_owned(), json!({ "entitlementId": "own", "productKey": "MUSIC_NO" }), 0),
        ("POST", "/v1/entitlement/cancel/own".to_owned(), json!({}), 1),
        ("POST", "/v1/entitlement/revoke/own".to_owned(), json!({ "note": "x" }), 1),
    ] {
        let hub = Arc::new(TestHub::start().await);
        let mut create = create_body("anna", "MUSIC_NOW");
        create["entitlementId"] = json!("own");
        hub.created_of(&create).await;
        one_effect(&at_once(&hub, method, &path, &body).await);
        let hub = Arc::into_inner(hub).unwrap();
        assert_eq!(hub.read("own").await.etag(), format!("\"{}\"", 1 + changes), "{path} {body}");
        hub.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn repeats_wait_for_the_first_while_the_merchant_thinks() {
    let merchant = Receiver::start().await;
    let gate = Arc::new(Semaphore::new(0));
    merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
    let hub = Arc::new(Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await);
    let asking = Arc::clone(&hub);
    let asked =
        tokio::spawn(async move { at_once(&asking, "POST", "/v1/entitlement", &create_body("anna", "MUSIC")).await });
    merchant.took(1).await;
    gate.add_permits(1);
    let answers = asked.await.unwrap();
    one_effect(&answers);
    answers[0].shows(200, "ACTIVE");
    assert_eq!(merchant.all().len(), 1, "the merchant is asked once");
    Arc::into_inner(hub).unwrap().finish().await;
}

//! History: what it tells folds back to the record, and what it foretells then happens
//! (docs/API.md section 4.10).

use crate::harness::{Answer, FIELDS, Receiver, Reply, ScriptedMerchant, Setup, TestHub, create_body};
use entitlement::{Reason, Told};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;

async fn history(hub: &TestHub, id: &str) -> Answer {
    let told = hub.get(&format!("/v1/entitlement/{id}/history")).await;
    told.is(200, "OK");
    told
}

fn events(told: &Answer) -> &[Value] {
    told["events"].as_array().unwrap()
}

fn words<'a>(told: &'a Answer, member: &str) -> Vec<&'a str> {
    events(told).iter().map(|event| event[member].as_str().unwrap_or("-")).collect()
}

fn planned(told: &Answer) -> Vec<&Value> {
    events(told).iter().filter(|event| event["planned"] == true).collect()
}

/// Folds the changes; every `old` is what stood there before.
fn folded(events: &[Value]) -> Map<String, Value> {
    let mut record: Map<String, Value> = FIELDS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    for event in events {
        for change in event["changes"].as_array().unwrap() {
            let field = change["field"].as_str().unwrap();
            let before = record.insert(field.to_owned(), change["new"].clone());
            assert_eq!(before.as_ref(), Some(&change["old"]), "{field} in {event}");
            assert_ne!(change["old"], change["new"], "{field} in {event}");
        }
    }
    record
}

#[tokio::test]
async fn the_changes_fold_back_to_the_record() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC");
    body["notificationUrl"] = json!(format!("http://user:word@{}/sandbox/v1/inbox/default", hub.address));
    body["extensionData"] = json!({ "a": { "b": 1.0 } });
    let created = hub.post("/v1/entitlement", &body).await;
    let id = created.text("entitlementId");
    hub.choose(&created.url(), "confirm").await;
    for members in [
        json!({ "productKey": "MUSIC_PREMIUM", "externalEntitlementId": "e" }),
        json!({ "extensionData": { "a": { "b": null }, "c": [1] } }),
        json!({ "entitlementBenefits": "SUSPENDED" }),
        json!({ "entitlementBenefits": "NORMAL" }),
        json!({ "customerIdentifier": "bert", "entitlementDisplayName": null }),
    ] {
        hub.clock.advance_ms(1_500);
        hub.update(&id, &members)
            .await
            .shows(200, if members == json!({ "entitlementBenefits": "SUSPENDED" }) { "SUSPENDED" } else { "ACTIVE" });
    }
    let reason = json!({ "cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "NOT_RENEWED" });
    hub.post(&format!("/v1/entitlement/cancel/{id}"), &reason).await.shows(200, "ACTIVE-ENDING");
    hub.advance("P40D").await;
    let record = hub.read(&id).await;
    let told = history(&hub, &id).await;
    assert_eq!(
        words(&told, "event"),
        [
            "CREATED",
            "ACTIVATED",
            "PRODUCT_UPDATED",
            "DETAILS_UPDATED",
            "DETAILS_UPDATED",
            "SUSPENDED",
            "RESUMED",
            "DETAILS_UPDATED",
            "ENDING_PLANNED",
            "CANCELLED"
        ]
    );
    assert_eq!(
        words(&told, "actor"),
        [
            "RESELLER", "MERCHANT", "RESELLER", "RESELLER", "RESELLER", "RESELLER", "RESELLER", "RESELLER", "RESELLER",
            "HUB"
        ]
    );
    for (name, value) in folded(events(&told)) {
        assert_eq!(record[name.as_str()], value, "{name}");
    }
    let last = events(&told).last().unwrap();
    let expected = json!({ "category": "CUSTOMER_CANCELLED", "code": "NOT_RENEWED", "description": null });
    assert_eq!((&last["reason"], &last["at"]), (&expected, &record["dateEnded"]), "{last}");
    assert!(!told.body.contains("user:word") && told.body.contains("//***@"), "{told}");
    assert_eq!(told["parameters"], json!({}));
    hub.finish().await;
}

#[tokio::test]
async fn what_is_planned_then_happens_just_so() {
    let hub = Setup::new().routes(|route| route.facts.pending_timeout_s = Some(3 * 3600)).start().await;
    let mut expiring = create_body("anna", "MUSIC_NOW");
    expiring["dateExpiry"] = json!("2026-03-20T00:00:00Z");
    let expiring = hub.created_of(&expiring).await;
    let mut both = create_body("bert", "MUSIC_NOW");
    both["dateExpiry"] = json!("2026-04-01T00:00:00Z");
    let both = hub.created_of(&both).await;
    hub.cancel(&both).await.shows(200, "ACTIVE-ENDING");
    let ending = hub.created("carl", "MUSIC_NOW").await;
    hub.cancel(&ending).await.shows(200, "ACTIVE-ENDING");
    let updating = hub.created("dora", "MUSIC_NOW").await;
    hub.cancel(&updating).await.shows(200, "ACTIVE-ENDING");
    hub.update(&updating, &json!({ "productKey": "MUSIC_ASK" })).await.shows(202, "PENDING");
    let pending = hub.created("emil", "MUSIC").await;
    let mut foretold = Vec::new();
    for (id, kinds) in [
        (&expiring, vec!["CANCELLED"]),
        (&both, vec!["CANCELLED"]),
        (&ending, vec!["CANCELLED"]),
        (&updating, vec!["UPDATE_ROLLED_BACK", "CANCELLED"]),
        (&pending, vec!["CANCELLED"]),
    ] {
        let told = history(&hub, id).await;
        let coming: Vec<Value> = planned(&told).into_iter().cloned().collect();
        assert_eq!(coming.iter().map(|event| event["event"].as_str().unwrap()).collect::<Vec<_>>(), kinds);
        let notified = coming.iter().any(|event| event["notificationId"] != Value::Null || event["actor"] != "HUB");
        assert!(!notified, "the hub will do it, and has not told it yet: {told}");
        foretold.push((id, coming));
    }
    hub.advance("P60D").await;
    for (id, coming) in foretold {
        let told = history(&hub, id).await;
        assert_eq!(planned(&told), Vec::<&Value>::new());
        let came = &events(&told)[events(&told).len() - coming.len()..];
        for (foretold, came) in coming.iter().zip(came) {
            for member in ["at", "actor", "event", "changes", "reason"] {
                assert_eq!(foretold[member], came[member], "{member} of {id}");
            }
            assert_eq!((&came["planned"], &came["notificationState"]), (&json!(false), &json!("DELIVERED")));
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn each_event_names_the_request_behind_it_and_where_its_notification_stands() {
    let receiver = Receiver::start().await;
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    body["notificationUrl"] = json!(receiver.url("/told"));
    let created = hub.call("POST", "/v1/entitlement").json(&body).identity("sale-1").send().await;
    let id = created.text("entitlementId");
    receiver.answer(std::iter::repeat_n(Reply::status(500), 40));
    hub.updating(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).identity("unpaid-1").send().await;
    hub.merchant_tells(&id, Told::Suspended(Some(Reason::of("FRAUD", "7")))).await.unwrap();
    let told = history(&hub, &id).await;
    assert_eq!(words(&told, "requestId"), ["sale-1", "unpaid-1", "-"]);
    assert_eq!(words(&told, "notificationState"), ["-", "WAITING", "WAITING"]);
    // The last try before 72 h may lie just below them, and the next one 24 h and a fifth behind it.
    hub.advance("P5D").await;
    let told = history(&hub, &id).await;
    assert_eq!(words(&told, "notificationState"), ["-", "DEAD", "DEAD"]);
    let listed = hub.get(&format!("/sandbox/v1/outbox?entitlementId={id}")).await;
    let newest = listed["notifications"][0]["notificationId"].as_str().unwrap();
    assert_eq!(words(&told, "notificationId")[2], newest);
    hub.finish_leaving(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_that_is_still_being_created_has_no_history_yet() {
    let merchant = Receiver::start().await;
    let hub = Arc::new(Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await);
    let gate = Arc::new(Semaphore::new(0));
    merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
    let mut body = create_body("anna", "MUSIC");
    body["entitlementId"] = json!("own");
    let creating = Arc::clone(&hub);
    let create = tokio::spawn(async move { creating.post("/v1/entitlement", &body).await });
    merchant.took(1).await;
    let told = history(&hub, "own").await;
    assert_eq!((&told["entitlementId"], &told["events"]), (&json!("own"), &json!([])));
    gate.add_permits(1);
    create.await.unwrap().shows(200, "ACTIVE");
    assert_eq!(words(&history(&hub, "own").await, "event"), ["CREATED"]);
    Arc::into_inner(hub).unwrap().finish().await;
}

#[tokio::test]
async fn a_long_history_shows_its_newest_thousand_events_and_counts_the_others() {
    let hub = Setup::new()
        .demo(|mut account| {
            account.default_url = None;
            account
        })
        .start()
        .await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for round in 0..1_002 {
        hub.update(&id, &json!({ "externalEntitlementId": format!("e{round}") })).await.shows(200, "ACTIVE");
    }
    let told = history(&hub, &id).await;
    assert_eq!((events(&told).len(), &told["parameters"]), (1_000, &json!({ "olderEvents": 3 })));
    let change = &events(&told)[0]["changes"];
    let expected = json!([{ "field": "externalEntitlementId", "old": "e1", "new": "e2" }]);
    assert_eq!(change, &expected, "the first shown knows what was before it");
    hub.finish().await;
}

#[tokio::test]
async fn a_history_is_its_resellers_own() {
    let hub = Setup::new().other("other", false).start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let path = format!("/v1/entitlement/{id}/history");
    hub.call("GET", &path).user("other").send().await.refused(404, "NOT_FOUND", "unknown-entitlement");
    hub.get("/v1/entitlement/none/history").await.refused(404, "NOT_FOUND", "unknown-entitlement");
    hub.call("GET", &path).anonymous().send().await.refused(401, "UNAUTHORIZED", "unauthorized");
    assert_eq!(hub.call("POST", &path).send().await.is(405, "BAD_REQUEST").header("allow"), Some("GET"));
    assert_eq!(hub.get(&format!("/entitlement/{id}/history/")).await.body, hub.get(&path).await.body);
    hub.finish().await;
}

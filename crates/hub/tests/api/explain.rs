//! Explain: every situation has its sentence, and what it calls allowed or refused is so
//! (docs/API.md section 4.11).

mod situations;

use crate::harness::{Answer, Receiver, Reply, ScriptedMerchant, Setup, TestHub, create_body, golden};
use serde_json::{Value, json};
use situations::{Place, Situation, all, normal, suspended};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// The hub's own worker is waited for so often, so long each time.
const LOOKS: u32 = 200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

async fn explain(hub: &TestHub, id: &str) -> Answer {
    let told = hub.get(&format!("/v1/entitlement/{id}/explain")).await;
    told.is(200, "OK");
    assert_eq!(told["entitlementId"], id, "{told}");
    told
}

/// What an answer says, for reading from top to bottom.
fn printed(name: &str, told: &Answer) -> String {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let mut text = format!("{name}\n  {}\n", word(&told["sentence"]));
    writeln!(
        text,
        "  {} since {}; awaited {}; deadline {}; ends {}",
        word(&told["status"]),
        word(&told["since"]),
        word(&told["awaited"]),
        word(&told["deadline"]),
        word(&told["endsAt"])
    )
    .unwrap();
    for hold in told["holds"].as_array().unwrap() {
        writeln!(text, "  held by {} since {}: {}", word(&hold["owner"]), word(&hold["since"]), hold["reason"])
            .unwrap();
    }
    if told["operation"].is_object() {
        let mut operation = told["operation"].clone();
        operation["requestId"] = json!(operation["requestId"].as_str().map(str::len));
        writeln!(text, "  operation {operation}").unwrap();
    }
    let allowed: Vec<String> = told["allowed"].as_array().unwrap().iter().map(word).collect();
    writeln!(text, "  allowed: {}", allowed.join(", ")).unwrap();
    let refused: Vec<String> =
        told["refused"].as_object().unwrap().iter().map(|(verb, rule)| format!("{verb} {}", word(rule))).collect();
    writeln!(text, "  refused: {}", refused.join(", ")).unwrap();
    let error = &told["lastError"];
    if error.is_object() {
        writeln!(
            text,
            "  last error at {} {} {} {}: {}",
            word(&error["at"]),
            word(&error["origin"]),
            word(&error["operation"]),
            word(&error["rule"]),
            word(&error["message"])
        )
        .unwrap();
    }
    text
}

#[tokio::test]
async fn every_situation_has_its_sentence() {
    let mut text = String::from("# What explain says, situation by situation, at 2026-03-10T12:00:00Z and after.\n");
    for Situation { name, world, make } in all() {
        let place = world.start().await;
        let id = make(&place, "anna").await;
        let told = explain(&place.hub, &id).await;
        assert_eq!(told["status"], place.hub.read(&id).await["status"], "{name}");
        write!(text, "\n{}", printed(name, &told)).unwrap();
        place.hub.finish().await;
    }
    golden("explain.txt", &text);
}

/// The call that a verb is, unless in this status the same call means another one.
async fn called(place: &Place, id: &str, verb: &str, told: &Answer) -> Option<Answer> {
    let hub = &place.hub;
    let status = told["status"].as_str().unwrap();
    let is_ending = told["endsAt"].is_string() && matches!(status, "ACTIVE-ENDING" | "SUSPENDED");
    Some(match verb {
        "update" => hub.update(id, &json!({ "externalEntitlementId": "other" })).await,
        "productUpdate" => hub.update(id, &json!({ "productKey": "MUSIC_PREMIUM", "offerKey": null })).await,
        "suspend" => hub.update(id, &suspended()).await,
        "resume" if status == "ACTIVE-ENDING" => return None,
        "resume" => hub.update(id, &normal()).await,
        "undo" if !is_ending => return None,
        "undo" => hub.update(id, &json!({ "status": "ACTIVE" })).await,
        "cancel" => hub.cancel(id).await,
        "revoke" => hub.revoke(id).await,
        "activationInfo" => hub.get(&format!("/v1/entitlement/{id}/activationInfo")).await,
        unknown => panic!("{unknown}"),
    })
}

/// What a call leaves to be done at the merchant takes none of the answers that are meant for the next one's.
async fn merchant_is_done(place: &Place, id: &str) {
    if place.merchant.is_none() {
        return;
    }
    // Some situations stay at something: then there is nothing to wait for.
    for _ in 0..LOOKS {
        let due = place.hub.store.next_due().await.unwrap();
        let is_asked = explain(&place.hub, id).await["operation"]["stage"] == "IN_FLIGHT";
        if !is_asked && due.is_none_or(|due| due > place.hub.store.now()) {
            return;
        }
        // tidy: sleep because the hub's own worker is at it, and tells nobody
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

#[tokio::test]
async fn what_is_allowed_succeeds_and_what_is_refused_is_refused_by_that_rule() {
    let mut tried = 0;
    for Situation { name, world, make } in all() {
        let place = world.start().await;
        for verb in entitlement::VerbName::ALL.map(entitlement::VerbName::as_str) {
            let id = make(&place, verb).await;
            let told = explain(&place.hub, &id).await;
            let is_allowed = told["allowed"].as_array().unwrap().contains(&json!(verb));
            if is_allowed && verb == "activationInfo" && place.merchant.is_some() {
                place.next(Reply::body(202, "https://merchant.example/again"));
            }
            let Some(answer) = called(&place, &id, verb, &told).await else { continue };
            tried += 1;
            merchant_is_done(&place, &id).await;
            match is_allowed {
                true => assert!(answer.status < 300, "{name}, {verb}: {answer}"),
                false => assert_eq!(answer["error"]["rule"], told["refused"][verb], "{name}, {verb}: {answer}"),
            }
        }
        place.hub.finish().await;
    }
    assert!(tried > 200, "{tried}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_in_flight_waits_for_the_merchant() {
    let merchant = Receiver::start().await;
    let hub = Arc::new(Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await);
    let gate = Arc::new(Semaphore::new(0));
    merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
    let mut body = create_body("anna", "MUSIC");
    body["entitlementId"] = json!("own");
    let creating = Arc::clone(&hub);
    let create = tokio::spawn(async move { creating.post("/v1/entitlement", &body).await });
    merchant.took(1).await;
    let told = explain(&hub, "own").await;
    assert_eq!(
        told["sentence"],
        "The merchant is being asked for it since 2026-03-10T12:00:00Z. The answer comes within seconds."
    );
    assert_eq!(
        (&told["awaited"], &told["operation"]["type"], &told["operation"]["stage"], &told["allowed"]),
        (&json!("MERCHANT"), &json!("create"), &json!("IN_FLIGHT"), &json!([]))
    );
    gate.add_permits(1);
    create.await.unwrap().shows(200, "ACTIVE");
    merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
    let suspending = Arc::clone(&hub);
    let suspend = tokio::spawn(async move { suspending.update("own", &suspended()).await });
    merchant.took(2).await;
    let told = explain(&hub, "own").await;
    assert_eq!(
        told["sentence"],
        "Active since 2026-03-10T12:00:00Z: the customer can use it. \
         The reseller's suspension of 2026-03-10T12:00:00Z is on its way to the merchant."
    );
    gate.add_permits(1);
    suspend.await.unwrap().shows(200, "SUSPENDED");
    Arc::into_inner(hub).unwrap().finish().await;
}

#[tokio::test]
async fn the_last_error_is_the_newest_of_merchant_and_receiver() {
    let receiver = Receiver::start().await;
    let merchant = Receiver::start().await;
    let hub = Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await;
    let mut body = create_body("anna", "MUSIC");
    body["notificationUrl"] = json!(receiver.url("/told"));
    let id = hub.created_of(&body).await;
    assert_eq!(explain(&hub, &id).await["lastError"], Value::Null);
    merchant.answer([Reply::status(409)]);
    hub.update(&id, &suspended()).await.refused(409, "NOT_AVAILABLE", "merchant-wrong-status");
    let refused = explain(&hub, &id).await["lastError"].clone();
    let expected = json!({
        "at": "2026-03-10T12:00:00Z", "origin": "MERCHANT", "operation": "suspend", "rule": "merchant-wrong-status",
        "message": "The status at the merchant does not allow this."
    });
    assert_eq!(refused, expected);
    hub.clock.advance_ms(60_000);
    receiver.answer([Reply::status(500)]);
    hub.update(&id, &json!({ "externalEntitlementId": "e" })).await.shows(200, "ACTIVE");
    hub.quiet().await;
    receiver.took(1).await;
    hub.quiet().await;
    let undelivered = explain(&hub, &id).await["lastError"].clone();
    let message = undelivered["message"].as_str().unwrap();
    assert!(message.starts_with("Your receiver answered 500 to the notification "), "{message}");
    assert!(message.ends_with(".0.1; it is tried again."), "{message}");
    assert_eq!(
        (&undelivered["origin"], &undelivered["rule"], &undelivered["at"]),
        (&json!("RESELLER"), &Value::Null, &json!("2026-03-10T12:01:00Z"))
    );
    hub.advance("PT5M").await;
    assert_eq!(explain(&hub, &id).await["lastError"], expected, "what was delivered after all is no error");
    merchant.answer([Reply::status(202), Reply::status(404)]);
    hub.update(&id, &suspended()).await.shows(202, "ACTIVE");
    hub.advance("P4D").await;
    let not_done = explain(&hub, &id).await["lastError"].clone();
    assert_eq!((&not_done["rule"], &not_done["operation"]), (&json!("not-done"), &json!("suspend")));
    hub.finish().await;
}

#[tokio::test]
async fn what_is_explained_is_its_resellers_own() {
    let hub = Setup::new().other("other", false).start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let path = format!("/v1/entitlement/{id}/explain");
    hub.call("GET", &path).user("other").send().await.refused(404, "NOT_FOUND", "unknown-entitlement");
    hub.get("/v1/entitlement/none/explain").await.refused(404, "NOT_FOUND", "unknown-entitlement");
    hub.call("GET", &path).anonymous().send().await.refused(401, "UNAUTHORIZED", "unauthorized");
    assert_eq!(hub.call("PATCH", &path).send().await.is(405, "BAD_REQUEST").header("allow"), Some("GET"));
    hub.finish().await;
}

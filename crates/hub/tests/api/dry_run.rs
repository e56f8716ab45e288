//! Dry runs: what a write would do, told by the rules themselves, and nothing done.

use crate::harness::{Answer, Call, FIELDS, Setup, TestHub, create_body};
use hub::{UsualAnswer, UsualAnswers};
use serde_json::{Value, json};

fn dry(call: Call<'_>) -> Call<'_> {
    call.header("Prefer", "validate-only")
}

fn record(answer: &Answer) -> Value {
    FIELDS.iter().map(|field| ((*field).to_owned(), answer[*field].clone())).collect()
}

fn create(members: Value) -> Value {
    let mut body = create_body("anna", "MUSIC_NOW");
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

fn posted<'a>(hub: &'a TestHub, path: &str, body: &Value) -> Call<'a> {
    hub.call("POST", path).json(body)
}

#[tokio::test]
async fn a_dry_create_tells_everything_that_can_be_known_and_makes_nothing() {
    let hub = TestHub::start().await;
    let body = create(json!({ "extensionData": { "a": 1 }, "externalEntitlementId": "ext-1" }));
    let told = dry(posted(&hub, "/v1/entitlement", &body)).identity("once").send().await;
    told.is(200, "OK");
    assert_eq!(told.header("preference-applied"), Some("validate-only"));
    assert_eq!(told.header("etag"), None, "there is no version to name");
    assert_eq!((&told["entitlementId"], &told["merchantEntitlementId"]), (&Value::Null, &Value::Null));
    assert_eq!(told["parameters"], json!({ "assumed": ["entitlementId", "merchantEntitlementId"], "wouldNotify": [] }));
    assert_eq!(hub.post("/v1/entitlement/report", &json!({})).await["entitlements"], json!([]));

    // The identity is free, the slot is free, and what was told comes true.
    let done = posted(&hub, "/v1/entitlement", &body).identity("once").send().await;
    done.shows(200, "ACTIVE");
    let (mut told, mut done) = (record(&told), record(&done));
    for unknown in ["entitlementId", "merchantEntitlementId"] {
        (told[unknown], done[unknown]) = (Value::Null, Value::Null);
    }
    assert_eq!(told, done);
    hub.finish().await;
}

#[tokio::test]
async fn a_create_with_an_id_of_its_own_knows_it() {
    let hub = TestHub::start().await;
    let body = create(json!({ "entitlementId": "mine" }));
    let told = dry(posted(&hub, "/v1/entitlement", &body)).send().await;
    assert_eq!((&told["entitlementId"], &told["parameters"]["assumed"]), (&json!("mine"), &json!([])));
    hub.finish().await;
}

/// Every kind of write against an entitlement, on which the merchant does what is usual.
#[tokio::test]
async fn what_a_dry_run_tells_is_what_the_write_then_does() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let patch = |members: Value| ("PATCH", "/v1/entitlement".to_owned(), members);
    let end = |verb: &str, members: Value| ("POST", format!("/v1/entitlement/{verb}/{id}"), members);
    let writes = [
        patch(json!({ "externalEntitlementId": "e", "extensionData": { "k": { "n": 1.50 } } })),
        patch(json!({ "productKey": "MUSIC_PREMIUM" })),
        patch(json!({ "productKey": "MUSIC", "entitlementDisplayName": "mine", "dateExpiry": "2031-01-01T00:00:00Z" })),
        patch(json!({ "customerIdentifier": "bert" })),
        patch(json!({ "entitlementBenefits": "SUSPENDED", "suspendReasonCategory": "REVOKED",
                      "suspendReasonCode": "OTHER" })),
        patch(json!({ "entitlementBenefits": "NORMAL" })),
        patch(json!({ "externalEntitlementId": "e" })),
        end("revoke", json!({ "ticket": 7 })),
    ];
    for (method, path, members) in writes {
        hub.clock.advance_ms(1_000);
        let mut body = members.clone();
        if method == "PATCH" {
            body["entitlementId"] = json!(id);
        }
        let call = || hub.call(method, &path).json(&body);
        let before = hub.read(&id).await;
        let told = dry(call()).send().await;
        assert_eq!(hub.read(&id).await.body, before.body, "{members}: nothing was done");
        let sent = hub.told().await.len();
        let done = call().send().await;
        assert_eq!(done.status, 200, "{members}: {done}");
        assert_eq!((told.status, record(&told)), (done.status, record(&done)), "{members}");
        let reasons: Vec<String> = hub.reasons().await.split_off(sent);
        assert_eq!(told["parameters"]["wouldNotify"], json!(reasons), "{members}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_end_taken_back_and_an_end_at_once_are_told_before_they_are_done() {
    let hub = TestHub::start().await;
    let ending = hub.created("anna", "MUSIC_NOW").await;
    hub.cancel(&ending).await.shows(200, "ACTIVE-ENDING");
    let told = dry(hub.updating(&ending, &json!({ "status": "ACTIVE" }))).send().await;
    told.shows(200, "ACTIVE");
    assert_eq!(
        (&told["dateEnded"], &told["parameters"]["wouldNotify"]),
        (&Value::Null, &json!(["RESUMPTION_SUCCESS"]))
    );
    hub.read(&ending).await.shows(200, "ACTIVE-ENDING");
    let told =
        dry(posted(&hub, &format!("/v1/entitlement/cancel/{}", hub.created("bert", "MUSIC_NOW").await), &json!({})));
    // 200 is what this route calls usual; the date the test merchant would give is the merchant's own.
    assert_eq!(told.send().await.shows(200, "CANCELLED")["parameters"]["wouldNotify"], json!(["TERMINATION_SUCCESS"]));
    hub.finish().await;
}

#[tokio::test]
async fn every_check_of_the_hub_answers_as_it_would_without_the_preference() {
    let hub = Setup::new().other("rival", false).start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let ended = hub.created("carl", "MUSIC_NOW").await;
    hub.revoke(&ended).await.shows(200, "REVOKED");
    let taken = create(json!({ "entitlementId": "taken", "customerIdentifier": "dora" }));
    posted(&hub, "/v1/entitlement", &taken).user("rival").send().await.shows(200, "ACTIVE");
    let queued = hub.created("emil", "MUSIC_LATER").await;
    hub.advance("PT6S").await;
    hub.cancel(&queued).await.shows(202, "ACTIVE");
    let foreign = create(json!({ "entitlementId": "taken", "customerIdentifier": "fred" }));
    let patch = |id: &str, members: Value| hub.updating(id, &members);
    let faulty = [
        posted(&hub, "/v1/entitlement", &json!({})),
        posted(&hub, "/v1/entitlement", &create_body("x", "NO_SUCH")),
        posted(&hub, "/v1/entitlement", &create_body("x", "MUSIC_OFFER")),
        posted(&hub, "/v1/entitlement", &create(json!({ "productKey": "MUSIC" }))),
        posted(&hub, "/v1/entitlement", &foreign),
        patch("no-such", json!({ "externalEntitlementId": "e" })),
        patch(&id, json!({ "productKey": "MUSIC", "status": "SUSPENDED" })),
        patch(&id, json!({ "offerKey": "TRIAL" })),
        patch(&id, json!({ "customerIdentifier": "emil" })),
        patch(&id, json!({ "externalEntitlementId": "e" })).if_match("\"9\""),
        patch(&ended, json!({ "entitlementBenefits": "NORMAL" })),
        patch(&queued, json!({ "productKey": "MUSIC" })),
        posted(&hub, &format!("/v1/entitlement/cancel/{ended}"), &json!({})),
        posted(&hub, "/v1/entitlement/reactivate/x", &json!({})),
        hub.call("POST", "/v1/entitlement").bytes(*b"{}"),
    ];
    for call in faulty {
        let (told, real) = (dry(call.clone()).send().await, call.send().await);
        assert!(real.status >= 400, "{real}");
        assert_eq!((told.status, &told.body), (real.status, &real.body));
        assert_eq!(told.header("preference-applied"), Some("validate-only"));
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_identical_create_waiting_for_its_user_would_get_a_url_that_only_the_merchant_can_make() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC").await;
    let told = dry(hub.creating("anna", "MUSIC")).send().await;
    told.shows(202, "PENDING");
    assert_eq!(told["entitlementId"], json!(id));
    let parameters = json!({ "action": "NAVIGATE_TO_URL", "url": null, "urlExpiry": null,
                             "assumed": ["parameters.url", "parameters.urlExpiry"], "wouldNotify": [] });
    assert_eq!((&told["responseCode"], &told["parameters"]), (&json!("CLIENT_ACTION_REQUIRED"), &parameters));
    hub.finish().await;
}

#[tokio::test]
async fn the_merchant_is_taken_to_answer_as_its_route_calls_usual() {
    for (usual, http, status) in [
        (UsualAnswer::Done, 200, "ACTIVE"),
        (UsualAnswer::UserActs, 202, "PENDING"),
        (UsualAnswer::Accepted, 201, "PENDING"),
    ] {
        let usual = UsualAnswers { create: usual, ..UsualAnswers::default() };
        let hub = Setup::new().routes(move |route| route.usual = usual).start().await;
        let told = dry(hub.creating("anna", "MUSIC_NOW")).send().await;
        told.shows(http, status);
        hub.finish().await;
    }
    let usual = UsualAnswers { others: UsualAnswer::Queued, ..UsualAnswers::default() };
    let hub = Setup::new().routes(move |route| route.usual = usual).start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let told = dry(hub.updating(&id, &json!({ "status": "SUSPENDED" }))).send().await;
    assert_eq!(told.shows(202, "ACTIVE")["parameters"]["wouldNotify"], json!([]));
    hub.finish().await;
}

#[tokio::test]
async fn what_is_due_is_seen_as_done_without_being_done() {
    let hub = TestHub::start().await;
    let body = create(json!({ "dateExpiry": "2026-03-10T13:00:00Z" }));
    let id = hub.created_of(&body).await;
    let told = dry(hub.updating(&id, &json!({ "status": "SUSPENDED" }))).send().await;
    told.shows(200, "SUSPENDED");
    hub.clock.advance_ms(3_600_000);
    let told = dry(hub.updating(&id, &json!({ "status": "SUSPENDED" }))).send().await;
    told.refused(409, "NOT_AVAILABLE", "already-ended");
    let told = dry(hub.creating("anna", "MUSIC")).send().await;
    // Its slot is freed with the end, which a timer or a read commits; until then it is taken.
    assert!(matches!(told.status, 200 | 400), "{told}");
    hub.quiet().await;
    dry(hub.creating("anna", "MUSIC")).send().await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn reads_and_other_preferences_are_answered_as_ever() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC").await;
    let read = dry(hub.call("GET", &format!("/v1/entitlement/{id}"))).send().await;
    assert_eq!((read.status, read.header("preference-applied")), (200, None));
    let fresh = dry(hub.call("POST", &format!("/v1/entitlement/{id}/activationInfo"))).send().await;
    assert_ne!(fresh["parameters"]["url"], Value::Null, "activation info is a read, also by POST");
    let other = hub.updating(&id, &json!({ "externalEntitlementId": "e" })).header("Prefer", "respond-async");
    assert_eq!(other.send().await["externalEntitlementId"], json!("e"));
    let wrong = dry(hub.creating("bert", "MUSIC")).anonymous().send().await;
    assert_eq!((wrong.status, wrong.header("preference-applied")), (401, None));
    hub.finish().await;
}

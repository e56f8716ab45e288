//! Notifications: what is told, signed and authenticated how, in which order, to whom
//! (docs/API.md section 7).

use crate::harness::{Answer, FIELDS, Receiver, Reply, Setup, TestHub, basic, create_body};
use entitlement::Told;
use hub::{Account, NotificationAuth, Secret};
use serde_json::{Value, json};

fn created_with(url: &str) -> Value {
    let mut body = create_body("anna", "MUSIC_NOW");
    body["notificationUrl"] = json!(url);
    body
}

#[tokio::test]
async fn the_body_is_the_record_with_what_happened_and_the_signature_is_the_resellers() {
    let hub = TestHub::start().await;
    let receiver = Receiver::start().await;
    let mut body = create_body("anna", "MUSIC");
    body["notificationUrl"] = json!(receiver.url("/in?ref=8812&x=%20"));
    let created = hub.post("/v1/entitlement", &body).await;
    hub.choose(&created.url(), "confirm").await;
    let came = receiver.took(1).await.remove(0);
    assert_eq!(came.line, "POST /in?ref=8812&x=%20 HTTP/1.1", "the URL exactly as given");
    let text = String::from_utf8(came.body.clone()).unwrap();
    let names: Vec<String> = wire::parse_object(&came.body).unwrap().0.into_iter().map(|(name, _)| name).collect();
    let around = [
        "responseCode",
        "responseMessage",
        "parameters",
        "notificationReason",
        "notificationId",
        "notificationSequence",
    ];
    assert_eq!(names[..6], around);
    assert_eq!(names[6..], FIELDS);
    let told = came.json();
    assert_eq!((&told["responseCode"], &told["parameters"]), (&json!("OK"), &Value::Null));
    assert_eq!((&told["notificationReason"], &told["status"]), (&json!("ACTIVATION_SUCCESS"), &json!("ACTIVE")));
    assert_eq!(told["notificationSequence"], 1);
    let record = hub.read(&created.text("entitlementId")).await.body;
    let flat = record.split_once("\"entitlementId\"").unwrap().1;
    assert!(text.ends_with(flat), "the record as a read shows it: {text}");
    let id = came.header("webhook-id").unwrap();
    assert_eq!(told["notificationId"], id);
    let timestamp: i64 = came.header("webhook-timestamp").unwrap().parse().unwrap();
    assert_eq!(timestamp, hub.clock.read().0 / 1_000, "real time");
    let signature = came.header("webhook-signature").unwrap();
    assert!(hub.secret.verify(id, timestamp, &came.body, signature));
    assert!(!hub.secret.verify(id, timestamp + 1, &came.body, signature));
    assert_eq!(came.header("content-type"), Some("application/json"));
    assert_eq!(came.header("authorization"), None);
    hub.finish().await;
}

#[tokio::test]
async fn every_kind_of_change_is_told_by_its_reason() {
    let hub = TestHub::start().await;
    let created = hub.create("anna", "MUSIC").await;
    let id = created.text("entitlementId");
    hub.choose(&created.url(), "confirm").await;
    for members in [
        json!({ "extensionData": { "a": 1 } }),
        json!({ "productKey": "MUSIC_PREMIUM" }),
        json!({ "entitlementBenefits": "SUSPENDED" }),
        json!({ "entitlementBenefits": "NORMAL" }),
    ] {
        hub.update(&id, &members).await.is(200, "OK");
    }
    hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
    hub.update(&id, &json!({ "status": "ACTIVE" })).await.shows(200, "ACTIVE");
    hub.revoke(&id).await.shows(200, "REVOKED");
    let told = hub.told().await;
    let lines: Vec<(u64, &str)> = told
        .iter()
        .map(|one| (one["notificationSequence"].as_u64().unwrap(), one["notificationReason"].as_str().unwrap()))
        .collect();
    let expected = [
        (1, "ACTIVATION_SUCCESS"),
        (2, "METADATA_UPDATE"),
        (3, "PRODUCT_UPDATE"),
        (4, "SUSPENSION_SUCCESS"),
        (5, "RESUMPTION_SUCCESS"),
        (6, "TERMINATION_PENDING"),
        (7, "RESUMPTION_SUCCESS"),
        (8, "TERMINATION_SUCCESS"),
    ];
    assert_eq!(lines, expected);
    hub.finish().await;
}

#[tokio::test]
async fn the_next_one_starts_only_after_the_one_before() {
    let hub = TestHub::start().await;
    let receiver = Receiver::start().await;
    receiver.answer([Reply::status(500), Reply::Break, Reply::status(404)]);
    let id = hub.created_of(&created_with(&receiver.url("/"))).await;
    for at in 0..4 {
        hub.update(&id, &json!({ "extensionData": { "at": at } })).await.is(200, "OK");
    }
    receiver.took(1).await;
    hub.advance("PT10M").await;
    let sequences: Vec<u64> =
        receiver.all().iter().map(|one| one.json()["notificationSequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, [1, 1, 1, 1, 2, 3, 4]);
    let bodies: Vec<Vec<u8>> = receiver.all().into_iter().take(4).map(|one| one.body).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "the same body at every attempt");
    hub.finish().await;
}

#[tokio::test]
async fn a_failing_receiver_does_not_hold_up_another() {
    let hub = TestHub::start().await;
    let (bad, good) = (Receiver::start().await, Receiver::start().await);
    bad.answer(vec![Reply::status(503); 3]);
    let stuck = hub.created_of(&created_with(&bad.url("/"))).await;
    let mut other = created_with(&good.url("/"));
    other["customerIdentifier"] = json!("bert");
    let free = hub.created_of(&other).await;
    for id in [&stuck, &free] {
        hub.update(id, &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
    }
    good.took(1).await;
    bad.took(1).await;
    hub.advance("PT1H").await;
    assert_eq!(bad.all().len(), 4);
    hub.finish().await;
}

#[tokio::test]
async fn receivers_authenticate_the_hub_as_the_reseller_chose() {
    let secret = |text: &str| Secret(text.to_owned());
    let auths = [
        (NotificationAuth::None, None),
        (
            NotificationAuth::Basic { user: "hub".to_owned(), password: secret("p:w") },
            Some(("authorization", basic("hub", "p:w"))),
        ),
        (NotificationAuth::Bearer(secret("key-1")), Some(("authorization", "Bearer key-1".to_owned()))),
        (NotificationAuth::ApiKey(secret("key-2")), Some(("x-api-key", "key-2".to_owned()))),
    ];
    for (auth, expected) in auths {
        let hub = Setup::new()
            .demo(move |mut account: Account| {
                account.notification_auth = auth;
                account
            })
            .start()
            .await;
        let receiver = Receiver::start().await;
        let id = hub.created_of(&created_with(&receiver.url("/a"))).await;
        hub.update(&id, &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
        let came = receiver.took(1).await.remove(0);
        for name in ["authorization", "x-api-key"] {
            let sent = expected.as_ref().filter(|(header, _)| *header == name).map(|(_, value)| value.as_str());
            assert_eq!(came.header(name), sent);
        }
        // Userinfo of the URL goes before it.
        let own = receiver.url("/b").replace("http://", "http://us%40er:p%3Aw@");
        hub.update(&id, &json!({ "notificationUrl": own })).await.is(200, "OK");
        let came = receiver.took(2).await.remove(1);
        assert_eq!(came.header("authorization"), Some(basic("us@er", "p:w").as_str()));
        assert_eq!(came.path(), "/b");
        hub.finish().await;
    }
}

fn switched(name: &'static str, value: &'static str) -> Setup {
    Setup::new().demo(move |mut account: Account| {
        account.switches.set(name, value).unwrap();
        account
    })
}

#[tokio::test]
async fn creates_are_told_where_the_reseller_wants_it() {
    let hub = switched("notifyOnCreate", "on").start().await;
    hub.created("anna", "MUSIC_NOW").await;
    hub.created("bert", "MUSIC").await;
    hub.create("carl", "MUSIC_NO").await.is(422, "NOT_AVAILABLE");
    let mut reasons = hub.reasons().await;
    reasons.sort();
    assert_eq!(reasons, ["ACTIVATION_SUCCESS", "METADATA_UPDATE"]);
    hub.finish().await;
}

#[tokio::test]
async fn own_changes_are_not_told_where_the_reseller_does_not_want_it() {
    let hub = switched("notifyOwnChanges", "off").start().await;
    let created = hub.create("anna", "MUSIC").await;
    let id = created.text("entitlementId");
    hub.choose(&created.url(), "confirm").await;
    hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    hub.cancel(&id).await.shows(200, "SUSPENDED");
    hub.merchant_tells(&id, Told::Suspended(None)).await.unwrap();
    hub.advance("P40D").await;
    assert_eq!(hub.reasons().await, ["ACTIVATION_SUCCESS", "METADATA_UPDATE", "TERMINATION_SUCCESS"]);
    hub.finish().await;
}

#[tokio::test]
async fn the_member_that_carries_the_reason_has_the_name_the_reseller_chose() {
    let hub = switched("notificationReasonField", "event").start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.revoke(&id).await.shows(200, "REVOKED");
    let told = hub.told().await.remove(0);
    assert_eq!((&told["event"], &told["notificationReason"]), (&json!("TERMINATION_SUCCESS"), &Value::Null));
    hub.finish().await;
}

#[tokio::test]
async fn without_any_url_nothing_takes_a_number_and_a_url_set_later_begins_at_one() {
    let hub = Setup::new()
        .demo(|mut account: Account| {
            account.default_url = None;
            account
        })
        .start()
        .await;
    let receiver = Receiver::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.update(&id, &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
    hub.update(&id, &json!({ "notificationUrl": receiver.url("/new") })).await.is(200, "OK");
    let came = receiver.took(1).await.remove(0);
    assert_eq!((came.path(), &came.json()["notificationSequence"]), ("/new", &json!(1)));
    assert_eq!(came.json()["notificationReason"], "METADATA_UPDATE", "the PATCH that sets it is told to it");
    hub.quiet().await;
    assert_eq!(receiver.all().len(), 1);
    // Cleared with nothing to fall back on: it is not told, and nothing is lost that waits.
    hub.update(&id, &json!({ "notificationUrl": null })).await.is(200, "OK");
    hub.update(&id, &json!({ "extensionData": { "a": 2 } })).await.is(200, "OK");
    hub.update(&id, &json!({ "notificationUrl": receiver.url("/again") })).await.is(200, "OK");
    let came = receiver.took(2).await.remove(1);
    assert_eq!((came.path(), &came.json()["notificationSequence"]), ("/again", &json!(2)));
    hub.finish().await;
}

#[tokio::test]
async fn the_sandbox_inbox_lists_what_came_and_fails_when_told_to() {
    let hub = TestHub::start().await;
    let told = hub.post("/sandbox/v1/inbox/mine/answers", &json!({ "status": 500, "times": 2 })).await;
    told.is(200, "OK");
    let id = hub.created_of(&created_with(&format!("http://{}/sandbox/v1/inbox/mine", hub.address))).await;
    hub.update(&id, &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
    hub.advance("PT1H").await;
    let forged = hub.call("POST", "/sandbox/v1/inbox/mine").anonymous().bytes("{\"a\":1}").send().await;
    assert_eq!(forged.status, 200);
    let list: Answer = hub.get("/sandbox/v1/notifications?inbox=mine").await;
    let lines: Vec<(&str, u64)> = list["notifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["signature"].as_str().unwrap(), one["answered"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [("invalid", 200), ("valid", 200), ("valid", 500), ("valid", 500)], "newest first");
    assert_eq!(hub.get("/sandbox/v1/notifications?inbox=default").await["notifications"], json!([]));
    let limited = hub.get("/sandbox/v1/notifications?limit=1").await;
    assert_eq!(limited["notifications"].as_array().unwrap().len(), 1);
    hub.post("/sandbox/v1/inbox/mine/answers", &json!({ "status": 42 })).await.is(400, "BAD_REQUEST");
    hub.finish().await;
}

//! The test clock and reset (docs/API.md sections 8.2 and 8.3).

use crate::harness::{Receiver, Reply, START, ScriptedMerchant, Setup, TestHub, create_body};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn it_is_moved_by_a_span_or_to_a_date_and_never_back() {
    let hub = TestHub::start().await;
    let clock = async |body: Value| hub.post("/sandbox/v1/clock", &body).await;
    let now = hub.get("/sandbox/v1/clock").await;
    assert_eq!((&now.is(200, "OK")["now"], &now["offset"]), (&json!("2026-03-10T12:00:00Z"), &json!("PT0S")));
    for (body, now) in [
        (json!({ "advance": "PT0S" }), "2026-03-10T12:00:00Z"),
        (json!({ "real": true }), "2026-03-10T12:00:00Z"),
        (json!({ "advance": "P40D" }), "2026-04-19T12:00:00Z"),
        (json!({ "advance": "P1M" }), "2026-05-19T12:00:00Z"),
        (json!({ "advance": "P1Y2M3DT4H5M6S" }), "2027-07-22T16:05:06Z"),
        (json!({ "set": "2030-01-01T01:00:00+01:00" }), "2030-01-01T00:00:00Z"),
        (json!({ "set": "2030-01-01T00:00:00Z" }), "2030-01-01T00:00:00Z"),
    ] {
        let moved = clock(body.clone()).await;
        moved.is(200, "OK");
        assert_eq!((&moved["now"], &moved["fired"], &moved["left"]), (&json!(now), &json!([]), &json!(0)), "{body}");
    }
    for body in [
        json!({ "set": "2029-12-31T23:59:59Z" }),
        json!({ "advance": "-P1D" }),
        json!({ "advance": "-PT1S" }),
        json!({ "real": true }),
    ] {
        clock(body).await.refused(409, "NOT_AVAILABLE", "clock-backwards").hints("reset");
    }
    for body in [
        json!({}),
        json!({ "advance": "tomorrow" }),
        json!({ "advance": 5 }),
        json!({ "advance": "P1D", "set": "2031-01-01T00:00:00Z" }),
        json!({ "set": "2031-01-01" }),
        json!({ "set": "2200-01-01T00:00:00Z" }),
        json!({ "advance": "P9999Y" }),
        json!({ "real": false }),
        json!({ "back": "P1D" }),
    ] {
        clock(body).await.refused(400, "BAD_REQUEST", "sandbox-invalid").hints("advance");
    }
    assert_eq!(hub.get("/sandbox/v1/clock").await["now"], "2030-01-01T00:00:00Z");
    hub.finish().await;
}

#[tokio::test]
async fn everything_due_on_the_way_fires_in_order_at_its_own_moment() {
    let hub = TestHub::start().await;
    let mut expiring = create_body("anna", "MUSIC_NOW");
    expiring["dateExpiry"] = json!("2026-04-10T12:00:30Z");
    let expiring = hub.created_of(&expiring).await;
    let ending = hub.created("bert", "MUSIC_NOW").await;
    hub.cancel(&ending).await.shows(200, "ACTIVE-ENDING");
    let later = hub.created("carl", "MUSIC_LATER").await;
    hub.advance("PT2S").await;
    let last = hub.created("dora", "MUSIC_LATER").await;
    let moved = hub.advance("P40D").await;
    let fired: Vec<(&str, &str, &str)> = moved["fired"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| ["ACTIVATED", "CANCELLED"].contains(&word(one, "what")))
        .map(|one| (word(one, "at"), word(one, "what"), word(one, "entitlementId")))
        .collect();
    let expected = [
        ("2026-03-10T12:00:05Z", "ACTIVATED", later.as_str()),
        ("2026-03-10T12:00:07Z", "ACTIVATED", &last),
        ("2026-04-10T12:00:00Z", "CANCELLED", &ending),
        ("2026-04-10T12:00:30Z", "CANCELLED", &expiring),
    ];
    assert_eq!(fired, expected);
    for (at, _, id) in expected {
        assert_eq!(hub.read(id).await["dateLastUpdated"], at, "{id}");
    }
    hub.finish().await;
}

/// A line of forecast or fired in one text, with the customer instead of the id.
fn line(of: &Value, customers: &[(&str, &str)]) -> String {
    let (_, customer) = customers.iter().find(|(id, _)| of["entitlementId"] == *id).unwrap();
    let number = |id: &str| id.rsplit('.').next().unwrap().to_owned();
    let which = of["notificationId"].as_str().map(|id| format!(" {}", number(id))).unwrap_or_default();
    let status = of["status"].as_u64().map(|status| format!(" {status}")).unwrap_or_default();
    format!("{} {customer} {}{which}{status}", word(of, "at"), word(of, "what"))
}

#[tokio::test]
async fn what_is_foretold_fires_in_its_order_and_once_and_a_whole_life_passes_in_one_step() {
    let hub = TestHub::start().await;
    let mut subscribed = create_body("anna", "MUSIC_LATER");
    subscribed["dateExpiry"] = json!("2026-04-20T08:00:00Z");
    let annas = hub.created_of(&subscribed).await;
    let lost = hub.creating("bert", "MUSIC_NOW").header("X-Magic-Number", "CREATE_REQUEST_RETURNS_TIMEOUT");
    let berts = lost.send().await.text("entitlementId");
    let carls = hub.created("carl", "MUSIC_NOW").await;
    hub.cancel(&carls).await.shows(200, "ACTIVE-ENDING");
    hub.quiet().await;
    hub.post("/sandbox/v1/inbox/default/answers", &json!({ "status": 500, "times": 1 })).await.is(200, "OK");
    hub.update(&carls, &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
    hub.quiet().await;

    let customers = [(annas.as_str(), "anna"), (&berts, "bert"), (&carls, "carl")];
    let lines = |of: &Value| of.as_array().unwrap().iter().map(|one| line(one, &customers)).collect::<Vec<_>>();
    let foretold = lines(&hub.get("/sandbox/v1/clock").await["forecast"]);
    // The retry's moment has jitter.
    let retry = foretold.iter().find(|line| line.contains("DELIVERY")).unwrap().clone();
    let retried_at = retry.split(' ').next().unwrap();
    let mut expected = vec![
        "2026-03-10T12:00:01Z bert OPERATION".to_owned(),
        "2026-03-10T12:00:05Z anna CALL_BACK".to_owned(),
        format!("{retried_at} carl DELIVERY 2"),
        "2026-04-10T12:00:00Z carl CANCELLED".to_owned(),
        "2026-04-20T08:00:00Z anna CANCELLED".to_owned(),
    ];
    expected.sort_by_key(|line| line[..20].to_owned());
    let mut sorted = foretold.clone();
    sorted.sort_by_key(|line| line[..20].to_owned());
    assert_eq!(foretold, sorted, "earliest first");
    let without_ties = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(without_ties(foretold.clone()), without_ties(expected));

    let moved = hub.advance("P60D").await;
    let fired = lines(&moved["fired"]);
    let mut in_order = fired.clone();
    in_order.sort_by_key(|line| line[..20].to_owned());
    assert_eq!(fired, in_order, "each at its own moment, and the clock never goes back");
    let mut once = fired.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), fired.len(), "nothing fires twice: {fired:?}");
    for line in &foretold {
        let answered = if line.contains("DELIVERY") { format!("{line} 200") } else { line.clone() };
        assert!(fired.contains(&answered), "{answered} was foretold and is not in {fired:?}");
    }
    let of = |customer: &str| fired.iter().filter(|line| line.contains(customer)).cloned().collect::<Vec<_>>();
    assert_eq!(
        of("anna"),
        [
            "2026-03-10T12:00:05Z anna CALL_BACK",
            "2026-03-10T12:00:05Z anna ACTIVATED",
            "2026-03-10T12:00:05Z anna DELIVERY 1 200",
            "2026-04-20T08:00:00Z anna CANCELLED",
            "2026-04-20T08:00:00Z anna DELIVERY 2 200",
            "2026-04-20T08:00:00Z anna OPERATION",
        ]
    );
    let operation =
        ["OPERATION", "ACTIVATED", "DELIVERY 1 200"].map(|what| format!("2026-03-10T12:00:01Z bert {what}"));
    assert_eq!(of("bert"), operation);
    assert_eq!(hub.get("/sandbox/v1/clock").await["forecast"], json!([]));
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_clock_takes_no_operation_from_its_sender() {
    let merchant = Receiver::start().await;
    let gate = Arc::new(Semaphore::new(0));
    merchant.answer([Reply::status(200), Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
    let hub = Arc::new(Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await);
    let mut expiring = create_body("bert", "MUSIC");
    expiring["dateExpiry"] = json!("2026-03-20T12:00:00Z");
    let expiring = hub.created_of(&expiring).await;
    let slow = Arc::clone(&hub);
    let creating = tokio::spawn(async move { slow.create("anna", "MUSIC").await });
    merchant.took(2).await;
    let mover = Arc::clone(&hub);
    let moving = tokio::spawn(async move { mover.advance("P40D").await });
    // The clock comes as far as the lease, and waits there for the merchant: longer than for anything else.
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_500) {
        let read = hub.post("/v1/entitlement/report", &json!({})).await;
        assert_eq!(read["entitlements"].as_array().unwrap().len(), 1, "anna's is not born, and so not FAILED");
        assert!(hub.store.now() <= START.plus_s(15));
        // tidy: sleep because the clock has to be seen standing for so long
        sleep(Duration::from_millis(50)).await;
    }
    gate.add_permits(1);
    creating.await.unwrap().shows(200, "ACTIVE");
    let moved = moving.await.unwrap();
    assert_eq!(moved["now"], "2026-04-19T12:00:00Z");
    let ended = hub.read(&expiring).await;
    let planned = json!("2026-03-20T12:00:00Z");
    assert_eq!((&ended.shows(200, "CANCELLED")["dateEnded"], &ended["dateLastUpdated"]), (&planned, &planned));
    Arc::into_inner(hub).unwrap().finish().await;
}

#[tokio::test]
async fn nobody_sees_what_is_planned_for_others() {
    let hub = Setup::new().other("other", false).start().await;
    let body = create_body("anna", "MUSIC_LATER");
    hub.call("POST", "/v1/entitlement").user("other").json(&body).send().await.shows(201, "PENDING");
    assert_eq!(hub.get("/sandbox/v1/clock").await["forecast"], json!([]));
    let theirs = hub.call("GET", "/sandbox/v1/clock").user("other").send().await;
    assert_eq!(theirs["forecast"].as_array().unwrap().len(), 1);
    assert_eq!(hub.advance("P1D").await["fired"], json!([]));
    hub.finish().await;
}

#[tokio::test]
async fn time_runs_on_from_where_it_was_moved_to() {
    let hub = TestHub::start().await;
    hub.advance("P10D").await;
    hub.clock.advance_ms(90_000);
    let created = hub.create("anna", "MUSIC_NOW").await;
    assert_eq!(created["dateCreated"], "2026-03-20T12:01:30Z");
    assert_eq!(hub.get("/sandbox/v1/clock").await["offset"], "PT864000S");
    hub.finish().await;
}

#[tokio::test]
async fn reset_empties_the_test_data_and_takes_the_clock_back() {
    let hub = TestHub::start().await;
    let mut own = create_body("anna", "MUSIC_NOW");
    own["entitlementId"] = json!("own");
    let create = hub.call("POST", "/v1/entitlement").json(&own).identity("i-1");
    create.send().await.shows(200, "ACTIVE");
    hub.update("own", &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
    hub.created("bert", "MUSIC_LATER").await;
    hub.advance("P10D").await;
    hub.call("POST", "/sandbox/v1/reset").send().await.is(200, "OK");
    assert_eq!(hub.get("/sandbox/v1/clock").await["now"], "2026-03-10T12:00:00Z");
    hub.read("own").await.is(404, "NOT_FOUND");
    let report = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!((&report["entitlements"], &report["parameters"]["feedCursor"]), (&json!([]), &json!("0")));
    assert_eq!(hub.get("/sandbox/v1/notifications").await["notifications"], json!([]));
    let again = create.send().await;
    assert_eq!(again.shows(200, "ACTIVE").header("idempotent-replayed"), None);
    assert_eq!(hub.advance("P10D").await["fired"], json!([]), "nothing of before is left to fire");
    hub.finish().await;
}

fn word<'a>(of: &'a Value, member: &str) -> &'a str {
    of[member].as_str().unwrap()
}

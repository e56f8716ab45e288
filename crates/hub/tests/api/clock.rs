//! The test clock and reset (docs/API.md sections 8.2 and 8.3).

use crate::harness::{TestHub, create_body};
use serde_json::{Value, json};

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
    let forecast = hub.get("/sandbox/v1/clock").await["forecast"].clone();
    let planned: Vec<&str> =
        forecast.as_array().unwrap().iter().map(|one| one["entitlementId"].as_str().unwrap()).collect();
    assert!(planned.ends_with(&[&ending, &expiring]), "{planned:?}");
    let moved = hub.advance("P40D").await;
    let fired: Vec<(&str, &str, &str)> = moved["fired"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (word(one, "at"), word(one, "event"), word(one, "entitlementId")))
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
    assert_eq!(report["entitlements"], json!([]));
    assert_eq!(hub.get("/sandbox/v1/notifications").await["notifications"], json!([]));
    let again = create.send().await;
    assert_eq!(again.shows(200, "ACTIVE").header("idempotent-replayed"), None);
    assert_eq!(hub.advance("P10D").await["fired"], json!([]), "nothing of before is left to fire");
    hub.finish().await;
}

fn word<'a>(of: &'a Value, member: &str) -> &'a str {
    of[member].as_str().unwrap()
}

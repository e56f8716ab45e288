//! Report: filters, order, paging (docs/API.md section 4.3).

use crate::harness::{Answer, TestHub, create_body};
use serde_json::{Value, json};

async fn report(hub: &TestHub, body: &Value) -> Answer {
    let answer = hub.post("/v1/entitlement/report", body).await;
    answer.is(200, "OK");
    answer
}

fn customers(answer: &Answer) -> Vec<&str> {
    let found = answer["entitlements"].as_array().unwrap();
    found.iter().map(|one| one["customerIdentifier"].as_str().unwrap()).collect()
}

/// Five entitlements, one a minute.
async fn filled() -> TestHub {
    let hub = TestHub::start().await;
    for (customer, product) in [("a", "MUSIC"), ("b", "MUSIC_NOW"), ("c", "MUSIC_NOW"), ("d", "MUSIC_OFFER")] {
        let mut body = create_body(customer, product);
        body["externalEntitlementId"] = json!(format!("ext-{customer}"));
        if product == "MUSIC_OFFER" {
            body["offerKey"] = json!("TRIAL");
        }
        body["entitlementId"] = json!(format!("id-{customer}"));
        hub.created_of(&body).await;
        hub.clock.advance_ms(60_000);
    }
    let bango = json!({ "customerIdentifier": "a", "merchantAccountKey": "BANGO", "productKey": "BangoMusic" });
    hub.created_of(&bango).await;
    hub.clock.advance_ms(60_000);
    hub.revoke("id-c").await.shows(200, "REVOKED");
    hub
}

#[tokio::test]
async fn every_filter_filters_and_together_they_all_count() {
    let hub = filled().await;
    for (filter, found) in [
        (json!({}), vec!["a", "b", "c", "d", "a"]),
        (json!({ "customerIdentifier": "a" }), vec!["a", "a"]),
        (json!({ "customerIdentifier": "A" }), vec![]),
        (json!({ "entitlementId": "id-b" }), vec!["b"]),
        (json!({ "entitlementId": "id-x" }), vec![]),
        (json!({ "externalEntitlementId": "ext-d" }), vec!["d"]),
        (json!({ "merchantAccountKey": "BANGO" }), vec!["a"]),
        (json!({ "productKey": "MUSIC_NOW" }), vec!["b", "c"]),
        (json!({ "offerKey": "TRIAL" }), vec!["d"]),
        (json!({ "status": "ACTIVE" }), vec!["b"]),
        (json!({ "status": ["ACTIVE", "REVOKED", "ACTIVE"] }), vec!["b", "c"]),
        (json!({ "status": null, "productKey": null, "customerIdentifier": "c" }), vec!["c"]),
        (json!({ "updatedSince": "2026-03-10T12:04:00Z" }), vec!["c", "a"]),
        (json!({ "createdFrom": "2026-03-10T12:01:00Z", "createdTo": "2026-03-10T12:03:00Z" }), vec!["b", "c"]),
        (json!({ "createdFrom": "2026-03-10T14:01:00+02:00" }), vec!["b", "c", "d", "a"]),
        (json!({ "customerIdentifier": "a", "merchantAccountKey": "BANGO_US", "status": "PENDING" }), vec!["a"]),
        (json!({ "customerIdentifier": "a", "status": "ACTIVE" }), vec![]),
    ] {
        let answer = report(&hub, &filter).await;
        assert_eq!(customers(&answer), found, "{filter}");
        assert_eq!(answer["parameters"]["nextCursor"], Value::Null);
    }
    hub.finish().await;
}

#[tokio::test]
async fn each_line_is_the_record_as_a_read_shows_it() {
    let hub = filled().await;
    let answer = report(&hub, &json!({ "entitlementId": "id-c" })).await;
    let read = hub.read("id-c").await;
    let flat = read.body.split_once("\"parameters\":{},").unwrap().1;
    assert!(answer.body.contains(&format!("\"entitlements\":[{{{flat}]")), "{answer}");
    assert_eq!(answer["parameters"]["feedCursor"], "6", "five creates and a revoke");
    hub.finish().await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_double_while_others_write() {
    let hub = TestHub::start().await;
    for at in 0..23 {
        hub.created(&format!("c{at:02}"), "MUSIC_NOW").await;
        if at % 5 == 4 {
            hub.clock.advance_ms(1_000);
        }
    }
    let whole = report(&hub, &json!({})).await;
    let order: Vec<(&str, &str)> = whole["entitlements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["dateCreated"].as_str().unwrap(), one["entitlementId"].as_str().unwrap()))
        .collect();
    assert!(order.is_sorted(), "ordered by dateCreated, then entitlementId: {order:?}");
    let mut cursor = Value::Null;
    let mut seen = Vec::new();
    loop {
        let page = report(&hub, &json!({ "limit": 4, "cursor": cursor })).await;
        let found = page["entitlements"].as_array().unwrap();
        assert!(found.len() <= 4);
        seen.extend(found.iter().map(|one| one["entitlementId"].as_str().unwrap().to_owned()));
        cursor = page["parameters"]["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
        // A change in between moves nothing to another page.
        hub.update(&seen[0], &json!({ "extensionData": { "seen": seen.len() } })).await.is(200, "OK");
    }
    assert_eq!(seen, order.iter().map(|(_, id)| (*id).to_owned()).collect::<Vec<_>>());
    hub.finish().await;
}

#[tokio::test]
async fn faulty_reports_are_refused_field_by_field() {
    let hub = TestHub::start().await;
    for (body, faults) in [
        (json!({ "limit": 0 }), vec!["limit limit-range"]),
        (json!({ "limit": 1001 }), vec!["limit limit-range"]),
        (json!({ "limit": 2.5 }), vec!["limit limit-range"]),
        (json!({ "limit": "5" }), vec!["limit type"]),
        (json!({ "cursor": "nonsense" }), vec!["cursor cursor-invalid"]),
        (json!({ "customer": "a" }), vec!["customer unknown-field"]),
        (json!({ "status": "Active" }), vec!["status status-unknown"]),
        (json!({ "status": [] }), vec!["status empty"]),
        (json!({ "status": ["ACTIVE", 7] }), vec!["status type"]),
        (
            json!({ "updatedSince": "yesterday", "createdFrom": 5 }),
            vec!["updatedSince date-format", "createdFrom type"],
        ),
        (
            json!({ "createdFrom": "2026-01-02T00:00:00Z", "createdTo": "2026-01-01T00:00:00Z" }),
            vec!["createdTo date-order"],
        ),
        (json!({ "customerIdentifier": "" }), vec!["customerIdentifier empty"]),
    ] {
        let answer = hub.post("/v1/entitlement/report", &body).await;
        answer.is(400, "BAD_REQUEST");
        assert_eq!(answer.faults(), faults, "{body}");
    }
    hub.post("/v1/entitlement/report", &json!({ "statuss": "ACTIVE" })).await.hints("status");
    report(&hub, &json!({ "limit": 1000 })).await;
    report(&hub, &json!({ "limit": 1 })).await;
    hub.finish().await;
}

#[tokio::test]
async fn what_came_to_nothing_is_in_no_report() {
    let hub = TestHub::start().await;
    for product in ["MUSIC_NO", "MUSIC_DOWN", "NOT_SOLD"] {
        hub.create("anna", product).await;
    }
    let answer = report(&hub, &json!({})).await;
    assert_eq!((&answer["entitlements"], &answer["parameters"]["feedCursor"]), (&json!([]), &json!("0")));
    hub.finish().await;
}

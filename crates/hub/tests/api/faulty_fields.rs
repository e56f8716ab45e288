//! Fields that are missing, of the wrong type, too long, out of range or unknown: all of them
//! named at once, with nothing done.

use crate::harness::{TestHub, create_body};
use serde_json::{Value, json};

fn changed(base: &Value, changes: &Value) -> Value {
    let mut body = base.clone();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_create_names_every_faulty_field() {
    let hub = TestHub::start().await;
    let base = create_body("anna", "MUSIC_NOW");
    for (changes, faults) in [
        (json!({ "customerIdentifier": null }), vec!["customerIdentifier required"]),
        (json!({ "customerIdentifier": "" }), vec!["customerIdentifier empty"]),
        (json!({ "customerIdentifier": 7 }), vec!["customerIdentifier type"]),
        (json!({ "customerIdentifier": "x".repeat(257) }), vec!["customerIdentifier too-long"]),
        (json!({ "customerIdentifier": "a\u{7}b" }), vec!["customerIdentifier control-character"]),
        (json!({ "customerIdentifier": "a\u{0}" }), vec!["customerIdentifier nul-character"]),
        (json!({ "merchantAccountKey": "", "productKey": [] }), vec!["merchantAccountKey empty", "productKey type"]),
        (json!({ "productKey": "x\n" }), vec!["productKey control-character"]),
        (json!({ "offerKey": {} }), vec!["offerKey type"]),
        (json!({ "entitlementDisplayName": "a\u{0}" }), vec!["entitlementDisplayName nul-character"]),
        (json!({ "entitlementDisplayName": "x".repeat(257) }), vec!["entitlementDisplayName too-long"]),
        (json!({ "externalEntitlementId": "x".repeat(257) }), vec!["externalEntitlementId too-long"]),
        (json!({ "extraInformation": [] }), vec!["extraInformation type"]),
        (json!({ "extraInformation": { "a": "\u{0}" } }), vec!["extraInformation.a nul-character"]),
        (json!({ "extensionData": [] }), vec!["extensionData type"]),
        (json!({ "extensionData": "not json" }), vec!["extensionData json-invalid"]),
        (json!({ "extensionData": "[1]" }), vec!["extensionData json-not-object"]),
        (json!({ "extensionData": "{\"a\":1,\"a\":2}" }), vec!["extensionData.a json-duplicate-key"]),
        (json!({ "extensionData": { "a": { "b": "\u{0}" } } }), vec!["extensionData.a.b nul-character"]),
        (json!({ "status": "ACTIVE" }), vec!["status unknown-field"]),
        (json!({ "custmerIdentifier": "x" }), vec!["custmerIdentifier unknown-field"]),
        (
            json!({ "productKey": null, "dateExpiry": "soon", "notificationUrl": "ftp://x", "colour": 1 }),
            vec![
                "productKey required",
                "notificationUrl url-invalid",
                "dateExpiry date-format",
                "colour unknown-field",
            ],
        ),
    ] {
        let answer = hub.post("/v1/entitlement", &changed(&base, &changes)).await;
        answer.is(400, "BAD_REQUEST");
        assert_eq!(answer.faults(), faults, "{changes}");
    }
    let misspelt = changed(&base, &json!({ "custmerIdentifier": "x" }));
    hub.post("/v1/entitlement", &misspelt).await.hints("customerIdentifier");
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!((&found["entitlements"], &found["parameters"]["feedCursor"]), (&json!([]), &json!("0")));
    hub.finish().await;
}

#[tokio::test]
async fn longest_values_are_taken() {
    let hub = TestHub::start().await;
    let longest = json!({
        "customerIdentifier": "ü".repeat(256),
        "externalEntitlementId": "e".repeat(256),
        "entitlementDisplayName": "n".repeat(256),
        "entitlementId": "i".repeat(64),
        "notificationUrl": format!("http://127.0.0.1:9/{}", "u".repeat(4_096 - 19)),
    });
    let answer = hub.post("/v1/entitlement", &changed(&create_body("", "MUSIC_NOW"), &longest)).await;
    answer.shows(200, "ACTIVE");
    for (member, value) in longest.as_object().unwrap() {
        assert_eq!(&answer[member.as_str()], value);
    }
    hub.finish().await;
}

#[tokio::test]
async fn own_ids_that_would_not_fit_a_path_are_refused() {
    let hub = TestHub::start().await;
    let base = create_body("anna", "MUSIC_NOW");
    let reserved = [
        ".",
        "..",
        "report",
        "cancel",
        "revoke",
        "reactivate",
        "activationInfo",
        "suspend",
        "resume",
        "REPORT",
        "ActivationINFO",
    ];
    for id in reserved.into_iter().chain(["a/b", "a b", "ä", "a?b", "a%20", &"x".repeat(65)]) {
        let answer = hub.post("/v1/entitlement", &changed(&base, &json!({ "entitlementId": id }))).await;
        answer.is(400, "BAD_REQUEST");
        assert_eq!(answer["error"]["field"], "entitlementId", "{id}");
    }
    for (at, id) in ["...", "a", "reports", "-_-", "0"].into_iter().enumerate() {
        let body = changed(&base, &json!({ "entitlementId": id, "customerIdentifier": format!("c{at}") }));
        assert_eq!(hub.post("/v1/entitlement", &body).await.shows(200, "ACTIVE")["entitlementId"], id);
        hub.read(id).await.shows(200, "ACTIVE");
    }
    hub.finish().await;
}

#[tokio::test]
async fn dates_come_in_every_zone_and_only_as_date_times_of_the_future() {
    let hub = TestHub::start().await;
    for (sent, shown) in [
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        ("2030-01-01t00:00:00z", "2030-01-01T00:00:00Z"),
        ("2030-01-01T00:00:00", "2030-01-01T00:00:00Z"),
        ("2030-01-01T00:00:00.999999999Z", "2030-01-01T00:00:00Z"),
        ("2030-01-01T00:00:00+14:00", "2029-12-31T10:00:00Z"),
        ("2030-01-01T00:00:00-12:45", "2030-01-01T12:45:00Z"),
        ("2028-02-29T23:59:59-00:00", "2028-02-29T23:59:59Z"),
        ("2199-12-31T23:59:59Z", "2199-12-31T23:59:59Z"),
        ("2026-03-10T12:00:01Z", "2026-03-10T12:00:01Z"),
    ] {
        let body = changed(&create_body(sent, "MUSIC_NOW"), &json!({ "dateExpiry": sent }));
        assert_eq!(hub.post("/v1/entitlement", &body).await.shows(200, "ACTIVE")["dateExpiry"], shown);
    }
    let id = hub.created("anna", "MUSIC_NOW").await;
    for (sent, rule) in [
        (json!("2026-03-10T12:00:00Z"), "date-not-future"),
        (json!("2026-03-10T12:59:59+01:00"), "date-not-future"),
        (json!("1969-12-31T23:59:59Z"), "date-not-future"),
        (json!("2200-01-01T00:00:00Z"), "date-too-far"),
        (json!("9999-12-31T23:59:59Z"), "date-too-far"),
        (json!("2030-01-01"), "date-format"),
        (json!("2030-01-01 00:00:00Z"), "date-format"),
        (json!("2030-02-29T00:00:00Z"), "date-format"),
        (json!("2030-01-01T24:00:00Z"), "date-format"),
        (json!("2030-01-01T00:00:00+25:00"), "date-format"),
        (json!("2030-01-01T00:00:00 CET"), "date-format"),
        (json!("12030-01-01T00:00:00Z"), "date-format"),
        (json!("1900000000"), "date-format"),
        (json!(1_900_000_000), "type"),
        (json!({}), "type"),
    ] {
        let create = changed(&create_body("bert", "MUSIC_NOW"), &json!({ "dateExpiry": sent }));
        let created = hub.post("/v1/entitlement", &create).await;
        let updated = hub.update(&id, &json!({ "dateExpiry": sent, "externalEntitlementId": "e" })).await;
        for answer in [created, updated] {
            answer.refused(400, "BAD_REQUEST", rule);
            assert_eq!(answer["error"]["field"], "dateExpiry", "{sent}");
        }
    }
    assert_eq!(hub.read(&id).await.etag(), "\"1\"");
    hub.finish().await;
}

#[tokio::test]
async fn only_urls_that_can_be_called_are_taken() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for (sent, rule) in [
        (json!("example.com/x"), "url-invalid"),
        (json!("/relative"), "url-invalid"),
        (json!("ftp://example.com/"), "url-invalid"),
        (json!("javascript:alert(1)"), "url-invalid"),
        (json!("http://"), "url-invalid"),
        (json!("http:///x"), "url-invalid"),
        (json!("http://a b/"), "url-invalid"),
        (json!("http://ex\u{e4}mple/"), "url-invalid"),
        (json!("http://[::1/"), "url-invalid"),
        (json!("http://host:99999/"), "url-invalid"),
        (json!(""), "empty"),
        (json!("http://host/\r\nX-Evil: 1"), "control-character"),
        (json!(format!("http://host/{}", "x".repeat(4_096))), "too-long"),
        (json!(7), "type"),
    ] {
        let answer = hub.update(&id, &json!({ "notificationUrl": sent })).await;
        answer.refused(400, "BAD_REQUEST", rule);
        assert_eq!(answer["error"]["field"], "notificationUrl", "{sent}");
    }
    for taken in ["HTTP://127.0.0.1:9/", "http://[::1]:9/x?y#z", "https://u:p@127.0.0.1:9"] {
        hub.update(&id, &json!({ "notificationUrl": taken })).await.shows(200, "ACTIVE");
    }
    hub.update(&id, &json!({ "notificationUrl": null })).await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn an_update_names_every_faulty_field_and_changes_none() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for (members, faults) in [
        (json!({ "entitlementId": null }), vec!["entitlementId required"]),
        (json!({ "productKey": null }), vec!["productKey not-nullable"]),
        (json!({ "customerIdentifier": null }), vec!["customerIdentifier not-nullable"]),
        (json!({ "status": "active" }), vec!["status status-unknown"]),
        (json!({ "status": "CANCELLED" }), vec!["status status-not-by-update"]),
        (json!({ "status": "REVOKED" }), vec!["status status-not-by-update"]),
        (json!({ "status": "PENDING" }), vec!["status read-only"]),
        (json!({ "status": "FAILED" }), vec!["status read-only"]),
        (json!({ "status": "ACTIVE-ENDING" }), vec!["status read-only"]),
        (json!({ "entitlementBenefits": "normal" }), vec!["entitlementBenefits benefits-unknown"]),
        (json!({ "dateCreated": "2020-01-01T00:00:00Z" }), vec!["dateCreated read-only"]),
        (json!({ "merchantAccountKey": "BANGO" }), vec!["merchantAccountKey read-only"]),
        (
            json!({ "bangoUserId": 5, "financeData": { "a": 1 } }),
            vec!["bangoUserId read-only", "financeData read-only"],
        ),
        (json!({ "product_key": "MUSIC" }), vec!["product_key unknown-field"]),
        (
            json!({ "externalEntitlementId": "e", "dateExpiry": "x", "offerKey": 1 }),
            vec!["offerKey type", "dateExpiry date-format"],
        ),
    ] {
        let answer = hub.call("PATCH", "/v1/entitlement").json(&changed(&json!({ "entitlementId": id }), &members));
        let answer = answer.send().await;
        answer.is(400, "BAD_REQUEST");
        assert_eq!(answer.faults(), faults, "{members}");
    }
    hub.update(&id, &json!({ "product_key": "MUSIC" })).await.hints("productKey");
    let ignored = json!({ "dateEnded": null, "activationCode": null, "financeData": null, "status": null });
    assert_eq!(hub.update(&id, &ignored).await.shows(200, "ACTIVE").etag(), "\"1\"");
    hub.update("", &json!({})).await.refused(400, "BAD_REQUEST", "empty");
    hub.update("none", &json!({})).await.refused(404, "NOT_FOUND", "unknown-entitlement");
    hub.finish().await;
}

#[tokio::test]
async fn an_end_takes_any_other_member_but_not_any_value() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for end in ["cancel", "revoke"] {
        for (body, faults) in [
            (json!({ "cancelReasonCategory": 1, "cancelReasonCode": "x" }), vec!["cancelReasonCategory type"]),
            (json!({ "note": "\u{0}" }), vec!["note nul-character"]),
            (json!({ "extensionData": 5 }), vec!["extensionData type"]),
            (json!({ "entitlementId": 5 }), vec!["entitlementId type"]),
        ] {
            let answer = hub.post(&format!("/v1/entitlement/{end}/{id}"), &body).await;
            answer.is(400, "BAD_REQUEST");
            assert_eq!(answer.faults(), faults, "{end} {body}");
        }
        hub.post(&format!("/v1/entitlement/{end}/none"), &json!({})).await.refused(
            404,
            "NOT_FOUND",
            "unknown-entitlement",
        );
    }
    assert_eq!(hub.read(&id).await.etag(), "\"1\"");
    hub.finish().await;
}

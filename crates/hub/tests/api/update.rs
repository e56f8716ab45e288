//! Updates: local fields, products, and what a record written back whole changes.

use crate::harness::{TestHub, create_body};
use serde_json::{Value, json};

#[tokio::test]
async fn every_local_field_is_set_and_cleared() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for (at, (member, value, cleared)) in [
        ("notificationUrl", json!("http://127.0.0.1:9/a"), true),
        ("dateExpiry", json!("2030-05-06T07:08:09Z"), true),
        ("entitlementDisplayName", json!("Anna's music"), true),
        ("externalEntitlementId", json!("ext-7"), true),
        ("extensionData", json!({ "a": 1 }), true),
        ("customerIdentifier", json!("anna-2"), false),
    ]
    .into_iter()
    .enumerate()
    {
        hub.clock.advance_ms(1_000);
        let set = hub.update(&id, &json!({ member: value })).await;
        set.shows(200, "ACTIVE");
        assert_eq!((&set[member], &set["dateLastUpdated"]), (&value, &json!(hub.now())), "{member}");
        let equal = hub.update(&id, &json!({ member: value })).await;
        assert_eq!(equal.etag(), set.etag(), "{member} {at}: an equal value changes nothing");
        let null = hub.update(&id, &json!({ member: null })).await;
        if cleared {
            assert_eq!(null.shows(200, "ACTIVE")[member], Value::Null);
            assert_ne!(null.etag(), set.etag());
        } else {
            null.refused(400, "BAD_REQUEST", "not-nullable");
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn one_update_changes_many_fields_in_one_version() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let many = json!({ "externalEntitlementId": "e", "entitlementDisplayName": "n", "extensionData": { "k": "v" } });
    let updated = hub.update(&id, &many).await;
    assert_eq!(updated.etag(), "\"2\"");
    assert_eq!((&updated["externalEntitlementId"], &updated["entitlementDisplayName"]), (&json!("e"), &json!("n")));
    assert_eq!(hub.reasons().await, ["METADATA_UPDATE"]);
    hub.finish().await;
}

#[tokio::test]
async fn a_record_written_back_whole_changes_nothing() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC_OFFER");
    body["offerKey"] = json!("TRIAL");
    body["notificationUrl"] = json!("http://u:p@127.0.0.1:9/x");
    body["extensionData"] = json!({ "a": [1, { "b": null }] });
    body["dateExpiry"] = json!("2030-01-01T00:00:00Z");
    let pending = hub.post("/v1/entitlement", &body).await;
    let active = hub.create("bert", "MUSIC_CODE").await;
    let ending = hub.created("carl", "MUSIC_NOW").await;
    let ending = hub.cancel(&ending).await;
    let suspended = hub.created("dora", "MUSIC_NOW").await;
    let suspended = hub.update(&suspended, &json!({ "entitlementBenefits": "SUSPENDED" })).await;
    let ended = hub.created("emil", "MUSIC_NOW").await;
    let ended = hub.revoke(&ended).await;
    for before in [&pending, &active, &ending, &suspended, &ended] {
        let read = hub.read(&before.text("entitlementId")).await;
        for whole in [&read.body, &before.body] {
            let call = hub.call("PATCH", "/v1/entitlement").header("Content-Type", "application/json");
            let back = call.bytes(whole.as_bytes()).send().await;
            assert_eq!((back.status, back.etag()), (200, before.etag()), "{back}");
            assert_eq!(back.body, read.body);
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_product_update_takes_effect_at_once_and_the_default_name_goes_along() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let updated = hub.update(&id, &json!({ "productKey": "MUSIC_PREMIUM" })).await;
    updated.shows(200, "ACTIVE");
    assert_eq!(
        (&updated["productKey"], &updated["entitlementDisplayName"]),
        (&json!("MUSIC_PREMIUM"), &json!("Music Premium"))
    );
    hub.update(&id, &json!({ "entitlementDisplayName": "Mine" })).await;
    let named = hub.update(&id, &json!({ "productKey": "MUSIC", "externalEntitlementId": "e" })).await;
    assert_eq!((&named["entitlementDisplayName"], &named["externalEntitlementId"]), (&json!("Mine"), &json!("e")));
    let reasons = hub.reasons().await;
    let expected = ["PRODUCT_UPDATE", "METADATA_UPDATE", "PRODUCT_UPDATE", "METADATA_UPDATE"];
    assert_eq!(reasons, expected, "productKey is told first, everything else after it");
    let offered = hub.update(&id, &json!({ "productKey": "MUSIC_OFFER", "offerKey": "TRIAL" })).await;
    assert_eq!(offered.shows(200, "ACTIVE")["offerKey"], "TRIAL");
    hub.update(&id, &json!({ "offerKey": null })).await.refused(400, "BAD_REQUEST", "offer-required");
    hub.update(&id, &json!({ "productKey": "MUSIC" })).await.refused(422, "NOT_AVAILABLE", "not-sold");
    let dropped = hub.update(&id, &json!({ "productKey": "MUSIC", "offerKey": null })).await;
    assert_eq!(dropped.shows(200, "ACTIVE")["offerKey"], Value::Null);
    hub.finish().await;
}

#[tokio::test]
async fn updates_to_the_failing_products_change_nothing_not_even_what_stands_beside() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for (product, http, code, rule) in [
        ("MUSIC_NO", 422, "NOT_AVAILABLE", "merchant-refused-user"),
        ("MUSIC_DOWN", 503, "SERVICE_UNAVAILABLE", "merchant-unreachable"),
        ("MUSIC_OFFER", 400, "BAD_REQUEST", "offer-required"),
        ("NONSENSE", 422, "NOT_AVAILABLE", "not-sold"),
        ("BangoMusic", 422, "NOT_AVAILABLE", "not-sold"),
    ] {
        let answer = hub.update(&id, &json!({ "productKey": product, "externalEntitlementId": "e" })).await;
        answer.refused(http, code, rule);
    }
    assert_eq!(hub.read(&id).await.etag(), "\"1\"");
    assert!(hub.told().await.is_empty());
    hub.finish().await;
}

#[tokio::test]
async fn a_product_can_be_updated_only_while_it_is_in_use() {
    let hub = TestHub::start().await;
    let product = json!({ "productKey": "MUSIC_PREMIUM" });
    let pending = hub.created("anna", "MUSIC").await;
    hub.update(&pending, &product).await.refused(409, "NOT_AVAILABLE", "not-active");
    let id = hub.created("bert", "MUSIC_NOW").await;
    hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
    hub.update(&id, &product).await.shows(200, "ACTIVE-ENDING");
    hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    hub.update(&id, &json!({ "productKey": "MUSIC" })).await.refused(409, "NOT_AVAILABLE", "not-active");
    hub.revoke(&id).await.shows(200, "REVOKED");
    hub.update(&id, &json!({ "productKey": "MUSIC" })).await.refused(409, "NOT_AVAILABLE", "already-ended");
    hub.finish().await;
}

#[tokio::test]
async fn after_the_end_only_the_notification_url_may_change() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.revoke(&id).await.shows(200, "REVOKED");
    for members in [
        json!({ "extensionData": { "a": 1 } }),
        json!({ "externalEntitlementId": "e" }),
        json!({ "dateExpiry": "2030-01-01T00:00:00Z" }),
        json!({ "customerIdentifier": "bert" }),
        json!({ "entitlementDisplayName": "n", "notificationUrl": "http://127.0.0.1:9/" }),
    ] {
        hub.update(&id, &members).await.refused(409, "NOT_AVAILABLE", "already-ended");
    }
    let inbox = format!("http://{}/sandbox/v1/inbox/other", hub.address);
    let url = hub.update(&id, &json!({ "notificationUrl": inbox })).await;
    assert_eq!(url.shows(200, "REVOKED")["notificationUrl"], inbox.as_str());
    hub.finish().await;
}

#[tokio::test]
async fn extension_data_is_merged_member_by_member_and_emptied_by_null() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    body["extensionData"] = json!("{\"a\":{\"x\":1,\"y\":2},\"list\":[1,2]}");
    let id = hub.created_of(&body).await;
    for (patch, after) in [
        (json!({ "b": 1 }), json!({ "a": { "x": 1, "y": 2 }, "list": [1, 2], "b": 1 })),
        (json!({ "a": { "x": null, "z": 3 } }), json!({ "a": { "y": 2, "z": 3 }, "list": [1, 2], "b": 1 })),
        (json!({ "list": [3] }), json!({ "a": { "y": 2, "z": 3 }, "list": [3], "b": 1 })),
        (json!({ "a": "flat", "b": null, "list": null }), json!({ "a": "flat" })),
        (json!({}), json!({ "a": "flat" })),
        (json!("{\"c\":2}"), json!({ "a": "flat", "c": 2 })),
        (json!({ "a": null, "c": null }), json!(null)),
        (json!({ "d": 1 }), json!({ "d": 1 })),
        (json!(null), json!(null)),
    ] {
        let answer = hub.update(&id, &json!({ "extensionData": patch })).await;
        assert_eq!(answer.shows(200, "ACTIVE")["extensionData"], after, "{patch}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn extension_data_over_32_kib_after_the_merge_changes_nothing() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let half = "x".repeat(20 * 1024);
    hub.update(&id, &json!({ "extensionData": { "a": half } })).await.shows(200, "ACTIVE");
    let over = hub.update(&id, &json!({ "extensionData": { "b": half }, "externalEntitlementId": "e" })).await;
    over.refused(400, "BAD_REQUEST", "extension-too-large");
    assert_eq!(over["error"]["field"], "extensionData");
    for end in ["cancel", "revoke"] {
        let answer = hub.post(&format!("/v1/entitlement/{end}/{id}"), &json!({ "note": half })).await;
        answer.refused(400, "BAD_REQUEST", "extension-too-large");
    }
    let read = hub.read(&id).await;
    assert_eq!((read.etag().as_str(), &read["externalEntitlementId"]), ("\"2\"", &Value::Null));
    hub.update(&id, &json!({ "extensionData": { "a": null, "b": half } })).await.shows(200, "ACTIVE");
    let mut create = create_body("bert", "MUSIC_NOW");
    create["extensionData"] = json!({ "a": "x".repeat(32 * 1024) });
    hub.post("/v1/entitlement", &create).await.refused(400, "BAD_REQUEST", "extension-too-large");
    hub.finish().await;
}

#[tokio::test]
async fn user_and_password_of_a_url_are_masked_and_a_masked_one_keeps_the_stored() {
    let hub = TestHub::start().await;
    let receiver = crate::harness::Receiver::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let url = receiver.url("/in?x=1").replace("http://", "http://user:secret@");
    let set = hub.update(&id, &json!({ "notificationUrl": url })).await;
    let shown = receiver.url("/in?x=1").replace("http://", "http://***@");
    assert_eq!(set["notificationUrl"], shown.as_str());
    let back = hub.update(&id, &json!({ "notificationUrl": shown, "externalEntitlementId": "e" })).await;
    assert_eq!(back["notificationUrl"], shown.as_str());
    let told = receiver.took(2).await;
    for one in told {
        assert_eq!(one.header("authorization"), Some(crate::harness::basic("user", "secret").as_str()));
        assert_eq!(one.json()["notificationUrl"], shown.as_str());
    }
    let mut create = create_body("bert", "MUSIC_NOW");
    create["notificationUrl"] = json!(shown);
    hub.post("/v1/entitlement", &create).await.refused(400, "BAD_REQUEST", "url-masked");
    hub.finish().await;
}

#[tokio::test]
async fn one_update_asks_the_merchant_for_one_thing() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for members in [
        json!({ "productKey": "MUSIC", "entitlementBenefits": "SUSPENDED" }),
        json!({ "productKey": "MUSIC", "status": "SUSPENDED" }),
        json!({ "entitlementBenefits": "NORMAL", "status": "SUSPENDED" }),
    ] {
        hub.update(&id, &members).await.refused(400, "BAD_REQUEST", "one-operation");
    }
    // Equal members are dropped before anything is decided.
    let equal = json!({ "productKey": "MUSIC_NOW", "status": "ACTIVE", "entitlementBenefits": "SUSPENDED" });
    hub.update(&id, &equal).await.shows(200, "SUSPENDED");
    hub.finish().await;
}

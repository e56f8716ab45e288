//! Creates: what each product of the test merchants answers, and the record as it is shown.

use crate::harness::{FIELDS, TestHub, create_body};
use serde_json::{Value, json};

#[tokio::test]
async fn every_product_key_behaves_as_it_says() {
    let hub = TestHub::start().await;
    for (product, http, status) in [
        ("MUSIC", 202, "PENDING"),
        ("MUSIC_PREMIUM", 202, "PENDING"),
        ("MUSIC_ASK", 202, "PENDING"),
        ("MUSIC_NOW", 200, "ACTIVE"),
        ("MUSIC_CODE", 200, "ACTIVE"),
        ("MUSIC_LATER", 201, "PENDING"),
    ] {
        let answer = hub.create(product, product).await;
        answer.shows(http, status);
        assert_eq!(answer["parameters"] == json!({}), http != 202, "{answer}");
        assert_eq!(answer["activationCode"].is_string(), product == "MUSIC_CODE", "{answer}");
        assert_eq!(answer["dateActivated"].is_string(), status == "ACTIVE", "{answer}");
        let message = if http == 202 { "An action is required in the client." } else { "Success" };
        assert_eq!(answer["responseMessage"], message);
    }
    let bango = json!({ "customerIdentifier": "b", "merchantAccountKey": "BANGO", "productKey": "BangoMusic" });
    hub.post("/v1/entitlement", &bango).await.shows(202, "PENDING");
    let no = hub.create("no", "MUSIC_NO").await;
    no.refused(422, "NOT_AVAILABLE", "merchant-refused-user");
    assert_eq!(no["error"]["origin"], "MERCHANT");
    let down = hub.create("down", "MUSIC_DOWN").await;
    down.refused(503, "SERVICE_UNAVAILABLE", "merchant-unreachable");
    assert_eq!((&down["error"]["origin"], &down["error"]["retryable"]), (&json!("MERCHANT"), &json!(true)));
    assert_eq!(down["entitlementId"], Value::Null, "a certain failure leaves no record");
    for customer in ["no", "down"] {
        let found = hub.post("/v1/entitlement/report", &json!({ "customerIdentifier": customer })).await;
        assert_eq!(found["entitlements"], json!([]));
        hub.create(customer, "MUSIC_NOW").await.shows(200, "ACTIVE");
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_offer_is_demanded_where_the_product_demands_one_and_has_to_be_listed() {
    let hub = TestHub::start().await;
    let offered = |customer: &str, offer: Value| {
        let mut body = create_body(customer, "MUSIC_OFFER");
        body["offerKey"] = offer;
        body
    };
    for missing in [json!(null), json!("")] {
        let answer = hub.post("/v1/entitlement", &offered("anna", missing)).await;
        answer.refused(400, "BAD_REQUEST", "offer-required").hints("BUNDLE");
        assert_eq!(answer["responseMessage"], "offerKey parameter is required");
    }
    for other in ["FAMILY", "bundle"] {
        let answer = hub.post("/v1/entitlement", &offered("anna", json!(other))).await;
        answer.refused(422, "NOT_AVAILABLE", "not-sold").hints("TRIAL");
        assert_eq!(answer["error"]["field"], "offerKey");
    }
    for offer in ["BUNDLE", "TRIAL"] {
        let answer = hub.post("/v1/entitlement", &offered(offer, json!(offer))).await;
        answer.shows(202, "PENDING");
        assert_eq!(answer["offerKey"], offer);
    }
    let mut none_listed = create_body("bert", "MUSIC");
    none_listed["offerKey"] = json!("BUNDLE");
    hub.post("/v1/entitlement", &none_listed).await.refused(422, "NOT_AVAILABLE", "not-sold");
    hub.finish().await;
}

#[tokio::test]
async fn what_is_not_sold_is_one_answer_for_all_causes_with_what_is_sold() {
    let hub = TestHub::start().await;
    for (merchant, product, field, hint) in [
        ("bango_us", "MUSIC", "merchantAccountKey", "BANGO, BANGO_US"),
        ("NETFLIX", "MUSIC", "merchantAccountKey", "BANGO, BANGO_US"),
        ("BANGO_US", "music", "productKey", "MUSIC_PREMIUM"),
        ("BANGO", "MUSIC", "productKey", "BangoMusic"),
    ] {
        let body = json!({ "customerIdentifier": "a", "merchantAccountKey": merchant, "productKey": product });
        let answer = hub.post("/v1/entitlement", &body).await;
        answer.refused(422, "NOT_AVAILABLE", "not-sold").hints(hint);
        assert_eq!(answer["error"]["field"], field, "{answer}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn the_record_has_all_its_members_in_their_order_whatever_was_sent() {
    let hub = TestHub::start().await;
    let full = json!({
        "extraInformation": { "shop": 7 },
        "externalEntitlementId": "ext-1",
        "entitlementDisplayName": "  Musik <b>für</b> Anna\n",
        "extensionData": { "b": 1.50, "a": { "deep": [1, null] }, "gone": null },
        "dateExpiry": "2031-01-01T01:00:00.9+01:00",
        "notificationUrl": "http://user:pass@127.0.0.1:9/x",
        "entitlementId": "own.id_1-A",
        "offerKey": "BUNDLE",
        "productKey": "MUSIC_OFFER",
        "merchantAccountKey": "BANGO_US",
        "customerIdentifier": "+44 1632 960123 ü"
    });
    let sparse = create_body("bert", "MUSIC_NOW");
    for body in [&full, &sparse] {
        let created = hub.post("/v1/entitlement", body).await;
        let read = hub.read(created["entitlementId"].as_str().unwrap()).await;
        for answer in [&created, &read] {
            let members = wire::parse_object(answer.body.as_bytes()).unwrap().0;
            let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).skip(3).collect();
            assert_eq!(names, FIELDS, "{answer}");
            assert_eq!(answer.etag(), "\"1\"");
        }
        assert!(read.body.ends_with(created.body.split_once("\"entitlementId\"").unwrap().1));
    }
    let read = hub.read("own.id_1-A").await;
    for (member, value) in [
        ("entitlementId", json!("own.id_1-A")),
        ("status", json!("PENDING")),
        ("dateCreated", json!("2026-03-10T12:00:00Z")),
        ("dateActivated", json!(null)),
        ("dateLastUpdated", json!("2026-03-10T12:00:00Z")),
        ("customerIdentifier", json!("+44 1632 960123 ü")),
        ("offerKey", json!("BUNDLE")),
        ("entitlementDisplayName", json!("  Musik <b>für</b> Anna\n")),
        ("dateExpiry", json!("2031-01-01T00:00:00Z")),
        ("notificationUrl", json!("http://***@127.0.0.1:9/x")),
        ("externalEntitlementId", json!("ext-1")),
        ("merchantEntitlementId", json!("own.id_1-A")),
        ("financeData", json!(null)),
    ] {
        assert_eq!(read[member], value, "{member}");
    }
    assert_eq!(read["extensionData"], json!({ "a": { "deep": [1, null] }, "b": 1.5 }));
    assert!(!read.body.contains("gone") && !read.body.contains("pass"), "{read}");
    hub.finish().await;
}

#[tokio::test]
async fn numbers_stay_as_written() {
    let hub = TestHub::start().await;
    let body = r#"{"customerIdentifier":"a","merchantAccountKey":"BANGO_US","productKey":"MUSIC_NOW",
        "extensionData":{"n":1.50,"big":123456789012345678901234567890,"e":1E40,"z":-0.0}}"#;
    let call = hub.call("POST", "/v1/entitlement").header("Content-Type", "application/json").bytes(body);
    let answer = call.send().await;
    let kept = r#""extensionData":{"n":1.50,"big":123456789012345678901234567890,"e":1E40,"z":-0.0}"#;
    assert!(answer.body.contains(kept), "{answer}");
    assert!(hub.read(&answer.text("entitlementId")).await.body.contains(kept));
    hub.finish().await;
}

#[tokio::test]
async fn what_was_not_sent_has_its_default() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    for optional in [
        "offerKey",
        "entitlementId",
        "notificationUrl",
        "dateExpiry",
        "entitlementDisplayName",
        "externalEntitlementId",
    ] {
        body[optional] = json!(if optional.len() % 2 == 0 { Some("") } else { None });
    }
    body["extensionData"] = json!({});
    body["extraInformation"] = json!(null);
    let answer = hub.post("/v1/entitlement", &body).await;
    answer.shows(200, "ACTIVE");
    assert_eq!(answer["entitlementDisplayName"], "Music (active at once)");
    assert_eq!(answer["merchantEntitlementId"], answer["entitlementId"]);
    for member in ["offerKey", "dateExpiry", "extensionData", "notificationUrl", "externalEntitlementId"] {
        assert_eq!(answer[member], Value::Null, "{member}");
    }
    let id = answer.text("entitlementId");
    assert!(ids::parse_uuid(&id).is_some() && id.as_bytes()[14] == b'7', "{id} is a UUIDv7");
    hub.finish().await;
}

#[tokio::test]
async fn customers_have_the_same_pseudonyms_for_life_and_other_ones_on_other_routes() {
    let hub = TestHub::start().await;
    let at = async |merchant: &str, product: &str, customer: &str| {
        let body = json!({ "customerIdentifier": customer, "merchantAccountKey": merchant, "productKey": product });
        let answer = hub.post("/v1/entitlement", &body).await;
        (answer.text("bangoUserId"), answer.text("sharedCustomerId"), answer.text("entitlementId"))
    };
    let us = at("BANGO_US", "MUSIC", "anna").await;
    let other_route = at("BANGO", "BangoMusic", "anna").await;
    let other_customer = at("BANGO_US", "MUSIC", "bert").await;
    assert_eq!(us.0, other_route.0);
    assert!(us.0.bytes().all(|byte| byte.is_ascii_digit()) && !us.0.starts_with('0'));
    assert!(us.1 != other_route.1 && us.1 != other_customer.1 && us.0 != other_customer.0);
    let renamed = hub.update(&us.2, &json!({ "customerIdentifier": "carl" })).await;
    assert_eq!((renamed.text("bangoUserId"), renamed.text("sharedCustomerId")), (us.0, us.1));
    hub.finish().await;
}

#[tokio::test]
async fn an_own_id_is_used_once_and_stays_used() {
    let hub = TestHub::start().await;
    let own = |customer: &str, id: &str| {
        let mut body = create_body(customer, "MUSIC_NOW");
        body["entitlementId"] = json!(id);
        body
    };
    hub.post("/v1/entitlement", &own("anna", "own-1")).await.shows(200, "ACTIVE");
    let taken = hub.post("/v1/entitlement", &own("bert", "own-1")).await;
    taken.refused(409, "ALREADY_EXISTS", "id-used");
    assert_eq!(taken["error"]["field"], "entitlementId");
    hub.post("/v1/entitlement", &own("bert", "OWN-1")).await.shows(200, "ACTIVE");
    hub.revoke("own-1").await.shows(200, "REVOKED");
    hub.post("/v1/entitlement", &own("anna", "own-1")).await.refused(409, "ALREADY_EXISTS", "id-used");
    let made = hub.created("carl", "MUSIC_NOW").await;
    for taken in [made.clone(), made.to_uppercase()] {
        hub.post("/v1/entitlement", &own("dora", &taken)).await.refused(409, "ALREADY_EXISTS", "id-used");
    }
    let mut refused = own("emil", "own-2");
    refused["productKey"] = json!("MUSIC_NO");
    hub.post("/v1/entitlement", &refused).await.is(422, "NOT_AVAILABLE");
    hub.post("/v1/entitlement", &own("emil", "own-2")).await.shows(200, "ACTIVE");
    hub.finish().await;
}

//! The order of the checks: each request breaks two of them, and the earlier one answers
//! (docs/API.md section 2).

use crate::harness::{Answer, Setup, TestHub, create_body};
use serde_json::{Value, json};

const LARGE: usize = 300_000;

#[tokio::test]
async fn path_and_method_come_before_the_credential() {
    let hub = TestHub::start().await;
    hub.call("GET", "/v1/nowhere").anonymous().send().await.is(404, "NOT_FOUND");
    hub.call("DELETE", "/v1/entitlement").anonymous().send().await.is(405, "BAD_REQUEST");
    hub.call("DELETE", "/v1/nowhere").anonymous().send().await.is(404, "NOT_FOUND");
    hub.finish().await;
}

#[tokio::test]
async fn the_credential_comes_before_size_media_type_and_fields() {
    let hub = TestHub::start().await;
    let create = || hub.call("POST", "/v1/entitlement");
    create().anonymous().bytes(vec![b'x'; LARGE]).send().await.is(401, "UNAUTHORIZED");
    create().user("nobody").bytes("x").send().await.is(401, "UNAUTHORIZED");
    create().anonymous().json(&json!({})).send().await.is(401, "UNAUTHORIZED");
    create().anonymous().identity("not valid").json(&json!({})).send().await.is(401, "UNAUTHORIZED");
    hub.finish().await;
}

#[tokio::test]
async fn size_comes_before_media_type_and_media_type_before_json() {
    let hub = TestHub::start().await;
    let create = || hub.call("POST", "/v1/entitlement");
    create().header("Content-Type", "text/plain").bytes(vec![b'x'; LARGE]).send().await.is(413, "BAD_REQUEST");
    create().header("Content-Type", "text/plain").bytes("{").send().await.is(415, "BAD_REQUEST");
    create().header("Content-Type", "application/json").bytes("{").send().await.refused(
        400,
        "BAD_REQUEST",
        "json-invalid",
    );
    hub.finish().await;
}

#[tokio::test]
async fn fields_come_before_the_identity_and_the_identity_before_everything_that_depends_on_what_is_there() {
    let hub = TestHub::start().await;
    let first = hub.creating("anna", "MUSIC_NOW").identity("used").send().await;
    let id = first.text("entitlementId");
    let with = |method: &str, path: &str, body: &Value| {
        let method = if method == "PATCH" { "PATCH" } else { "POST" };
        hub.call(method, path).json(body).identity("used")
    };
    let faulty = json!({ "customerIdentifier": "", "merchantAccountKey": "BANGO_US", "productKey": "MUSIC_NOW" });
    with("POST", "/v1/entitlement", &faulty).send().await.refused(400, "BAD_REQUEST", "empty");
    let reused = |answer: Answer| {
        answer.refused(422, "BAD_REQUEST", "identity-reused");
    };
    // existence, If-Match, sold, offer required, own id, limit, status, merchant
    reused(with("PATCH", "/v1/entitlement", &json!({ "entitlementId": "none" })).send().await);
    let stale = with("PATCH", "/v1/entitlement", &json!({ "entitlementId": id, "extensionData": { "a": 1 } }));
    reused(stale.if_match("\"9\"").send().await);
    reused(with("POST", "/v1/entitlement", &create_body("bert", "NOT_SOLD")).send().await);
    reused(with("POST", "/v1/entitlement", &create_body("bert", "MUSIC_OFFER")).send().await);
    let mut own = create_body("bert", "MUSIC_NOW");
    own["entitlementId"] = json!(id);
    reused(with("POST", "/v1/entitlement", &own).send().await);
    reused(with("POST", "/v1/entitlement", &create_body("anna", "MUSIC")).send().await);
    reused(with("POST", "/v1/entitlement", &create_body("bert", "MUSIC_DOWN")).send().await);
    // A replay answers even where the same request would be refused now.
    let again = hub.creating("anna", "MUSIC_NOW").identity("used").send().await;
    assert_eq!(again.body, first.body);
    hub.finish().await;
}

#[tokio::test]
async fn existence_comes_before_if_match_and_if_match_before_what_is_sold() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let to = |id: &str, members: Value| hub.updating(id, &members).if_match("\"9\"");
    to("none", json!({ "productKey": "NOT_SOLD" })).send().await.is(404, "NOT_FOUND");
    to(&id, json!({ "productKey": "NOT_SOLD" })).send().await.is(412, "BAD_REQUEST");
    to(&id, json!({ "status": "CANCELLED" })).send().await.refused(412, "BAD_REQUEST", "version-mismatch");
    for end in ["cancel", "revoke"] {
        hub.call("POST", &format!("/v1/entitlement/{end}/none")).if_match("\"9\"").send().await.is(404, "NOT_FOUND");
    }
    hub.revoke(&id).await.shows(200, "REVOKED");
    let ended = hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).if_match("\"9\"").send().await;
    ended.is(412, "BAD_REQUEST");
    hub.finish().await;
}

#[tokio::test]
async fn sold_comes_before_offer_required_and_both_before_the_own_id_and_the_limit() {
    let hub = TestHub::start().await;
    let mut first = create_body("anna", "MUSIC_NOW");
    first["entitlementId"] = json!("own");
    hub.created_of(&first).await;
    let mut body = first.clone();
    body["productKey"] = json!("MUSIC_OFFER");
    body["offerKey"] = json!("NONE_SUCH");
    hub.post("/v1/entitlement", &body).await.refused(422, "NOT_AVAILABLE", "not-sold");
    body["offerKey"] = json!(null);
    hub.post("/v1/entitlement", &body).await.refused(400, "BAD_REQUEST", "offer-required");
    body["offerKey"] = json!("TRIAL");
    hub.post("/v1/entitlement", &body).await.refused(409, "ALREADY_EXISTS", "id-used");
    body["entitlementId"] = json!(null);
    hub.post("/v1/entitlement", &body).await.refused(400, "BAD_REQUEST", "limit-reached");
    let mut merchant = create_body("anna", "MUSIC_DOWN");
    hub.post("/v1/entitlement", &merchant).await.refused(400, "BAD_REQUEST", "limit-reached");
    merchant["entitlementId"] = json!("own");
    hub.post("/v1/entitlement", &merchant).await.refused(409, "ALREADY_EXISTS", "id-used");
    hub.finish().await;
}

#[tokio::test]
async fn an_identical_create_comes_before_its_own_id() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC");
    body["entitlementId"] = json!("own");
    hub.created_of(&body).await;
    hub.post("/v1/entitlement", &body).await.shows(202, "PENDING");
    body["externalEntitlementId"] = json!("differs");
    hub.post("/v1/entitlement", &body).await.refused(409, "ALREADY_EXISTS", "id-used");
    hub.finish().await;
}

/// Where more than one may be open, a refusal of the merchant's is no way to learn that an id is free.
#[tokio::test]
async fn an_id_that_somebody_uses_comes_before_the_merchants_refusal() {
    let hub = Setup::new().other("rival", false).routes(|route| route.facts.limit = 3).start().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    body["entitlementId"] = json!("taken");
    hub.call("POST", "/v1/entitlement").user("rival").json(&body).send().await.shows(200, "ACTIVE");
    body["productKey"] = json!("MUSIC_NO");
    hub.post("/v1/entitlement", &body).await.refused(409, "ALREADY_EXISTS", "id-used");
    hub.finish().await;
}

#[tokio::test]
async fn sold_comes_before_the_status() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC").await;
    hub.update(&id, &json!({ "productKey": "NOT_SOLD" })).await.refused(422, "NOT_AVAILABLE", "not-sold");
    hub.update(&id, &json!({ "productKey": "MUSIC_OFFER" })).await.refused(400, "BAD_REQUEST", "offer-required");
    hub.update(&id, &json!({ "productKey": "MUSIC_NO" })).await.refused(409, "NOT_AVAILABLE", "not-active");
    hub.revoke(&id).await.shows(200, "REVOKED");
    hub.update(&id, &json!({ "productKey": "NOT_SOLD" })).await.refused(422, "NOT_AVAILABLE", "not-sold");
    hub.finish().await;
}

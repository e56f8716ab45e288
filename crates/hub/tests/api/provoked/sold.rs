//! Creates that the catalog, the limit or an id in use stands against, and ids nobody knows.

use super::row::shared;
use crate::harness::create_body;
use serde_json::json;

shared! {
    "not-sold" => |hub| hub.refuses_create("", &json!({ "productKey": "music" })).await,
    "offer-required" => |hub| hub.refuses_create("", &json!({ "productKey": "MUSIC_OFFER" })).await,
    "limit-reached" => |hub| {
        hub.created("anna", "MUSIC_NOW").await;
        hub.refuses_create("Anna has MUSIC_NOW already:", &json!({ "productKey": "MUSIC_PREMIUM" })).await
    },
    "id-used" => |hub| {
        let mut first = create_body("anna", "MUSIC_NOW");
        first["entitlementId"] = json!("order-17");
        hub.created_of(&first).await;
        let again = json!({ "customerIdentifier": "bert", "entitlementId": "order-17" });
        hub.refuses_create("Anna's entitlement has this id:", &again).await
    },
    "unknown-entitlement" => |hub| hub.refuses("", hub.call("GET", "/v1/entitlement/order-18").text()).await,
    "unknown-reseller" => |hub| hub.refuses("", hub.call("GET", "/v1/products/another").text()).await,
    "api-ended" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.revoke(&id).await.shows(200, "REVOKED");
        hub.refuses("", hub.call("POST", &format!("/v1/entitlement/reactivate/{id}")).text()).await
    },
    "merchant-refused-user" => |hub| hub.refuses_create("", &json!({ "productKey": "MUSIC_NO" })).await,
    "merchant-unreachable" => |hub| hub.refuses_create("", &json!({ "productKey": "MUSIC_DOWN" })).await,
    "not-supported" => |hub| {
        let id = hub.created("anna", "MUSIC_LATER").await;
        let before = "MUSIC_LATER activates by itself, without a page:";
        hub.refuses(before, hub.call("GET", &format!("/v1/entitlement/{id}/activationInfo")).text()).await
    },
}

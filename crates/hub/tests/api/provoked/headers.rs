//! What the request line and the headers get wrong.

use super::row::shared;
use crate::harness::create_body;
use serde_json::json;

shared! {
    "unauthorized" => |hub| hub.refuses("", hub.call("GET", "/v1/echo/hello").anonymous().text()).await,
    "unknown-path" => |hub| {
        let call = hub.call("POST", "/v1/entitlements").json(&create_body("anna", "MUSIC_NOW"));
        hub.refuses("", call.text()).await
    },
    "wrong-method" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.refuses("", hub.call("DELETE", &format!("/v1/entitlement/{id}")).text()).await
    },
    "identity-invalid" => |hub| {
        hub.refuses("", hub.creating("anna", "MUSIC_NOW").identity("order 17").text()).await
    },
    "identity-reused" => |hub| {
        hub.creating("anna", "MUSIC_NOW").identity("order-17").send().await.shows(200, "ACTIVE");
        let before = "The identity named the create of another customer before:";
        hub.refuses(before, hub.creating("bert", "MUSIC_NOW").identity("order-17").text()).await
    },
    "switch-invalid" => |hub| {
        let call = hub.creating("anna", "MUSIC_NOW").header("X-Entitle-Switch", "createdHttp=200");
        hub.refuses("", call.text()).await
    },
    "test-only" => |hub| {
        let call = hub.call("GET", "/v1/echo/hello").user("live-reseller");
        hub.refuses("With a live credential:", call.header("X-Entitle-Switch", "createdHttp=202").text()).await
    },
    "version-mismatch" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.update(&id, &json!({ "externalEntitlementId": "E-1" })).await.is(200, "OK");
        let call = hub.updating(&id, &json!({ "externalEntitlementId": "E-2" })).if_match("\"1\"");
        hub.refuses("Somebody else has updated it since it was read:", call.text()).await
    },
}

//! Fields of a create, of a report and of the feed that are missing or hold what they cannot.

use super::row::shared;
use serde_json::json;

shared! {
    "required" => |hub| hub.refuses_create("", &json!({ "customerIdentifier": null })).await,
    "type" => |hub| hub.refuses_create("", &json!({ "customerIdentifier": 4711 })).await,
    "empty" => |hub| hub.refuses_create("", &json!({ "productKey": "" })).await,
    "too-long" => |hub| hub.refuses_create("", &json!({ "customerIdentifier": "x".repeat(257) })).await,
    "control-character" => |hub| hub.refuses_create("", &json!({ "customerIdentifier": "anna\n" })).await,
    "nul-character" => |hub| {
        hub.refuses_create("", &json!({ "entitlementDisplayName": "Music\u{0}\u{0}\u{0}" })).await
    },
    "date-format" => |hub| hub.refuses_create("", &json!({ "dateExpiry": "31.12.2030" })).await,
    "date-not-future" => |hub| hub.refuses_create("", &json!({ "dateExpiry": "2025-12-31T23:59:59Z" })).await,
    "date-too-far" => |hub| hub.refuses_create("", &json!({ "dateExpiry": "9999-12-31T23:59:59Z" })).await,
    "date-order" => |hub| {
        let span = json!({ "createdFrom": "2026-03-01T00:00:00Z", "createdTo": "2026-02-01T00:00:00Z" });
        hub.refuses("", hub.call("POST", "/v1/entitlement/report").json(&span).text()).await
    },
    "url-invalid" => |hub| hub.refuses_create("", &json!({ "notificationUrl": "acme.example/hooks" })).await,
    "url-not-https" => |hub| {
        let mut body = crate::harness::create_body("anna", "MUSIC_NOW");
        body["notificationUrl"] = json!("http://acme.example/hooks");
        let call = hub.call("POST", "/v1/entitlement").user("live-reseller").json(&body);
        hub.refuses("With a live credential:", call.text()).await
    },
    "url-masked" => |hub| hub.refuses_create("", &json!({ "notificationUrl": "https://***@acme.example/hooks" })).await,
    "entitlement-id-invalid" => |hub| hub.refuses_create("", &json!({ "entitlementId": "order 17/3" })).await,
    "unknown-field" => |hub| hub.refuses_create("", &json!({ "notificationURL": "https://acme.example/hooks" })).await,
    "limit-range" => |hub| {
        hub.refuses("", hub.call("POST", "/v1/entitlement/report").json(&json!({ "limit": 5000 })).text()).await
    },
    "cursor-invalid" => |hub| {
        hub.refuses("", hub.call("POST", "/v1/entitlement/report").json(&json!({ "cursor": "2" })).text()).await
    },
    "cursor-expired" => |hub| hub.refuses("", hub.call("GET", "/v1/events?after=4711").text()).await,
    "wait-range" => |hub| hub.refuses("", hub.call("GET", "/v1/events?after=0&wait=60").text()).await,
}

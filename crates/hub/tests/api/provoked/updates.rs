//! Updates, cancels and revokes whose body asks for what it cannot.

use super::row::shared;
use crate::harness::START;
use entitlement::{Command, Details, Party, Update};
use serde_json::json;

shared! {
    "not-nullable" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.refuses_update("", &id, &json!({ "productKey": null })).await
    },
    "read-only" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.refuses_update("", &id, &json!({ "dateEnded": "2030-01-31T00:00:00Z" })).await
    },
    "expiry-not-after-now" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let named = Details { external_entitlement_id: Some(Some("E-1".to_owned())), ..Details::default() };
        let update = Command::Update(Update { details: named, ..Update::default() });
        // By another node, whose clock is a minute ahead.
        hub.decided_elsewhere(&id, &update, Party::Reseller, START.plus_s(60)).await;
        let before = "A node whose clock runs a minute ahead has changed the entitlement, at 12:01:00; on this one \
                      it is 12:00:00:";
        hub.refuses_update(before, &id, &json!({ "dateExpiry": "2026-03-10T12:00:30Z" })).await
    },
    "extension-too-large" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.refuses_update("", &id, &json!({ "extensionData": { "contract": "x".repeat(40_000) } })).await
    },
    "status-unknown" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.refuses_update("", &id, &json!({ "status": "Suspended" })).await
    },
    "status-not-by-update" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.refuses_update("", &id, &json!({ "status": "CANCELLED" })).await
    },
    "benefits-unknown" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        hub.refuses_update("", &id, &json!({ "entitlementBenefits": "PAUSED" })).await
    },
    "one-operation" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let both = json!({ "productKey": "MUSIC_PREMIUM", "entitlementBenefits": "SUSPENDED" });
        hub.refuses_update("", &id, &both).await
    },
    "reason-without-suspend" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let reason = json!({ "suspendReasonCategory": "ACTIVATION_ROLLBACK", "suspendReasonCode": "FRAUD_CHECK" });
        hub.refuses_update("", &id, &reason).await
    },
    "reason-unknown" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let reason = json!({ "cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "TOO_EXPENSIVE" });
        hub.refuses("", hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).json(&reason).text()).await
    },
    "reason-incomplete" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let reason = json!({ "cancelReasonCode": "NOT_RENEWED" });
        hub.refuses("", hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).json(&reason).text()).await
    },
    "reason-twice" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let reasons = json!({
            "cancelReasonCategory": "REVOKED", "cancelReasonCode": "OTHER",
            "revokeReasonCategory": "REVOKED", "revokeReasonCode": "FRAUD",
        });
        hub.refuses("", hub.call("POST", &format!("/v1/entitlement/revoke/{id}")).json(&reasons).text()).await
    },
    "entitlement-id-mismatch" => |hub| {
        let id = hub.created("anna", "MUSIC_NOW").await;
        let other = json!({ "entitlementId": "another-one" });
        hub.refuses("", hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).json(&other).text()).await
    },
}

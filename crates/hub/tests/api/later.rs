//! MUSIC_LATER: the merchant queues everything and confirms after 5 s.

use crate::harness::TestHub;
use serde_json::{Value, json};

async fn active(hub: &TestHub, customer: &str) -> String {
    let created = hub.create(customer, "MUSIC_LATER").await;
    created.shows(201, "PENDING");
    hub.advance("PT5S").await;
    created.text("entitlementId")
}

#[tokio::test]
async fn it_activates_itself_after_five_seconds_and_not_before() {
    let hub = TestHub::start().await;
    let created = hub.create("anna", "MUSIC_LATER").await;
    let id = created.text("entitlementId");
    assert_eq!(created["parameters"], json!({}));
    hub.get(&format!("/v1/entitlement/{id}/activationInfo")).await.refused(422, "NOT_AVAILABLE", "not-supported");
    hub.advance("PT4S").await;
    hub.read(&id).await.shows(200, "PENDING");
    hub.advance("PT1S").await;
    assert_eq!(hub.read(&id).await.shows(200, "ACTIVE")["dateActivated"], "2026-03-10T12:00:05Z");
    assert_eq!(hub.reasons().await, ["ACTIVATION_SUCCESS"]);
    hub.finish().await;
}

#[tokio::test]
async fn every_later_operation_is_queued_and_confirmed() {
    let hub = TestHub::start().await;
    let id = active(&hub, "anna").await;
    for (members, queued, confirmed) in [
        (json!({ "productKey": "MUSIC" }), "ACTIVE", "ACTIVE"),
        (json!({ "entitlementBenefits": "SUSPENDED" }), "ACTIVE", "SUSPENDED"),
        (json!({ "entitlementBenefits": "NORMAL" }), "SUSPENDED", "ACTIVE"),
    ] {
        // Each on a product that queues.
        let id = if queued == "ACTIVE" && members["productKey"].is_string() {
            active(&hub, "bert").await
        } else {
            id.clone()
        };
        let answer = hub.update(&id, &members).await;
        answer.shows(202, queued);
        assert_eq!(answer["parameters"], json!({}));
        assert_eq!(answer["productKey"], "MUSIC_LATER");
        hub.advance("PT5S").await;
        hub.read(&id).await.shows(200, confirmed);
    }
    hub.cancel(&id).await.shows(202, "ACTIVE");
    hub.advance("PT5S").await;
    let ending = hub.read(&id).await;
    assert_eq!(ending.shows(200, "ACTIVE-ENDING")["dateEnded"], "2026-04-10T12:00:05Z");
    hub.update(&id, &json!({ "status": "ACTIVE" })).await.shows(202, "ACTIVE-ENDING");
    hub.advance("PT5S").await;
    hub.read(&id).await.shows(200, "ACTIVE");
    hub.revoke(&id).await.shows(202, "ACTIVE");
    hub.advance("PT5S").await;
    hub.read(&id).await.shows(200, "REVOKED");
    hub.finish().await;
}

#[tokio::test]
async fn while_one_is_queued_others_are_refused_but_local_fields_and_revoke() {
    let hub = TestHub::start().await;
    let id = active(&hub, "anna").await;
    let suspend = json!({ "entitlementBenefits": "SUSPENDED", "externalEntitlementId": "beside" });
    let queued = hub.update(&id, &suspend).await;
    assert_eq!(queued.shows(202, "ACTIVE")["externalEntitlementId"], "beside", "local fields count from the 202 on");
    for answer in [
        hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await,
        hub.update(&id, &json!({ "productKey": "MUSIC" })).await,
        hub.cancel(&id).await,
    ] {
        answer.refused(409, "NOT_AVAILABLE", "operation-in-progress").hints("revoke");
        assert_eq!(answer["error"]["retryable"], true);
    }
    hub.update(&id, &json!({ "extensionData": { "local": 1 } })).await.shows(200, "ACTIVE");
    hub.revoke(&id).await.shows(202, "ACTIVE");
    hub.advance("PT5S").await;
    hub.read(&id).await.shows(200, "REVOKED");
    assert!(!hub.reasons().await.contains(&"SUSPENSION_SUCCESS".to_owned()), "the superseded one has no effect");
    hub.finish().await;
}

#[tokio::test]
async fn a_queued_cancel_shows_its_reason_at_once_and_tells_it_at_its_end() {
    let hub = TestHub::start().await;
    let id = active(&hub, "anna").await;
    let body = json!({ "cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "OTHER", "note": "n" });
    let queued = hub.post(&format!("/v1/entitlement/cancel/{id}"), &body).await;
    assert_eq!(queued.shows(202, "ACTIVE")["extensionData"], body);
    assert_eq!(queued["dateEnded"], Value::Null);
    hub.advance("PT5S").await;
    let told = hub.told().await.pop().unwrap();
    assert_eq!((&told["notificationReason"], &told["reasonCode"]), (&json!("TERMINATION_PENDING"), &json!("OTHER")));
    hub.advance("P40D").await;
    hub.read(&id).await.shows(200, "CANCELLED");
    hub.finish().await;
}

#[tokio::test]
async fn time_goes_on_and_supersedes_what_is_queued() {
    let hub = TestHub::start().await;
    let id = active(&hub, "anna").await;
    hub.update(&id, &json!({ "dateExpiry": "2026-03-10T12:00:07Z" })).await.shows(200, "ACTIVE");
    hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(202, "ACTIVE");
    hub.advance("PT1H").await;
    let read = hub.read(&id).await;
    assert_eq!(read.shows(200, "CANCELLED")["dateEnded"], "2026-03-10T12:00:07Z");
    hub.finish().await;
}

#[tokio::test]
async fn a_replay_of_a_queued_answer_stays_the_queued_answer() {
    let hub = TestHub::start().await;
    let id = active(&hub, "anna").await;
    let suspend = hub.updating(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).identity("s");
    let first = suspend.send().await;
    first.shows(202, "ACTIVE");
    hub.advance("PT5S").await;
    hub.read(&id).await.shows(200, "SUSPENDED");
    let again = suspend.send().await;
    assert_eq!((again.status, &again.body, again.etag()), (202, &first.body, first.etag()));
    hub.finish().await;
}

#[tokio::test]
async fn updates_to_the_special_products_act_by_the_target() {
    let hub = TestHub::start().await;
    let id = active(&hub, "anna").await;
    let to = async |product: &str| hub.update(&id, &json!({ "productKey": product })).await;
    to("MUSIC_NO").await.refused(422, "NOT_AVAILABLE", "merchant-refused-user");
    to("MUSIC_DOWN").await.refused(503, "SERVICE_UNAVAILABLE", "merchant-unreachable");
    to("MUSIC_OFFER").await.refused(400, "BAD_REQUEST", "offer-required");
    to("MUSIC_ASK").await.shows(202, "PENDING");
    hub.finish().await;
}

#[tokio::test]
async fn a_cancel_before_it_is_active_ends_it() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_LATER").await;
    hub.cancel(&id).await.shows(202, "PENDING");
    hub.advance("PT10S").await;
    let status = hub.read(&id).await.text("status");
    assert!(["CANCELLED", "ACTIVE-ENDING"].contains(&status.as_str()), "{status}");
    hub.finish().await;
}

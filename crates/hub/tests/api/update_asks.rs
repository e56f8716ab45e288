//! An update that the user has to confirm first: MUSIC_ASK.

use crate::harness::TestHub;
use serde_json::{Value, json};

async fn asking(hub: &TestHub, customer: &str) -> (String, crate::harness::Answer) {
    let id = hub.created(customer, "MUSIC_NOW").await;
    hub.clock.advance_ms(10_000);
    let asked = hub.update(&id, &json!({ "productKey": "MUSIC_ASK", "externalEntitlementId": "e" })).await;
    asked.shows(202, "PENDING");
    assert_eq!(asked["productKey"], "MUSIC_ASK", "new values are shown");
    assert_eq!(asked["dateActivated"], "2026-03-10T12:00:00Z");
    (id, asked)
}

#[tokio::test]
async fn confirmed_it_is_active_with_the_new_product_and_its_first_activation() {
    let hub = TestHub::start().await;
    let (id, asked) = asking(&hub, "anna").await;
    hub.clock.advance_ms(10_000);
    assert_eq!(hub.choose(&asked.url(), "confirm").await.status, 303);
    let read = hub.read(&id).await;
    read.shows(200, "ACTIVE");
    assert_eq!((&read["productKey"], &read["dateActivated"]), (&json!("MUSIC_ASK"), &json!("2026-03-10T12:00:00Z")));
    assert_eq!(hub.reasons().await, ["METADATA_UPDATE", "ACTIVATION_SUCCESS"]);
    hub.finish().await;
}

#[tokio::test]
async fn declined_the_product_goes_back_and_local_fields_stay() {
    let hub = TestHub::start().await;
    let (id, asked) = asking(&hub, "anna").await;
    hub.choose(&asked.url(), "decline").await;
    let read = hub.read(&id).await;
    read.shows(200, "ACTIVE");
    assert_eq!((&read["productKey"], &read["externalEntitlementId"]), (&json!("MUSIC_NOW"), &json!("e")));
    assert_eq!(read["entitlementDisplayName"], "Music (active at once)");
    assert_eq!(read["dateEnded"], Value::Null);
    let told = hub.told().await.pop().unwrap();
    assert_eq!(told["notificationReason"], "PRODUCT_UPDATE");
    assert_eq!((&told["reasonCategory"], &told["reasonCode"]), (&json!("ACTIVATION_ROLLBACK"), &json!("OTHER")));
    assert_eq!((&told["productKey"], &told["status"]), (&json!("MUSIC_NOW"), &json!("ACTIVE")));
    hub.finish().await;
}

#[tokio::test]
async fn while_it_waits_activation_info_gives_a_new_url_and_another_product_is_refused() {
    let hub = TestHub::start().await;
    let (id, asked) = asking(&hub, "anna").await;
    hub.clock.advance_ms(1_000);
    let again = hub.get(&format!("/v1/entitlement/{id}/activationInfo")).await;
    again.is(200, "OK");
    assert_ne!(again.url(), asked.url());
    hub.update(&id, &json!({ "productKey": "MUSIC" })).await.refused(409, "NOT_AVAILABLE", "not-active");
    hub.update(&id, &json!({ "extensionData": { "local": true } })).await.shows(200, "PENDING");
    hub.choose(&again.url(), "confirm").await;
    hub.read(&id).await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn cancel_revoke_and_suspend_drop_it_first() {
    let hub = TestHub::start().await;
    let (cancelled, url) = asking(&hub, "anna").await;
    let answer = hub.cancel(&cancelled).await;
    answer.shows(200, "ACTIVE-ENDING");
    assert_eq!(answer["productKey"], "MUSIC_NOW");
    hub.choose(&url.url(), "confirm").await;
    hub.read(&cancelled).await.shows(200, "ACTIVE-ENDING");
    let (revoked, _) = asking_of(&hub, "bert").await;
    assert_eq!(hub.revoke(&revoked).await.shows(200, "REVOKED")["productKey"], "MUSIC_NOW");
    let (suspended, _) = asking_of(&hub, "carl").await;
    let answer = hub.update(&suspended, &json!({ "entitlementBenefits": "SUSPENDED" })).await;
    assert_eq!(answer.shows(200, "SUSPENDED")["productKey"], "MUSIC_NOW");
    hub.update(&suspended, &json!({ "entitlementBenefits": "NORMAL" })).await.shows(200, "ACTIVE");
    hub.finish().await;
}

async fn asking_of(hub: &TestHub, customer: &str) -> (String, crate::harness::Answer) {
    let id = hub.created(customer, "MUSIC_NOW").await;
    let asked = hub.update(&id, &json!({ "productKey": "MUSIC_ASK" })).await;
    (id, asked)
}

#[tokio::test]
async fn on_one_that_ends_it_goes_back_to_ending_and_the_end_comes_in_any_case() {
    let hub = TestHub::start().await;
    let ids = [hub.created("anna", "MUSIC_NOW").await, hub.created("bert", "MUSIC_NOW").await];
    let mut urls = Vec::new();
    for id in &ids {
        hub.cancel(id).await.shows(200, "ACTIVE-ENDING");
        let asked = hub.update(id, &json!({ "productKey": "MUSIC_ASK" })).await;
        asked.shows(202, "PENDING");
        assert_eq!(asked["dateEnded"], "2026-04-10T12:00:00Z", "it keeps showing its end");
        urls.push(asked.url());
    }
    hub.choose(&urls[0], "confirm").await;
    let confirmed = hub.read(&ids[0]).await;
    assert_eq!(confirmed.shows(200, "ACTIVE-ENDING")["productKey"], "MUSIC_ASK");
    hub.advance("P40D").await;
    let dropped = hub.read(&ids[1]).await;
    dropped.shows(200, "CANCELLED");
    assert_eq!((&dropped["productKey"], &dropped["dateEnded"]), (&json!("MUSIC_NOW"), &json!("2026-04-10T12:00:00Z")));
    hub.finish().await;
}

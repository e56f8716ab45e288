//! Suspend and resume: SUSPENDED exactly while somebody holds it (docs/LIFECYCLE.md section 2).

use crate::harness::{Setup, TestHub};
use entitlement::{Reason, Told};
use serde_json::{Value, json};

fn benefits(value: &str) -> Value {
    json!({ "entitlementBenefits": value })
}

#[tokio::test]
async fn every_word_for_suspend_and_resume_works() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let words = [
        (benefits("SUSPENDED"), benefits("NORMAL")),
        (benefits("SUSPEND"), json!({ "status": "ACTIVE" })),
        (benefits("NONE"), json!({ "status": "ACTIVE", "entitlementBenefits": "NORMAL" })),
        (json!({ "status": "SUSPENDED" }), benefits("NORMAL")),
        (json!({ "status": "SUSPENDED", "entitlementBenefits": "SUSPENDED" }), benefits("NORMAL")),
    ];
    for (suspend, resume) in &words {
        hub.clock.advance_ms(1_000);
        let suspended = hub.update(&id, suspend).await;
        assert_eq!(suspended.shows(200, "SUSPENDED")["dateSuspended"], hub.now().as_str());
        hub.clock.advance_ms(1_000);
        let resumed = hub.update(&id, resume).await;
        assert_eq!(resumed.shows(200, "ACTIVE")["dateResumed"], hub.now().as_str());
        assert_eq!(resumed["dateSuspended"], suspended["dateSuspended"], "it stays as a date");
    }
    let expected: Vec<&str> = words.iter().flat_map(|_| ["SUSPENSION_SUCCESS", "RESUMPTION_SUCCESS"]).collect();
    assert_eq!(hub.reasons().await, expected);
    hub.finish().await;
}

#[tokio::test]
async fn the_reason_of_a_suspension_is_kept_and_a_resume_leaves_it() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let mut suspend = benefits("SUSPENDED");
    suspend["suspendReasonCategory"] = json!("ACTIVATION_ROLLBACK");
    suspend["suspendReasonCode"] = json!("CUSTOMER_PAYMENT_DEFAULT");
    suspend["suspendReasonDescription"] = json!("three bills");
    let kept = json!({
        "suspendReasonCategory": "ACTIVATION_ROLLBACK",
        "suspendReasonCode": "CUSTOMER_PAYMENT_DEFAULT",
        "suspendReasonDescription": "three bills"
    });
    assert_eq!(hub.update(&id, &suspend).await.shows(200, "SUSPENDED")["extensionData"], kept);
    let told = hub.told().await.pop().unwrap();
    assert_eq!(
        (&told["reasonCode"], &told["reasonDescription"]),
        (&json!("CUSTOMER_PAYMENT_DEFAULT"), &json!("three bills"))
    );
    suspend["suspendReasonCode"] = json!("FRAUD");
    suspend["suspendReasonDescription"] = json!(null);
    let replaced = hub.update(&id, &suspend).await;
    let other = json!({ "suspendReasonCategory": "ACTIVATION_ROLLBACK", "suspendReasonCode": "FRAUD" });
    assert_eq!(replaced.shows(200, "SUSPENDED")["extensionData"], other);
    let same = hub.update(&id, &suspend).await;
    assert_eq!(same.etag(), replaced.etag(), "the same hold again changes nothing");
    assert_eq!(hub.update(&id, &benefits("NORMAL")).await.shows(200, "ACTIVE")["extensionData"], other);
    assert_eq!(hub.reasons().await, ["SUSPENSION_SUCCESS", "METADATA_UPDATE", "RESUMPTION_SUCCESS"]);
    for (members, rule) in [
        (json!({ "suspendReasonCategory": "REVOKED", "suspendReasonCode": "FRAUD" }), "reason-without-suspend"),
        (json!({ "entitlementBenefits": "SUSPENDED", "suspendReasonCode": "FRAUD" }), "reason-incomplete"),
    ] {
        hub.update(&id, &members).await.refused(400, "BAD_REQUEST", rule);
    }
    hub.finish().await;
}

#[tokio::test]
async fn suspend_and_resume_are_refused_where_the_status_does_not_allow_them() {
    let hub = TestHub::start().await;
    let pending = hub.created("anna", "MUSIC").await;
    hub.update(&pending, &benefits("SUSPENDED")).await.refused(409, "NOT_AVAILABLE", "not-active").hints("ACTIVE");
    hub.update(&pending, &benefits("NORMAL")).await.refused(409, "NOT_AVAILABLE", "not-suspended");
    hub.update(&pending, &json!({ "status": "ACTIVE" })).await.refused(409, "NOT_AVAILABLE", "not-suspended");
    let active = hub.created("bert", "MUSIC_NOW").await;
    let normal = hub.update(&active, &benefits("NORMAL")).await;
    assert_eq!(normal.shows(200, "ACTIVE").etag(), "\"1\"", "a resume of what is active changes nothing");
    hub.revoke(&active).await.shows(200, "REVOKED");
    for word in ["SUSPENDED", "NORMAL"] {
        hub.update(&active, &benefits(word)).await.refused(409, "NOT_AVAILABLE", "already-ended");
    }
    hub.finish().await;
}

#[tokio::test]
async fn each_party_lifts_its_own_hold_and_the_last_one_resumes() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let reason = Reason::of("FRAUD_TEAM", "77");
    hub.merchant_tells(&id, Told::Suspended(Some(reason))).await.unwrap();
    let held = hub.read(&id).await;
    assert_eq!(held.shows(200, "SUSPENDED")["extensionData"]["suspendReasonCategory"], "FRAUD_TEAM");
    hub.update(&id, &benefits("NORMAL")).await.refused(409, "NOT_AVAILABLE", "held-by-merchant");
    hub.update(&id, &json!({ "status": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    hub.update(&id, &benefits("SUSPENDED")).await.shows(200, "SUSPENDED");
    hub.update(&id, &benefits("NORMAL")).await.shows(200, "SUSPENDED");
    hub.update(&id, &benefits("SUSPENDED")).await.shows(200, "SUSPENDED");
    hub.merchant_tells(&id, Told::Resumed).await.unwrap();
    hub.read(&id).await.shows(200, "SUSPENDED");
    let resumed = hub.update(&id, &benefits("NORMAL")).await;
    resumed.shows(200, "ACTIVE");
    let told = hub.reasons().await;
    assert_eq!(told.first().map(String::as_str), Some("SUSPENSION_SUCCESS"));
    assert_eq!(told.last().map(String::as_str), Some("RESUMPTION_SUCCESS"));
    assert!(told[1..told.len() - 1].iter().all(|reason| reason == "METADATA_UPDATE"), "{told:?}");
    hub.finish().await;
}

#[tokio::test]
async fn a_suspended_one_can_be_cancelled_and_revoked() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.update(&id, &benefits("SUSPENDED")).await.shows(200, "SUSPENDED");
    let cancelled = hub.cancel(&id).await;
    assert_eq!(cancelled.shows(200, "SUSPENDED")["dateEnded"], "2026-04-10T12:00:00Z");
    hub.cancel(&id).await.refused(409, "NOT_AVAILABLE", "already-ending");
    assert_eq!(hub.reasons().await, ["SUSPENSION_SUCCESS", "TERMINATION_PENDING"]);
    let other = hub.created("bert", "MUSIC_NOW").await;
    hub.update(&other, &benefits("SUSPENDED")).await.shows(200, "SUSPENDED");
    hub.revoke(&other).await.shows(200, "REVOKED");
    hub.advance("P40D").await;
    hub.read(&id).await.shows(200, "CANCELLED");
    hub.finish().await;
}

#[tokio::test]
async fn a_route_without_the_verb_does_not_offer_it() {
    let hub = Setup::new()
        .routes(|route| {
            let facts = &mut route.facts;
            (facts.suspend, facts.update, facts.cancel, facts.revoke) = (false, false, false, false);
            (facts.undo, facts.activation_info) = (false, false);
        })
        .start()
        .await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let pending = hub.created("bert", "MUSIC").await;
    for answer in [
        hub.update(&id, &benefits("SUSPENDED")).await,
        hub.update(&id, &json!({ "productKey": "MUSIC" })).await,
        hub.cancel(&id).await,
        hub.revoke(&id).await,
        hub.get(&format!("/v1/entitlement/{pending}/activationInfo")).await,
    ] {
        answer.refused(422, "NOT_AVAILABLE", "not-offered");
    }
    hub.update(&id, &json!({ "externalEntitlementId": "e" })).await.shows(200, "ACTIVE");
    let at = hub.store.now().plus_s(60);
    let end = Told::Terminated { immediate: false, at: Some(at), reason: None };
    hub.merchant_tells(&id, end).await.unwrap();
    let undo = hub.update(&id, &benefits("NORMAL")).await;
    undo.refused(422, "NOT_AVAILABLE", "undo-not-supported");
    hub.finish().await;
}

#[tokio::test]
async fn the_conflict_code_is_the_resellers_choice() {
    let hub = Setup::new()
        .demo(|mut account| {
            account.switches.set("conflictCode", "CONFLICT").unwrap();
            account.switches.set("createdHttp", "202").unwrap();
            account.switches.set("unknownFields", "ignore").unwrap();
            account.switches.set("unknownReasons", "accept").unwrap();
            account.switches.set("nullInUpdate", "skip").unwrap();
            account
        })
        .start()
        .await;
    let mut body = crate::harness::create_body("anna", "MUSIC_LATER");
    body["colour"] = json!("red");
    let created = hub.post("/v1/entitlement", &body).await;
    assert_eq!(created.shows(202, "PENDING").header("ignored-fields"), Some("colour"));
    let id = created.text("entitlementId");
    hub.update(&id, &benefits("SUSPENDED")).await.refused(409, "CONFLICT", "not-active");
    hub.update(&id, &json!({ "externalEntitlementId": "e" })).await.shows(200, "PENDING");
    let skipped = hub.update(&id, &json!({ "externalEntitlementId": null, "customerIdentifier": null })).await;
    assert_eq!(skipped.shows(200, "PENDING")["externalEntitlementId"], "e");
    hub.advance("PT5S").await;
    let other = hub.created("bert", "MUSIC_NOW").await;
    let reason = json!({ "cancelReasonCategory": "MINE", "cancelReasonCode": "OWN" });
    hub.post(&format!("/v1/entitlement/revoke/{other}"), &reason).await.shows(200, "REVOKED");
    hub.cancel(&other).await.refused(409, "CONFLICT", "already-ended");
    hub.finish().await;
}

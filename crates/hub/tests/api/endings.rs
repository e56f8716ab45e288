//! Cancel, revoke, expiry, and taking an end back (docs/LIFECYCLE.md sections 1 and 3).

use crate::harness::{Setup, TestHub, create_body};
use entitlement::Told;
use serde_json::{Value, json};

fn normal() -> Value {
    json!({ "entitlementBenefits": "NORMAL" })
}

#[tokio::test]
async fn bango_cancels_at_once_and_bango_us_at_the_end_of_the_month_paid_for() {
    let hub = TestHub::start().await;
    let bango = json!({ "customerIdentifier": "a", "merchantAccountKey": "BANGO", "productKey": "BangoMusic" });
    let created = hub.post("/v1/entitlement", &bango).await;
    hub.choose(&created.url(), "confirm").await;
    let cancelled = hub.cancel(&created.text("entitlementId")).await;
    assert_eq!(cancelled.shows(200, "CANCELLED")["dateEnded"], hub.now().as_str());
    let us = hub.create("anna", "MUSIC").await;
    hub.advance("P3D").await;
    let us = hub.get(&format!("/v1/entitlement/{}/activationInfo", us.text("entitlementId"))).await;
    hub.choose(&us.url(), "confirm").await;
    hub.advance("P40D").await;
    let ending = hub.cancel(&us.text("entitlementId")).await;
    assert_eq!(ending.shows(200, "ACTIVE-ENDING")["dateEnded"], "2026-05-13T12:00:00Z", "two months since activation");
    let waiting = hub.created("bert", "MUSIC").await;
    hub.cancel(&waiting).await.shows(200, "CANCELLED");
    assert_eq!(hub.reasons().await.last().unwrap(), "TERMINATION_SUCCESS");
    hub.finish().await;
}

#[tokio::test]
async fn a_planned_end_comes_at_its_moment() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
    hub.cancel(&id).await.refused(409, "NOT_AVAILABLE", "already-ending").hints("dateEnded");
    hub.advance("P30DT23H59M59S").await;
    hub.read(&id).await.shows(200, "ACTIVE-ENDING");
    let moved = hub.advance("PT1S").await;
    let (at, of_delivery) = ("2026-04-10T12:00:00Z", format!("{id}.0.2"));
    let fired = json!([
        { "at": at, "entitlementId": id, "what": "CANCELLED", "notificationId": null, "status": null },
        { "at": at, "entitlementId": id, "what": "DELIVERY", "notificationId": of_delivery, "status": 200 },
    ]);
    assert_eq!(moved["fired"], fired);
    let ended = hub.read(&id).await;
    assert_eq!(ended.shows(200, "CANCELLED")["dateEnded"], "2026-04-10T12:00:00Z");
    assert_eq!(hub.reasons().await, ["TERMINATION_PENDING", "TERMINATION_SUCCESS"]);
    hub.cancel(&id).await.refused(409, "NOT_AVAILABLE", "already-ended");
    hub.finish().await;
}

#[tokio::test]
async fn a_read_shows_as_done_what_is_due_before_any_worker_has_looked() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
    hub.clock.advance_ms(40 * 86_400_000);
    let read = hub.read(&id).await;
    read.shows(200, "CANCELLED");
    assert_eq!((&read["dateEnded"], &read["dateLastUpdated"]), (&json!("2026-04-10T12:00:00Z"), &json!(hub.now())));
    hub.finish().await;
}

#[tokio::test]
async fn date_expiry_ends_it_at_its_moment_with_its_reason() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    body["dateExpiry"] = json!("2026-03-10T13:00:00Z");
    let active = hub.created_of(&body).await;
    let mut body = create_body("bert", "MUSIC");
    body["dateExpiry"] = json!("2026-03-10T14:00:00Z");
    let pending = hub.created_of(&body).await;
    let ending = hub.created("carl", "MUSIC_NOW").await;
    hub.cancel(&ending).await.shows(200, "ACTIVE-ENDING");
    hub.update(&ending, &json!({ "dateExpiry": "2026-03-10T15:00:00Z" })).await.shows(200, "ACTIVE-ENDING");
    let moved = hub.advance("P1D").await;
    let fired: Vec<(&str, &str)> = moved["fired"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["what"] == "CANCELLED")
        .map(|one| (one["at"].as_str().unwrap(), one["entitlementId"].as_str().unwrap()))
        .collect();
    let expected = [
        ("2026-03-10T13:00:00Z", active.as_str()),
        ("2026-03-10T14:00:00Z", &pending),
        ("2026-03-10T15:00:00Z", &ending),
    ];
    assert_eq!(fired, expected, "{moved}");
    let expired = json!({ "cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "EXPIRED" });
    for (at, id) in expected {
        let read = hub.read(id).await;
        read.shows(200, "CANCELLED");
        assert_eq!((&read["dateEnded"], &read["dateLastUpdated"]), (&json!(at), &json!(at)));
        assert_eq!(read["extensionData"], expired);
    }
    let told = hub.told().await.pop().unwrap();
    assert_eq!((&told["notificationReason"], &told["reasonCode"]), (&json!("TERMINATION_SUCCESS"), &json!("EXPIRED")));
    hub.finish().await;
}

#[tokio::test]
async fn the_earlier_of_expiry_and_end_wins() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    body["dateExpiry"] = json!("2026-06-01T00:00:00Z");
    let id = hub.created_of(&body).await;
    hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
    hub.advance("P200D").await;
    let read = hub.read(&id).await;
    assert_eq!(read.shows(200, "CANCELLED")["dateEnded"], "2026-04-10T12:00:00Z");
    assert_eq!(read["extensionData"], Value::Null);
    hub.finish().await;
}

#[tokio::test]
async fn revoke_ends_every_open_status_at_once() {
    let hub = TestHub::start().await;
    let pending = hub.created("a", "MUSIC").await;
    let active = hub.created("b", "MUSIC_NOW").await;
    let ending = hub.created("c", "MUSIC_NOW").await;
    hub.cancel(&ending).await.shows(200, "ACTIVE-ENDING");
    let suspended = hub.created("d", "MUSIC_NOW").await;
    hub.update(&suspended, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    for id in [pending, active, ending, suspended] {
        let revoked = hub.revoke(&id).await;
        assert_eq!(revoked.shows(200, "REVOKED")["dateEnded"], hub.now().as_str());
        hub.revoke(&id).await.refused(409, "NOT_AVAILABLE", "already-ended");
        hub.get(&format!("/v1/entitlement/{id}/activationInfo")).await.refused(409, "NOT_AVAILABLE", "already-ended");
    }
    hub.finish().await;
}

#[tokio::test]
async fn reasons_and_every_other_member_go_into_extension_data_under_the_names_sent() {
    let hub = TestHub::start().await;
    let mut create = create_body("anna", "MUSIC_NOW");
    create["extensionData"] = json!({ "kept": 1, "nested": { "a": 1 } });
    let id = hub.created_of(&create).await;
    let body = json!({
        "entitlementId": id,
        "cancelReasonCategory": "CUSTOMER_CANCELLED",
        "cancelReasonCode": "NOT_RENEWED",
        "cancelReasonDescription": "moved away",
        "extensionData": { "nested": { "b": 2 } },
        "agent": { "name": "Zoë" },
        "kept": null
    });
    let cancelled = hub.post(&format!("/v1/entitlement/cancel/{id}"), &body).await;
    let data = json!({
        "nested": { "a": 1, "b": 2 },
        "agent": { "name": "Zoë" },
        "cancelReasonCategory": "CUSTOMER_CANCELLED",
        "cancelReasonCode": "NOT_RENEWED",
        "cancelReasonDescription": "moved away"
    });
    assert_eq!(cancelled.shows(200, "ACTIVE-ENDING")["extensionData"], data);
    let told = hub.told().await.pop().unwrap();
    assert_eq!((&told["reasonCategory"], &told["reasonCode"]), (&json!("CUSTOMER_CANCELLED"), &json!("NOT_RENEWED")));
    let undone = hub.update(&id, &normal()).await;
    let left = json!({ "nested": { "a": 1, "b": 2 }, "agent": { "name": "Zoë" } });
    assert_eq!(undone.shows(200, "ACTIVE")["extensionData"], left, "an undo takes the reason back");
    let revoke = json!({ "revokeReasonCategory": "REVOKED", "revokeReasonCode": "FRAUD" });
    let revoked = hub.post(&format!("/v1/entitlement/revoke/{id}"), &revoke).await;
    assert_eq!(revoked.shows(200, "REVOKED")["extensionData"]["revokeReasonCode"], "FRAUD");
    assert_eq!(hub.told().await.pop().unwrap()["reasonCode"], "FRAUD");
    hub.finish().await;
}

#[tokio::test]
async fn every_known_reason_serves_cancel_and_revoke_alike_and_others_are_told_the_nearest() {
    let hub = TestHub::start().await;
    for (at, known) in entitlement::REASONS.iter().enumerate() {
        let id = hub.created(&format!("c{at}"), "MUSIC_NOW").await;
        let end = if at % 2 == 0 { "cancel" } else { "revoke" };
        let body = json!({ "cancelReasonCategory": known.category, "cancelReasonCode": known.code });
        assert_eq!(hub.post(&format!("/v1/entitlement/{end}/{id}"), &body).await.status, 200, "{known:?}");
    }
    let id = hub.created("anna", "MUSIC_NOW").await;
    let cancel = async |body: Value| hub.post(&format!("/v1/entitlement/cancel/{id}"), &body).await;
    for (category, code, near) in [
        ("CUSTOMER_CANCELLED", "NOT_RENEWD", "CUSTOMER_CANCELLED/NOT_RENEWED"),
        ("customer_cancelled", "OTHER", "CUSTOMER_CANCELLED/OTHER"),
        ("REVOKED", "FROUD", "REVOKED/FRAUD"),
    ] {
        let body = json!({ "cancelReasonCategory": category, "cancelReasonCode": code });
        cancel(body).await.refused(400, "BAD_REQUEST", "reason-unknown").hints(near);
    }
    for body in [json!({ "cancelReasonCategory": "REVOKED" }), json!({ "cancelReasonCode": "FRAUD" })] {
        cancel(body).await.refused(400, "BAD_REQUEST", "reason-incomplete");
    }
    cancel(json!({ "entitlementId": "another" })).await.refused(400, "BAD_REQUEST", "entitlement-id-mismatch");
    assert_eq!(hub.read(&id).await.etag(), "\"1\"");
    hub.finish().await;
}

#[tokio::test]
async fn an_end_is_undone_by_normal_or_active_until_its_moment() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for undo in
        [normal(), json!({ "status": "ACTIVE" }), json!({ "status": "ACTIVE", "entitlementBenefits": "NORMAL" })]
    {
        hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
        assert_eq!(hub.update(&id, &undo).await.shows(200, "ACTIVE")["dateEnded"], Value::Null);
    }
    assert_eq!(hub.reasons().await, ["TERMINATION_PENDING", "RESUMPTION_SUCCESS"].repeat(3));
    hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
    hub.clock.advance_ms(31 * 86_400_000);
    hub.update(&id, &normal()).await.refused(409, "NOT_AVAILABLE", "already-ended");
    hub.finish().await;
}

#[tokio::test]
async fn after_a_resume_only_the_status_undoes_so_that_a_repeated_normal_cannot_bill() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    hub.cancel(&id).await.shows(200, "SUSPENDED");
    hub.update(&id, &json!({ "status": "ACTIVE" })).await.refused(409, "NOT_AVAILABLE", "resume-first");
    let resumed = hub.update(&id, &normal()).await;
    assert_eq!(resumed.shows(200, "ACTIVE-ENDING")["dateEnded"], "2026-04-10T12:00:00Z");
    hub.update(&id, &normal()).await.refused(409, "NOT_AVAILABLE", "undo-needs-status").hints("ACTIVE");
    hub.update(&id, &json!({ "status": "ACTIVE" })).await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn the_merchants_end_is_the_merchants_to_undo() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let at = hub.store.now().plus_s(3_600);
    let reason = Some(entitlement::Reason::of("LEFT", "US"));
    hub.merchant_tells(&id, Told::Terminated { immediate: false, at: Some(at), reason }).await.unwrap();
    let ending = hub.read(&id).await;
    assert_eq!(ending.shows(200, "ACTIVE-ENDING")["extensionData"]["cancelReasonCode"], "US");
    for undo in [normal(), json!({ "status": "ACTIVE" })] {
        hub.update(&id, &undo).await.refused(409, "NOT_AVAILABLE", "ending-by-merchant");
    }
    hub.advance("PT1H").await;
    hub.read(&id).await.shows(200, "CANCELLED");
    let told = hub.told().await;
    assert_eq!(told.iter().map(|one| &one["reasonCode"]).collect::<Vec<_>>(), [&json!("US"), &json!("US")]);
    hub.finish().await;
}

#[tokio::test]
async fn what_has_ended_here_stays_ended_whatever_the_merchant_tells() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC").await;
    hub.cancel(&id).await.shows(200, "CANCELLED");
    let activated = Told::Activated(entitlement::Given::default());
    assert_eq!(hub.merchant_tells(&id, activated).await, Err(entitlement::Rejection::AlreadyEnded));
    hub.quiet().await;
    let read = hub.read(&id).await;
    assert_eq!(read.shows(200, "CANCELLED").etag(), "\"2\"");
    let key = ids::EntitlementKey(ids::parse_uuid(&id).unwrap());
    let kinds: Vec<entitlement::EventKind> =
        hub.store.history(key, None).await.unwrap().iter().map(|stored| stored.event.kind).collect();
    use entitlement::EventKind::{Cancelled, Created, Noted};
    assert_eq!(kinds, [Created, Cancelled, Noted], "the history keeps what it told");
    hub.finish().await;
}

#[tokio::test]
async fn a_pending_one_times_out_where_the_route_says_so() {
    let hub = Setup::new().routes(|route| route.facts.pending_timeout_s = Some(3_600)).start().await;
    let id = hub.created("anna", "MUSIC").await;
    let update = hub.created("bert", "MUSIC_NOW").await;
    hub.update(&update, &json!({ "productKey": "MUSIC_ASK" })).await.shows(202, "PENDING");
    hub.advance("PT1H").await;
    let ended = hub.read(&id).await;
    assert_eq!(ended.shows(200, "CANCELLED")["extensionData"]["cancelReasonCategory"], "ACTIVATION_ROLLBACK");
    assert_eq!(hub.read(&update).await.shows(200, "ACTIVE")["productKey"], "MUSIC_NOW");
    hub.finish().await;
}

#[tokio::test]
async fn a_route_may_demand_a_reason() {
    let hub = Setup::new().routes(|route| route.facts.reason_required = true).start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for end in ["cancel", "revoke"] {
        let answer = hub.post(&format!("/v1/entitlement/{end}/{id}"), &json!({ "note": "none" })).await;
        answer.is(400, "BAD_REQUEST");
        assert_eq!(answer.faults(), ["cancelReasonCategory required", "cancelReasonCode required"]);
    }
    assert_eq!(hub.read(&id).await.etag(), "\"1\"");
    let reason = json!({ "revokeReasonCategory": "REVOKED", "revokeReasonCode": "OTHER" });
    hub.post(&format!("/v1/entitlement/revoke/{id}"), &reason).await.shows(200, "REVOKED");
    hub.finish().await;
}

#[tokio::test]
async fn a_worker_ends_what_is_due_without_anybody_asking() {
    let hub = TestHub::start().await;
    let receiver = crate::harness::Receiver::start().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    body["dateExpiry"] = json!("2026-03-10T13:00:00Z");
    body["notificationUrl"] = json!(receiver.url("/"));
    hub.created_of(&body).await;
    hub.clock.advance_ms(3_600_000);
    let told = receiver.took(1).await.remove(0).json();
    assert_eq!((&told["notificationReason"], &told["reasonCode"]), (&json!("TERMINATION_SUCCESS"), &json!("EXPIRED")));
    let ended = hub.post("/v1/entitlement/report", &json!({ "status": "CANCELLED" })).await;
    assert_eq!(ended["entitlements"].as_array().unwrap().len(), 1);
    hub.finish().await;
}

//! A credential's switches, set for one request (docs/API.md section 2).

use crate::harness::{Setup, TestHub, create_body};
use serde_json::json;

#[tokio::test]
async fn a_switch_is_set_for_one_request_and_no_longer() {
    let hub = TestHub::start().await;
    let later = hub.creating("anna", "MUSIC_LATER").header("X-Entitle-Switch", "createdHttp=202").send().await;
    later.shows(202, "PENDING");
    hub.create("bert", "MUSIC_LATER").await.shows(201, "PENDING");

    let id = hub.created("carl", "MUSIC_NOW").await;
    hub.revoke(&id).await.shows(200, "REVOKED");
    let path = format!("/v1/entitlement/revoke/{id}");
    let conflict = hub.call("POST", &path).header("X-Entitle-Switch", "conflictCode=CONFLICT").send().await;
    conflict.refused(409, "CONFLICT", "already-ended");
    hub.call("POST", &path).send().await.refused(409, "NOT_AVAILABLE", "already-ended");

    let mut body = create_body("dora", "MUSIC_NOW");
    body["colour"] = json!("red");
    hub.post("/v1/entitlement", &body).await.refused(400, "BAD_REQUEST", "unknown-field");
    let call = hub.call("POST", "/v1/entitlement").json(&body);
    let ignored = call.header("X-Entitle-Switch", "unknownFields=ignore").send().await;
    ignored.shows(200, "ACTIVE");
    assert_eq!(ignored.header("ignored-fields"), Some("colour"));
    hub.advance("PT10S").await;
    hub.finish().await;
}

#[tokio::test]
async fn the_member_that_carries_the_reason_is_the_one_of_the_request_whenever_it_is_sent() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.post("/sandbox/v1/inbox/default/answers", &json!({ "status": 500, "times": 1 })).await.is(200, "OK");
    let suspend = hub.updating(&id, &json!({ "entitlementBenefits": "SUSPENDED" }));
    suspend.header("X-Entitle-Switch", "notificationReasonField=event").send().await.shows(200, "SUSPENDED");
    hub.update(&id, &json!({ "entitlementBenefits": "NORMAL" })).await.shows(200, "ACTIVE");
    hub.advance("PT1M").await;
    let told = hub.told().await;
    let members = |body: &serde_json::Value| (body["event"].clone(), body["notificationReason"].clone());
    let (named, usual) = (json!("SUSPENSION_SUCCESS"), json!("RESUMPTION_SUCCESS"));
    let none = serde_json::Value::Null;
    let expected = [(named.clone(), none.clone()), (named, none.clone()), (none, usual)];
    assert_eq!(told.iter().map(members).collect::<Vec<_>>(), expected, "the failed attempt, the second, the next");
    hub.finish().await;
}

#[tokio::test]
async fn an_unknown_switch_or_value_names_what_there_is() {
    let hub = TestHub::start().await;
    for (header, hint) in [
        ("conflictcode=CONFLICT", "Is it conflictCode?"),
        ("conflictCode=SOMETHING", "NOT_AVAILABLE and CONFLICT"),
        ("", "Send name=value"),
    ] {
        let answer = hub.creating("anna", "MUSIC_NOW").header("X-Entitle-Switch", header).send().await;
        answer.refused(400, "BAD_REQUEST", "switch-invalid").hints(hint);
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_live_credential_sets_none() {
    let hub = Setup::new().other("live", true).start().await;
    let call = hub.call("GET", "/v1/echo/1").user("live").header("X-Entitle-Switch", "createdHttp=202");
    call.send().await.refused(400, "BAD_REQUEST", "test-only");
    hub.finish().await;
}

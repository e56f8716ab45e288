//! Forced answers of the hub itself: `Prefer: status=` and /sandbox/v1/next (docs/API.md
//! section 8.5).

use crate::harness::{Answer, Call, Setup, TestHub, create_body};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::task::JoinSet;
use wire::ResponseCode;

/// One call of every kind in section 4; none of them finds anything.
fn every_call(hub: &TestHub) -> Vec<Call<'_>> {
    let none = "0198f3a2-6c00-7000-8000-00000000000f";
    vec![
        hub.call("GET", "/v1/echo/1"),
        hub.creating("anna", "MUSIC_NOW").identity("i-1"),
        hub.call("GET", &format!("/v1/entitlement/{none}")),
        hub.call("GET", &format!("/v1/entitlement/{none}/history")),
        hub.call("POST", "/v1/entitlement/report").json(&json!({})),
        hub.updating(none, &json!({ "status": "ACTIVE" })),
        hub.call("POST", &format!("/v1/entitlement/cancel/{none}")),
        hub.call("POST", &format!("/v1/entitlement/revoke/{none}")),
        hub.call("POST", &format!("/v1/entitlement/reactivate/{none}")),
        hub.call("GET", &format!("/v1/entitlement/{none}/activationInfo")),
        hub.call("POST", "/v1/entitlement").header("Content-Type", "text/plain").bytes("no JSON at all"),
    ]
}

#[track_caller]
fn is_forced(answer: &Answer, status: u16, code: &str) {
    answer.refused(status, code, "forced").hints("nothing was done");
    assert_eq!(answer["error"]["origin"], if status < 500 { "RESELLER" } else { "HUB" });
}

async fn is_empty(hub: &TestHub) -> bool {
    let report = hub.post("/v1/entitlement/report", &json!({})).await;
    report["entitlements"] == json!([]) && report["parameters"]["feedCursor"] == "0"
}

#[tokio::test]
async fn a_preferred_status_answers_every_call_and_nothing_is_done_or_remembered() {
    let hub = TestHub::start().await;
    for call in every_call(&hub) {
        let answer = call.header("prefer", "respond-async, Status=503;x=y, status=404").send().await;
        is_forced(&answer, 503, "SERVICE_UNAVAILABLE");
        assert_eq!(answer.header("preference-applied"), Some("status=503"));
    }
    assert!(is_empty(&hub).await);
    let create = hub.creating("anna", "MUSIC_NOW").identity("i-1");
    assert_eq!(create.send().await.shows(200, "ACTIVE").header("idempotent-replayed"), None);
    // What is remembered is not asked either.
    is_forced(&create.header("Prefer", "status=500").send().await, 500, "INTERNAL_ERROR");
    let nobody = hub.call("GET", "/v1/echo/1").anonymous().header("Prefer", "status=503");
    nobody.send().await.refused(401, "UNAUTHORIZED", "unauthorized");
    hub.finish().await;
}

#[tokio::test]
async fn every_status_has_its_codes_and_headers() {
    let hub = TestHub::start().await;
    for status in (400..=418).chain([422, 429, 451, 500, 501, 502, 503, 504, 599]) {
        let fitting = ResponseCode::of_status(status);
        for code in ResponseCode::ALL {
            let call = hub.call("POST", "/v1/entitlement").header("Prefer", &format!("status={status}"));
            let call = call.header("Preference-Extension", &format!("responseCode={}", code.as_str()));
            let answer = call.send().await;
            if !fitting.contains(&code) {
                answer.refused(400, "BAD_REQUEST", "sandbox-invalid").hints(fitting[0].as_str());
                assert_eq!(answer.faults(), ["preference-extension sandbox-invalid"]);
                continue;
            }
            is_forced(&answer, status, code.as_str());
            assert_eq!(answer.header("retry-after"), [429, 503].contains(&status).then_some("1"));
            assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
            assert_eq!(answer.header("allow"), (status == 405).then_some("POST, PATCH"));
            assert_eq!(answer.header("ratelimit"), (status == 429).then_some("\"default\";r=0;t=2"));
            assert_eq!(answer.header("ratelimit-policy"), (status == 429).then_some("\"default\";q=400;w=2"));
        }
        let plain = hub.call("GET", "/v1/echo/1").header("Prefer", &format!("status=\"{status}\"")).send().await;
        is_forced(&plain, status, fitting[0].as_str());
    }
    let conflict = hub.call("GET", "/v1/echo/1").header("X-Entitle-Switch", "conflictCode=CONFLICT");
    is_forced(&conflict.header("Prefer", "status=409").send().await, 409, "CONFLICT");
    for status in ["200", "302", "399", "600", "", "many", "-429", "4290"] {
        let answer = hub.creating("anna", "MUSIC_NOW").header("Prefer", &format!("status={status}")).send().await;
        answer.refused(400, "BAD_REQUEST", "sandbox-invalid").hints("400 to 599");
        assert_eq!(answer.faults(), ["Prefer sandbox-invalid"]);
    }
    assert!(is_empty(&hub).await);
    hub.finish().await;
}

#[tokio::test]
async fn other_preferences_and_live_credentials_force_nothing() {
    let hub = Setup::new().other("live", true).start().await;
    for prefer in ["return=minimal", "stat=503", "x=\"status=503\"", ""] {
        hub.call("GET", "/v1/echo/1").header("Prefer", prefer).send().await.is(200, "OK");
    }
    let live = hub.call("GET", "/v1/echo/1").user("live").header("Prefer", "status=503").send().await;
    assert_eq!(live.is(200, "OK").header("preference-applied"), None);
    let next = hub.call("POST", "/sandbox/v1/next").user("live").json(&json!({ "status": 503 }));
    next.send().await.refused(400, "BAD_REQUEST", "sandbox-invalid");
    hub.call("GET", "/v1/echo/1").user("live").send().await.is(200, "OK");
    hub.finish().await;
}

#[tokio::test]
async fn the_next_calls_of_the_account_are_answered_as_told_and_then_no_more() {
    let hub = Setup::new().other("other", false).start().await;
    let next = async |body: Value| hub.post("/sandbox/v1/next", &body).await;
    let set = next(json!({ "status": 429, "responseCode": "TOO_MANY_REQUESTS", "times": 2 })).await;
    assert_eq!(set.is(200, "OK")["next"], json!({ "status": 429, "responseCode": "TOO_MANY_REQUESTS", "times": 2 }));
    hub.call("GET", "/v1/echo/1").user("other").send().await.is(200, "OK");
    is_forced(&hub.create("anna", "MUSIC_NOW").await, 429, "TOO_MANY_REQUESTS");
    // The sandbox's own calls are no calls of section 4, and a preference is nearer than what was told before.
    assert_eq!(hub.get("/sandbox/v1/next").await["next"]["times"], 1);
    is_forced(&hub.call("GET", "/v1/echo/1").header("Prefer", "status=500").send().await, 500, "INTERNAL_ERROR");
    let last = hub.get("/v1/echo/1").await;
    is_forced(&last, 429, "TOO_MANY_REQUESTS");
    assert_eq!(last.header("preference-applied"), None);
    hub.get("/v1/echo/1").await.is(200, "OK");
    assert_eq!(hub.get("/sandbox/v1/next").await["next"], Value::Null);

    next(json!({ "status": 503 })).await.is(200, "OK");
    is_forced(&hub.get("/v1/echo/1").await, 503, "SERVICE_UNAVAILABLE");
    hub.get("/v1/echo/1").await.is(200, "OK");

    for taking_back in ["/sandbox/v1/next", "/sandbox/v1/reset"] {
        next(json!({ "status": 500, "times": 1000 })).await.is(200, "OK");
        hub.post(taking_back, &json!({ "times": 0 })).await.is(200, "OK");
        hub.get("/v1/echo/1").await.is(200, "OK");
    }
    for (body, field) in [
        (json!({}), "status"),
        (json!({ "status": 200 }), "status"),
        (json!({ "status": null }), "status"),
        (json!({ "status": 404, "responseCode": "NOT_AVAILABLE" }), "responseCode"),
        (json!({ "status": 404, "responseCode": 7 }), "responseCode"),
        (json!({ "status": 404, "times": 1001 }), "times"),
        (json!({ "status": 404, "times": -1 }), "times"),
        (json!({ "status": 404, "count": 1 }), "count"),
    ] {
        let answer = next(body).await;
        answer.refused(400, "BAD_REQUEST", "sandbox-invalid");
        assert_eq!(answer["error"]["field"], field);
    }
    hub.get("/v1/echo/1").await.is(200, "OK");
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_at_once_are_counted_one_by_one() {
    let hub = Arc::new(TestHub::start().await);
    hub.post("/sandbox/v1/next", &json!({ "status": 429, "times": 25 })).await.is(200, "OK");
    let mut running = JoinSet::new();
    for at in 0..60 {
        let hub = Arc::clone(&hub);
        running.spawn(async move {
            let body = create_body(&format!("customer-{at}"), "MUSIC_NOW");
            hub.post("/v1/entitlement", &body).await.status
        });
    }
    let mut statuses = running.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200; 35], vec![429; 25]].concat());
    let report = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!(report["entitlements"].as_array().unwrap().len(), 35, "nothing was done where it was forced");
    Arc::into_inner(hub).unwrap().finish().await;
}

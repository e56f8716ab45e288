//! Paths and methods: what answers where, before anything else is looked at.

use crate::harness::{Answer, TestHub};
use serde_json::json;

#[tokio::test]
async fn every_path_answers_with_and_without_the_version_and_with_one_slash_behind() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC").await;
    let calls = [
        ("GET", "/echo/7".to_owned(), 200),
        ("GET", format!("/entitlement/{id}"), 200),
        ("POST", "/entitlement/report".to_owned(), 200),
        ("GET", "/events".to_owned(), 200),
        ("POST", format!("/entitlement/{id}/activationInfo"), 200),
        ("GET", format!("/entitlement/{id}/activationInfo"), 200),
        ("GET", format!("/entitlement/activationInfo/{id}"), 200),
        ("POST", format!("/entitlement/activationInfo/{id}"), 200),
        ("GET", format!("/entitlement/{id}/ACTIVATIONINFO"), 200),
        ("POST", format!("/entitlement/ActivationInfo/{id}"), 200),
        ("POST", "/entitlement".to_owned(), 400),
        ("PATCH", "/entitlement".to_owned(), 400),
        ("POST", "/entitlement/cancel/none".to_owned(), 404),
        ("POST", "/entitlement/revoke/none".to_owned(), 404),
    ];
    for (method, path, status) in calls {
        for path in [path.clone(), format!("{path}/"), format!("/v1{path}"), format!("/v1{path}/")] {
            let answer = hub.call(method, &path).send().await;
            assert_eq!(answer.status, status, "{method} {path}: {answer}");
            assert!(answer["error"]["rule"] != "unknown-path", "{method} {path}: {answer}");
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_unknown_path_is_named_with_its_nearest_before_the_credential_is_looked_at() {
    let hub = TestHub::start().await;
    for (method, path, near) in [
        ("POST", "/v1/entitlements", "/v1/entitlement"),
        ("POST", "/v1/entitlment", "/v1/entitlement"),
        ("POST", "/v1/entitlement/canc/019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b", "/v1/entitlement/cancel/{id}"),
        ("GET", "/v1/entitlment/019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b", "/v1/entitlement/{id}"),
        ("GET", "/sandbox/v1/clocks", "/sandbox/v1/clock"),
    ] {
        let answer = hub.call(method, path).anonymous().send().await;
        answer.refused(404, "NOT_FOUND", "unknown-path").hints(near);
    }
    for path in
        ["/", "/v1", "/v1/", "/v1/entitlement/a/b/c", "/v1/entitlement/%zz", "/v1/entitlement/x//", "/v2/echo/1"]
    {
        hub.call("GET", path).anonymous().send().await.refused(404, "NOT_FOUND", "unknown-path");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones_before_the_credential_is_looked_at() {
    let hub = TestHub::start().await;
    for (method, path, allow) in [
        ("GET", "/v1/entitlement", "POST, PATCH"),
        ("DELETE", "/v1/entitlement", "POST, PATCH"),
        ("PUT", "/entitlement/x", "GET"),
        ("GET", "/v1/entitlement/report", "POST"),
        ("POST", "/v1/events", "GET"),
        ("HEAD", "/v1/entitlement/cancel/x", "POST"),
        ("PATCH", "/v1/entitlement/revoke/x", "POST"),
        ("DELETE", "/v1/entitlement/x/activationInfo", "GET, POST"),
        ("POST", "/v1/echo/x", "GET"),
        ("OPTIONS", "/v1/echo/x", "GET"),
        ("BREW", "/v1/echo/x", "GET"),
        ("GET", "/sandbox/v1/reset", "POST"),
        ("PUT", "/sandbox/v1/clock", "GET, POST"),
    ] {
        let answer = hub.call(method, path).anonymous().bytes("{ not even JSON").send().await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}: {answer}");
        if method != "HEAD" {
            answer.refused(405, "BAD_REQUEST", "wrong-method").hints(allow);
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let whole = hub.read(&id).await;
    let head = hub.call("HEAD", &format!("/v1/entitlement/{id}")).send().await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for name in ["etag", "content-type", "content-length"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
    assert_eq!(hub.call("HEAD", "/v1/entitlement/none").send().await.status, 404);
    hub.finish().await;
}

#[tokio::test]
async fn echo_gives_back_what_it_is_given() {
    let hub = TestHub::start().await;
    for (sent, back) in [("42", "42"), ("a%20b", "a b"), ("%C3%A9%22%3C", "é\"<"), ("..", "..")] {
        let answer = hub.get(&format!("/v1/echo/{sent}")).await;
        answer.is(200, "OK");
        assert_eq!((&answer["echo"], &answer["responseMessage"]), (&json!(back), &json!("Success")));
        assert_eq!(answer["parameters"], json!({}));
    }
    let named = hub.call("GET", "/v1/echo/1").identity("e-1").send().await;
    assert_eq!(named.header("x-requestidentifier"), Some("e-1"), "it is a read, and echoed all the same");
    let again = hub.call("GET", "/v1/echo/2").identity("e-1").send().await;
    again.is(200, "OK");
    assert_eq!(again.header("idempotent-replayed"), None);
    hub.finish().await;
}

#[tokio::test]
async fn every_answer_has_a_request_id_of_its_own_and_is_not_kept_by_caches() {
    let hub = TestHub::start().await;
    let mut seen = std::collections::HashSet::new();
    for (method, path) in
        [("GET", "/v1/echo/1"), ("GET", "/nowhere"), ("PUT", "/v1/echo/1"), ("GET", "/v1/entitlement/x")]
    {
        let answer: Answer = hub.call(method, path).send().await;
        assert!(seen.insert(answer.header("x-request-id").unwrap().to_owned()));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    hub.finish().await;
}

#[tokio::test]
async fn ids_are_matched_in_any_letter_case_where_the_hub_made_them() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    assert_eq!(hub.read(&id.to_uppercase()).await["entitlementId"], json!(id));
    hub.update(&id.to_uppercase(), &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    let end = json!({ "entitlementId": id });
    hub.post(&format!("/v1/entitlement/cancel/{}", id.to_uppercase()), &end).await.shows(200, "SUSPENDED");
    hub.finish().await;
}

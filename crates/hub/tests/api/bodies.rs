//! Bodies that are no JSON as the contract wants it, at every call that takes one: each is told
//! what and where, and nothing is done (docs/API.md section 1).

use crate::harness::{TestHub, create_body};
use serde_json::json;

/// Bytes, and `field rule` of their one fault.
fn broken_bodies() -> Vec<(Vec<u8>, &'static str)> {
    let nested = |depth: usize| format!("{{\"extensionData\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        (text("{"), "body json-invalid"),
        (text("nonsense"), "body json-invalid"),
        (text("{\"a\":1,}"), "body json-invalid"),
        (text("{'a':1}"), "body json-invalid"),
        (text("{\"a\":01}"), "body json-invalid"),
        (text("{\"a\":NaN}"), "body json-invalid"),
        (text("{\"a\":\"line\nend\"}"), "body json-invalid"),
        (text("{\"a\":\"\\ud800\"}"), "body json-invalid"),
        (text("{} {}"), "body json-invalid"),
        (text("[]"), "body json-not-object"),
        (text("\"text\""), "body json-not-object"),
        (text("null"), "body json-not-object"),
        (text("42"), "body json-not-object"),
        (text("{\"productKey\":\"a\",\"productKey\":\"a\"}"), "productKey json-duplicate-key"),
        (text("{\"product\\u004bey\":\"a\",\"productKey\":\"b\"}"), "productKey json-duplicate-key"),
        (text("{\"extensionData\":{\"a\":{\"b\":1,\"b\":2}}}"), "extensionData.a.b json-duplicate-key"),
        (text("{\"extensionData\":[{\"x\":1,\"x\":2}]}"), "extensionData.x json-duplicate-key"),
        (text(&nested(32)), "body json-too-deep"),
        (text(&nested(100_000)), "body json-too-deep"),
        (b"{\"a\":\"\xff\xfe\"}".to_vec(), "body utf8-invalid"),
        (b"{\"a\":\"\xed\xa0\x80\"}".to_vec(), "body utf8-invalid"),
        (b"\x00{}".to_vec(), "body json-invalid"),
        (
            [b"\xff\xfe".to_vec(), "{}".encode_utf16().flat_map(u16::to_le_bytes).collect()].concat(),
            "body utf8-invalid",
        ),
    ]
}

#[tokio::test]
async fn every_call_refuses_every_broken_body_with_its_place() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let calls = [
        ("POST", "/v1/entitlement".to_owned()),
        ("PATCH", "/v1/entitlement".to_owned()),
        ("POST", "/v1/entitlement/report".to_owned()),
        ("POST", format!("/v1/entitlement/cancel/{id}")),
        ("POST", format!("/v1/entitlement/revoke/{id}")),
    ];
    for (method, path) in calls {
        for (body, fault) in broken_bodies() {
            let call = hub.call(method, &path).header("Content-Type", "application/json").bytes(body.clone());
            let answer = call.send().await;
            answer.is(400, "BAD_REQUEST");
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert_eq!(answer.faults(), [fault], "{method} {path} {shown}");
            assert!(answer["error"]["hint"].as_str().unwrap().len() > 20, "{answer}");
            assert!(answer.body.len() < 2_000, "an answer does not repeat the body");
        }
    }
    assert_eq!(hub.read(&id).await.etag(), "\"1\"");
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!(found["entitlements"].as_array().unwrap().len(), 1);
    hub.finish().await;
}

#[tokio::test]
async fn thirty_two_levels_are_read() {
    let hub = TestHub::start().await;
    let deep = format!("{}1{}", "[".repeat(30), "]".repeat(30));
    let body = create_body("anna", "MUSIC_NOW").to_string();
    let body = body.replacen('{', &format!("{{\"extensionData\":{{\"a\":{deep}}},"), 1);
    let call = hub.call("POST", "/v1/entitlement").header("Content-Type", "application/json").bytes(body);
    let answer = call.send().await;
    answer.shows(200, "ACTIVE");
    assert!(answer.body.contains(&deep));
    hub.finish().await;
}

#[tokio::test]
async fn huge_numbers_are_texts_where_they_may_be_any_and_refused_where_they_count() {
    let hub = TestHub::start().await;
    let huge = "9".repeat(5_000);
    let report = format!("{{\"limit\":{huge}}}");
    let call = hub.call("POST", "/v1/entitlement/report").header("Content-Type", "application/json");
    assert_eq!(call.bytes(report).send().await.faults(), ["limit limit-range"]);
    let id = hub.created("anna", "MUSIC_NOW").await;
    let body = format!("{{\"entitlementId\":\"{id}\",\"extensionData\":{{\"n\":-{huge}e-{huge}}}}}");
    let call = hub.call("PATCH", "/v1/entitlement").header("Content-Type", "application/json");
    let answer = call.bytes(body).send().await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains(&format!("-{huge}e-{huge}")));
    hub.finish().await;
}

#[tokio::test]
async fn white_space_alone_is_no_body() {
    let hub = TestHub::start().await;
    let call = hub.call("POST", "/v1/entitlement/report").header("Content-Type", "application/json");
    call.bytes(" \r\n\t ").send().await.is(200, "OK");
    let call = hub.call("POST", "/v1/entitlement").header("Content-Type", "application/json").bytes(" ");
    let answer = call.send().await;
    assert_eq!(answer.faults(), ["customerIdentifier required", "merchantAccountKey required", "productKey required"]);
    hub.finish().await;
}

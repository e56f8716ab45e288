//! Who is let in: one answer for all causes, at every call that takes a credential.

use crate::harness::{TestHub, basic};

const CALLS: [(&str, &str); 13] = [
    ("GET", "/v1/echo/1"),
    ("POST", "/v1/entitlement"),
    ("PATCH", "/v1/entitlement"),
    ("GET", "/v1/entitlement/x"),
    ("POST", "/v1/entitlement/report"),
    ("GET", "/v1/events"),
    ("POST", "/v1/entitlement/cancel/x"),
    ("POST", "/v1/entitlement/revoke/x"),
    ("GET", "/v1/entitlement/x/activationInfo"),
    ("POST", "/v1/entitlement/activationInfo/x"),
    ("GET", "/sandbox/v1/notifications"),
    ("POST", "/sandbox/v1/clock"),
    ("POST", "/sandbox/v1/reset"),
];

#[tokio::test]
async fn nobody_is_let_in_without_a_credential() {
    let hub = TestHub::start().await;
    for (method, path) in CALLS {
        let answer = hub.call(method, path).anonymous().send().await;
        answer.refused(401, "UNAUTHORIZED", "unauthorized").hints("Send the Authorization header");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic "), "{answer}");
        assert_eq!(answer["error"]["field"], "Authorization");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_wrong_header_is_told_what_is_wrong_with_its_form_and_nothing_of_the_credential() {
    let hub = TestHub::start().await;
    let wrong_password = basic("sandbox", "guess");
    let unknown_user = basic("nobody", "guess");
    for (header, hint) in [
        ("", "not `Basic`"),
        ("Basic", "not `Basic`"),
        ("Basic !!!", "not `Basic`"),
        ("Basic c2FuZGJveA==", "not `Basic`"),
        ("Bearer c2FuZGJveDpzYW5kYm94", "not `Basic`"),
        (wrong_password.as_str(), "this mode's"),
        (unknown_user.as_str(), "this mode's"),
    ] {
        let answer = hub.call("GET", "/v1/echo/1").anonymous().header("Authorization", header).send().await;
        answer.refused(401, "UNAUTHORIZED", "unauthorized").hints(hint);
    }
    let ask = async |header: &str| {
        hub.call("GET", "/v1/echo/1").anonymous().header("Authorization", header).send().await.body
    };
    assert_eq!(ask(&wrong_password).await, ask(&unknown_user).await, "nothing tells which user exists");
    let long = format!("Basic {}", "QUFB".repeat(1_000));
    let answer = hub.call("GET", "/v1/echo/1").anonymous().header("Authorization", &long).send().await;
    answer.refused(401, "UNAUTHORIZED", "unauthorized");
    hub.finish().await;
}

#[tokio::test]
async fn the_scheme_is_read_in_any_letter_case_and_a_good_credential_stays_good_after_bad_ones() {
    let hub = TestHub::start().await;
    let good = basic("sandbox", crate::harness::PASSWORD);
    for header in [good.clone(), good.replace("Basic", "basic"), good.replace("Basic", "BASIC")] {
        hub.call("GET", "/v1/echo/1").anonymous().header("Authorization", &header).send().await.is(200, "OK");
    }
    hub.call("GET", "/v1/echo/1").user("sandbo").send().await.is(401, "UNAUTHORIZED");
    hub.get("/v1/echo/1").await.is(200, "OK");
    hub.finish().await;
}

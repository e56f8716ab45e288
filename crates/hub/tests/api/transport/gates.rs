//! The terms of a credential: from where and how often it may be used.

use crate::harness::{Setup, TestHub, exchange};
use hub::{Gate, Rate};
use serde_json::json;
use std::num::NonZeroU32;

fn rate(per_second: u32, burst: u32) -> Gate {
    let number = |number| NonZeroU32::new(number).unwrap();
    Gate::new(Vec::new(), Some(Rate { per_second: number(per_second), burst: number(burst) }), None)
}

fn only_from(net: &str) -> Gate {
    Gate::new(vec![net.parse().unwrap()], None, None)
}

#[tokio::test]
async fn outside_its_allow_list_a_credential_gets_the_answer_of_a_wrong_one() {
    let hub = Setup::new().proxied().other("listed", false).gate("listed", only_from("203.0.113.0/24")).start().await;
    let from = |address: &str, user: &str| hub.call("GET", "/v1/echo/1").user(user).header("X-Forwarded-For", address);
    from("203.0.113.7", "listed").send().await.is(200, "OK");
    let outside = from("198.51.100.7", "listed").send().await;
    outside.refused(401, "UNAUTHORIZED", "unauthorized").hints("the address you call from");
    let unknown = from("198.51.100.7", "nobody").send().await;
    assert_eq!(outside.body, unknown.body, "nothing tells that the password was right");
    from("198.51.100.7", "sandbox").send().await.is(200, "OK");
    // What stands left of the last address anybody can write.
    from("203.0.113.7, 198.51.100.7", "listed").send().await.is(401, "UNAUTHORIZED");
    from("198.51.100.7, 203.0.113.7", "listed").send().await.is(200, "OK");
    hub.finish().await;
}

#[tokio::test]
async fn without_a_declared_proxy_nobody_can_say_where_he_comes_from() {
    let hub = Setup::new().other("listed", false).gate("listed", only_from("203.0.113.0/24")).start().await;
    let call = hub.call("GET", "/v1/echo/1").user("listed").header("X-Forwarded-For", "203.0.113.7");
    call.send().await.refused(401, "UNAUTHORIZED", "unauthorized");
    hub.finish().await;
}

#[tokio::test]
async fn a_limited_credential_reads_its_limit_on_every_answer_and_others_on_none() {
    let hub = Setup::new().other("busy", false).gate("busy", rate(1, 60)).start().await;
    let busy = |method, path: &str| hub.call(method, path).user("busy");
    for (left, call) in [
        (59, busy("GET", "/v1/echo/1")),
        (58, busy("GET", "/v1/entitlement/none")),
        (57, busy("POST", "/v1/entitlement").bytes("{")),
        (56, busy("POST", "/v1/entitlement").json(&json!({}))),
    ] {
        let answer = call.send().await;
        assert_eq!(answer.header("ratelimit-policy"), Some("\"default\";q=60;w=60"), "{answer}");
        let standing = answer.header("ratelimit").unwrap();
        let read = standing.strip_prefix("\"default\";r=").and_then(|rest| rest.split(';').next()).unwrap();
        // The bucket refills while the test runs.
        assert!((left..60).contains(&read.parse().unwrap()), "{left}: {standing}");
    }
    assert_eq!(hub.get("/v1/echo/1").await.header("ratelimit"), None);
    hub.finish().await;
}

#[tokio::test]
async fn too_many_requests_are_refused_before_their_body_is_read() {
    let hub = Setup::new().other("busy", false).gate("busy", rate(1, 2)).start().await;
    let call = hub.call("POST", "/v1/entitlement").user("busy").header("Content-Type", "text/plain");
    let all = futures(&hub, vec![call.bytes(vec![b'x'; 300_000]).text(); 12]).await;
    let refused: Vec<_> = all.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty() && all.iter().all(|answer| matches!(answer.status, 413 | 429)));
    for answer in refused {
        answer.refused(429, "TOO_MANY_REQUESTS", "rate-limited");
        assert_eq!(answer.header("retry-after"), Some("1"), "{answer}");
        assert!(answer.header("ratelimit").unwrap().starts_with("\"default\";r=0;t="), "{answer}");
        assert_eq!(answer["error"]["retryable"], true);
    }
    hub.call("GET", "/v1/echo/1").user("nobody").send().await.is(401, "UNAUTHORIZED");
    hub.get("/v1/echo/1").await.is(200, "OK");
    hub.finish().await;
}

/// All at once.
async fn futures(hub: &TestHub, calls: Vec<Vec<u8>>) -> Vec<crate::harness::Answer> {
    let address = hub.address;
    let mut running = tokio::task::JoinSet::new();
    for sent in calls {
        running.spawn(async move { crate::harness::Answer::parse(&exchange(address, &sent).await, false) });
    }
    running.join_all().await
}

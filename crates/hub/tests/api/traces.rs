//! Traces: a collector on loopback gets the spans of a create that asks a merchant, under the trace
//! that the caller began; without a collector nobody gets a traceparent.

use crate::harness::{Receiver, Reply, ScriptedMerchant, Setup, TestHub};
use hub::TraceTo;
use serde_json::Value;
use std::collections::BTreeMap;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "00f067aa0ba902b7";

async fn traced(permille: u16) -> (TestHub, Receiver, Receiver) {
    let (merchant, collector) = (Receiver::start().await, Receiver::start().await);
    let hub = Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await;
    hub.hub.trace_to(&TraceTo { endpoint: collector.url(""), permille }).unwrap();
    (hub, merchant, collector)
}

/// Every span that has come, checked as OTLP wants it.
fn spans(collector: &Receiver) -> Vec<Value> {
    let mut found = Vec::new();
    for request in collector.all() {
        assert_eq!(request.line, "POST /v1/traces HTTP/1.1");
        assert_eq!(request.header("content-type"), Some("application/json"));
        let body = request.json();
        let resource = &body["resourceSpans"][0];
        assert_eq!(resource["resource"]["attributes"][0]["value"]["stringValue"], "entitle");
        found.extend(resource["scopeSpans"][0]["spans"].as_array().unwrap().clone());
    }
    for span in &found {
        let is_hex = |name: &str, length| {
            let text = span[name].as_str().unwrap();
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        assert!(is_hex("traceId", 32) && is_hex("spanId", 16), "{span}");
        let at = |name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
        assert!(at("startTimeUnixNano") <= at("endTimeUnixNano"), "{span}");
    }
    found
}

fn attributes(span: &Value) -> BTreeMap<&str, &str> {
    let all = span["attributes"].as_array().unwrap();
    all.iter().map(|one| (one["key"].as_str().unwrap(), one["value"]["stringValue"].as_str().unwrap())).collect()
}

fn one<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    let mut found = spans.iter().filter(|span| span["name"] == name);
    found.next().unwrap_or_else(|| panic!("no {name} in {spans:?}"))
}

#[tokio::test]
async fn a_create_with_a_merchant_call_is_one_trace_of_its_caller() {
    let (hub, merchant, collector) = traced(0).await;
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let created = hub.creating("anna-4711", "MUSIC").header("traceparent", &parent).send().await;
    created.shows(200, "ACTIVE");
    hub.hub.flush_traces().await;
    let spans = spans(&collector);
    let root = one(&spans, "create");
    assert_eq!((&root["traceId"], &root["parentSpanId"], &root["kind"]), (&TRACE.into(), &CALLER.into(), &2.into()));
    let said = attributes(root);
    assert_eq!(
        (said["entitle.operation"], said["http.response.status_code"], said["entitle.rule"]),
        ("create", "200", "")
    );
    assert_eq!(said["entitle.request_id"], created.header("x-request-id").unwrap());
    let names: Vec<&str> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| **name == "commit").count(), 2, "intent and outcome: {names:?}");
    for child in spans.iter().filter(|span| span["name"] != "create") {
        assert_eq!((&child["traceId"], &child["parentSpanId"]), (&root["traceId"], &root["spanId"]), "{child}");
    }
    let call = one(&spans, "merchant call");
    assert_eq!((&call["kind"], attributes(call)["entitle.merchant"]), (&3.into(), "BANGO_US"));
    let sent = format!("00-{TRACE}-{}-01", call["spanId"].as_str().unwrap());
    assert_eq!(merchant.all()[0].header("traceparent"), Some(sent.as_str()));
    let text = format!("{spans:?}");
    assert!(!text.contains("anna") && !text.contains(&created.text("entitlementId")), "{text}");
    hub.finish().await;
}

#[tokio::test]
async fn a_request_has_a_trace_of_its_own_and_so_has_a_notification() {
    let (hub, _merchant, collector) = traced(1_000).await;
    let id = hub.created("anna", "MUSIC").await;
    hub.revoke(&id).await;
    hub.quiet().await;
    hub.hub.flush_traces().await;
    let spans = spans(&collector);
    let (create, revoke, told) = (one(&spans, "create"), one(&spans, "revoke"), one(&spans, "notification"));
    assert!(create["traceId"] != revoke["traceId"] && told["traceId"] != revoke["traceId"]);
    assert!(create.get("parentSpanId").is_none() && told.get("parentSpanId").is_none());
    assert_eq!(attributes(told)["entitle.notification_reason"], "TERMINATION_SUCCESS");
    let of_revoke: Vec<&Value> = spans.iter().filter(|span| span["parentSpanId"] == revoke["spanId"]).collect();
    assert!(["load", "decide", "commit"].iter().all(|name| of_revoke.iter().any(|span| span["name"] == *name)));
    hub.finish().await;
}

#[tokio::test]
async fn a_caller_who_keeps_no_trace_gets_none_and_a_failure_is_marked() {
    let (hub, merchant, collector) = traced(1_000).await;
    merchant.answer([Reply::status(429)]);
    let unsampled = format!("00-{TRACE}-{CALLER}-00");
    let refused = hub.creating("anna", "MUSIC").header("traceparent", &unsampled).send().await;
    refused.refused(503, "SERVICE_UNAVAILABLE", "merchant-busy");
    assert_eq!(merchant.all()[0].header("traceparent"), None);
    merchant.answer([Reply::status(429)]);
    hub.create("anna", "MUSIC").await.refused(503, "SERVICE_UNAVAILABLE", "merchant-busy");
    hub.hub.flush_traces().await;
    let spans = spans(&collector);
    let creates: Vec<&Value> = spans.iter().filter(|span| span["name"] == "create").collect();
    assert_eq!(creates.len(), 1, "{spans:?}");
    assert_eq!(creates[0]["status"]["code"], 2);
    assert_eq!(attributes(creates[0])["entitle.rule"], "merchant-busy");
    hub.finish().await;
}

#[tokio::test]
async fn a_collector_that_is_gone_holds_up_nobody_and_the_loss_is_counted() {
    let hub = TestHub::start().await;
    hub.hub.trace_to(&TraceTo { endpoint: "http://127.0.0.1:1/".to_owned(), permille: 1_000 }).unwrap();
    hub.created("anna", "MUSIC_NOW").await;
    hub.hub.flush_traces().await;
    let text = hub.hub.metrics_text().await;
    let lost = text.lines().find(|line| line.starts_with("entitle_trace_spans_dropped_total{cause=\"collector\"}"));
    assert!(lost.is_some_and(|line| !line.ends_with(" 0")), "{text}");
    for none in ["127.0.0.1:4318", "ftp://127.0.0.1", ""] {
        assert!(hub.hub.trace_to(&TraceTo { endpoint: none.to_owned(), permille: 1 }).is_err(), "{none}");
    }
    hub.finish().await;
}

#[tokio::test]
async fn without_a_collector_nothing_is_traced() {
    let merchant = Receiver::start().await;
    let hub = Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await;
    let parent = format!("00-{TRACE}-{CALLER}-01");
    hub.creating("anna", "MUSIC").header("traceparent", &parent).send().await.shows(200, "ACTIVE");
    assert_eq!(merchant.all()[0].header("traceparent"), None);
    hub.finish().await;
}

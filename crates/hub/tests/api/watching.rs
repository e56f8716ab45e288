//! Watching: whether the hub is there, its figures, and that documents, dashboard and alerts name what
//! it really tells. Traces have a file of their own; `/metrics` over HTTP is asked of the real
//! binary, since it is no JSON.

use crate::harness::{Answer, Receiver, Reply, ScriptedMerchant, Setup, TestHub};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::StoreError;
use store::faults::{Call, Fault};

const DOCUMENT: &str = include_str!(concat!("../../../../docs/", "WATCHING.md"));
const ALERTS: &str = include_str!("../../../../deploy/prometheus-alerts.yml");
const DASHBOARD: &str = include_str!("../../../../deploy/grafana-dashboard.json");
/// Made by Prometheus itself.
const OF_PROMETHEUS: [&str; 1] = ["up"];

#[tokio::test]
async fn a_hub_lives_and_is_ready_without_credential() {
    let hub = TestHub::start().await;
    for path in ["/healthz", "/readyz", "/readyz/"] {
        hub.call("GET", path).anonymous().send().await.is(200, "OK");
        assert_eq!(hub.call("HEAD", path).anonymous().send().await.status, 200, "{path}");
        hub.call("POST", path).anonymous().send().await.refused(405, "BAD_REQUEST", "wrong-method");
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_hub_that_cannot_work_lives_and_is_not_ready() {
    let hub = Setup::new().faulty().start().await;
    let faults = hub.faults.clone().unwrap();
    for (error, rule) in
        [(StoreError::Stopped("input/output error".to_owned()), "store-stopped"), (StoreError::Busy, "store-busy")]
    {
        faults.script(Call::Answers, Fault::Before(error));
        hub.get("/readyz").await.refused(503, "SERVICE_UNAVAILABLE", rule);
        hub.get("/healthz").await.is(200, "OK");
    }
    faults.script(Call::Answers, Fault::Delay(std::time::Duration::from_secs(30)));
    hub.get("/readyz").await.refused(503, "SERVICE_UNAVAILABLE", "store-busy");
    hub.get("/readyz").await.is(200, "OK");
    hub.hub.drain();
    hub.get("/readyz").await.refused(503, "SERVICE_UNAVAILABLE", "draining");
    hub.get("/healthz").await.is(200, "OK");
    hub.finish().await;
}

/// A figure: its type, and the labels of its samples.
type Figures = BTreeMap<String, (String, BTreeSet<String>)>;

/// Reads the text as Prometheus does; names as they are stored.
fn figures(text: &str) -> Figures {
    let mut found = Figures::new();
    let mut current = String::new();
    for line in text.lines() {
        if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (name, kind) = typed.split_once(' ').unwrap();
            current = if kind == "counter" { format!("{name}_total") } else { name.to_owned() };
            let before = found.insert(current.clone(), (kind.to_owned(), BTreeSet::new()));
            assert_eq!(before, None, "{name} is told twice");
        } else if !line.starts_with('#') {
            assert!(line.starts_with(&current), "{line} does not belong to {current}");
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let labels = series.split_once('{').map_or("", |(_, labels)| labels.trim_end_matches('}'));
            let names = labels.split("\",").filter_map(|label| label.split_once('=')).map(|(name, _)| name.to_owned());
            found.get_mut(&current).unwrap().1.extend(names.filter(|name| name != "le"));
        }
    }
    found
}

/// A hub that has met everything it counts, and what it tells then.
async fn lived() -> (TestHub, Receiver, String) {
    let merchant = Receiver::start().await;
    merchant.answer([Reply::status(200), Reply::status(202), Reply::status(403)]);
    let hub = Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await;
    hub.hub.certificate_ends(1_900_000_000);
    let id = hub.created("anna-4711", "MUSIC").await;
    hub.created("bert-4712", "MUSIC").await;
    hub.create("carl-4713", "MUSIC").await.refused(422, "NOT_AVAILABLE", "merchant-refused-user");
    hub.read(&id).await.is(200, "OK");
    hub.call("GET", "/v1/echo/1").anonymous().send().await.is(401, "UNAUTHORIZED");
    hub.revoke(&id).await;
    hub.quiet().await;
    let text = hub.hub.metrics_text().await;
    (hub, merchant, text)
}

fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
    line.unwrap_or_else(|| panic!("no {series} in\n{text}")).rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_happened_is_counted_by_closed_lists_alone() {
    let (hub, _merchant, text) = lived().await;
    for (series, expected) in [
        ("entitle_requests_total{operation=\"create\",status=\"200\",code=\"OK\",rule=\"\"}", 1.0),
        ("entitle_requests_total{operation=\"create\",status=\"201\",code=\"OK\",rule=\"\"}", 1.0),
        (
            "entitle_requests_total{operation=\"create\",status=\"422\",code=\"NOT_AVAILABLE\",\
             rule=\"merchant-refused-user\"}",
            1.0,
        ),
        ("entitle_requests_total{operation=\"echo\",status=\"401\",code=\"UNAUTHORIZED\",rule=\"unauthorized\"}", 1.0),
        ("entitle_request_duration_seconds_count{operation=\"create\"}", 3.0),
        ("entitle_requests_in_flight", 0.0),
        ("entitle_credential_checks_total{result=\"missing\"}", 1.0),
        ("entitle_merchant_calls_total{merchant=\"BANGO_US\",result=\"2xx\"}", 3.0),
        ("entitle_merchant_calls_total{merchant=\"BANGO_US\",result=\"4xx\"}", 1.0),
        ("entitle_operations_open{kind=\"create\",stage=\"queued\"}", 1.0),
        ("entitle_notification_attempts_total{result=\"delivered\"}", 1.0),
        ("entitle_store_answers", 1.0),
        ("entitle_tls_certificate_expiry_seconds", 1_900_000_000.0),
    ] {
        assert!((value(&text, series) - expected).abs() < 1e-9, "{series} {}", value(&text, series));
    }
    assert!(value(&text, "entitle_store_data_bytes") > 0.0 && value(&text, "process_resident_memory_bytes") > 0.0);
    assert!(text.ends_with("# EOF\n"));
    for personal in ["anna", "4711", "sandbox\"", "127.0.0.1", "/v1/"] {
        assert!(!text.contains(personal), "{personal} stands in the figures");
    }
    hub.finish().await;
}

#[tokio::test]
async fn the_document_lists_every_figure_with_its_type_and_labels() {
    let (hub, _merchant, text) = lived().await;
    let mut documented = Figures::new();
    for line in DOCUMENT.lines().filter(|line| line.starts_with("| `entitle_") || line.starts_with("| `process_")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, meaning, _when] = cells[..] else { panic!("{line}") };
        assert!(!meaning.is_empty(), "{line}");
        let labels = labels.split(", ").filter(|label| !label.is_empty()).map(str::to_owned).collect();
        documented.insert(name.trim_matches('`').to_owned(), (kind.to_owned(), labels));
    }
    assert_eq!(documented, figures(&text));
    hub.finish().await;
}

/// Every word of an expression that could be a figure.
fn named(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let named = words.filter(|word| word.starts_with("entitle_") || word.starts_with("process_"));
    let suffixes = ["_bucket", "_sum", "_count"];
    named.map(|word| suffixes.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned()).collect()
}

#[tokio::test]
async fn alerts_and_dashboard_name_what_the_hub_tells() {
    let (hub, _merchant, text) = lived().await;
    let told: BTreeSet<String> = figures(&text).into_keys().collect();
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets: Vec<&Value> = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten().collect();
    assert!(targets.len() > 20, "{} targets", targets.len());
    let shown: BTreeSet<String> = targets.iter().flat_map(|target| named(target["expr"].as_str().unwrap())).collect();
    assert!(targets.iter().all(|target| !named(target["expr"].as_str().unwrap()).is_empty()));
    let expressions: Vec<&str> = alerts().into_iter().map(|(_, text)| text).collect();
    let watched: BTreeSet<String> = expressions.iter().flat_map(|text| named(text)).collect();
    for names in [&shown, &watched] {
        assert_eq!(names.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new(), "nobody tells these");
    }
    hub.finish().await;
}

/// Each alert's name and all of its text.
fn alerts() -> Vec<(&'static str, &'static str)> {
    let rules = ALERTS.split("- alert: ").skip(1);
    rules.map(|rule| rule.split_once('\n').map(|(name, text)| (name.trim(), text)).unwrap()).collect()
}

#[test]
fn every_alert_watches_something_and_the_document_says_what_to_do() {
    let alerts = alerts();
    let listed: BTreeSet<&str> =
        DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `Entitle")?.split('`').next()).collect();
    let named_here: BTreeSet<&str> = alerts.iter().map(|(name, _)| name.trim_start_matches("Entitle")).collect();
    assert_eq!(named_here, listed);
    assert_eq!(named_here.len(), alerts.len(), "an alert stands twice");
    for (name, text) in alerts {
        let watches = !named(text).is_empty() || OF_PROMETHEUS.iter().any(|made| text.contains(made));
        assert!(watches && text.contains("expr: "), "{name}");
        assert!(text.contains("severity: page") || text.contains("severity: ticket"), "{name} has no severity");
        assert!(text.contains("summary: \""), "{name} has no summary");
    }
}

#[tokio::test]
async fn a_repeated_refusal_is_counted_under_its_rule() {
    let hub = TestHub::start().await;
    let create = hub.creating("anna", "MUSIC_NO").identity("i-1");
    let answers: Vec<Answer> = vec![create.send().await, create.send().await];
    assert_eq!(answers[1].header("idempotent-replayed"), Some("true"));
    let text = hub.hub.metrics_text().await;
    let series = "entitle_requests_total{operation=\"create\",status=\"422\",code=\"NOT_AVAILABLE\",\
                  rule=\"merchant-refused-user\"}";
    assert!((value(&text, series) - 2.0).abs() < 1e-9);
    hub.finish().await;
}

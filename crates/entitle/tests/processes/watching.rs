//! What a person or a program reads who watches the real binary: its log, in either form, and its
//! figures.

use crate::binary::{Binary, run};
use crate::folder::Folder;
use crate::http::{Connection, Request};
use serde_json::Value;
use std::time::Duration;

const CREATE: &str =
    "{\"customerIdentifier\":\"anna-20144\",\"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"MUSIC_NOW\"}";

/// A sandbox with a life in it; its log, and the X-Request-Id of the create.
fn logged(form: &str, level: &str) -> (String, String) {
    let folder = Folder::new("watching");
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--database", &folder.database(), "--log", form];
    let binary = Binary::start_set(&arguments, &[("ENTITLE_LOG", level)]);
    let mut hub = Connection::open(binary.address).unwrap();
    let created = hub.ask(&Request::post("/v1/entitlement", CREATE)).unwrap();
    assert_eq!(created.status, 200);
    let fail = "{\"status\":503,\"times\":1}";
    assert_eq!(hub.ask(&Request::post("/sandbox/v1/next", fail)).unwrap().status, 200);
    assert_eq!(hub.ask(&Request::get("/v1/echo/1")).unwrap().status, 503);
    let metrics = hub.ask(&Request::get("/metrics")).unwrap();
    assert!(metrics.header("content-type").unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    let figures = metrics.body;
    assert!(figures.contains("entitle_requests_total{operation=\"create\",status=\"200\""), "{figures}");
    binary.terminate();
    let (_, log) = binary.end_within(Duration::from_secs(20));
    (log, created.header("x-request-id").unwrap().to_owned())
}

#[test]
fn every_line_of_a_json_log_is_an_object_and_a_requests_lines_carry_its_id() {
    let (log, id) = logged("json", "debug");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    for name in ["timestamp", "level", "target", "message"] {
        assert!(lines.iter().all(|line| line[name].is_string()), "{name}: {log}");
    }
    let answered = lines.iter().find(|line| line["request_id"] == id.as_str()).expect("the create is logged");
    assert_eq!((&answered["operation"], &answered["status"]), (&"create".into(), &200.into()), "{answered}");
    let failed = lines.iter().find(|line| line["level"] == "WARN").expect("a failure is a warning");
    assert_eq!((&failed["status"], &failed["rule"]), (&503.into(), &"forced".into()), "{failed}");
    assert!(failed["request_id"].is_string(), "{failed}");
    assert!(!log.contains("anna-20144") && !log.contains("c2FuZGJveDpzYW5kYm94"), "{log}");
}

#[test]
fn a_text_log_is_silent_but_for_failures_unless_it_is_told_otherwise() {
    let (log, _) = logged("text", "warn");
    let [line] = log.lines().collect::<Vec<_>>()[..] else { panic!("one line is logged, not:\n{log}") };
    assert!(line.contains(" WARN hub::http::watched: a request failed request_id=\""), "{line}");
    assert!(line.ends_with("operation=\"echo\" status=503 code=\"SERVICE_UNAVAILABLE\" rule=\"forced\""), "{line}");
}

#[test]
fn a_collector_that_is_no_url_is_refused_with_an_example() {
    let folder = Folder::new("collector");
    let database = folder.database();
    let ended =
        run(&["sandbox", "--listen", "127.0.0.1:0", "--database", &database, "--otlp-endpoint", "127.0.0.1:4318"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let says = "127.0.0.1:4318 is no URL of a collector; say for example http://127.0.0.1:4318";
    assert!(ended.stderr.contains(says), "{ended:?}");
}

//! The committed OpenAPI document against what a hub really answers: operation and status are
//! documented, and so is every header; the body is of its schema and holds no member beside. Every
//! call of the tests goes through here. Reading the schemas stands in `contract/schema.rs`.

mod schema;

use super::Answer;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::sync::LazyLock;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

/// Headers of HTTP itself, which no contract lists.
const OF_HTTP: [&str; 5] = ["content-type", "content-length", "date", "connection", "cache-control"];
/// With these a hub refuses what is no operation.
const NO_OPERATION: [u16; 4] = [400, 404, 405, 408];

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_slice(&text()).unwrap());

/// The document.
pub(crate) fn document() -> &'static Value {
    &DOCUMENT
}

/// Its text, as the hubs under test serve it.
pub(crate) fn text() -> Bytes {
    std::fs::read(FILE).unwrap().into()
}

/// Holds an answer against the document.
pub(crate) fn check(request: &[u8], answer: &Answer) {
    let line = String::from_utf8_lossy(request.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    if is_page(path) && answer.header("content-type") != Some("application/json") {
        return;
    }
    let faults = match operation(if method == "HEAD" { "GET" } else { method }, path) {
        Some(operation) => documented(operation, answer, method == "HEAD"),
        None => refused(answer, method == "HEAD"),
    };
    assert!(faults.is_empty(), "{line}: docs/openapi.json says otherwise: {faults:?}: {answer}");
}

/// Pages for people are no operations.
fn is_page(path: &str) -> bool {
    ["/activate/", "/docs"].iter().any(|pages| path.starts_with(pages))
}

/// Every operation with its id.
pub(crate) fn operations() -> impl Iterator<Item = (&'static str, &'static Value)> {
    let items = document()["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    items.filter_map(|operation| Some((operation["operationId"].as_str()?, operation)))
}

/// Holds a notification's body against the document, which can say nothing of one whose reason has
/// another name.
pub(crate) fn check_notification(body: &Value) {
    if body["notificationReason"].is_null() {
        return;
    }
    let wanted =
        &document()["webhooks"]["notification"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let faults = schema::faults(document(), wanted, body);
    assert!(faults.is_empty(), "docs/openapi.json says otherwise: {faults:?}: {body}");
}

/// The operation of a call: the path with the most words in common, and its method.
pub(crate) fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let segments: Vec<&str> = path.strip_prefix('/')?.trim_end_matches('/').split('/').collect();
    let without_version = segments.strip_prefix(&["v1"]).unwrap_or(&segments);
    let paths = document()["paths"].as_object().unwrap();
    let common = |template: &str, item: &Value| {
        let words: Vec<&str> = template.trim_start_matches('/').split('/').collect();
        let segments = if item["servers"].is_array() { &segments } else { without_version };
        let fits = |(word, segment): (&&str, &&str)| word.starts_with('{') || word.eq_ignore_ascii_case(segment);
        (words.len() == segments.len() && words.iter().zip(segments).all(fits))
            .then(|| words.iter().filter(|word| !word.starts_with('{')).count())
    };
    let found = paths.iter().filter_map(|(template, item)| Some((common(template, item)?, item)));
    let (_, item) = found.max_by_key(|(common, _)| *common)?;
    item.get(method.to_lowercase())
}

/// No operation: refused in the general form.
fn refused(answer: &Answer, is_head: bool) -> Vec<String> {
    let mut faults = Vec::new();
    if !NO_OPERATION.contains(&answer.status) {
        faults.push(format!("{} to what is no operation", answer.status));
    }
    if answer.status == 405 && answer.header("allow").is_none() {
        faults.push("no Allow".to_owned());
    }
    if !is_head {
        faults.extend(schema::faults(document(), &document()["components"]["schemas"]["Error"], answer.json()));
    }
    faults
}

fn documented(operation: &'static Value, answer: &Answer, is_head: bool) -> Vec<String> {
    let responses = operation["responses"].as_object().unwrap();
    let Some(said) = response(responses, answer) else {
        return vec![format!("{} is no answer of {}", answer.status, operation["operationId"])];
    };
    let said = schema::resolved(document(), said);
    let mut faults = headers(said, answer);
    if !is_head {
        let content = &said["content"]["application/json"];
        faults.extend(schema::faults(document(), &content["schema"], answer.json()));
    }
    faults
}

/// What is said of this status; of any other only where it was asked for.
fn response<'d>(responses: &'d Map<String, Value>, answer: &Answer) -> Option<&'d Value> {
    let by_status = responses.get(&answer.status.to_string());
    by_status.or_else(|| responses.get("default").filter(|_| answer["error"]["rule"] == "forced"))
}

fn headers(said: &Value, answer: &Answer) -> Vec<String> {
    let none = Map::new();
    let known = said["headers"].as_object().unwrap_or(&none);
    let mut faults = Vec::new();
    for (name, value) in answer.headers() {
        match known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, header)) => {
                let wanted = &schema::resolved(document(), header)["schema"];
                let number = value.parse::<u64>().ok().filter(|_| wanted["type"] == "integer");
                let value = number.map_or_else(|| Value::from(value), Value::from);
                faults.extend(schema::faults(document(), wanted, &value));
            }
            None if OF_HTTP.contains(&name) => {}
            None => faults.push(format!("the header {name} is not documented")),
        }
    }
    for (name, header) in known {
        if schema::resolved(document(), header)["required"] == true && answer.header(name).is_none() {
            faults.push(format!("the header {name} is missing"));
        }
    }
    faults
}

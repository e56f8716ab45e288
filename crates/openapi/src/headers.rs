//! What requests may send besides a body (`components.parameters`) and which headers answers carry
//! (`components.headers`).

use crate::fields::{NO_CONTROL_CHARACTER, shape};
use merchants::test::{MagicNumber, MagicType};
use serde_json::{Map, Value, json};
use wire::{FEED_PARAMETERS, Field};

const ID: &str = "0198c0de-7a11-7b0e-8c3d-2f6a9b1e4d70";

/// Every parameter, by the name of its component.
pub(crate) fn parameters() -> Map<String, Value> {
    let all = headers_of_requests().chain(magic_numbers()).chain(in_paths()).chain(in_queries());
    all.map(|(name, parameter)| (name.to_owned(), parameter)).collect()
}

/// Headers of requests: name of the component, name, what it says, example.
const REQUEST_HEADERS: [(&str, &str, &str, &str); 8] = [
    (
        "RequestIdentifier",
        "X-RequestIdentifier",
        "Names this operation, so that it cannot happen twice: a repeat gets the first answer. The answer repeats it.",
        "order-4711",
    ),
    ("Correlation", "X-RequestIdentifier", "The answer repeats it. A read claims nothing under it.", "order-4711"),
    (
        "IdempotencyKey",
        "Idempotency-Key",
        "The same as X-RequestIdentifier; quotes around it are dropped. Both, with different values, are refused.",
        "order-4711",
    ),
    ("IfMatch", "If-Match", "The ETag of the record that this change was made for; 412 if it has moved on.", "\"3\""),
    (
        "Prefer",
        "Prefer",
        "validate-only makes a dry run of a write: it is checked and answered as ever, and nothing is done. In test \
         mode, status=NNN forces a refusal of that status. Any other preference is ignored.",
        "validate-only",
    ),
    (
        "PreferenceExtension",
        "preference-extension",
        "Beside Prefer: status=NNN, the responseCode of the refusal; it has to go with the status.",
        "responseCode=ALREADY_EXISTS",
    ),
    ("CustomerIdentifier", "X-CustomerIdentifier", "The customer that is asked for.", "alice"),
    (
        "Switch",
        "X-Entitle-Switch",
        "Test mode: sets one of the credential's switches for this request, as name=value.",
        "conflictCode=CONFLICT",
    ),
];

fn headers_of_requests() -> impl Iterator<Item = (&'static str, Value)> {
    REQUEST_HEADERS.into_iter().map(|(component, name, description, example)| {
        let schema = match component {
            "RequestIdentifier" | "IdempotencyKey" => {
                json!({ "type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$" })
            }
            "CustomerIdentifier" => {
                let chars_max = wire::CUSTOMER_IDENTIFIER_CHARS_MAX;
                json!({ "type": "string", "minLength": 1, "maxLength": chars_max, "pattern": NO_CONTROL_CHARACTER })
            }
            "Switch" => json!({ "type": "string", "enum": switches() }),
            _ => json!({ "type": "string" }),
        };
        let header =
            json!({ "name": name, "in": "header", "description": description, "schema": schema, "example": example });
        (component, header)
    })
}

fn in_paths() -> [(&'static str, Value); 5] {
    [
        ("EntitlementId", path("id", "the entitlementId", ID)),
        ("EchoId", path("id", "any text", "hello-1")),
        ("InboxName", path("name", "the name of an inbox", "default")),
        ("ResellerIdentifier", path("resellerIdentifier", "your own; another one is not found", "sandbox")),
        ("NotificationId", path("notificationId", "the webhook-id", &format!("{ID}.0.1"))),
    ]
}

fn path(name: &str, description: &str, example: &str) -> Value {
    json!({
        "name": name, "in": "path", "required": true, "description": description,
        "schema": { "type": "string", "minLength": 1 }, "example": example,
    })
}

fn in_queries() -> [(&'static str, Value); 6] {
    let limit = json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 });
    let states = json!({ "type": "string", "enum": ["WAITING", "DELIVERED", "DEAD"] });
    let text = || json!({ "type": "string", "minLength": 1 });
    let [after, _, wait] = FEED_PARAMETERS;
    let of_feed = |field: Field, example| query(field.name, field.meaning, shape(field.shape), example);
    [
        ("After", of_feed(after, json!("41"))),
        ("Wait", of_feed(wait, json!(30))),
        ("Inbox", query("inbox", "only what came into this one", json!({ "type": "string" }), json!("default"))),
        ("Limit", query("limit", "at most so many", limit, json!(10))),
        ("OfEntitlement", query("entitlementId", "only those of this entitlement", text(), json!(ID))),
        ("State", query("state", "only those in this state", states, json!("DEAD"))),
    ]
}

fn query(name: &str, description: &str, schema: Value, example: Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema, "example": example })
}

/// Each call has its own. Those of an update go by what it asks of the merchant, and one that asks
/// nothing ignores them, so no list can say which it takes.
fn magic_numbers() -> [(&'static str, Value); 5] {
    use MagicType::{ActivationInfo, Cancel, Create, Resume, Revoke, Suspend, Undo, Update};
    let of = |kinds: &[MagicType], keyword: &str| {
        let numbers = kinds.iter().copied().flat_map(MagicNumber::of);
        let words: Vec<String> = numbers.map(|number| number.to_string()).collect();
        json!({
            "name": "X-Magic-Number", "in": "header", "example": words.first(),
            "description": "Test mode: forces the merchant's answer to this call, and no merchant is asked.",
            "schema": { "type": "string", keyword: words },
        })
    };
    [
        ("MagicCreate", of(&[Create], "enum")),
        ("MagicUpdate", of(&[Update, Suspend, Resume, Undo], "examples")),
        ("MagicCancel", of(&[Cancel], "enum")),
        ("MagicRevoke", of(&[Revoke], "enum")),
        ("MagicActivationInfo", of(&[ActivationInfo], "enum")),
    ]
}

fn switches() -> Vec<String> {
    let all =
        wire::SWITCHES.iter().flat_map(|(name, values)| values.iter().map(move |value| format!("{name}={value}")));
    all.filter(|switch| !switch.ends_with('*')).collect()
}

/// Headers of answers, with an example each: name, what it says, whether it is always there.
const HEADERS: [(&str, &str, bool, &str); 11] = [
    ("X-Request-Id", "This answer's id, which also stands in the hub's log.", true, "7f3a9c2e51b04d68"),
    ("X-RequestIdentifier", "The request identity as it was sent.", false, "order-4711"),
    ("ETag", "Counts the changes of the record; If-Match takes it.", false, "\"3\""),
    ("Idempotent-Replayed", "This is the first answer again.", false, "true"),
    ("Ignored-Fields", "Fields that were ignored, as the switch unknownFields says.", false, "colour"),
    ("Preference-Applied", "The preference that was honoured.", false, "validate-only"),
    ("RateLimit-Policy", "The limit: q requests in w seconds.", false, "\"default\";q=400;w=2"),
    ("RateLimit", "What is left of it: r requests, whole again in t seconds.", false, "\"default\";r=0;t=2"),
    ("Allow", "The methods of this path, on 405.", false, "POST, PATCH"),
    ("Retry-After", "Seconds until it is worth trying again.", true, "1"),
    ("WWW-Authenticate", "How to authenticate.", true, "Basic realm=\"Entitle\", charset=\"UTF-8\""),
];

/// `components.headers`.
pub(crate) fn headers() -> Map<String, Value> {
    let described = HEADERS.into_iter().map(|(name, description, required, example)| {
        let schema = match name {
            "Retry-After" => json!({ "type": "integer", "minimum": 0 }),
            "Idempotent-Replayed" => json!({ "type": "string", "const": "true" }),
            _ => json!({ "type": "string" }),
        };
        let example = if name == "Retry-After" { json!(1) } else { json!(example) };
        let header = json!({ "description": description, "required": required, "schema": schema, "example": example });
        (name.to_owned(), header)
    });
    described.collect()
}

/// References to headers of answers, by name.
pub(crate) fn references(names: &[&str]) -> Value {
    let named =
        names.iter().map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })));
    Value::Object(named.collect())
}

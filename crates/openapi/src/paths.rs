//! `paths` and `webhooks`: operations of the hub's route table with what they take and answer.

use crate::operations::{Kind, Spec, Success};
use crate::schemas::REFUSALS;
use crate::{headers, health, operations, sandbox};
use hub::{OPERATIONS, Operation};
use serde_json::{Map, Value, json};
use wire::ResponseCode;

/// Headers that every answer may have, and those that a reseller's call adds.
const REQUEST_ID: &str = "X-Request-Id";
const ECHOED: &str = "X-RequestIdentifier";
const OF_WRITES: [&str; 3] = ["Idempotent-Replayed", "Ignored-Fields", "Preference-Applied"];
/// On every answer to a credential that has a rate.
const OF_LIMITED: [&str; 2] = ["RateLimit-Policy", "RateLimit"];

/// Every path with its operations. Reseller's paths stand without `/v1`, which is the server's.
pub(crate) fn all() -> Value {
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let Some(spec) = spec(operation.id) else {
            continue;
        };
        let path = operation.path.strip_prefix("/v1").unwrap_or(operation.path);
        let item = paths.entry(path).or_insert_with(|| match path == operation.path {
            true => json!({ "servers": [{ "url": "/", "description": "Outside the version" }] }),
            false => json!({}),
        });
        item[operation.method.to_lowercase()] = described(operation, spec);
    }
    Value::Object(paths)
}

pub(crate) fn spec(id: &str) -> Option<&'static Spec> {
    operations::SPECS.iter().chain(sandbox::SPECS).chain(health::SPECS).find(|spec| spec.id == id)
}

fn described(operation: &Operation, spec: &Spec) -> Value {
    let tag = match spec.kind {
        Kind::Read | Kind::Write => "Entitlements",
        Kind::Sandbox => "Sandbox",
        Kind::Open if operation.path.starts_with("/sandbox/") => "Sandbox",
        Kind::Open if operation.path.starts_with("/docs/") => "Document",
        Kind::Open => "Health",
    };
    let mut said = json!({
        "operationId": spec.id,
        "tags": [tag],
        "summary": spec.summary,
        "description": spec.description,
    });
    if spec.kind == Kind::Open {
        said["security"] = json!([]);
    }
    let parameters = parameters(spec);
    if !parameters.is_empty() {
        said["parameters"] = json!(parameters);
    }
    if let Some((schema, required)) = spec.body {
        said["requestBody"] = body(schema, required);
    }
    said["responses"] = responses(spec);
    said
}

fn parameters(spec: &Spec) -> Vec<Value> {
    let of_kind: &[&str] = match spec.kind {
        Kind::Read => &["Correlation", "Prefer", "PreferenceExtension", "Switch"],
        Kind::Write => &["RequestIdentifier", "IdempotencyKey", "Prefer", "PreferenceExtension", "Switch"],
        Kind::Sandbox | Kind::Open => &[],
    };
    let names = spec.parameters.iter().chain(of_kind);
    names.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })).collect()
}

fn body(schema: &str, required: bool) -> Value {
    let mut content = json!({ "schema": { "$ref": format!("#/components/schemas/{schema}") } });
    let mut name = schema.to_owned();
    name[..1].make_ascii_lowercase();
    if schema.ends_with("Request") {
        content["examples"] = examples(&[name.as_str()]);
    }
    json!({ "required": required, "content": { "application/json": content } })
}

fn examples(names: &[&str]) -> Value {
    let named =
        names.iter().map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/examples/{name}") })));
    Value::Object(named.collect())
}

fn responses(spec: &Spec) -> Value {
    let mut responses = Map::new();
    for success in spec.answers {
        responses.insert(success.status.to_string(), answered(spec, success));
    }
    for (status, name) in REFUSALS {
        if refuses(spec, status) {
            responses.insert(status.to_string(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    }
    if matches!(spec.kind, Kind::Read | Kind::Write) {
        responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Refused" }));
    }
    Value::Object(responses)
}

/// What every call of a kind can be refused with, and what this one adds.
fn refuses(spec: &Spec, status: u16) -> bool {
    let of_kind: &[u16] = match spec.kind {
        Kind::Read => &[400, 401, 408, 413, 429, 500, 503],
        Kind::Write => &[400, 401, 408, 413, 415, 429, 500, 503],
        Kind::Sandbox => &[400, 401, 408, 413, 429, 500, 503],
        Kind::Open => &[],
    };
    of_kind.contains(&status) || spec.refusals.contains(&status)
}

fn answered(spec: &Spec, success: &Success) -> Value {
    let references: Vec<Value> =
        success.schemas.iter().map(|name| json!({ "$ref": format!("#/components/schemas/{name}") })).collect();
    let schema = match references.as_slice() {
        [one] => one.clone(),
        several => json!({ "anyOf": several }),
    };
    let mut names = vec![REQUEST_ID];
    if matches!(spec.kind, Kind::Read | Kind::Write) {
        names.push(ECHOED);
        names.extend(OF_LIMITED);
    }
    if success.schemas.iter().any(|name| matches!(*name, "EntitlementAnswer" | "ActionAnswer" | "ActivationInfoAnswer"))
    {
        names.push("ETag");
    }
    if spec.kind == Kind::Write {
        // A dry run has no ETag, which is why none has to be there.
        names.extend(OF_WRITES);
    }
    let mut answer = json!({
        "description": success.what,
        "headers": headers::references(&names),
        "content": { "application/json": { "schema": schema, "examples": examples(success.examples) } },
    });
    if spec.id == "create" {
        answer["links"] = links();
    }
    answer
}

/// What can be done with what was created.
fn links() -> Value {
    let by_path = |id: &str| json!({ "operationId": id, "parameters": { "id": "$response.body#/entitlementId" } });
    json!({
        "read": by_path("read"),
        "activationInfo": by_path("activationInfo"),
        "history": by_path("history"),
        "explain": by_path("explain"),
        "cancel": by_path("cancel"),
        "revoke": by_path("revoke"),
    })
}

/// `components.responses`: the refusals by status.
pub(crate) fn refusals() -> Value {
    let mut responses = Map::new();
    for (status, name) in REFUSALS {
        let mut schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        let mut shown = vec![name];
        let mut names = vec![REQUEST_ID, ECHOED];
        names.extend(OF_WRITES);
        names.extend(OF_LIMITED);
        match status {
            401 => names.push("WWW-Authenticate"),
            429 => names.push("Retry-After"),
            503 => {
                names.extend(["Retry-After", "ETag"]);
                schema = json!({ "oneOf": [schema, { "$ref": "#/components/schemas/OutcomeUnknown" }] });
                shown.push("OutcomeUnknown");
            }
            _ => {}
        }
        let codes: Vec<&str> = ResponseCode::of_status(status).iter().map(|code| code.as_str()).collect();
        let answer = json!({
            "description": format!("{}: {}", codes.join(" or "), meaning(status)),
            "headers": headers::references(&names),
            "content": { "application/json": { "schema": schema, "examples": examples(&shown) } },
        });
        responses.insert(name.to_owned(), answer);
    }
    responses.insert("Refused".to_owned(), refused());
    Value::Object(responses)
}

/// What else can be forced, all in the same form.
fn refused() -> Value {
    let names = [REQUEST_ID, ECHOED, "Preference-Applied", "Allow", OF_LIMITED[0], OF_LIMITED[1]];
    let content = json!({ "schema": { "$ref": "#/components/schemas/Error" }, "examples": examples(&["Refused"]) });
    json!({
        "description": "Test mode: a refusal of any other status, because it was asked for.",
        "headers": headers::references(&names),
        "content": { "application/json": content },
    })
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "a field is missing or wrong, all faulty ones at once; or the customer's limit is reached",
        401 => "the credential is missing or not accepted",
        404 => "no such entitlement of yours, or an unknown path",
        408 => "headers or body did not arrive within 10 s",
        409 => "the status does not allow it, or the entitlementId is used",
        412 => "the record has changed since the ETag in If-Match",
        413 => "the body is larger than 256 KiB",
        415 => "the body is not declared as JSON",
        429 => "too many requests of this credential, or too many wrong passwords from this address",
        422 => "not sold to you, not offered, refused by the merchant, or the request identity was used otherwise",
        500 => "the hub's fault; nothing half done stays",
        _ => "too much load, store or merchant unreachable, or the outcome is not known yet",
    }
}

const SIGNATURE: &str = "A list of v1,<base64> separated by spaces: HMAC-SHA256 over id.timestamp.body.";

/// The notification, as the hub sends it to the reseller.
pub(crate) fn notification() -> Value {
    let header = |name: &str, description: &str, example: &str| {
        json!({
            "name": name, "in": "header", "required": true, "description": description,
            "schema": { "type": "string" }, "example": example,
        })
    };
    json!({
        "operationId": "notification",
        "tags": ["Entitlements"],
        "summary": "An entitlement has changed",
        "description": "Delivered at least once, and in order for each entitlement: drop a notificationSequence that \
                        you have passed. Verify the signature over the raw bytes, as Standard Webhooks says. The \
                        switch notificationReasonField gives the member of the reason another name.",
        "security": [],
        "parameters": [
            header("webhook-id", "The notificationId.", "0198c0de-7a11-7b0e-8c3d-2f6a9b1e4d70.0.1"),
            header("webhook-timestamp", "Unix seconds of this attempt.", "1777881600"),
            header("webhook-signature", SIGNATURE, "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
        ],
        "requestBody": {
            "required": true,
            "content": {
                "application/json": {
                    "schema": { "$ref": "#/components/schemas/Notification" },
                    "examples": examples(&["notification"]),
                },
            },
        },
        "responses": {
            "2XX": { "description": "Received; the hub goes on with the next." },
            "410": { "description": "This URL wants no more: it is parked until it is changed." },
            "default": { "description": "Not received: it comes again, after 5 s at first, for 72 hours." },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_described_and_nothing_else_is() {
        let specs = operations::SPECS.iter().chain(sandbox::SPECS).chain(health::SPECS);
        let mut described: Vec<&str> = specs.map(|spec| spec.id).collect();
        let mut listed: Vec<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
        described.sort_unstable();
        listed.sort_unstable();
        assert_eq!(described, listed);
    }
}

//! `components.schemas`: requests from the tables of `wire`, answers around the record, refusals by
//! HTTP status with the codes and rules that come with it.

use crate::fields::{answer, create, described, nullable, record, request};
use crate::rules::{self, RULES};
use serde_json::{Map, Value, json};
use wire::{
    CANCEL_FIELDS, CREATE_FIELDS, ENVELOPE_FIELDS, READ_ONLY_FIELDS, REPORT_FIELDS, REVOKE_FIELDS, ResponseCode,
    UPDATE_FIELDS,
};

/// A member of an answer.
type Member = (&'static str, Value);

/// The refusals that operations list: status, and the name of schema and response.
pub(crate) const REFUSALS: [(u16, &str); 12] = [
    (400, "BadRequest"),
    (401, "Unauthorized"),
    (404, "NotFound"),
    (408, "RequestTimeout"),
    (409, "Conflict"),
    (412, "PreconditionFailed"),
    (413, "ContentTooLarge"),
    (415, "UnsupportedMediaType"),
    (422, "UnprocessableContent"),
    (429, "TooManyRequests"),
    (500, "InternalServerError"),
    (503, "ServiceUnavailable"),
];

/// All of them, by name.
pub(crate) fn all() -> Map<String, Value> {
    let mut schemas = Map::new();
    schemas.extend(requests().map(named));
    schemas.insert("Entitlement".to_owned(), answer("The record: all members are always there.", &record()));
    schemas.extend(answers().map(named));
    schemas.extend(crate::views::schemas().into_iter().map(named));
    schemas.extend(crate::sandbox::schemas().into_iter().map(named));
    schemas.extend(crate::health::schemas().map(named));
    schemas.insert("Error".to_owned(), error(&ResponseCode::ALL, &every_rule(), false));
    for (status, name) in REFUSALS {
        schemas.insert(name.to_owned(), error(ResponseCode::of_status(status), &rules::of(status), false));
    }
    let unknown = error(ResponseCode::of_status(503), &rules::of(503), true);
    schemas.insert("OutcomeUnknown".to_owned(), unknown);
    schemas.insert("ErrorDetail".to_owned(), detail());
    schemas.insert("Rule".to_owned(), rule());
    schemas.insert("ResponseCode".to_owned(), response_code());
    schemas
}

fn named((name, schema): (&str, Value)) -> (String, Value) {
    (name.to_owned(), schema)
}

fn requests() -> [(&'static str, Value); 6] {
    let mut update = request(
        "What is not named stays. A record can be sent back whole: what equals the current value is dropped.",
        &UPDATE_FIELDS,
    );
    for name in READ_ONLY_FIELDS.into_iter().chain(ENVELOPE_FIELDS) {
        update["properties"][name] = json!({ "readOnly": true, "description": "as the hub answered it, or null" });
    }
    let end = |fields| {
        let mut end = request("Every member that is not listed goes into extensionData.", fields);
        end["additionalProperties"] = json!(true);
        end
    };
    [
        ("CreateRequest", create("null, and \"\" in what is not required, mean not sent.", &CREATE_FIELDS)),
        ("UpdateRequest", update),
        ("CancelRequest", end(&CANCEL_FIELDS)),
        ("RevokeRequest", end(&REVOKE_FIELDS)),
        ("ReactivateRequest", json!({ "type": "object", "description": "Whatever is sent: it changes nothing." })),
        ("ReportRequest", request("All filters hold together; {} finds everything.", &REPORT_FIELDS)),
    ]
}

fn answers() -> [(&'static str, Value); 7] {
    let action = answer(
        "Where the customer has to go.",
        &[
            ("action", json!({ "const": "NAVIGATE_TO_URL" })),
            ("url", json!({ "type": "string", "format": "uri", "maxLength": 10_000 })),
            ("urlExpiry", json!({ "type": ["string", "null"], "format": "date-time" })),
        ],
    );
    let url_or_code = json!({ "oneOf": [action.clone(), described(nothing(), "with a code there is no page")] });
    let page = answer(
        "Where reading goes on.",
        &[
            ("nextCursor", described(text(true), "the next page; null on the last one")),
            ("feedCursor", described(text(false), "where the feed goes on from here")),
        ],
    );
    let entitlements = json!({ "type": "array", "items": { "$ref": "#/components/schemas/Entitlement" } });
    [
        ("EchoAnswer", success("The id again.", nothing(), &[("echo", text(false))])),
        ("EntitlementAnswer", success("The record.", nothing(), &record())),
        ("ActionAnswer", enveloped("The record, and what the customer has to do.", ACTION, action, &record())),
        ("ActivationInfoAnswer", success("The record, with a fresh URL or with its code.", url_or_code, &record())),
        (
            "ReportAnswer",
            success("One page, by dateCreated and entitlementId.", page, &[("entitlements", entitlements)]),
        ),
        ("DryRunAnswer", dry_run()),
        ("Notification", notification()),
    ]
}

const ACTION: ResponseCode = ResponseCode::ClientActionRequired;

/// The envelope of a success, with these members beside it.
pub(crate) fn success(description: &str, parameters: Value, members: &[Member]) -> Value {
    enveloped(description, ResponseCode::Ok, parameters, members)
}

fn enveloped(description: &str, code: ResponseCode, parameters: Value, members: &[Member]) -> Value {
    let envelope = [
        ("responseCode", json!({ "const": code.as_str() })),
        ("responseMessage", text(false)),
        ("parameters", parameters),
    ];
    answer(description, &envelope.into_iter().chain(members.iter().cloned()).collect::<Vec<_>>())
}

/// `parameters` without members.
pub(crate) fn nothing() -> Value {
    json!({ "type": "object", "additionalProperties": false })
}

/// A string, or null where it may be.
pub(crate) fn text(is_nullable: bool) -> Value {
    nullable(json!({ "type": "string" }), is_nullable)
}

/// What is unknowable before is null, and named.
fn dry_run() -> Value {
    let words = |schema: Value| json!({ "type": "array", "items": schema });
    let mut parameters = answer(
        "What nobody can know before, and what would be told.",
        &[
            ("assumed", described(words(text(false)), "names of values that are null because they are made later")),
            ("wouldNotify", described(words(reasons()), "the notifications that would go out, in their order")),
        ],
    );
    parameters["properties"]["action"] = json!({ "const": "NAVIGATE_TO_URL" });
    for name in ["url", "urlExpiry"] {
        parameters["properties"][name] = json!({ "type": "null" });
    }
    let mut members = vec![
        ("responseCode", json!({ "type": "string", "enum": ["OK", ACTION.as_str()] })),
        ("responseMessage", text(false)),
        ("parameters", parameters),
    ];
    let made = ["entitlementId", "merchantEntitlementId"];
    members.extend(record().into_iter().map(|(name, schema)| (name, nullable(schema, made.contains(&name)))));
    answer("The record as it would be; nothing was done.", &members)
}

/// What a notification tells.
pub(crate) fn reasons() -> Value {
    json!({ "type": "string", "enum": entitlement::NotificationReason::ALL.map(|reason| reason.as_str()) })
}

fn notification() -> Value {
    let mut members = vec![
        ("responseCode", json!({ "const": "OK" })),
        ("responseMessage", text(false)),
        ("parameters", json!({ "type": "null" })),
        ("notificationReason", reasons()),
        ("notificationId", described(text(false), "the same at every attempt")),
        ("notificationSequence", described(json!({ "type": "integer", "minimum": 1 }), "per lane, without gaps")),
    ];
    members.extend(record());
    let mut schema = answer("The record as it was at the commit that this tells of.", &members);
    // Only where there is a reason.
    for name in ["reasonCategory", "reasonCode", "reasonDescription"] {
        schema["properties"][name] = text(true);
    }
    schema
}

/// A refusal; `with_record`: the record as it stands beside it.
fn error(codes: &[ResponseCode], rules: &[&str], with_record: bool) -> Value {
    let code = match codes.len() == ResponseCode::ALL.len() {
        true => json!({ "$ref": "#/components/schemas/ResponseCode" }),
        false => json!({ "type": "string", "enum": codes.iter().map(|code| code.as_str()).collect::<Vec<_>>() }),
    };
    let mut members = vec![("responseCode", code), ("responseMessage", text(false)), ("parameters", nothing())];
    if with_record {
        members.extend(record());
    }
    let detail = json!({
        "allOf": [
            { "$ref": "#/components/schemas/ErrorDetail" },
            { "type": "object", "properties": { "rule": { "enum": rules } } },
        ],
    });
    members.push(("error", detail));
    let description = if with_record {
        "It may have happened: the record as it stands, beside what went wrong."
    } else {
        "What went wrong, in detail."
    };
    answer(description, &members)
}

fn detail() -> Value {
    let rule = || json!({ "$ref": "#/components/schemas/Rule" });
    let mut fault = answer("One faulty field.", &[("field", text(false)), ("rule", rule()), ("message", text(false))]);
    fault["properties"]["hint"] = described(text(false), "what to do about it; may change");
    let origins = json!({ "type": "string", "enum": ["RESELLER", "HUB", "MERCHANT"] });
    answer(
        "For people and for logs; field and rule repeat the first of fields.",
        &[
            ("origin", described(origins, "whose turn it is")),
            ("field", described(text(true), "the first faulty field, inner names by dots")),
            ("rule", rule()),
            ("hint", described(text(true), "what to do about it; may change")),
            ("retryable", described(json!({ "type": "boolean" }), "whether the same request can succeed later")),
            ("fields", json!({ "type": "array", "items": fault })),
        ],
    )
}

fn every_rule() -> Vec<&'static str> {
    RULES.iter().map(|rule| rule.id).collect()
}

fn rule() -> Value {
    let lines: Vec<String> = RULES
        .iter()
        .map(|rule| {
            let statuses: Vec<String> = rule.statuses.iter().map(u16::to_string).collect();
            format!("- `{}` ({}): {}", rule.id, statuses.join(", "), rule.meaning)
        })
        .collect();
    let description = format!(
        "A stable word: never renamed, never another meaning. New ones may be added, so branch on responseCode \
         and log the rule.\n\n{}",
        lines.join("\n")
    );
    json!({ "type": "string", "description": description, "enum": every_rule() })
}

fn response_code() -> Value {
    let codes = ResponseCode::ALL.map(|code| code.as_str());
    json!({
        "type": "string",
        "description": "The one member to branch on. The list is closed: new conditions get new rules.",
        "enum": codes,
    })
}

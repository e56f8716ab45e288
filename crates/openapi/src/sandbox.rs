//! The sandbox's own calls and their schemas (docs/API.md section 8), and the document itself.

use crate::fields::{answer, described, nullable};
use crate::operations::{Kind, Spec, success};
use crate::schemas::{self, nothing, text};
use serde_json::{Value, json};

/// The operations.
pub(crate) const SPECS: &[Spec] = &[
    Spec {
        id: "sandboxNotifications",
        kind: Kind::Sandbox,
        summary: "What the inbox has received",
        description: "The newest 1,000 are kept, in memory, and shown newest first.",
        parameters: &["Inbox", "Limit"],
        body: None,
        answers: &[success(200, "What came.", &["NotificationsAnswer"], &["NotificationsAnswer"])],
        refusals: &[],
    },
    Spec {
        id: "sandboxInbox",
        kind: Kind::Open,
        summary: "A receiver of notifications",
        description: "Takes whatever comes, without credential, and answers as it was told to.",
        parameters: &["InboxName"],
        body: Some(("Anything", false)),
        answers: &[success(
            200,
            "Received. Other statuses, with the same body, only as the inbox was told to answer.",
            &["Received"],
            &["Received"],
        )],
        refusals: &[400, 408, 413],
    },
    Spec {
        id: "sandboxAnswers",
        kind: Kind::Sandbox,
        summary: "Make an inbox fail",
        description: "The next notifications into this inbox are answered with the status.",
        parameters: &["InboxName"],
        body: Some(("AnswersRequest", true)),
        answers: &[success(200, "What it will answer.", &["AnswersAnswer"], &["AnswersAnswer"])],
        refusals: &[415],
    },
    Spec {
        id: "sandboxOutbox",
        kind: Kind::Sandbox,
        summary: "What the hub has to tell",
        description: "Your notifications, newest first: what waits, what was delivered, what was given up.",
        parameters: &["OfEntitlement", "State", "Limit"],
        body: None,
        answers: &[success(200, "The notifications.", &["OutboxAnswer"], &["OutboxAnswer"])],
        refusals: &[404],
    },
    Spec {
        id: "sandboxReplay",
        kind: Kind::Sandbox,
        summary: "Tell it once more",
        description: "Sends a notification again, beside its lane: the same id and body, with webhook-replay: true.",
        parameters: &["NotificationId"],
        body: None,
        answers: &[success(200, "How the receiver answered.", &["ReplayAnswer"], &["ReplayAnswer"])],
        refusals: &[404, 415],
    },
    Spec {
        id: "sandboxClock",
        kind: Kind::Sandbox,
        summary: "The test clock",
        description: "Where it stands, and what is planned, earliest first.",
        parameters: &[],
        body: None,
        answers: &[success(200, "Where it stands.", &["ClockAnswer"], &["ClockAnswer"])],
        refusals: &[],
    },
    Spec {
        id: "sandboxMoveClock",
        kind: Kind::Sandbox,
        summary: "Move the test clock",
        description: "What is due on the way happens in its order, each at its own moment. Answers when the target is \
                      reached, or after 30 s with the rest to follow.",
        parameters: &[],
        body: Some(("ClockRequest", true)),
        answers: &[success(
            200,
            "Where it stands now, and what happened on the way.",
            &["ClockMovedAnswer"],
            &["ClockMovedAnswer"],
        )],
        refusals: &[409, 415],
    },
    Spec {
        id: "sandboxNext",
        kind: Kind::Sandbox,
        summary: "How the next calls are answered",
        description: "What is still forced; null where nothing is.",
        parameters: &[],
        body: None,
        answers: &[success(200, "What is set.", &["NextAnswer"], &["NextAnswer"])],
        refusals: &[],
    },
    Spec {
        id: "sandboxForceNext",
        kind: Kind::Sandbox,
        summary: "Force the answers of the next calls",
        description: "The next calls of the credential that are no sandbox calls are refused like this, whatever they \
                      ask; nothing is done. times 0 takes it back.",
        parameters: &[],
        body: Some(("NextRequest", true)),
        answers: &[success(200, "What is set.", &["NextAnswer"], &["NextAnswer"])],
        refusals: &[415],
    },
    Spec {
        id: "sandboxReset",
        kind: Kind::Sandbox,
        summary: "Begin again",
        description: "Empties the test data and the inbox, and takes the clock back to real time.",
        parameters: &[],
        body: None,
        answers: &[success(200, "Empty.", &["ResetAnswer"], &["ResetAnswer"])],
        refusals: &[415],
    },
    Spec {
        id: "openapi",
        kind: Kind::Open,
        summary: "This document",
        description: "On every hub, without credential.",
        parameters: &[],
        body: None,
        answers: &[success(200, "The document.", &["Document"], &["Document"])],
        refusals: &[408],
    },
];

/// The schemas of these calls.
pub(crate) fn schemas() -> Vec<(&'static str, Value)> {
    let [clock, moved] = clocks();
    vec![
        ("NotificationsAnswer", notifications()),
        ("Received", answer("Nothing more to say.", &[])),
        ("Anything", json!({ "description": "Whatever is sent." })),
        ("AnswersRequest", answers_request()),
        (
            "AnswersAnswer",
            enveloped(
                "What the inbox will answer.",
                &[("inbox", text(false)), ("status", status()), ("times", count())],
            ),
        ),
        ("OutboxAnswer", outbox()),
        ("ReplayAnswer", replayed()),
        ("ClockRequest", clock_request()),
        ("ClockAnswer", clock),
        ("ClockMovedAnswer", moved),
        ("NextRequest", next_request()),
        ("NextAnswer", next()),
        ("ResetAnswer", enveloped("Everything is empty.", &[("reset", json!({ "const": true }))])),
        ("Document", json!({ "type": "object", "additionalProperties": true, "description": "An OpenAPI document." })),
    ]
}

fn enveloped(description: &str, members: &[(&'static str, Value)]) -> Value {
    schemas::success(description, nothing(), members)
}

fn date() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
}

fn status() -> Value {
    json!({ "type": "integer", "minimum": 200, "maximum": 599 })
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn notifications() -> Value {
    let received = answer(
        "One request that came.",
        &[
            ("receivedAt", described(date(), "real time")),
            ("inbox", text(false)),
            ("webhookId", text(false)),
            ("signature", json!({ "type": "string", "enum": ["valid", "invalid"] })),
            ("answered", described(status(), "how it was answered")),
            (
                "body",
                json!({ "type": ["object", "string"], "description": "as it came; text where it is no JSON object" }),
            ),
        ],
    );
    enveloped("What came, newest first.", &[("notifications", list(received))])
}

fn outbox() -> Value {
    let maybe_date = || nullable(date(), true);
    let stored = answer(
        "One notification.",
        &[
            ("notificationId", text(false)),
            ("entitlementId", text(false)),
            ("notificationReason", schemas::reasons()),
            ("notificationSequence", described(json!({ "type": "integer", "minimum": 1 }), "per lane, without gaps")),
            ("state", json!({ "type": "string", "enum": ["WAITING", "DELIVERED", "DEAD"] })),
            ("attempts", count()),
            ("committedAt", date()),
            ("lastStatus", nullable(described(json!({ "type": "integer" }), "of the last attempt"), true)),
            ("lastError", described(text(true), "of the last attempt")),
            ("doneAt", described(maybe_date(), "when it was delivered or given up")),
        ],
    );
    enveloped("Your notifications, newest first.", &[("notifications", list(stored))])
}

fn replayed() -> Value {
    let members = [
        ("notificationId", text(false)),
        ("answered", nullable(described(json!({ "type": "integer" }), "the receiver's HTTP status"), true)),
        ("failure", described(text(true), "why there was no answer")),
    ];
    enveloped("How the receiver answered.", &members)
}

fn answers_request() -> Value {
    json!({
        "type": "object",
        "description": "With which status to answer, and how often.",
        "required": ["status"],
        "properties": { "status": status(), "times": described(count(), "1 unless set") },
    })
}

fn refusal() -> Value {
    json!({ "type": "integer", "minimum": 400, "maximum": 599 })
}

fn next_request() -> Value {
    let code = described(text(true), "one that goes with the status; the first of them unless set");
    let times = described(json!({ "type": "integer", "minimum": 1, "maximum": 1000 }), "1 unless set");
    let mut force = answer("Force.", &[("status", refusal()), ("responseCode", code), ("times", times)]);
    force["required"] = json!(["status"]);
    let mut clear = answer("Take it back; the rest says nothing.", &[("times", json!({ "const": 0 }))]);
    clear["properties"]["status"] = json!({});
    clear["properties"]["responseCode"] = json!({});
    json!({ "description": "How to refuse, and how often; or no more.", "anyOf": [force, clear] })
}

fn next() -> Value {
    let code = json!({ "$ref": "#/components/schemas/ResponseCode" });
    let set = answer("How, and how often still.", &[("status", refusal()), ("responseCode", code), ("times", count())]);
    enveloped("How the next calls are answered.", &[("next", nullable(set, true))])
}

/// An object with this one member.
fn one(name: &str, schema: Value) -> Value {
    json!({ "type": "object", "required": [name], "properties": { name: schema }, "additionalProperties": false })
}

fn clock_request() -> Value {
    let duration = described(json!({ "type": "string", "format": "duration" }), "ISO 8601, for example P40D");
    json!({
        "description": "One of: on by a duration, to a date, back to real time.",
        "oneOf": [
            one("advance", duration),
            one("set", described(date(), "never backwards, and before the year 2200")),
            one("real", described(json!({ "const": true }), "only at offset 0")),
        ],
    })
}

fn clocks() -> [Value; 2] {
    let events = entitlement::EventKind::ALL.map(|kind| kind.as_str());
    let kinds: Vec<&str> = events.into_iter().chain(["CALL_BACK", "OPERATION", "DELIVERY"]).collect();
    let line = || {
        vec![
            ("at", date()),
            ("entitlementId", text(false)),
            ("what", json!({ "type": "string", "enum": kinds })),
            ("notificationId", described(text(true), "of a delivery")),
        ]
    };
    let planned = answer("Something planned.", &line());
    let status = described(json!({ "type": ["integer", "null"] }), "how a delivery was answered");
    let fired = answer("Something that happened.", &[line(), vec![("status", status)]].concat());
    let now = || ("now", date());
    let offset = || ("offset", described(text(false), "how far it is ahead of real time, ISO 8601"));
    let left = ("left", described(count(), "what is still to follow"));
    [
        enveloped("The test clock.", &[now(), offset(), ("forecast", list(planned))]),
        enveloped("The test clock after it moved.", &[now(), offset(), ("fired", list(fired)), left]),
    ]
}

/// Examples of these calls.
pub(crate) fn examples(add: &mut impl FnMut(&str, &str, Value)) {
    let enveloped = |members: Value| {
        let mut all = json!({ "responseCode": "OK", "responseMessage": "Success", "parameters": {} });
        for (name, value) in members.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        all
    };
    let id = "0198c0de-7a11-7b0e-8c3d-2f6a9b1e4d70";
    let notification = "0198c0de-7a11-7b0e-8c3d-2f6a9b1e4d70.0.1";
    let received = json!({
        "receivedAt": "2026-05-04T08:00:01Z", "inbox": "default", "webhookId": notification,
        "signature": "valid", "answered": 200, "body": { "notificationReason": "ACTIVATION_SUCCESS" },
    });
    let at = "2030-02-28T12:03:20Z";
    let planned = json!({ "at": at, "entitlementId": id, "what": "CANCELLED", "notificationId": null });
    let ended = json!({ "at": at, "entitlementId": id, "what": "CANCELLED", "notificationId": null, "status": null });
    let told = format!("{id}.0.2");
    let told = json!({ "at": at, "entitlementId": id, "what": "DELIVERY", "notificationId": told, "status": 200 });
    let (now, offset) = ("2030-03-12T12:00:00Z", "PT3456000S");
    add("clockRequest", "Forty days on", json!({ "advance": "P40D" }));
    add("answersRequest", "Fail three times", json!({ "status": 500, "times": 3 }));
    add("NotificationsAnswer", "One came", enveloped(json!({ "notifications": [received] })));
    add("Received", "Received", json!({}));
    add("AnswersAnswer", "It will fail", enveloped(json!({ "inbox": "default", "status": 500, "times": 3 })));
    let stored = json!({
        "notificationId": notification, "entitlementId": id, "notificationReason": "ACTIVATION_SUCCESS",
        "notificationSequence": 1, "state": "DELIVERED", "attempts": 1, "committedAt": "2030-01-31T12:03:20Z",
        "lastStatus": 200, "lastError": null, "doneAt": "2030-01-31T12:03:20Z",
    });
    add("OutboxAnswer", "One was delivered", enveloped(json!({ "notifications": [stored] })));
    let replayed = json!({ "notificationId": notification, "answered": 200, "failure": null });
    add("ReplayAnswer", "Taken", enveloped(replayed));
    add("ClockAnswer", "An end is planned", enveloped(json!({ "now": now, "offset": offset, "forecast": [planned] })));
    let moved = json!({ "now": now, "offset": offset, "fired": [ended, told], "left": 0 });
    add("ClockMovedAnswer", "It has ended on the way", enveloped(moved));
    add("ResetAnswer", "Empty", enveloped(json!({ "reset": true })));
    let forced = json!({ "status": 429, "responseCode": "TOO_MANY_REQUESTS", "times": 1 });
    add("nextRequest", "One 429", forced.clone());
    add("NextAnswer", "One 429", enveloped(json!({ "next": forced })));
    add("Document", "Its beginning", json!({ "openapi": "3.1.0" }));
}

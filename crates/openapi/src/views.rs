//! Schemas of what a reseller can look up beside the record itself: history, feed.

use crate::fields::{answer, described, nullable};
use crate::schemas::{nothing, success, text};
use entitlement::{EventKind, NotificationReason};
use serde_json::{Value, json};
use wire::RECORD_MEMBERS;

/// All of them, by name.
pub(crate) fn schemas() -> Vec<(&'static str, Value)> {
    vec![("HistoryAnswer", history()), ("FeedAnswer", feed())]
}

fn date(is_nullable: bool) -> Value {
    nullable(json!({ "type": "string", "format": "date-time" }), is_nullable)
}

fn words(words: &[&str], is_nullable: bool) -> Value {
    nullable(json!({ "type": "string", "enum": words }), is_nullable)
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

/// What happened, in the words of history and feed.
fn event_kind() -> Value {
    words(&EventKind::ALL.map(EventKind::as_str), false)
}

fn history() -> Value {
    let any = || json!({ "type": ["string", "object", "null"] });
    let change = answer(
        "One member of the record.",
        &[("field", words(&RECORD_MEMBERS.map(|member| member.name), false)), ("old", any()), ("new", any())],
    );
    let why = answer("Why.", &[("category", text(true)), ("code", text(true)), ("description", text(true))]);
    let event = answer(
        "One event, past or planned.",
        &[
            ("at", date(false)),
            ("planned", described(json!({ "type": "boolean" }), "it lies in the future")),
            ("actor", words(&["RESELLER", "MERCHANT", "HUB", "OPERATOR"], false)),
            ("event", event_kind()),
            ("changes", described(list(change), "what it changed; of a creation, everything that is not null")),
            ("reason", nullable(why, true)),
            ("requestId", described(text(true), "the request identity that caused it")),
            ("notificationId", described(text(true), "the notification that tells of it")),
            ("notificationState", words(&["WAITING", "DELIVERED", "DEAD"], true)),
        ],
    );
    let mut parameters = nothing();
    let older = json!({ "type": "integer", "minimum": 1 });
    parameters["properties"] = json!({ "olderEvents": described(older, "how many older events are left out") });
    let members = [("entitlementId", text(false)), ("events", list(event))];
    success("Every event, oldest first, the planned ones last.", parameters, &members)
}

fn feed() -> Value {
    let event = answer(
        "One event.",
        &[
            ("position", described(json!({ "type": "integer", "minimum": 1 }), "counts on by one, in commit order")),
            ("at", date(false)),
            ("entitlementId", text(false)),
            ("event", event_kind()),
            ("notificationReason", words(&NotificationReason::ALL.map(NotificationReason::as_str), true)),
            ("record", json!({ "$ref": "#/components/schemas/Entitlement" })),
        ],
    );
    let cursor = json!({ "type": "string", "pattern": "^[0-9]+$" });
    let parameters =
        answer("Where reading goes on.", &[("feedCursor", described(cursor, "the `after` of the next call"))]);
    success("Events in commit order.", parameters, &[("events", list(event))])
}

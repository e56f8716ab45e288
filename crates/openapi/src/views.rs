//! Schemas of what a reseller can look up beside the record itself: history, explain, products, feed.

use crate::fields::{answer, described, nullable};
use crate::schemas::{nothing, success, text};
use entitlement::{EventKind, NotificationReason, Rejection, Status, VerbName};
use serde_json::{Map, Value, json};
use wire::RECORD_MEMBERS;

/// All of them, by name.
pub(crate) fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("HistoryAnswer", history()),
        ("ExplainAnswer", explain()),
        ("ProductsAnswer", products()),
        ("FeedAnswer", feed()),
    ]
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
    let event = answer(
        "One event, past or planned.",
        &[
            ("at", date(false)),
            ("planned", described(json!({ "type": "boolean" }), "it lies in the future")),
            ("actor", words(&["RESELLER", "MERCHANT", "HUB", "OPERATOR"], false)),
            ("event", event_kind()),
            ("changes", described(list(change), "what it changed; of a creation, everything that is not null")),
            ("reason", nullable(why(), true)),
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

fn why() -> Value {
    answer("Why.", &[("category", text(true)), ("code", text(true)), ("description", text(true))])
}

fn explain() -> Value {
    let verb = || words(&VerbName::ALL.map(VerbName::as_str), false);
    let rules = Rejection::ALL.map(Rejection::rule);
    let rule_of_verb: Map<String, Value> =
        VerbName::ALL.into_iter().map(|verb| (verb.as_str().to_owned(), words(&rules, false))).collect();
    let refused = json!({ "type": "object", "properties": rule_of_verb, "additionalProperties": false });
    let parties = || words(&["RESELLER", "MERCHANT", "HUB"], false);
    let hold = answer("One hold.", &[("owner", parties()), ("reason", nullable(why(), true)), ("since", date(false))]);
    let members = [
        ("entitlementId", text(false)),
        ("status", words(&Status::ALL.map(Status::as_str), false)),
        ("sentence", described(text(false), "all of it in plain English, to be read out")),
        ("awaited", described(words(&["USER", "RESELLER", "MERCHANT", "HUB"], true), "who has to act next")),
        ("since", described(date(false), "when the present status began")),
        ("deadline", described(date(true), "what is waited for ends by itself then")),
        ("endsAt", described(date(true), "the entitlement ends by itself then")),
        ("holds", list(hold)),
        ("operation", nullable(operation(), true)),
        ("allowed", list(verb())),
        ("refused", described(refused, "for each of the other verbs, the rule that refuses it")),
        ("lastError", nullable(last_error(), true)),
    ];
    success("Where it stands.", nothing(), &members)
}

fn operation() -> Value {
    let asked = [
        "create",
        "activationInfo",
        "update",
        "suspend",
        "resume",
        "undo",
        "cancel",
        "revoke",
        "terminate",
        "suspendAgain",
        "updateBack",
    ];
    answer(
        "What is open at the merchant.",
        &[
            ("type", words(&asked, false)),
            ("stage", words(&["IN_FLIGHT", "QUEUED", "UNKNOWN"], false)),
            ("requestId", described(text(false), "its name towards the merchant")),
            ("by", words(&["RESELLER", "MERCHANT", "HUB", "OPERATOR"], false)),
            ("since", date(false)),
            ("attempts", described(json!({ "type": "integer", "minimum": 0 }), "calls of the merchant so far")),
            ("nextAttempt", date(true)),
            ("deadline", date(true)),
        ],
    )
}

fn last_error() -> Value {
    answer(
        "What went wrong last.",
        &[
            ("at", date(false)),
            ("origin", words(&["RESELLER", "HUB", "MERCHANT"], false)),
            ("operation", described(text(true), "what failed; null where it was a notification")),
            ("rule", described(text(true), "the rule of its answer; null where it was a notification")),
            ("message", text(false)),
        ],
    )
}

fn products() -> Value {
    let uri = || nullable(json!({ "type": "string", "format": "uri" }), true);
    let product = answer(
        "One product.",
        &[
            ("productIdentifier", described(text(false), "merchantAccountKey/productKey")),
            ("productRank", described(json!({ "type": "integer", "minimum": 1 }), "its place in this list")),
            ("productStatus", words(&["AVAILABLE", "NOT_ELIGIBLE", "UNAVAILABLE"], false)),
            ("productName", text(false)),
            ("productDescription", text(false)),
            ("productLogoURL", uri()),
            ("productTermsURL", uri()),
            ("merchantAccountKey", text(false)),
            ("productKey", text(false)),
            ("offerKeys", list(text(false))),
            ("rule", described(words(&["limit-reached", "merchant-unreachable"], true), "why it cannot be sold")),
            ("supports", list(words(&VerbName::ALL.map(VerbName::as_str), false))),
            ("health", words(&["OK", "FAILING"], false)),
        ],
    );
    success("What this reseller sells.", nothing(), &[("eligibleProducts", list(product))])
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

//! `components.examples`: printed by `wire`, as the hub prints its answers, so that none of them can
//! be of another shape.

use entitlement::{
    Awaited, Event, EventKind, Hold, JsonObject, Moment, NotificationReason, Party, Reason, Record, Rejection, Set,
    Status, VerbName, born_from,
};
use ids::{EntitlementKey, NotificationId, TargetId, parse_uuid};
use serde_json::{Map, Value, json};
use wire::dry_run_body;
use wire::{
    ANSWER_FORM, DryRun, EligibleProduct, ErrorAnswer, Explanation, Fault, FeedBody, FeedEvent, HistoryBody,
    HistoryEvent, NOTIFICATION_FORM, NOTIFICATION_REASON_FIELD, ProductStatus, ResponseCode, Told, action_parameters,
    echo_body, explain_body, notification_body, products_body, record_body, report_body,
};

const ID: &str = "0198c0de-7a11-7b0e-8c3d-2f6a9b1e4d70";
const URL: &str = "http://127.0.0.1:8080/activate/0198c0de7a117b0e8c3d2f6a9b1e4d70";

/// All of them, by name.
pub(crate) fn all() -> Map<String, Value> {
    let mut examples = Map::new();
    let mut add = |name: &str, summary: &str, value: Value| {
        examples.insert(name.to_owned(), json!({ "summary": summary, "value": value }));
    };
    add(
        "createRequest",
        "Music for alice",
        json!({
            "customerIdentifier": "alice", "merchantAccountKey": "BANGO_US", "productKey": "MUSIC",
        }),
    );
    add("updateRequest", "Another product", json!({ "entitlementId": ID, "productKey": "MUSIC_PREMIUM" }));
    add("cancelRequest", "Not renewed", reason("cancel", "CUSTOMER_CANCELLED", "NOT_RENEWED"));
    add("revokeRequest", "Fraud", reason("revoke", "REVOKED", "FRAUD"));
    add("reactivateRequest", "Nothing", json!({}));
    add("reportRequest", "What is active", json!({ "status": ["ACTIVE", "ACTIVE-ENDING"], "limit": 100 }));
    add("echo", "The id again", value(&echo_body("hello-1")));
    for (name, summary, record) in records() {
        add(name, summary, value(&record_body(ANSWER_FORM, ResponseCode::Ok, None, &record).unwrap_or_default()));
    }
    add("action", "The customer has to go to a page", action(ResponseCode::ClientActionRequired));
    add("freshUrl", "A fresh URL", action(ResponseCode::Ok));
    add("dryRun", "With Prefer: validate-only", dry_run());
    add("history", "Created and activated", history());
    add("explain", "Why can my customer not watch?", explain());
    add("products", "One product", products());
    add("feed", "One event", feed());
    let found = [pending(), active()];
    add("report", "The first page of several", value(&report_body(found.iter(), Some("MTc3MzE0NDAwMDAwMC4wMTk4"), 42)));
    add("notification", "It has become ACTIVE", notification());
    for (name, summary, error) in errors() {
        add(name, summary, value(&error.body()));
    }
    add("OutcomeUnknown", "It may have happened", value(&unknown().body_with_record(&pending())));
    crate::sandbox::examples(&mut add);
    crate::health::examples(&mut add);
    examples
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn at(text: &str) -> Moment {
    wire::parse_date(text).unwrap_or(Moment(0))
}

fn reason(verb: &str, category: &str, code: &str) -> Value {
    json!({ format!("{verb}ReasonCategory"): category, format!("{verb}ReasonCode"): code })
}

fn pending() -> Record {
    Record {
        entitlement_id: ID.to_owned(),
        status: Status::Pending,
        date_created: at("2030-01-31T12:00:00Z"),
        date_activated: None,
        date_ended: None,
        date_suspended: None,
        date_resumed: None,
        date_last_updated: at("2030-01-31T12:00:00Z"),
        customer_identifier: "alice".to_owned(),
        merchant_account_key: "BANGO_US".to_owned(),
        product_key: "MUSIC".to_owned(),
        offer_key: None,
        activation_code: None,
        entitlement_display_name: Some("Music".to_owned()),
        date_expiry: None,
        extension_data: JsonObject::new(),
        notification_url: None,
        external_entitlement_id: None,
        shared_customer_id: "5b0c2f1e9a7d48c3b6e1f0a2d4c6e8b0".to_owned(),
        bango_user_id: "4821093377".to_owned(),
        merchant_entitlement_id: ID.to_owned(),
        finance_data: JsonObject::new(),
    }
}

fn active() -> Record {
    let activated = at("2030-01-31T12:03:20Z");
    Record { status: Status::Active, date_activated: Some(activated), date_last_updated: activated, ..pending() }
}

fn records() -> [(&'static str, &'static str, Record); 6] {
    let ended = at("2030-02-14T09:00:00Z");
    let changed = |status, date_ended| Record { status, date_ended, date_last_updated: ended, ..active() };
    [
        ("active", "It is ACTIVE", active()),
        ("pending", "It waits for the merchant", pending()),
        (
            "code",
            "It waits for its code to be redeemed",
            Record { activation_code: Some("MUSIC-7F3A-9C2E".to_owned()), ..pending() },
        ),
        ("queued", "It is still ACTIVE; the merchant has queued the request", active()),
        (
            "ending",
            "It ends with the month that is paid",
            changed(Status::ActiveEnding, Some(at("2030-02-28T12:03:20Z"))),
        ),
        ("revoked", "It has ended", changed(Status::Revoked, Some(ended))),
    ]
}

fn action(code: ResponseCode) -> Value {
    let parameters = action_parameters(URL, Some(at("2030-02-01T12:00:00Z")));
    value(&record_body(ANSWER_FORM, code, Some(&parameters), &pending()).unwrap_or_default())
}

fn dry_run() -> Value {
    let code = ResponseCode::ClientActionRequired;
    let unknown = ["entitlementId", "merchantEntitlementId"];
    let run = DryRun { code, record: &pending(), unknown: &unknown, would_notify: &[] };
    value(&dry_run_body(&run).unwrap_or_default())
}

fn history() -> Value {
    let (before, after) = (pending(), active());
    let event = |at, by, kind| Event { at, by, kind, version: 1, reason: None, sets: Vec::new() };
    let created = event(before.date_created, Party::Reseller, EventKind::Created);
    let activated = event(after.date_last_updated, Party::Merchant, EventKind::Activated);
    let mut body = HistoryBody::new(ID, 0);
    let first = HistoryEvent {
        event: &created,
        planned: false,
        before: None,
        after: &before,
        request_id: Some("order-4711"),
        notification: None,
    };
    body.push(&first);
    let told = format!("{ID}.0.1");
    let notification = Some((told.as_str(), "DELIVERED"));
    let second = HistoryEvent {
        event: &activated,
        before: Some(&before),
        after: &after,
        request_id: None,
        notification,
        ..first
    };
    body.push(&second);
    value(&body.finish())
}

fn explain() -> Value {
    let since = at("2030-02-03T08:00:00Z");
    let record = Record { status: Status::Suspended, date_suspended: Some(since), ..active() };
    let set = Set::Record(record.into());
    let created =
        Event { at: since, by: Party::Reseller, kind: EventKind::Created, reason: None, version: 1, sets: vec![set] };
    let Some(mut entitlement) = born_from(&created) else {
        return Value::Null;
    };
    entitlement.holds.merchant = Some(Hold { since, reason: Some(Reason::of("CUSTOMER_SUSPENDED", "NON_PAYMENT")) });
    let verbs = VerbName::ALL.map(|verb| {
        let told = match verb {
            VerbName::Update | VerbName::Suspend | VerbName::Cancel | VerbName::Revoke => Ok(()),
            VerbName::ProductUpdate => Err(Rejection::NotActive),
            VerbName::Resume => Err(Rejection::HeldByMerchant),
            VerbName::Undo => Err(Rejection::NotEnding),
            VerbName::ActivationInfo => Err(Rejection::NotPending),
        };
        (verb, told)
    });
    value(&explain_body(&Explanation {
        entitlement: &entitlement,
        sentence: "Suspended by the merchant since 2030-02-03T08:00:00Z (CUSTOMER_SUSPENDED/NON_PAYMENT). Only the \
                   merchant can resume it; the reseller can cancel or revoke it.",
        awaited: Some(Awaited::Merchant),
        since,
        deadline: None,
        ends_at: None,
        operation_type: None,
        verbs: &verbs,
        last_error: None,
    }))
}

fn products() -> Value {
    value(&products_body(&[EligibleProduct {
        merchant_account_key: "BANGO_US",
        product_key: "MUSIC",
        name: "Music",
        description: "The customer confirms on a page. A cancel ends it with the month that is paid for.",
        logo_url: None,
        terms_url: None,
        offers: &[],
        status: ProductStatus::NotEligible,
        rule: Some(Rejection::LimitReached.rule()),
        supports: VerbName::ALL.map(VerbName::as_str).to_vec(),
        healthy: true,
    }]))
}

fn feed() -> Value {
    let record = active();
    let mut body = FeedBody::begin(42, 1);
    body.push(&FeedEvent {
        position: 42,
        at: record.date_last_updated,
        kind: EventKind::Activated,
        reason: Some(NotificationReason::ActivationSuccess),
        record: &record,
    });
    value(&body.finish())
}

fn notification() -> Value {
    let Some(uuid) = parse_uuid(ID) else {
        return Value::Null;
    };
    let id = NotificationId { key: EntitlementKey(uuid), target: TargetId(0), sequence: 1 };
    let told = Told {
        record: &active(),
        reason: NotificationReason::ActivationSuccess,
        id: &id,
        why: None,
        reason_field: NOTIFICATION_REASON_FIELD,
    };
    value(&notification_body(NOTIFICATION_FORM, &told).unwrap_or_default())
}

fn unknown() -> ErrorAnswer {
    let message = "The merchant's answer did not arrive; the hub goes on finding out.";
    ErrorAnswer::new(503, ResponseCode::ServiceUnavailable, "outcome-unknown", message)
        .with_retry_after_s(5)
        .with_hint("Repeat with the same X-RequestIdentifier, or read the entitlement; nothing is sent twice.")
}

/// One for each refusal, under the name of its response: what is so, status, rule, message.
const ERRORS: [(&str, &str, u16, &str, &str); 13] = [
    ("BadRequest", "A field is missing", 400, "required", "productKey parameter is required"),
    ("Unauthorized", "No accepted credential", 401, "unauthorized", "The credential is missing or not accepted."),
    ("NotFound", "No such entitlement of yours", 404, "unknown-entitlement", "There is no such entitlement."),
    ("RequestTimeout", "The body came too slowly", 408, "body-too-slow", "The body did not arrive within 10 s."),
    (
        "Conflict",
        "Its status does not allow it",
        409,
        "already-ended",
        "The entitlement's status REVOKED does not allow this.",
    ),
    (
        "PreconditionFailed",
        "The record has moved on",
        412,
        "version-mismatch",
        "The entitlement has changed since this ETag.",
    ),
    ("ContentTooLarge", "The body is too large", 413, "body-too-large", "The body is larger than 256 KiB."),
    ("UnsupportedMediaType", "It is no JSON", 415, "media-type", "The body is not declared as JSON."),
    (
        "UnprocessableContent",
        "It is not sold to you",
        422,
        "not-sold",
        "This merchant, product or offer is not sold to you.",
    ),
    ("TooManyRequests", "The limit is used up", 429, "rate-limited", "More requests than this credential may send."),
    ("Refused", "Forced by Prefer: status=418", 418, "forced", "Forced."),
    ("InternalServerError", "The hub's fault", 500, "internal-error", "Something went wrong in the hub."),
    (
        "ServiceUnavailable",
        "The merchant cannot be reached",
        503,
        "merchant-unreachable",
        "The merchant cannot be reached; nothing was done.",
    ),
];

fn errors() -> impl Iterator<Item = (&'static str, &'static str, ErrorAnswer)> {
    ERRORS.into_iter().map(|(name, summary, status, rule, message)| {
        if status == 400 {
            let missing = Fault::required("productKey").with_hint("productKey is missing or null. This call needs it.");
            return (name, summary, ErrorAnswer::faults(vec![missing]));
        }
        let code = ResponseCode::of_status(status).first().copied().unwrap_or(ResponseCode::BadRequest);
        (name, summary, ErrorAnswer::new(status, code, rule, message))
    })
}

//! Operations the merchant has queued: others wait their turn or supersede them, a deadline ends
//! them, and a confirmation that comes late still counts.

use crate::harness::{Case, INQUIRY, NEITHER, Plan, REPEATABLE, START, cancel, revoke, update};
use crate::merchant::{Does, Says};
use crate::operations::{Answered, Form, Op, operations};
use entitlement::{NotificationReason, Stage, Told};
use ids::{OperationId, parse_uuid};

const IN_PROGRESS: Form = Form { http: 409, word: "operation-in-progress" };
const DEADLINE_S: i64 = 60;

fn queued() -> Vec<Op> {
    operations().into_iter().filter(|op| op.says == Says::Queued && op.kind != "create").collect()
}

/// A case with that operation queued, and the entitlement's id.
fn open(op: &Op, plan: Plan) -> (Case, String) {
    let case = Case::open(plan);
    let id = op.start(&case);
    case.merchant.next(op.kind, Does::Answers(Says::Queued));
    assert_eq!(Answered(&case.ask("queued", &op.wanted(&id))), op.form);
    assert_eq!(case.row().state.operation.map(|open| open.stage), Some(Stage::Queued));
    (case, id)
}

fn requested(case: &Case, kind: &str) -> (String, OperationId) {
    let effects = case.merchant.effects();
    let (request, _) = effects.iter().find(|(_, effect)| effect.kind == kind).expect("it was asked");
    (request.clone(), OperationId(parse_uuid(request).unwrap()))
}

fn has_cancel_reason(case: &Case) -> bool {
    case.row().state.record.extension_data.get("cancelReasonCode").is_some()
}

#[test]
fn a_second_operation_is_refused_and_a_local_update_goes_on() {
    for op in queued() {
        let (case, id) = open(&op, INQUIRY);
        let calls = case.merchant.calls().len();
        if op.kind != "revoke" {
            let second = update(&id, r#""productKey":"MUSIC_NOW""#);
            assert_eq!(Answered(&case.ask("second", &second)), IN_PROGRESS, "{}", op.name);
            assert_eq!(Answered(&case.ask("second", &second)), IN_PROGRESS, "it is not remembered: {}", op.name);
            assert!(!case.ask("second", &second).replayed);
        }
        if op.kind != "undo" {
            assert_eq!(Answered(&case.ask("third", &cancel(&id))), IN_PROGRESS, "{}", op.name);
        }
        let local = update(&id, r#""externalEntitlementId":"E-2""#);
        assert_eq!(case.ask("local", &local).http, 200, "{}", op.name);
        assert_eq!(case.merchant.calls().len(), calls);
        let (request, operation) = requested(&case, op.kind);
        case.merchant.confirm(&request);
        case.told(case.row().key, Told::Completed { operation, done: true }).unwrap();
        assert_eq!(Some(case.status()), op.confirmed, "{}", op.name);
        case.audit();
    }
}

#[test]
fn a_revoke_supersedes_what_is_queued() {
    for op in queued().into_iter().filter(|op| op.kind != "revoke") {
        let (case, id) = open(&op, INQUIRY);
        let revoked = case.ask("revoke", &revoke(&id));
        assert_eq!((revoked.http, case.status()), (200, "REVOKED"), "{}", op.name);
        // The merchant's late word on the other one has no effect.
        let (_, operation) = requested(&case, op.kind);
        let version = case.row().state.version;
        case.told(case.row().key, Told::Completed { operation, done: true }).unwrap();
        assert_eq!((case.status(), case.row().state.version), ("REVOKED", version));
        let again = case.ask("queued", &op.wanted(&id));
        assert_eq!((again.http, again.replayed), (202, true));
        case.audit();
    }
}

#[test]
fn a_revoke_supersedes_what_is_unknown_and_its_request_gets_an_answer() {
    for op in operations().into_iter().filter(|op| ["update", "suspend", "undo", "cancel, ended"].contains(&op.name)) {
        let case = Case::open(NEITHER);
        let id = op.start(&case);
        case.merchant.next(op.kind, Does::HangsUp);
        let wanted = op.wanted(&id);
        assert_eq!(case.ask("unknown", &wanted).http, 503);
        assert_eq!(Answered(&case.ask("second", &update(&id, r#""productKey":"MUSIC_NOW""#))), IN_PROGRESS);
        assert_eq!(case.ask("local", &update(&id, r#""externalEntitlementId":"E-2""#)).http, 200);
        // While the revoke itself is queued, the other one is over already.
        case.merchant.next("revoke", Does::Answers(Says::Queued));
        assert_eq!(case.ask("revoke", &revoke(&id)).http, 202);
        let over = case.ask("unknown", &wanted);
        assert_eq!(Answered(&over), Form { http: 422, word: "not-done" }, "{}", op.name);
        let (request, operation) = requested(&case, "revoke");
        case.merchant.confirm(&request);
        case.told(case.row().key, Told::Completed { operation, done: true }).unwrap();
        assert_eq!(case.status(), "REVOKED");
        assert_eq!(case.ask("unknown", &wanted).body, over.body);
        case.audit();
    }
}

#[test]
fn at_its_deadline_it_ends_as_not_done_where_the_merchant_cannot_be_asked() {
    for plan in [NEITHER, REPEATABLE] {
        for op in queued().into_iter().filter(|op| op.kind != "revoke") {
            let (case, id) = open(&op, Plan { queued_deadline_s: DEADLINE_S, ..plan });
            assert_eq!(has_cancel_reason(&case), matches!(op.kind, "cancel" | "undo"), "{}", op.name);
            let calls = case.merchant.calls();
            case.clock.advance_ms((DEADLINE_S - 1) * 1_000);
            let still = case.ask("second", &update(&id, r#""productKey":"MUSIC_NOW""#));
            assert_eq!(Answered(&still), IN_PROGRESS);
            let told = case.notifications(case.row().key).len();
            case.pass(1);
            assert_eq!(case.row().state.operation, None, "{}", op.name);
            assert_eq!(Some(case.status()), op.before(), "{}", op.name);
            assert_eq!(has_cancel_reason(&case), op.kind == "undo", "the reason is taken back: {}", op.name);
            assert_eq!(case.merchant.calls(), calls, "nothing is asked");
            let news = case.notifications(case.row().key);
            assert_eq!(news.last().map(|one| one.reason), Some(NotificationReason::MetadataUpdate), "{}", op.name);
            assert_eq!(news.len(), told + 1);
            let again = case.ask("queued", &op.wanted(&id));
            assert_eq!((again.http, again.replayed), (202, true), "the first answer stays");
            case.audit();
        }
    }
}

#[test]
fn at_its_deadline_the_merchant_is_asked_where_it_can_be() {
    for op in queued().into_iter().filter(|op| op.kind != "revoke") {
        for confirmed in [true, false] {
            let (case, _) = open(&op, Plan { queued_deadline_s: DEADLINE_S, ..INQUIRY });
            let (request, _) = requested(&case, op.kind);
            if confirmed {
                case.merchant.confirm(&request);
            } else {
                case.merchant.next("inquiry", Does::Only(404));
            }
            case.pass(DEADLINE_S);
            assert_eq!(case.merchant.calls_of("inquiry"), 1, "{}", op.name);
            let expected = if confirmed { op.confirmed } else { op.before() };
            assert_eq!(Some(case.status()), expected, "{}", op.name);
            assert_eq!(case.row().state.operation, None);
            let reason = match op.kind {
                "cancel" => confirmed,
                "undo" => !confirmed,
                _ => false,
            };
            assert_eq!(has_cancel_reason(&case), reason, "{}", op.name);
            case.audit();
        }
    }
}

#[test]
fn what_is_still_queued_at_its_deadline_is_asked_about_again() {
    let op = queued().into_iter().find(|op| op.kind == "suspend").unwrap();
    let (case, _) = open(&op, Plan { queued_deadline_s: DEADLINE_S, ..INQUIRY });
    case.clock.advance_ms(DEADLINE_S * 1_000);
    case.until("it is asked about", || case.merchant.calls_of("inquiry") >= 1);
    case.until("its answer is settled", || {
        case.row().state.operation.as_ref().is_some_and(|open| open.next_at > Some(case.clock.read()))
    });
    let open = case.row().state.operation.unwrap();
    assert_eq!((open.stage, open.deadline), (Stage::Queued, None));
    let (request, _) = requested(&case, "suspend");
    case.merchant.confirm(&request);
    case.quiet();
    assert_eq!(case.status(), "SUSPENDED");
    case.audit();
}

#[test]
fn a_confirmation_after_the_deadline_still_counts_where_the_status_allows_it() {
    let op = queued().into_iter().find(|op| op.kind == "cancel").unwrap();
    let (case, _) = open(&op, Plan { queued_deadline_s: DEADLINE_S, ..NEITHER });
    case.pass(DEADLINE_S);
    assert_eq!(case.status(), "ACTIVE");
    let (request, _) = requested(&case, "cancel");
    case.merchant.confirm(&request);
    case.told(case.row().key, Told::Terminated { immediate: false, at: None, reason: None }).unwrap();
    assert_eq!(case.status(), "CANCELLED");
    case.audit();
}

#[test]
fn a_refusal_of_what_was_queued_takes_its_reason_back() {
    for op in queued() {
        let (case, id) = open(&op, INQUIRY);
        let (_, operation) = requested(&case, op.kind);
        case.told(case.row().key, Told::Completed { operation, done: false }).unwrap();
        assert_eq!(Some(case.status()), op.before(), "{}", op.name);
        assert_eq!(has_cancel_reason(&case), op.kind == "undo", "{}", op.name);
        let again = case.ask("queued", &op.wanted(&id));
        assert_eq!((again.http, again.replayed), (202, true));
        case.audit();
    }
}

#[test]
fn an_expiry_supersedes_what_is_queued() {
    for op in queued() {
        let case = Case::open(INQUIRY);
        let id = op.start(&case);
        let expiry = wire::print_date(START.plus_s(600));
        assert_eq!(case.ask("", &update(&id, &format!(r#""dateExpiry":"{expiry}""#))).http, 200);
        case.merchant.next(op.kind, Does::Answers(Says::Queued));
        assert_eq!(case.ask("queued", &op.wanted(&id)).http, 202);
        case.pass(600);
        assert_eq!(case.status(), "CANCELLED", "{}", op.name);
        assert_eq!(case.merchant.calls_of("terminate"), 1, "{}", op.name);
        assert_eq!(case.row().state.operation, None);
        case.audit();
    }
}

#[test]
fn a_queued_revoke_is_asked_again_every_hour() {
    let op = queued().into_iter().find(|op| op.kind == "revoke").unwrap();
    let (case, _) = open(&op, REPEATABLE);
    let (request, _) = requested(&case, "revoke");
    for hour in 1..=3 {
        case.pass(3_600);
        let calls = case.merchant.calls();
        assert_eq!(calls.iter().filter(|call| call.request == request).count(), 1 + hour);
        assert_eq!(case.status(), "ACTIVE");
    }
    case.merchant.confirm(&request);
    case.pass(3_600);
    assert_eq!(case.status(), "REVOKED");
    case.audit();
}

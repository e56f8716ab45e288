//! Answers nobody can read, answers that never come, and how their outcome is found out: by
//! inquiry, by repeating, or by what the merchant tells.

use crate::crowd::{One, all, one};
use crate::harness::{Case, INQUIRY, NEITHER, Plan, REPEATABLE};
use crate::merchant::{Does, Garbled, Says};
use crate::operations::{Answered, Form, NOT_DONE, Op, operations};
use entitlement::{Given, JsonObject, ProductChange, Stage, Told};
use ids::{OperationId, parse_uuid};

const UNKNOWN: Form = Form { http: 503, word: "outcome-unknown" };

/// The operations whose outcome may stay unknown: what is queued or refused is told by an answer.
fn decided() -> Vec<Op> {
    operations().into_iter().filter(|op| op.confirmed.is_none() && !op.is_refused()).collect()
}

#[test]
fn an_answer_nobody_can_read_is_unknown_and_is_then_found_out() {
    let garbled = [
        Garbled::Html,
        Garbled::NotJson,
        Garbled::Truncated,
        Garbled::Empty,
        Garbled::OtherIds,
        Garbled::Status(302),
        Garbled::Status(204),
        Garbled::Status(500),
        Garbled::Status(503),
    ];
    let operations = decided();
    let mut cases = Vec::new();
    for op in operations.iter().filter(|op| ["create, URL", "update", "cancel, ends at"].contains(&op.name)) {
        for what in garbled {
            for (route, plan) in [("inquiry", INQUIRY), ("repeatable", REPEATABLE)] {
                // Where it may be repeated, 5xx are tried again at once: four in all.
                let times = if matches!(what, Garbled::Status(500..)) && plan.repeatable { 4 } else { 1 };
                let does = Does::ActsAndGarbles(op.says.clone(), what);
                let name = format!("{}, {what:?}, {route}", op.name);
                cases.push(one(name, move || found_out(op, &does, times, plan, op.form)));
            }
        }
    }
    all(cases);
}

#[test]
fn a_merchant_that_hangs_up_is_asked_or_sent_the_same_again() {
    let operations = decided();
    let mut cases = Vec::new();
    for op in &operations {
        for (route, plan) in [("inquiry", INQUIRY), ("repeatable", REPEATABLE)] {
            let acted = Does::ActsAndHangsUp(op.says.clone());
            cases.push(one(format!("{}, acted, {route}", op.name), move || found_out(op, &acted, 1, plan, op.form)));
            let form = if plan.inquiry { NOT_DONE } else { op.form };
            let name = format!("{}, did nothing, {route}", op.name);
            cases.push(one(name, move || found_out(op, &Does::HangsUp, 1, plan, form)));
        }
    }
    all(cases);
}

fn found_out(op: &Op, does: &Does, times: usize, plan: Plan, form: Form) {
    let case = Case::open(plan);
    let id = op.start(&case);
    case.merchant.usually(op.kind, op.says.clone());
    (0..times).for_each(|_| case.merchant.next(op.kind, does.clone()));
    let wanted = op.wanted(&id);
    let first = case.ask("one", &wanted);
    assert_eq!(Answered(&first), UNKNOWN);
    assert_eq!(first.retry_after_s, Some(5));
    assert_eq!(case.status(), op.before().unwrap_or("FAILED"), "it stays as it was, or is FAILED");
    assert_eq!(case.row().state.operation.map(|open| open.stage), Some(Stage::Unknown));
    let waits = case.send("one", &wanted);
    case.quiet();
    let later = case.block(waits).unwrap();
    assert_eq!(Answered(&later), form, "who waits gets the outcome");
    assert!(later.replayed);
    assert_eq!(case.ask("one", &wanted).body, later.body);
    let purpose = if plan.inquiry { "Inquiry" } else { "Repeat" };
    let request = case.merchant.calls().iter().rev().find(|call| call.purpose == purpose).unwrap().request.clone();
    let same = case.merchant.calls().into_iter().filter(|call| call.request == request).count();
    assert_eq!(same, times + 1, "the same requestId, and once is enough");
    case.audit();
}

#[test]
fn an_inquiry_that_fails_comes_again_on_the_schedule() {
    for (plan, kind) in [(INQUIRY, "inquiry"), (REPEATABLE, "suspend")] {
        let case = Case::open(plan);
        let op = decided().into_iter().find(|op| op.name == "suspend").unwrap();
        let id = op.start(&case);
        case.merchant.next("suspend", Does::ActsAndHangsUp(Says::Done));
        for status in [302, 404, 429, 401] {
            // On a repeat, and where the merchant only refuses to be asked, these say nothing.
            if status != 404 || kind == "suspend" {
                case.merchant.next(kind, Does::Only(status));
            }
        }
        case.merchant.next(kind, Does::HangsUp);
        let failures = if kind == "suspend" { 5 } else { 4 };
        let began = case.clock.read().0;
        assert_eq!(case.ask("one", &op.wanted(&id)).http, 503);
        case.quiet();
        let waited = (case.clock.read().0 - began) / 1_000;
        let schedule = [1, 5, 30, 120, 600, 3_600];
        assert_eq!(waited, schedule[..=failures.min(4)].iter().sum::<i64>(), "{plan:?}");
        if failures == 5 {
            assert_eq!(case.row().state.operation.map(|open| open.stage), Some(Stage::Unknown), "then hourly");
            case.pass(3_600);
        }
        assert_eq!(case.status(), "SUSPENDED");
        case.audit();
    }
}

/// What a merchant tells by itself once an operation was done there.
fn news_of(op: &Op) -> Told {
    let given = Given::default();
    let at = |at| Told::Patched {
        product: None,
        extension: JsonObject::new(),
        date_expiry: None,
        termination_date: Some(at),
    };
    match (op.kind, &op.says) {
        ("create", _) => Told::Activated(given),
        ("update", _) => Told::Patched {
            product: Some(ProductChange {
                product_key: "MUSIC_PREMIUM".to_owned(),
                offer_key: None,
                display_name: None,
            }),
            extension: JsonObject::new(),
            date_expiry: None,
            termination_date: None,
        },
        ("suspend", _) => Told::Suspended(None),
        ("resume", _) => Told::Resumed,
        ("undo", _) => at(None),
        ("cancel", Says::EndsAt(end)) => at(Some(entitlement::Moment(*end))),
        ("cancel", _) => Told::Terminated { immediate: false, at: None, reason: None },
        ("revoke", _) => Told::Terminated { immediate: true, at: None, reason: None },
        (other, _) => panic!("no news of {other}"),
    }
}

#[test]
fn where_nobody_can_find_out_nothing_is_sent_again_and_a_call_back_settles_it() {
    let operations: Vec<Op> =
        decided().into_iter().filter(|op| matches!(op.says, Says::Done | Says::EndsAt(_))).collect();
    let mut cases: Vec<One<'_>> = Vec::new();
    for op in &operations {
        cases.push(one(format!("{}, news", op.name), move || told_later(op, true, |_| news_of(op), op.form)));
        let done = |operation| Told::Completed { operation, done: true };
        if op.name != "cancel, ends at" {
            cases.push(one(format!("{}, complete", op.name), move || told_later(op, true, done, op.form)));
        }
        let no = |operation| Told::Completed { operation, done: false };
        let refused = Form { http: 422, word: "merchant-refused-user" };
        cases.push(one(format!("{}, complete: refused", op.name), move || told_later(op, false, no, refused)));
        let refuse = |_| Told::Refused(None);
        cases.push(one(format!("{}, refuse", op.name), move || told_later(op, false, refuse, refused)));
    }
    all(cases);
}

fn told_later(op: &Op, acted: bool, news: impl Fn(OperationId) -> Told, form: Form) {
    let case = Case::open(NEITHER);
    let id = op.start(&case);
    let does = if acted { Does::ActsAndHangsUp(op.says.clone()) } else { Does::HangsUp };
    case.merchant.next(op.kind, does);
    let wanted = op.wanted(&id);
    assert_eq!(Answered(&case.ask("one", &wanted)), UNKNOWN);
    let calls = case.merchant.calls();
    case.pass(14 * 24 * 3_600);
    assert_eq!(case.merchant.calls(), calls, "nothing is sent again by itself");
    assert_eq!(Answered(&case.ask_briefly("one", &wanted)), UNKNOWN);
    let request = &calls.last().unwrap().request;
    let operation = OperationId(parse_uuid(request).unwrap());
    case.told(case.row().key, news(operation)).unwrap();
    let expected = if acted { op.after } else { op.before().unwrap_or("CANCELLED") };
    assert_eq!(case.status(), expected);
    assert_eq!(case.row().state.operation, None);
    let late = case.ask("one", &wanted);
    assert_eq!(Answered(&late), form);
    assert_eq!(case.ask("one", &wanted).body, late.body);
    assert_eq!(case.merchant.calls(), calls);
    case.audit();
}

#[test]
fn a_merchant_that_never_answers_is_unknown_after_ten_seconds() {
    let operations = decided();
    let mut cases = Vec::new();
    for op in operations.iter().filter(|op| ["create, active", "update, URL", "revoke"].contains(&op.name)) {
        for (route, plan) in [("inquiry", INQUIRY), ("repeatable", REPEATABLE)] {
            let acted = Does::ActsAndHolds(op.says.clone());
            cases.push(one(format!("{}, acted, {route}", op.name), move || found_out(op, &acted, 1, plan, op.form)));
            let form = if plan.inquiry { NOT_DONE } else { op.form };
            let name = format!("{}, did nothing, {route}", op.name);
            cases.push(one(name, move || found_out(op, &Does::Holds, 1, plan, form)));
        }
    }
    all(cases);
}

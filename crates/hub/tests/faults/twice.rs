//! Each step twice, and each commit failing in each way: the answer is the same as ever, and
//! nothing is done twice.

use crate::crowd::{all, one};
use crate::harness::{Case, INQUIRY, NEITHER, Plan, REPEATABLE, create};
use crate::merchant::{Does, Says};
use crate::operations::{Answered, Form, NOT_DONE, Op, operations};
use entitlement::Stage;
use hub::{Dispatch, Hub};
use store::StoreError;
use store::faults::{Call, Fault};

/// Which of an operation's two commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Commit {
    Intent,
    Outcome,
}

fn unknown() -> StoreError {
    StoreError::Unknown("cut off".to_owned())
}

fn script(case: &Case, commit: Commit, faults: &[Fault]) {
    if commit == Commit::Outcome {
        case.store().script(Call::Commit, Fault::None);
    }
    faults.iter().for_each(|fault| case.store().script(Call::Commit, fault.clone()));
}

#[test]
fn a_commit_that_is_tried_again_has_one_effect() {
    let ways: [(&str, Vec<Fault>); 5] = [
        ("lost before", vec![Fault::Before(unknown())]),
        ("lost after", vec![Fault::After(unknown())]),
        ("lost before and after", vec![Fault::Before(unknown()), Fault::After(unknown())]),
        ("in the way once", vec![Fault::Conflict]),
        ("in the way three times", vec![Fault::Conflict, Fault::Conflict, Fault::Conflict]),
    ];
    let operations = operations();
    let mut cases = Vec::new();
    for op in &operations {
        for commit in [Commit::Intent, Commit::Outcome] {
            for (way, faults) in &ways {
                let name = format!("{}, {commit:?} {way}", op.name);
                cases.push(one(name, move || same_as_ever(op, commit, faults)));
            }
        }
    }
    all(cases);
}

fn same_as_ever(op: &Op, commit: Commit, faults: &[Fault]) {
    let case = Case::open(INQUIRY);
    let id = op.start(&case);
    case.merchant.usually(op.kind, op.says.clone());
    script(&case, commit, faults);
    let wanted = op.wanted(&id);
    let answer = case.ask("one", &wanted);
    assert_eq!(Answered(&answer), op.form);
    let again = case.ask("one", &wanted);
    assert_eq!((&again.body, again.replayed), (&answer.body, true));
    assert_eq!(case.merchant.calls_of(op.kind), 1);
    if op.kind == "create" && op.is_refused() {
        assert_eq!(case.rows(), []);
    } else {
        assert_eq!(case.status(), op.after);
    }
    case.audit();
}

#[test]
fn an_intent_that_was_not_taken_leaves_nothing() {
    let ways = [(StoreError::Busy, "store-busy"), (StoreError::Full, "store-full")];
    let operations = operations();
    let mut cases = Vec::new();
    for op in &operations {
        for (error, rule) in &ways {
            cases.push(one(format!("{}, {rule}", op.name), move || {
                let case = Case::open(INQUIRY);
                let id = op.start(&case);
                case.merchant.usually(op.kind, op.says.clone());
                script(&case, Commit::Intent, &[Fault::Before(error.clone())]);
                let refused = case.ask("one", &op.wanted(&id));
                assert_eq!(Answered(&refused), Form { http: 503, word: rule });
                assert_eq!(case.merchant.calls_of(op.kind), 0);
                let again = case.ask("one", &op.wanted(&id));
                assert_eq!(Answered(&again), op.form);
                assert!(!again.replayed);
                case.audit();
            }));
        }
    }
    all(cases);
}

/// The merchant has acted, and the hub cannot write it down: the caller is told that the outcome
/// is not known, and recovery finds it once the sender's lease is over.
#[test]
fn an_outcome_that_cannot_be_written_is_unknown_and_found_out_later() {
    let operations = operations();
    let mut cases = Vec::new();
    for op in &operations {
        for (route, plan) in [("inquiry", INQUIRY), ("repeatable", REPEATABLE)] {
            for (way, faults) in [
                ("full", vec![Fault::Before(StoreError::Full)]),
                (
                    "unknown for good",
                    vec![Fault::Before(unknown()), Fault::Before(unknown()), Fault::Before(unknown())],
                ),
            ] {
                cases.push(one(format!("{}, {way}, {route}", op.name), move || {
                    unwritten(op, plan, Commit::Outcome, &faults, op.form);
                }));
            }
        }
    }
    all(cases);
}

/// The intent is durable, and the hub never learns it: nothing is sent before recovery.
#[test]
fn an_intent_nobody_knows_of_is_found_and_settled() {
    let operations = operations();
    let mut cases = Vec::new();
    for op in &operations {
        for (route, plan) in [("inquiry", INQUIRY), ("repeatable", REPEATABLE)] {
            let form = if plan.inquiry { NOT_DONE } else { op.form };
            let faults = [Fault::After(unknown()), Fault::Before(unknown()), Fault::Before(unknown())];
            cases.push(one(format!("{}, {route}", op.name), move || {
                unwritten(op, plan, Commit::Intent, &faults, form);
            }));
        }
    }
    all(cases);
}

fn unwritten(op: &Op, plan: Plan, commit: Commit, faults: &[Fault], form: Form) {
    let case = Case::open(plan);
    let id = op.start(&case);
    case.merchant.usually(op.kind, op.says.clone());
    script(&case, commit, faults);
    let wanted = op.wanted(&id);
    let first = case.ask("one", &wanted);
    assert_eq!(Answered(&first), Form { http: 503, word: "outcome-unknown" });
    assert_eq!(
        first.body.contains("entitlementId\":\""),
        commit == Commit::Outcome,
        "the record is shown: {}",
        first.body
    );
    let calls = case.merchant.calls().len();
    // The sender's lease.
    case.clock.advance_ms(entitlement::LEASE_MS);
    case.until("the lease is over", || case.block(store::Store::in_flight(case.store(), 1)).unwrap().is_empty());
    case.quiet();
    let later = case.ask("one", &wanted);
    assert_eq!(Answered(&later), form);
    assert_eq!(case.ask("one", &wanted).body, later.body);
    assert_eq!(case.merchant.calls().len(), calls + 1, "asked, or sent, once more");
    case.audit();
}

/// Two hubs on one store, as two nodes would be, both looking for what is due.
fn two_nodes(case: &Case) -> (Hub, Dispatch) {
    let (hub, _) = case.block(case.another_hub());
    let dispatch = case.block(async { Dispatch::start(&hub) });
    (hub, dispatch)
}

#[test]
fn two_workers_at_the_same_due_thing_have_one_effect() {
    let operations = operations();
    let mut cases = Vec::new();
    for op in &operations {
        for (route, plan) in [("inquiry", INQUIRY), ("repeatable", REPEATABLE)] {
            cases.push(one(format!("{}, {route}", op.name), move || {
                let case = Case::open(plan);
                let id = op.start(&case);
                let _other = two_nodes(&case);
                case.merchant.usually(op.kind, op.says.clone());
                case.merchant.next(op.kind, Does::ActsAndHangsUp(op.says.clone()));
                let wanted = op.wanted(&id);
                assert_eq!(case.ask("one", &wanted).http, 503);
                case.quiet();
                let later = case.ask("one", &wanted);
                assert_eq!(Answered(&later), op.form);
                assert_eq!(case.ask("one", &wanted).body, later.body);
                case.audit();
            }));
        }
    }
    all(cases);
}

#[test]
fn two_repeats_that_overlap_leave_what_is_queued_its_deadline() {
    for op in operations().iter().filter(|op| op.says == Says::Queued && op.kind != "revoke") {
        let case = Case::open(REPEATABLE);
        let id = op.start(&case);
        let _other = two_nodes(&case);
        case.merchant.next(op.kind, Does::ActsAndHangsUp(Says::Queued));
        (0..2).for_each(|_| case.merchant.next(op.kind, Does::ActsAndAnswersLate(Says::Queued)));
        assert_eq!(case.ask("one", &op.wanted(&id)).http, 503);
        case.clock.advance_ms(1_000);
        case.until("both nodes repeat it", || case.merchant.calls_of(op.kind) == 3);
        case.merchant.let_go();
        case.quiet();
        let open = case.row().state.operation.expect("it is queued");
        assert_eq!((open.stage, open.next_at), (Stage::Queued, None), "{}", op.name);
        let hours_72 = case.clock.read().plus_s(72 * 3_600);
        assert_eq!(open.deadline, Some(hours_72), "{}", op.name);
        case.audit();
    }
}

#[test]
fn one_identity_at_two_nodes_at_once_asks_the_merchant_once() {
    let case = Case::open(INQUIRY);
    let (other, _dispatch) = two_nodes(&case);
    case.merchant.next("create", Does::Waits(Says::Done));
    let sent: Vec<_> = (0..8)
        .flat_map(|_| {
            let here = case.send("one", &create("anna"));
            [here, case.send_to(&other, "one", &create("anna"))]
        })
        .collect();
    case.until("the merchant is asked", || case.merchant.calls_of("create") == 1);
    case.waits_a_little();
    case.merchant.let_go();
    let answers: Vec<_> = sent.into_iter().map(|sent| case.block(sent).unwrap()).collect();
    assert!(answers.iter().all(|answer| answer.http == 200 && answer.body == answers[0].body), "{answers:#?}");
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(case.merchant.calls().len(), 1);
    case.audit();
}

#[test]
fn a_start_beside_a_running_sender_does_not_harm_it() {
    // A second node starts while the first one's call is under way: it takes the sender for lost.
    for says in [Says::Done, Says::Url, Says::Refused(403, "NOT_ELIGIBLE")] {
        let case = Case::open(NEITHER);
        case.merchant.next("create", Does::Waits(says.clone()));
        let sent = case.send("one", &create("anna"));
        case.until("the merchant is asked", || case.merchant.calls_of("create") == 1);
        let _other = two_nodes(&case);
        case.until("it is taken for lost", || {
            case.rows()
                .first()
                .is_some_and(|row| row.state.operation.as_ref().is_some_and(|open| open.stage == Stage::Unknown))
        });
        case.merchant.let_go();
        let answer = case.block(sent).unwrap();
        let (http, status) = match says {
            Says::Done => (200, "ACTIVE"),
            Says::Url => (202, "PENDING"),
            _ => (422, "CANCELLED"),
        };
        assert_eq!((answer.http, case.status()), (http, status));
        assert_eq!(case.ask("one", &create("anna")).body, answer.body);
        case.audit();
    }
}

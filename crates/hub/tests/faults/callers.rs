//! Callers that go away, workers that are told to stop, merchants that are slow: what was begun
//! goes on, and nobody else waits for it.

use crate::crowd::{all, one};
use crate::harness::{Case, FOR_GOOD, INQUIRY, NEITHER, START, create, create_with, revoke, update};
use crate::merchant::{Does, Says};
use crate::operations::{Answered, operations};
use entitlement::Stage;
use hub::Answer;
use std::time::Duration;
use store::faults::{Call, Fault};
use tokio::task::JoinHandle;

#[test]
fn a_caller_who_goes_away_changes_nothing() {
    let operations = operations();
    let mut cases = Vec::new();
    for op in &operations {
        cases.push(one(op.name, move || {
            // Without recovery: the operation itself has to go on.
            let case = Case::open(NEITHER);
            let id = op.start(&case);
            case.merchant.next(op.kind, Does::Waits(op.says.clone()));
            let wanted = op.wanted(&id);
            let sent = case.send("one", &wanted);
            case.until("the merchant is asked", || case.merchant.calls_of(op.kind) == 1);
            sent.abort();
            assert!(case.block(sent).unwrap_err().is_cancelled());
            let repeat = case.send("one", &wanted);
            case.merchant.let_go();
            let answer = case.block(repeat).unwrap();
            assert_eq!(Answered(&answer), op.form);
            assert!(answer.replayed);
            assert_eq!(case.ask("one", &wanted).body, answer.body);
            assert_eq!(case.merchant.calls_of(op.kind), 1);
            case.audit();
        }));
    }
    all(cases);
}

#[test]
fn a_caller_who_goes_away_during_the_intents_commit_changes_nothing() {
    for op in operations().iter().filter(|op| ["create, URL", "update", "revoke"].contains(&op.name)) {
        let case = Case::open(NEITHER);
        let id = op.start(&case);
        case.merchant.usually(op.kind, op.says.clone());
        case.store().script(Call::Commit, Fault::Late(Duration::from_millis(500)));
        let sent = case.send("one", &op.wanted(&id));
        case.until("the commit is held", || case.store().held() == 1);
        sent.abort();
        assert!(case.block(sent).unwrap_err().is_cancelled());
        case.until("it goes on", || {
            case.rows().first().is_some_and(|row| row.state.record.status.as_str() == op.after)
        });
        let answer = case.ask("one", &op.wanted(&id));
        assert_eq!(Answered(&answer), op.form);
        assert_eq!(case.merchant.calls_of(op.kind), 1);
        case.audit();
    }
}

/// An entitlement, its id, and the request that the merchant has not answered yet.
fn being_suspended() -> (Case, String, JoinHandle<Answer>) {
    let case = Case::open(INQUIRY);
    assert_eq!(case.ask("", &create("anna")).http, 200);
    let id = case.row().state.record.entitlement_id.clone();
    case.merchant.next("suspend", Does::Waits(Says::Done));
    let first = case.send("", &update(&id, r#""status":"SUSPENDED""#));
    case.until("the merchant is asked", || case.merchant.calls_of("suspend") == 1);
    (case, id, first)
}

#[test]
fn a_second_operation_waits_for_the_one_in_flight_and_is_decided_on_what_came_of_it() {
    let (case, id, first) = being_suspended();
    let second = case.send("", &update(&id, r#""productKey":"MUSIC_PREMIUM""#));
    let third = case.send("", &update(&id, r#""externalEntitlementId":"E-3""#));
    case.waits_a_little();
    assert!(!second.is_finished() && !third.is_finished());
    case.merchant.let_go();
    assert_eq!(case.block(first).unwrap().http, 200);
    let refused = case.block(second).unwrap();
    assert_eq!(Answered(&refused), crate::operations::Form { http: 409, word: "not-active" });
    assert_eq!(case.block(third).unwrap().http, 200);
    assert_eq!(case.status(), "SUSPENDED");
    case.audit();
}

#[test]
fn a_revoke_waits_for_the_operation_in_flight() {
    let (case, id, first) = being_suspended();
    let second = case.send("", &revoke(&id));
    case.waits_a_little();
    assert!(!second.is_finished());
    case.merchant.let_go();
    assert_eq!(case.block(first).unwrap().http, 200);
    assert_eq!(case.block(second).unwrap().http, 200);
    assert_eq!(case.status(), "REVOKED");
    case.audit();
}

#[test]
fn stopping_the_workers_leaves_a_callers_call_alone() {
    let mut case = Case::open(INQUIRY);
    case.merchant.next("create", Does::Waits(Says::Done));
    let sent = case.send("one", &create("anna"));
    case.until("the merchant is asked", || case.merchant.calls_of("create") == 1);
    let dispatch = case.life_mut().dispatch.take().unwrap();
    case.block(dispatch.stop());
    case.merchant.let_go();
    assert_eq!(case.block(sent).unwrap().http, 200);
    case.crash();
    case.restart();
    case.audit();
}

#[test]
fn stopping_waits_for_what_the_worker_has_begun() {
    let mut case = Case::open(INQUIRY);
    case.merchant.next("create", Does::ActsAndHangsUp(Says::Done));
    case.merchant.next("inquiry", Does::ActsAndAnswersLate(Says::Done));
    assert_eq!(case.ask("one", &create("anna")).http, 503);
    case.clock.advance_ms(1_000);
    case.until("the merchant is asked about it", || case.merchant.calls_of("inquiry") == 1);
    let dispatch = case.life_mut().dispatch.take().unwrap();
    let stopping = case.life().runtime.spawn(dispatch.stop());
    case.waits_a_little();
    assert!(!stopping.is_finished(), "it waits for the answer");
    case.merchant.let_go();
    case.block(stopping).unwrap();
    assert_eq!(case.status(), "ACTIVE");
    case.crash();
    case.restart();
    case.audit();
}

#[test]
fn stopping_gives_up_what_never_ends_and_the_next_start_goes_on_with_it() {
    let mut case = Case::open(INQUIRY);
    case.merchant.next("create", Does::ActsAndHangsUp(Says::Done));
    case.merchant.next("inquiry", Does::Holds);
    assert_eq!(case.ask("one", &create("anna")).http, 503);
    case.clock.advance_ms(1_000);
    case.until("the merchant is asked about it", || case.merchant.calls_of("inquiry") == 1);
    // Nor does a notification's commit ever end.
    case.store().script(Call::ClaimLanes, Fault::Delay(FOR_GOOD));
    let dispatch = case.life_mut().dispatch.take().unwrap();
    let within = Duration::from_millis(9_500);
    case.block(async { tokio::time::timeout(within, dispatch.stop()).await }).expect("8 s for all of them together");
    assert_eq!(case.status(), "FAILED");
    case.crash();
    case.restart();
    case.quiet();
    assert_eq!(case.status(), "ACTIVE");
    case.audit();
}

#[test]
fn a_merchant_that_never_answers_holds_up_nobody_else() {
    let case = Case::open(INQUIRY);
    case.merchant.next("create", Does::ActsAndHangsUp(Says::Done));
    assert_eq!(case.ask("", &create("slow")).http, 503);
    let slow = case.row();
    let expiry = wire::print_date(START.plus_s(3));
    let body = format!(r#""customerIdentifier":"anna","dateExpiry":"{expiry}""#);
    assert_eq!(case.ask("", &create_with(&body)).http, 200);
    case.merchant.next("inquiry", Does::ActsAndAnswersLate(Says::Done));
    case.clock.advance_ms(1_000);
    case.until("the merchant is asked about one", || case.merchant.calls_of("inquiry") == 1);
    case.clock.advance_ms(2_000);
    case.until("the other ends in its time", || {
        case.rows().iter().any(|row| row.state.record.status.as_str() == "CANCELLED")
    });
    // Nor does it hold up what needs no merchant on the very same entitlement.
    let id = &slow.state.record.entitlement_id;
    let local = case.ask("", &update(id, r#""externalEntitlementId":"E-1""#));
    assert_eq!(local.http, 200);
    let row = case.row_at(slow.key).unwrap();
    assert_eq!(row.state.operation.map(|open| open.stage), Some(Stage::Unknown), "still being asked");
    case.merchant.let_go();
    case.audit();
}

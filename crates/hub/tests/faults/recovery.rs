//! Recovery is cut off as well, again and again; and so is what the hub owes a merchant by
//! itself. In the end it is all the same.

use crate::crowd::{all, one};
use crate::harness::{Case, FOR_GOOD, INQUIRY, NEITHER, Plan, REPEATABLE, START, create, create_with};
use crate::merchant::{Does, Says, State};
use crate::operations::{Answered, Op, operations};
use entitlement::{NotificationReason, Stage};
use store::faults::{Call, Fault};

#[test]
fn recovery_may_be_cut_off_at_every_step() {
    let operations = operations();
    let mut cases = Vec::new();
    for op in &operations {
        for (route, plan) in [("inquiry", INQUIRY), ("repeatable", REPEATABLE)] {
            cases.push(one(format!("{}, {route}", op.name), move || cut_off_again_and_again(op, plan)));
        }
    }
    all(cases);
}

fn cut_off_again_and_again(op: &Op, plan: Plan) {
    let mut case = Case::open(plan);
    let id = op.start(&case);
    case.merchant.usually(op.kind, op.says.clone());
    case.merchant.next(op.kind, Does::ActsAndHolds(op.says.clone()));
    let wanted = op.wanted(&id);
    drop(case.send("one", &wanted));
    case.until("the merchant has acted", || case.merchant.effects().values().any(|effect| effect.kind == op.kind));
    let asked = if plan.inquiry { "inquiry" } else { op.kind };
    let calls = case.merchant.calls_of(asked);

    // Before it is noted that the sender is lost: the worker's first commit.
    case.crash();
    case.plan.workers = false;
    case.restart();
    assert_eq!(case.block(store::Store::in_flight(case.store(), 10)).unwrap().len(), 1);
    case.crash();
    case.plan.workers = true;

    // While the merchant is being asked.
    case.restart();
    case.merchant.next(asked, Does::ActsAndHolds(op.says.clone()));
    case.until("the sender is taken for lost", || {
        case.rows().iter().any(|row| row.state.operation.as_ref().is_some_and(|open| open.stage == Stage::Unknown))
    });
    case.clock.advance_ms(1_000);
    case.until("the merchant is asked", || case.merchant.calls_of(asked) == calls + 1);
    case.crash();

    // Before and after the outcome is written.
    for fault in [Fault::Delay(FOR_GOOD), Fault::Late(FOR_GOOD)] {
        case.plan.workers = false;
        case.restart();
        case.store().script(Call::Commit, fault);
        case.start_workers();
        case.until("the commit is held", || case.store().held() == 1);
        case.crash();
    }
    case.plan.workers = true;
    case.restart();
    case.quiet();
    assert_eq!(case.status(), op.after);
    let answer = case.ask("one", &wanted);
    assert_eq!(Answered(&answer), op.form);
    assert_eq!(case.ask("one", &wanted).body, answer.body);
    case.audit();
}

/// Where the hub is cut off while it ends an entitlement by itself and tells the merchant.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Before or after the n-th commit: the end, the call's intent, its outcome.
    Before(usize),
    After(usize),
    WhileCalled,
}

#[test]
fn an_end_by_the_hub_and_its_terminate_may_be_cut_off_at_every_step() {
    let mut cases = Vec::new();
    let commits = (0..3).flat_map(|n| [Step::Before(n), Step::After(n)]);
    for step in commits.chain([Step::WhileCalled]) {
        for (route, plan) in [("neither", NEITHER), ("inquiry", INQUIRY)] {
            cases.push(one(format!("{step:?}, {route}"), move || end_cut_off(step, plan)));
        }
    }
    all(cases);
}

fn end_cut_off(step: Step, plan: Plan) {
    let mut case = Case::open(plan);
    let expiry = wire::print_date(START.plus_s(60));
    let wanted = create_with(&format!(r#""customerIdentifier":"anna","dateExpiry":"{expiry}""#));
    assert_eq!(case.ask("", &wanted).http, 200);
    let key = case.row().key;
    let (passed, fault) = match step {
        Step::Before(n) => (n, Fault::Delay(FOR_GOOD)),
        Step::After(n) => (n, Fault::Late(FOR_GOOD)),
        Step::WhileCalled => {
            case.merchant.next("terminate", Does::ActsAndHolds(Says::Done));
            (0, Fault::None)
        }
    };
    (0..passed).for_each(|_| case.store().script(Call::Commit, Fault::None));
    case.store().script(Call::Commit, fault);
    case.clock.advance_ms(60_000);
    match step {
        Step::WhileCalled => case.until("it is ended there", || case.merchant.calls_of("terminate") == 1),
        Step::Before(_) | Step::After(_) => case.until("the commit is held", || case.store().held() == 1),
    }
    case.crash();
    case.restart();
    case.quiet();
    assert_eq!(case.status(), "CANCELLED");
    assert_eq!(case.merchant.there()[&key.to_string()].state, State::Ended);
    let row = case.row();
    assert_eq!((row.state.operation, row.state.duty), (None, None));
    let told: Vec<_> = case.notifications(key).iter().map(|one| one.reason).collect();
    assert_eq!(told, [NotificationReason::TerminationSuccess]);
    assert_eq!(case.ask("", &create("anna")).http, 200, "the slot is free");
    case.audit();
}

#[test]
fn a_terminate_the_hub_owes_is_sent_until_the_merchant_confirms_it() {
    for plan in [NEITHER, INQUIRY] {
        let case = Case::open(plan);
        let expiry = wire::print_date(START.plus_s(60));
        let wanted = create_with(&format!(r#""customerIdentifier":"anna","dateExpiry":"{expiry}""#));
        assert_eq!(case.ask("", &wanted).http, 200);
        for does in [Does::HangsUp, Does::Only(500), Does::Only(429), Does::Only(403), Does::ActsAndHangsUp(Says::Done)]
        {
            case.merchant.next("terminate", does);
        }
        case.pass(60);
        assert_eq!(case.status(), "CANCELLED", "whatever the merchant does");
        case.pass(3_600);
        let calls = case.merchant.calls();
        let sent: Vec<_> = calls.iter().filter(|call| call.kind == "terminate").map(|call| &call.request).collect();
        assert_eq!(sent.len(), 6);
        assert!(sent.iter().all(|request| *request == sent[0]), "one requestId");
        assert_eq!(case.row().state.operation, None);
        case.audit();
    }
}

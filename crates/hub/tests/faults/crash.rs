//! The matrix: each operation, cut off at each step, on a route with inquiry and on one that may
//! be repeated. After the restart merchant and hub agree, nothing is done twice, and the repeat
//! of the request is answered as the first would have been.

use crate::crowd::{all, one};
use crate::harness::{Case, FOR_GOOD, INQUIRY, Plan, REPEATABLE};
use crate::merchant::Does;
use crate::operations::{Answered, Form, NOT_DONE, Op, operations};
use entitlement::Told;
use ids::{OperationId, parse_uuid};
use store::faults::{Call, Fault};

/// Where the hub is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    BeforeIntent,
    AfterIntent,
    CallCarriedOut,
    BeforeOutcome,
    AfterOutcome,
}

const STEPS: [Step; 5] =
    [Step::BeforeIntent, Step::AfterIntent, Step::CallCarriedOut, Step::BeforeOutcome, Step::AfterOutcome];

#[test]
fn every_operation_cut_off_at_every_step_comes_to_one_outcome() {
    let operations = operations();
    let mut cases = Vec::new();
    for op in &operations {
        for step in STEPS {
            for (route, plan) in [("inquiry", INQUIRY), ("repeatable", REPEATABLE)] {
                cases.push(one(format!("{}, {step:?}, {route}", op.name), move || cut_off(op, step, plan)));
            }
        }
    }
    all(cases);
}

fn cut_off(op: &Op, step: Step, plan: Plan) {
    let mut case = Case::open(plan);
    let id = op.start(&case);
    let wanted = op.wanted(&id);
    case.merchant.usually(op.kind, op.says.clone());
    run_up_to(&case, op, step, &wanted);
    case.crash();
    case.restart();
    case.quiet();

    let expected = expected_form(op, step, plan);
    let first = case.ask("intent", &wanted);
    assert_eq!(Answered(&first), expected);
    let again = case.ask("intent", &wanted);
    assert_eq!((again.http, &again.body, again.version), (first.http, &first.body, first.version));
    assert!(again.replayed);
    assert_eq!(first.replayed, step != Step::BeforeIntent);
    stands_as_expected(&case, op, step, expected);

    if expected == op.form && op.confirmed.is_some() {
        confirm(&case, op);
        let late = case.ask("intent", &wanted);
        assert_eq!(late.body, first.body, "a remembered answer stays, whatever came later");
    }
    case.audit();
    let done = usize::from(expected != NOT_DONE);
    let effects = case.merchant.effects();
    assert_eq!(effects.values().filter(|effect| effect.kind == op.kind).count(), done, "{effects:#?}");
}

/// Sends the request and waits until it is just at the step.
fn run_up_to(case: &Case, op: &Op, step: Step, wanted: &hub::Wanted) {
    let held = |case: &Case| case.store().held() == 1;
    match step {
        Step::BeforeIntent => case.store().script(Call::Commit, Fault::Delay(FOR_GOOD)),
        Step::AfterIntent => case.store().script(Call::Commit, Fault::Late(FOR_GOOD)),
        Step::CallCarriedOut => case.merchant.next(op.kind, Does::ActsAndHolds(op.says.clone())),
        Step::BeforeOutcome => {
            case.store().script(Call::Commit, Fault::None);
            case.store().script(Call::Commit, Fault::Delay(FOR_GOOD));
        }
        Step::AfterOutcome => {
            case.store().script(Call::Commit, Fault::None);
            case.store().script(Call::Commit, Fault::Late(FOR_GOOD));
        }
    }
    drop(case.send("intent", wanted));
    if step == Step::CallCarriedOut {
        case.until("the merchant has acted", || case.merchant.effects().values().any(|effect| effect.kind == op.kind));
    } else {
        case.until("the commit is held", || held(case));
    }
}

fn expected_form(op: &Op, step: Step, plan: Plan) -> Form {
    // A merchant that can be asked says that it never heard of it; else it is simply sent again.
    if step == Step::AfterIntent && plan.inquiry { NOT_DONE } else { op.form }
}

fn stands_as_expected(case: &Case, op: &Op, step: Step, form: Form) {
    let came_to_nothing = op.kind == "create" && op.is_refused();
    // Refused within one life: no record is left. Found out later, it had been FAILED.
    if came_to_nothing && matches!(step, Step::BeforeIntent | Step::AfterOutcome) {
        assert_eq!(case.rows(), []);
        return;
    }
    let status = match form {
        NOT_DONE => op.before().unwrap_or("CANCELLED"),
        _ => op.after,
    };
    assert_eq!(case.status(), status);
    let row = case.row();
    let is_queued = op.confirmed.is_some() && form == op.form;
    assert_eq!(row.state.operation.is_some(), is_queued, "{row:#?}");
    let reason = row.state.record.extension_data.get("cancelReasonCode").is_some();
    let ends = matches!(op.kind, "cancel" | "revoke") || (op.kind == "undo" && case.status() != "ACTIVE");
    if op.kind != "create" {
        assert_eq!(reason, ends && !(op.kind != "undo" && form == NOT_DONE), "the reason stands while it counts");
    }
}

fn confirm(case: &Case, op: &Op) {
    let effects = case.merchant.effects();
    let (request, _) = effects.iter().find(|(_, effect)| effect.kind == op.kind).expect("it was queued");
    case.merchant.confirm(request);
    let operation = OperationId(parse_uuid(request).unwrap());
    let told = case.told(case.row().key, Told::Completed { operation, done: true }).unwrap();
    assert_eq!(Some(told.record.status.as_str()), op.confirmed);
    assert_eq!(told.operation, None);
}

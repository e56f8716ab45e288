//! Call-backs that overtake the answer of the very operation they tell of, and news that come
//! while another is under way: an answer that comes later adds ids, and never moves the status
//! back.

use crate::crowd::{all, one};
use crate::harness::{Case, INQUIRY, START, update};
use crate::merchant::{Does, Says};
use crate::operations::{LATER, Op, operations};
use entitlement::{Given, JsonObject, Moment, ProductChange, Told};

fn op(name: &str) -> Op {
    operations().into_iter().find(|op| op.name == name).unwrap()
}

fn patched(product: Option<&str>, termination_date: Option<Option<Moment>>) -> Told {
    let product = product.map(|key| ProductChange { product_key: key.to_owned(), offer_key: None, display_name: None });
    Told::Patched { product, extension: JsonObject::new(), date_expiry: None, termination_date }
}

/// An operation, what is told before its answer, the answer, and where it all leads.
struct Overtaken {
    op: Op,
    told: Told,
    answer: Says,
    after: &'static str,
    /// How often the reseller is told.
    notices: usize,
}

fn overtaken() -> Vec<Overtaken> {
    let over = |name, told, answer, after, notices| Overtaken { op: op(name), told, answer, after, notices };
    let activated = || Told::Activated(Given { activation_code: Some("C-1".to_owned()), ..Given::default() });
    let ended = |immediate| Told::Terminated { immediate, at: None, reason: None };
    vec![
        over("create, active", activated(), Says::Done, "ACTIVE", 1),
        over("create, URL", activated(), Says::Url, "ACTIVE", 0),
        over("create, 201", activated(), Says::Created, "ACTIVE", 1),
        over("create, active", ended(true), Says::Done, "REVOKED", 1),
        over("create, active", Told::Refused(None), Says::Refused(403, "NOT_ELIGIBLE"), "CANCELLED", 1),
        over("update", patched(Some("MUSIC_PREMIUM"), None), Says::Done, "ACTIVE", 2),
        over("update", ended(false), Says::Done, "CANCELLED", 1),
        over("suspend", Told::Suspended(None), Says::Done, "SUSPENDED", 1),
        over("resume", Told::Resumed, Says::Done, "ACTIVE", 1),
        over("undo", patched(None, Some(None)), Says::Done, "ACTIVE", 1),
        over("cancel, ended", ended(false), Says::Done, "CANCELLED", 1),
        over("cancel, ends at", patched(None, Some(Some(Moment(LATER)))), Says::EndsAt(LATER), "ACTIVE-ENDING", 1),
        over("revoke", ended(true), Says::Done, "REVOKED", 1),
    ]
}

#[test]
fn an_answer_after_its_own_call_back_adds_ids_and_moves_nothing_back() {
    let cases = overtaken();
    let name = |case: &Overtaken| format!("{}, told {:?}", case.op.name, case.told);
    all(cases.iter().map(|case| one(name(case), || tell_before_the_answer(case))).collect());
}

fn tell_before_the_answer(Overtaken { op, told, answer, after, notices }: &Overtaken) {
    let case = Case::open(INQUIRY);
    let id = op.start(&case);
    let before = case.rows().first().map_or(0, |row| case.notifications(row.key).len());
    case.merchant.next(op.kind, Does::ActsAndAnswersLate(answer.clone()));
    let sent = case.send("one", &op.wanted(&id));
    case.until("the merchant has acted", || case.merchant.effects().values().any(|effect| effect.kind == op.kind));
    let key = case.block(store::Store::in_flight(case.store(), 1)).unwrap()[0];
    let state = case.told(key, told.clone()).unwrap();
    assert_eq!(state.record.status.as_str(), *after, "told before its answer");
    assert!(state.operation.is_some(), "its own answer is still to come");
    settle_truth(&case, key, after, told);
    case.merchant.let_go();
    let answered = case.block(sent).unwrap();
    assert_eq!(answered.http, 200, "answered with the state as it then is: {}", answered.body);
    assert!(answered.body.contains(&format!(r#""status":"{after}""#)), "{}", answered.body);
    let row = case.row();
    assert_eq!((row.state.record.status.as_str(), row.state.operation), (*after, None));
    if op.kind == "create" && *answer != Says::Url && row.state.record.status.is_open() {
        let record = &row.state.record;
        assert_eq!(record.merchant_entitlement_id, format!("m-{key}"), "the answer's ids are kept");
        assert_eq!(record.activation_code.as_deref(), Some("C-1"));
    }
    let again = case.ask("one", &op.wanted(&id));
    assert_eq!((&again.body, again.replayed), (&answered.body, true));
    assert_eq!(case.notifications(key).len() - before, *notices);
    case.audit();
}

/// What the merchant's own news say of the merchant.
fn settle_truth(case: &Case, key: ids::EntitlementKey, after: &str, told: &Told) {
    let id = key.to_string();
    match told {
        Told::Activated(_) => case.merchant.user_agrees(&id),
        Told::Terminated { .. } if case.merchant.there().contains_key(&id) => case.merchant.end(&id),
        _ => assert_ne!(after, "FAILED"),
    }
}

#[test]
fn an_expiry_waits_for_what_is_in_flight_and_then_counts() {
    for name in ["update", "suspend", "cancel, ends at"] {
        let case = Case::open(INQUIRY);
        let op = op(name);
        let id = op.start(&case);
        let expiry = wire::print_date(START.plus_s(5));
        assert_eq!(case.ask("", &update(&id, &format!(r#""dateExpiry":"{expiry}""#))).http, 200);
        case.merchant.next(op.kind, Does::Waits(op.says.clone()));
        let sent = case.send("one", &op.wanted(&id));
        case.until("the merchant is asked", || case.merchant.calls_of(op.kind) == 1);
        case.clock.advance_ms(6_000);
        case.waits_a_little();
        assert_eq!(case.status(), "ACTIVE", "planned events wait while it is in flight");
        case.merchant.let_go();
        assert_eq!(case.block(sent).unwrap().http, 200);
        case.quiet();
        let row = case.row();
        assert_eq!(case.status(), "CANCELLED");
        assert_eq!(row.state.record.date_ended, Some(START.plus_s(5)), "the planned moment");
        assert_eq!(case.merchant.calls_of("terminate"), 1);
        case.audit();
    }
}

#[test]
fn an_activation_after_the_end_is_answered_with_a_terminate() {
    let case = Case::open(INQUIRY);
    let op = op("create, URL");
    case.merchant.usually("create", Says::Url);
    assert_eq!(case.ask("", &op.wanted("")).http, 202);
    let row = case.row();
    assert_eq!(case.ask("", &crate::harness::cancel(&row.state.record.entitlement_id)).http, 200);
    assert_eq!(case.status(), "CANCELLED");
    // The user agrees all the same, on a page left open.
    case.merchant.user_agrees(&row.key.to_string());
    let refused = case.told(row.key, Told::Activated(Given::default()));
    assert_eq!(refused.unwrap_err(), entitlement::Rejection::AlreadyEnded);
    case.quiet();
    assert_eq!(case.merchant.calls_of("terminate"), 1);
    case.audit();
}

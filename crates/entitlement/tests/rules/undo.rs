//! Undoing an end.

use super::*;

#[test]
fn undo_takes_out_what_the_cancel_put_in_and_nothing_else() {
    let undone = done(&ending(), &verb(Verb::BenefitsNormal), Party::Reseller);
    assert_eq!((undone.record.status, undone.record.date_ended), (Status::Active, None));
    assert_eq!(member(&undone, "cancelReasonCode"), None);
    assert!(member(&undone, "ticket").is_some());
}

#[test]
fn normal_resumes_a_suspended_ending_one_and_undoes_nothing() {
    let held = done(&ending(), &suspend(), Party::Reseller);
    let resumed = done(&held, &verb(Verb::BenefitsNormal), Party::Reseller);
    assert_eq!((resumed.record.status, resumed.record.date_ended), (Status::ActiveEnding, Some(ENDS)));
    assert_eq!(ask(&held, &verb(Verb::StatusActive)), Err(Rejection::ResumeFirst));
}

#[test]
fn after_a_resume_only_status_active_undoes() {
    assert_eq!(ask(&resumed_since(), &verb(Verb::BenefitsNormal)), Err(Rejection::UndoNeedsStatus));
    assert_eq!(ask(&resumed_since(), &verb(Verb::StatusActive)).unwrap().reply, Reply::AskMerchant);
}

#[test]
fn each_side_undoes_only_its_own_end() {
    assert_eq!(ask(&ending_by_merchant(), &verb(Verb::StatusActive)), Err(Rejection::EndingByMerchant));
    let null =
        Told::Patched { product: None, extension: JsonObject::new(), date_expiry: None, termination_date: Some(None) };
    assert_eq!(tell(&ending_by_merchant(), null.clone()).record.status, Status::Active);
    let event = MerchantEvent { what: null, occurred_at: None };
    assert_eq!(told(&ending(), &event, &route(), NOW), Err(Rejection::EndingByReseller));
}

#[test]
fn an_operators_release_never_undoes_an_end() {
    let release = admit(&ending(), &Command::Release, Party::Operator, &route(), NOW, NEW_OPERATION);
    assert_eq!(release, Err(Rejection::NotSuspended));
}

#[test]
fn a_route_without_undo_says_so() {
    let route = RouteFacts { undo: false, ..route() };
    let decided = admit(&ending(), &verb(Verb::StatusActive), Party::Reseller, &route, NOW, NEW_OPERATION);
    assert_eq!(decided, Err(Rejection::UndoNotSupported));
}

#[test]
fn an_undo_is_refused_from_date_ended_on() {
    let decided = admit(&ending(), &verb(Verb::StatusActive), Party::Reseller, &route(), ENDS, NEW_OPERATION);
    assert_eq!(decided, Err(Rejection::NotEnding));
}

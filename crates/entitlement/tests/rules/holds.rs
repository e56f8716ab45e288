//! Holds.

use super::*;

#[test]
fn only_the_first_hold_of_reseller_or_hub_asks_the_merchant() {
    assert_eq!(ask(&held_by_merchant(&active()), &suspend()).unwrap().reply, Reply::AskMerchant);
    let second = ask(&held_by_hub(&active()), &suspend()).unwrap();
    assert_eq!((second.reply.clone(), kinds(&second)), (Reply::Done, vec![EventKind::HoldChanged]));
}

#[test]
fn lifting_one_of_several_holds_is_no_resumption() {
    let held = held_by_hub(&suspended());
    let decision = ask(&held, &verb(Verb::BenefitsNormal)).unwrap();
    let after = after(&held, &decision);
    assert_eq!((after.record.status, after.record.date_resumed), (Status::Suspended, None));
    assert_eq!(notices(&held, &decision, OWN), [NotificationReason::MetadataUpdate]);
    assert_eq!(after.version, held.version + 1);
}

#[test]
fn resuming_what_somebody_else_holds_names_the_holder() {
    let resume = verb(Verb::BenefitsNormal);
    assert_eq!(ask(&held_by_merchant(&active()), &resume), Err(Rejection::HeldByMerchant));
    assert_eq!(ask(&held_by_hub(&active()), &resume), Err(Rejection::HeldByHub));
    let release = admit(&suspended(), &Command::Release, Party::Operator, &route(), NOW, NEW_OPERATION);
    assert_eq!(release, Err(Rejection::HeldByReseller));
}

#[test]
fn the_last_hold_of_reseller_or_hub_is_lifted_without_asking_while_the_merchant_holds() {
    let decision = ask(&held_by_merchant(&suspended()), &verb(Verb::BenefitsNormal)).unwrap();
    assert_eq!(decision.reply, Reply::Done);
}

#[test]
fn a_hold_set_again_replaces_the_reason_without_asking() {
    let why = Update { verb: Some(Verb::BenefitsSuspended), reason: Some(reason()), ..Update::default() };
    let decision = ask(&suspended(), &Command::Update(why)).unwrap();
    let after = after(&suspended(), &decision);
    assert_eq!(decision.reply, Reply::Done);
    assert_eq!(after.holds.reseller.as_ref().unwrap().reason, Some(reason()));
    assert_eq!(after.holds.reseller.unwrap().since, MADE);
    assert!(ask(&suspended(), &suspend()).unwrap().events.is_empty());
}

#[test]
fn status_suspended_sets_no_further_hold() {
    assert!(ask(&held_by_hub(&active()), &verb(Verb::StatusSuspended)).unwrap().events.is_empty());
}

#[test]
fn a_merchant_that_lifts_its_own_hold_while_another_remains_is_sent_suspend_again() {
    let held = tell(&held_by_merchant(&suspended()), Told::Resumed);
    assert_eq!((held.record.status, held.duty.clone()), (Status::Suspended, Some(Duty::SuspendAgain)));
    let taken = after(&held, &take_up_duty(&held, NEW_OPERATION, NOW).unwrap());
    assert_eq!(taken.operation.unwrap().ask, Ask::SuspendAgain);
}

#[test]
fn suspending_a_pending_update_drops_it_only_when_the_merchant_has_suspended() {
    let asked = asked(&pending_update(&active()), &suspend(), Party::Reseller);
    assert_eq!(asked.record.status, Status::Pending);
    let refused = settle(&asked, &Answer::Refused(refusal()), &route(), NOW);
    assert!(refused.events.is_empty());
    let done = settle(&asked, &Answer::Done(given()), &route(), NOW);
    assert_eq!(kinds(&done), [EventKind::UpdateRolledBack, EventKind::Suspended]);
}

#[test]
fn what_was_never_active_cannot_be_suspended() {
    assert_eq!(ask(&pending_first(), &suspend()), Err(Rejection::NotActive));
    let event = MerchantEvent { what: Told::Suspended(None), occurred_at: None };
    assert_eq!(told(&pending_first(), &event, &route(), NOW), Err(Rejection::NotActive));
}

#[test]
fn a_suspension_writes_its_reason_and_a_resume_leaves_it() {
    let held = tell(&active(), Told::Suspended(Some(reason())));
    assert_eq!(member(&held, "suspendReasonCode"), Some(&Json::String("NOT_RENEWED".into())));
    assert!(member(&tell(&held, Told::Resumed), "suspendReasonCode").is_some());
}

#[test]
fn a_newer_reason_replaces_the_older_one_whole() {
    let first = Reason { description: Some("long ago".into()), ..reason() };
    let held = tell(&tell(&active(), Told::Suspended(Some(first))), Told::Resumed);
    let again = tell(&held, Told::Suspended(Some(Reason::of("REVOKED", "FRAUD"))));
    assert_eq!(member(&again, "suspendReasonCode"), Some(&Json::String("FRAUD".into())));
    assert_eq!(member(&again, "suspendReasonDescription"), None);
}

//! Cancel, revoke, wishes, and what is owed after an end.

use super::*;

#[test]
fn a_cancel_with_a_future_date_plans_the_end_and_another_cancel_is_refused() {
    assert_eq!((ending().record.status, ending().record.date_ended), (Status::ActiveEnding, Some(ENDS)));
    assert_eq!(ask(&ending(), &cancel()), Err(Rejection::AlreadyEnding));
}

#[test]
fn a_pending_one_ends_now_whatever_date_the_merchant_gives() {
    let asked = asked(&pending_first(), &cancel(), Party::Reseller);
    let ended = settled(&asked, &Answer::EndsAt { given: given(), at: ENDS });
    assert_eq!((ended.record.status, ended.record.date_ended), (Status::Cancelled, Some(MADE)));
}

#[test]
fn a_suspended_one_with_a_planned_end_stays_suspended() {
    let asked = asked(&suspended(), &cancel(), Party::Reseller);
    let ending = settled(&asked, &Answer::EndsAt { given: given(), at: ENDS });
    assert_eq!((ending.record.status, ending.record.date_ended), (Status::Suspended, Some(ENDS)));
}

#[test]
fn a_terminate_that_confirms_a_queued_cancel_or_revoke_is_that_operations_end() {
    let queued = |command: &Command| settled(&asked(&active(), command, Party::Reseller), &Answer::Queued(given()));
    let hard = Told::Terminated { immediate: true, at: None, reason: None };
    let soft = Told::Terminated { immediate: false, at: None, reason: None };
    assert_eq!(tell(&queued(&cancel()), hard).record.status, Status::Cancelled);
    assert_eq!(tell(&queued(&revoke()), soft).record.status, Status::Revoked);
}

#[test]
fn the_reason_stands_from_the_202_on_and_is_taken_back_when_it_is_not_done() {
    let asked = asked(&active(), &cancel(), Party::Reseller);
    let queued = settled(&asked, &Answer::Queued(given()));
    assert!(member(&queued, "cancelReasonCode").is_some());
    let deadline = queued.operation.as_ref().unwrap().deadline.unwrap();
    assert_eq!(deadline, MADE.plus_s(72 * 3600));
    let blind = RouteFacts { inquiry: false, ..route() };
    let decision = pass_time(&queued, &blind, deadline);
    assert_eq!(notices(&queued, &decision, OWN), [NotificationReason::MetadataUpdate]);
    let not_done = after(&queued, &decision);
    assert_eq!((not_done.record.status, not_done.operation.clone()), (Status::Active, None));
    assert_eq!(member(&not_done, "cancelReasonCode"), None);
}

#[test]
fn at_its_deadline_a_queued_operation_is_inquired_about_where_that_is_offered() {
    let queued = settled(&asked(&active(), &cancel(), Party::Reseller), &Answer::Queued(given()));
    let deadline = queued.operation.as_ref().unwrap().deadline.unwrap();
    assert!(pass_time(&queued, &route(), deadline).events.is_empty());
    assert_eq!(work_due(&queued, &route(), deadline), Some(Work::Inquire));
}

#[test]
fn a_confirmation_after_the_deadline_still_counts() {
    let queued = settled(&asked(&active(), &cancel(), Party::Reseller), &Answer::Queued(given()));
    let blind = RouteFacts { inquiry: false, ..route() };
    let late = after(&queued, &pass_time(&queued, &blind, MADE.plus_s(72 * 3600)));
    let decision = hear(&late, Told::Terminated { immediate: false, at: None, reason: None });
    assert_eq!(after(&late, &decision).record.status, Status::Cancelled);
}

#[test]
fn a_queued_revoke_is_asked_again_every_hour() {
    let queued = settled(&asked(&active(), &revoke(), Party::Reseller), &Answer::Queued(given()));
    let hour = MADE.plus_s(3600);
    assert_eq!(next_due(&queued), Some(hour));
    assert_eq!(work_due(&queued, &route(), hour), Some(Work::Repeat));
    let again = after(&queued, &settle(&queued, &Answer::Queued(given()), &route(), hour));
    assert_eq!((again.version, next_due(&again)), (queued.version, Some(hour.plus_s(3600))));
}

#[test]
fn a_revoke_supersedes_what_is_queued_or_unknown_but_waits_for_what_is_in_flight() {
    let asked = asked(&active(), &cancel(), Party::Reseller);
    assert_eq!(ask(&asked, &revoke()), Err(Rejection::OperationInProgress));
    for answer in [Answer::Queued(given()), Answer::Unknown] {
        let open = settled(&asked, &answer);
        assert_eq!(ask(&open, &cancel()), Err(Rejection::OperationInProgress));
        assert_eq!(after(&open, &ask(&open, &revoke()).unwrap()).operation.unwrap().id, NEW_OPERATION);
    }
}

#[test]
fn a_wish_is_kept_while_failed_and_carried_out_once_the_outcome_is_known() {
    let wish = |command: &Command| after(&failed(), &ask(&failed(), command).unwrap());
    assert_eq!(ask(&failed(), &cancel()).unwrap().reply, Reply::Queued);
    assert_eq!(settled(&wish(&cancel()), &Answer::NotDone).record.status, Status::Cancelled);
    assert_eq!(settled(&wish(&revoke()), &Answer::NotDone).record.status, Status::Revoked);
}

#[test]
fn what_a_wish_finds_there_is_terminated_at_the_merchant_first() {
    let wished = after(&failed(), &ask(&failed(), &revoke()).unwrap());
    let there = settled(&wished, &Answer::Done(given()));
    assert_eq!((there.record.status, there.operation.clone()), (Status::Failed, None));
    let taken = after(&there, &take_up_duty(&there, NEW_OPERATION, NOW).unwrap());
    assert!(matches!(taken.operation.as_ref().unwrap().ask, Ask::Terminate { .. }));
    let ended = after(&taken, &settle(&taken, &Answer::Done(given()), &route(), NOW));
    assert_eq!(ended.record.status, Status::Revoked);
}

#[test]
fn a_late_activation_is_refused_and_a_terminate_goes_out() {
    let ended = done(&active(), &cancel(), Party::Reseller);
    let event = MerchantEvent { what: Told::Activated(given()), occurred_at: None };
    assert_eq!(told(&ended, &event, &route(), NOW), Err(Rejection::AlreadyEnded));
    let owed = after(&ended, &owed_after_refusal(&ended, &event, NOW).unwrap());
    assert_eq!((owed.duty, owed.version), (Some(Duty::Terminate { reason: None }), ended.version));
}

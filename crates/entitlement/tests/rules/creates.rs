//! Creates and what comes of them.

use super::*;

#[test]
fn a_refused_create_leaves_no_record() {
    let decision = settle(&unborn(), &Answer::Refused(refusal()), &route(), NOW);
    assert_eq!(decision.row, RowAfter::Removed);
    assert_eq!(decision.reply, Reply::Refused(refusal()));
    assert!(carry_out(&unborn(), &decision).is_none());
}

#[test]
fn a_certain_failure_of_a_create_leaves_no_record() {
    let decision = settle(&unborn(), &Answer::CertainFailure(Failure::Busy), &route(), NOW);
    assert_eq!((decision.row, decision.reply), (RowAfter::Removed, Reply::Failed(Failure::Busy)));
}

#[test]
fn a_create_with_an_unknown_outcome_is_failed_and_stays_open() {
    let failed = failed();
    assert_eq!(failed.record.status, Status::Failed);
    assert_eq!(failed.version, 1);
    let operation = failed.operation.unwrap();
    assert_eq!((operation.stage, operation.next_at), (Stage::Unknown, Some(MADE.plus_ms(1_000))));
}

#[test]
fn a_lost_lease_makes_a_create_failed() {
    let due = next_due(&unborn()).unwrap();
    assert_eq!(work_due(&unborn(), &route(), due), Some(Work::OutcomeLost));
    assert_eq!(after(&unborn(), &outcome_lost(&unborn(), &route(), due)).record.status, Status::Failed);
}

#[test]
fn every_write_to_an_unborn_one_waits_even_a_local_one() {
    assert_eq!(ask(&unborn(), &local(external_id("x"))), Err(Rejection::OperationInProgress));
}

#[test]
fn a_refusal_found_out_later_cancels_what_had_failed() {
    let decision = settle(&failed(), &Answer::Refused(refusal()), &route(), NOW);
    let ended = after(&failed(), &decision);
    assert_eq!(ended.record.status, Status::Cancelled);
    assert_eq!(member(&ended, "cancelReasonCategory"), Some(&Json::String("ACTIVATION_ROLLBACK".into())));
}

#[test]
fn a_failed_repeat_of_a_create_proves_nothing() {
    let decision = settle(&failed(), &Answer::CertainFailure(Failure::Unreachable), &route(), NOW);
    assert_eq!(after(&failed(), &decision).record.status, Status::Failed);
}

#[test]
fn an_answer_after_a_call_back_adds_ids_and_never_moves_the_status_back() {
    let active = tell(&unborn(), Told::Activated(given()));
    let id = Given { merchant_entitlement_id: Some("m-1".into()), ..given() };
    let answer = Answer::UserActs { given: id, url: "https://m".into(), expires_at: None };
    let decision = settle(&active, &answer, &route(), NOW);
    let after = after(&active, &decision);
    assert_eq!(decision.reply, Reply::Done);
    assert_eq!((after.record.status, after.record.merchant_entitlement_id.as_str()), (Status::Active, "m-1"));
}

#[test]
fn an_answer_that_does_not_fit_is_an_unknown_outcome() {
    let asked = asked(&active(), &suspend(), Party::Reseller);
    assert_eq!(settle(&asked, &user_acts(), &route(), NOW).reply, Reply::Unknown);
}

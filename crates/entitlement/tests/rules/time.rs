//! Planned events, schedules, unknown outcomes.

use super::*;

#[test]
fn an_expiry_is_stored_at_its_planned_moment_and_owes_a_terminate() {
    let expiring =
        done(&active(), &local(Details { date_expiry: Some(Some(EXPIRES)), ..Details::default() }), Party::Reseller);
    let now = EXPIRES.plus_s(5);
    let expired = after(&expiring, &pass_time(&expiring, &route(), now));
    assert_eq!((expired.record.status, expired.record.date_ended), (Status::Cancelled, Some(EXPIRES)));
    assert_eq!(expired.record.date_last_updated, now);
    assert_eq!(member(&expired, "cancelReasonCode"), Some(&Json::String("EXPIRED".into())));
    assert!(matches!(expired.duty, Some(Duty::Terminate { .. })));
}

#[test]
fn a_date_that_the_merchant_gave_owes_no_terminate() {
    let ended = after(&ending(), &pass_time(&ending(), &route(), ENDS));
    assert_eq!((ended.record.status, ended.duty), (Status::Cancelled, None));
}

#[test]
fn a_planned_end_tells_the_reason_of_its_cancel() {
    let decision = pass_time(&ending(), &route(), ENDS);
    assert_eq!(decision.events.first().unwrap().reason, Some(reason()));
}

#[test]
fn the_earlier_of_expiry_and_end_wins() {
    let mut e = ending();
    e.record.date_expiry = Some(ENDS.plus_s(-1));
    assert_eq!(after(&e, &pass_time(&e, &route(), ENDS)).record.date_ended, Some(ENDS.plus_s(-1)));
}

#[test]
fn planned_events_supersede_what_is_queued_and_wait_for_what_is_in_flight() {
    let asked = asked(&ending(), &verb(Verb::StatusActive), Party::Reseller);
    assert_eq!(next_due(&asked), Some(MADE.plus_ms(LEASE_MS)));
    assert!(pass_time(&asked, &route(), ENDS).events.is_empty());
    let queued = settled(&asked, &Answer::Queued(given()));
    let ended = after(&queued, &pass_time(&queued, &route(), ENDS));
    assert_eq!((ended.record.status, ended.operation.clone()), (Status::Cancelled, None));
    assert!(ended.duty.is_some(), "the merchant may have undone it");
}

#[test]
fn a_terminate_is_repeated_on_the_schedule_until_it_is_confirmed() {
    let mut e = expired();
    e = after(&e, &take_up_duty(&e, NEW_OPERATION, NOW).unwrap());
    let mut now = NOW;
    for delay_ms in [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000, 3_600_000] {
        e = after(&e, &settle(&e, &Answer::CertainFailure(Failure::Unreachable), &route(), now));
        now = now.plus_ms(delay_ms);
        assert_eq!((next_due(&e), work_due(&e, &route(), now)), (Some(now), Some(Work::Repeat)));
    }
    e = after(&e, &settle(&e, &Answer::Done(given()), &route(), now));
    assert_eq!(next_due(&e), None);
}

#[test]
fn an_unknown_outcome_is_inquired_else_repeated_else_left_alone() {
    let asked = asked(&active(), &suspend(), Party::Reseller);
    let repeatable = RouteFacts { inquiry: false, repeatable: true, ..route() };
    let neither = RouteFacts { inquiry: false, repeatable: false, ..route() };
    for (route, work) in [(route(), Some(Work::Inquire)), (repeatable, Some(Work::Repeat)), (neither, None)] {
        let unknown = after(&asked, &settle(&asked, &Answer::Unknown, &route, MADE));
        assert_eq!(work_due(&unknown, &route, NOW), work);
        assert_eq!(next_due(&unknown).is_some(), work.is_some());
    }
}

#[test]
fn found_not_done_is_told_as_not_done() {
    let unknown = settled(&asked(&active(), &suspend(), Party::Reseller), &Answer::Unknown);
    let decision = settle(&unknown, &Answer::NotDone, &route(), NOW);
    assert_eq!((kinds(&decision), decision.reply), (vec![EventKind::RequestNotDone], Reply::NotDone));
}

//! What merchants tell by themselves.

use super::*;

#[test]
fn older_news_has_no_effect_but_is_kept() {
    let event = |what, at| MerchantEvent { what, occurred_at: Some(at) };
    let later = event(Told::Suspended(None), NOW);
    let held = after(&active(), &told(&active(), &later, &route(), NOW).unwrap());
    let older = event(Told::Resumed, NOW.plus_s(-1));
    let decision = told(&held, &older, &route(), NOW).unwrap();
    assert_eq!(kinds(&decision), [EventKind::Noted]);
    assert_eq!(after(&held, &decision).record.status, Status::Suspended);
}

#[test]
fn a_clock_ahead_does_not_silence_a_merchant() {
    let ahead = MerchantEvent { what: Told::Suspended(None), occurred_at: Some(NOW.plus_s(9_000)) };
    let held = after(&active(), &told(&active(), &ahead, &route(), NOW).unwrap());
    assert_eq!(held.last_merchant_event_at, Some(NOW));
}

#[test]
fn a_call_that_confirms_the_open_operation_settles_it() {
    let queued = settled(&asked(&active(), &suspend(), Party::Reseller), &Answer::Queued(given()));
    let held = tell(&queued, Told::Suspended(None));
    assert!(held.holds.reseller.is_some() && held.holds.merchant.is_none() && held.operation.is_none());
}

#[test]
fn complete_settles_only_the_operation_it_names() {
    let queued = settled(&asked(&active(), &suspend(), Party::Reseller), &Answer::Queued(given()));
    let other = hear(&queued, Told::Completed { operation: NEW_OPERATION, done: true });
    assert_eq!((kinds(&other), other.operation), (vec![EventKind::Noted], OperationAfter::Keep));
    let own = hear(&queued, Told::Completed { operation: OPERATION, done: true });
    assert_eq!(after(&queued, &own).record.status, Status::Suspended);
}

#[test]
fn a_refusal_of_nothing_gets_409() {
    let event = MerchantEvent { what: Told::Refused(None), occurred_at: None };
    assert_eq!(told(&active(), &event, &route(), NOW), Err(Rejection::NotPending));
}

#[test]
fn who_started_the_end_stays_who_he_is_when_the_date_moves() {
    let moved = tell(&ending(), Told::Terminated { immediate: false, at: Some(EXPIRES), reason: None });
    assert_eq!((moved.record.date_ended, moved.ending.unwrap().by), (Some(EXPIRES), Party::Reseller));
}

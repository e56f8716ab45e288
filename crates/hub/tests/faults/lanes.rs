//! Notifications through crashes and faults: at least once, in order, the same id and body every
//! time; a result under an old fence is void.

use crate::harness::{Case, FOR_GOOD, INQUIRY, NEITHER, Plan, create, update};
use crate::receiver::{Notified, Takes};
use store::faults::{Call, Fault};
use store::{LaneOutcome, LaneResult, NotificationState, Store, StoreError};

/// An active entitlement, its id, nothing told yet.
fn active(plan: Plan) -> (Case, String) {
    let case = Case::open(plan);
    assert_eq!(case.ask("", &create("anna")).http, 200);
    let id = case.row().state.record.entitlement_id.clone();
    (case, id)
}

/// Makes a change that is told by one notification.
fn change(case: &Case, id: &str, n: usize) {
    let local = update(id, &format!(r#""externalEntitlementId":"E-{n}""#));
    assert_eq!(case.ask("", &local).http, 200);
}

#[test]
fn sent_and_not_settled_is_sent_again_the_same_and_order_is_kept() {
    let (mut case, id) = active(INQUIRY);
    case.store().script(Call::SettleLanes, Fault::Delay(FOR_GOOD));
    (1..=3).for_each(|n| change(&case, &id, n));
    case.until("the first is sent", || case.receiver.came().len() == 1);
    case.until("its result is being written", || case.store().held() == 1);
    case.crash();
    case.restart();
    case.quiet();
    let came = case.receiver.came();
    assert_eq!(came.len(), 4, "the first twice, the others once");
    assert_eq!(came[0], came[1], "the same id and body");
    case.audit();
}

#[test]
fn claimed_and_not_sent_is_sent_after_the_restart() {
    let (mut case, id) = active(INQUIRY);
    case.store().script(Call::ClaimLanes, Fault::Late(FOR_GOOD));
    // What wakes its lane is handed over to nobody: it has to be claimed.
    let elsewhere = format!(r#""externalEntitlementId":"E-1","notificationUrl":"{}""#, case.receiver.url);
    case.until("the claim is held", || {
        if case.store().held() == 0 && case.notifications(case.row().key).is_empty() {
            assert_eq!(case.ask("", &update(&id, &elsewhere)).http, 200);
        }
        case.store().held() == 1
    });
    case.crash();
    assert_eq!(case.receiver.came(), []);
    case.restart();
    case.quiet();
    assert_eq!(case.receiver.came().len(), 1);
    case.audit();
}

#[test]
fn a_result_that_cannot_be_written_is_sent_again_when_the_lease_is_over() {
    let (case, id) = active(INQUIRY);
    case.store().script(Call::SettleLanes, Fault::Before(StoreError::Busy));
    (1..=2).for_each(|n| change(&case, &id, n));
    case.until("the first is sent", || case.receiver.came().len() == 1 && case.store().left() == 0);
    case.waits_a_little();
    assert_eq!(case.receiver.came().len(), 1, "the second waits for the first one's result");
    case.clock.advance_ms(30_000);
    case.quiet();
    let came = case.receiver.came();
    assert_eq!(came.len(), 3);
    assert_eq!(came[0], came[1]);
    case.audit();
}

#[test]
fn a_result_written_but_unanswered_is_not_sent_again() {
    let (case, id) = active(INQUIRY);
    case.store().script(Call::SettleLanes, Fault::After(StoreError::Unknown("cut off".to_owned())));
    (1..=2).for_each(|n| change(&case, &id, n));
    case.quiet();
    case.clock.advance_ms(60_000);
    case.quiet();
    assert_eq!(case.receiver.came().len(), 2);
    case.audit();
}

#[test]
fn a_failed_attempt_is_repeated_the_same_before_the_next_one_starts() {
    let (mut case, id) = active(INQUIRY);
    for status in [500, 302, 404, 429] {
        case.receiver.next(Takes::With(status));
    }
    (1..=3).for_each(|n| change(&case, &id, n));
    case.until("the first attempt has failed", || {
        case.notifications(case.row().key).first().is_some_and(|one| one.attempts == 1)
    });
    // A crash between the attempts forgets neither the attempt nor when the next one is due.
    case.crash();
    case.restart();
    case.waits_a_little();
    assert_eq!(case.receiver.came().len(), 1, "the restart does not hurry it");
    case.quiet();
    let came = case.receiver.came();
    assert_eq!(came.len(), 7);
    assert!(came[..5].iter().all(|one| *one == came[0]), "{came:#?}");
    let stored = case.notifications(case.row().key);
    assert_eq!(stored.iter().map(|one| one.attempts).collect::<Vec<_>>(), [5, 1, 1]);
    case.audit();
}

#[test]
fn a_result_under_an_old_fence_is_void() {
    let (mut case, id) = active(Plan { workers: false, ..NEITHER });
    (1..=2).for_each(|n| change(&case, &id, n));
    let now = case.clock.read();
    let claimed = case.block(case.store().claim_lanes(now, now.0, 1_000, 10)).unwrap();
    let [work] = claimed.as_slice() else { panic!("one lane: {claimed:#?}") };
    // Its worker falls silent; another one delivers everything.
    case.clock.advance_ms(1_000);
    case.crash();
    case.plan.workers = true;
    case.restart();
    case.quiet();
    let delivered: Vec<Notified> = case.receiver.came();
    assert_eq!(delivered.len(), 2);
    for outcome in [LaneOutcome::Dead, LaneOutcome::Retry(case.clock.read()), LaneOutcome::Release] {
        let late = LaneResult {
            key: work.key,
            target: work.target,
            fence: work.fence,
            sequence: work.notification.sequence,
            outcome,
            status: Some(500),
            error: None,
            at: case.clock.read(),
        };
        case.block(case.store().settle_lanes(vec![late])).unwrap();
    }
    case.quiet();
    assert!(case.notifications(work.key).iter().all(|one| one.state == NotificationState::Delivered));
    assert_eq!(case.receiver.came(), delivered);
    change(&case, &id, 3);
    case.quiet();
    assert_eq!(case.receiver.came().len(), 3, "the lane goes on");
    case.audit();
}

#[test]
fn a_receiver_that_never_answers_is_tried_again_after_ten_seconds_and_delays_nobody() {
    let (case, id) = active(INQUIRY);
    case.receiver.next(Takes::Silently);
    change(&case, &id, 1);
    case.until("the first is sent", || case.receiver.came().len() == 1);
    assert_eq!(case.ask("", &create("berta")).http, 200);
    let other = case.rows().into_iter().find(|row| row.state.record.customer_identifier == "berta").unwrap();
    change(&case, &other.state.record.entitlement_id, 1);
    case.until("the other lane goes on", || case.receiver.came().len() == 2);
    case.until("the attempt is given up", || {
        let stored = case.notifications(case.rows()[0].key);
        stored.iter().chain(&case.notifications(case.rows()[1].key)).any(|one| one.last_error.is_some())
    });
    case.quiet();
    assert_eq!(case.receiver.came().len(), 3);
    case.audit();
}

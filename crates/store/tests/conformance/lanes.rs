//! Lanes: the order of notifications.

use super::samples::{START, claimed, create, noticed, rename, row};
use super::{Factory, Stage};
use entitlement::Moment;
use ids::{EntitlementKey, NotificationId, TargetId};
use store::{LaneOutcome, LaneResult, LaneWork, NotificationState, Row};

/// Real time when the checks play; it has nothing to do with the store's clock.
const REAL: i64 = 5_000_000;
const LEASE: i64 = 30_000;

async fn claim(stage: &Stage, now: Moment) -> Vec<LaneWork> {
    stage.store.claim_lanes(now, REAL, LEASE, 100).await.unwrap()
}

async fn claim_one(stage: &Stage, now: Moment) -> LaneWork {
    let mut works = claim(stage, now).await;
    assert_eq!(works.len(), 1);
    works.remove(0)
}

fn result(work: &LaneWork, outcome: LaneOutcome, at: Moment) -> LaneResult {
    LaneResult {
        key: work.key,
        target: work.target,
        fence: work.fence,
        sequence: work.notification.sequence,
        outcome,
        status: (outcome == LaneOutcome::Delivered).then_some(204),
        error: matches!(outcome, LaneOutcome::Retry(_) | LaneOutcome::Dead).then(|| "refused".to_owned()),
        at,
    }
}

async fn settle(stage: &Stage, work: &LaneWork, outcome: LaneOutcome, at: Moment) {
    stage.store.settle_lanes(vec![result(work, outcome, at)]).await.unwrap();
}

/// An entitlement with so many notices on target 0.
async fn noticed_row(stage: &Stage, key: u128, notices: u32) -> Row {
    let mut row = row(stage.place, key, &format!("c{key}"));
    stage.done(noticed(create(row.clone()), 0)).await;
    for n in 1..notices {
        let at = START.plus_ms(i64::from(n));
        stage.done(noticed(rename(&mut row, &format!("n{n}"), at), 0)).await;
    }
    row
}

async fn stored(stage: &Stage, key: EntitlementKey, sequence: u32) -> store::StoredNotification {
    let id = NotificationId { key, target: TargetId::OWN, sequence };
    stage.store.notification(id).await.unwrap().unwrap().0
}

pub async fn sequences_have_no_gaps(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut row = noticed_row(&stage, 1, 3).await;
    stage.done(noticed(noticed(rename(&mut row, "twice", START), 0), 5)).await;
    stage.conflict(noticed(rename(&mut row.clone(), "x", START), 0).tap_stale()).await;
    stage.done(noticed(noticed(rename(&mut row, "again", START), 5), 5)).await;
    let all = stage.store.notifications(stage.place.account, Some(row.key), None, 100).await.unwrap();
    let lane = |target| {
        let mut found: Vec<_> =
            all.iter().filter(|n| n.target == TargetId(target)).map(|n| (n.sequence, n.event, n.version)).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(lane(0), [(1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4)]);
    assert_eq!(lane(5), [(1, 4, 4), (2, 5, 5), (3, 5, 5)]);
}

/// A change made to fail its revision check.
trait Stale {
    fn tap_stale(self) -> Self;
}

impl Stale for store::Change {
    fn tap_stale(mut self) -> Self {
        if let store::RowChange::Update(row) = &mut self.row {
            row.revision += 1;
        }
        self
    }
}

pub async fn only_the_head_is_tried(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = noticed_row(&stage, 1, 3).await;
    assert!(claim(&stage, START.plus_ms(-1)).await.is_empty(), "not due yet");
    for sequence in 1..=3 {
        let work = claim_one(&stage, START).await;
        assert_eq!((work.notification.sequence, work.failures), (sequence, 0));
        assert_eq!(work.row, row, "the entitlement as it is now");
        assert!(claim(&stage, START).await.is_empty());
        settle(&stage, &work, LaneOutcome::Delivered, START).await;
        let notification = stored(&stage, row.key, sequence).await;
        assert_eq!(notification.state, NotificationState::Delivered);
        assert_eq!(
            (notification.attempts, notification.last_status, notification.done_at),
            (1, Some(204), Some(START))
        );
    }
    assert!(claim(&stage, START.plus_s(1_000_000)).await.is_empty());
    assert_eq!(stage.store.next_due().await, Ok(None));
}

pub async fn a_claimed_lane_is_nobody_elses(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for key in 1..=40 {
        noticed_row(&stage, key, 1).await;
    }
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let stage = stage.clone();
        workers.spawn(async move { stage.store.claim_lanes(START, REAL, LEASE, 10).await.unwrap() });
    }
    let mut keys: Vec<u128> = workers.join_all().await.into_iter().flatten().map(|work| work.key.0).collect();
    keys.sort_unstable();
    assert_eq!(keys, (1..=40).collect::<Vec<_>>());
}

pub async fn a_lease_that_ran_out_is_claimed_again_and_the_old_result_is_void(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = noticed_row(&stage, 1, 2).await;
    let old = claim_one(&stage, START).await;
    let later = |real| stage.store.claim_lanes(START, real, LEASE, 10);
    assert!(later(REAL + LEASE - 1).await.unwrap().is_empty());
    let new = later(REAL + LEASE).await.unwrap().remove(0);
    assert!(new.fence > old.fence);
    settle(&stage, &old, LaneOutcome::Delivered, START).await;
    settle(&stage, &old, LaneOutcome::Dead, START).await;
    assert_eq!(stored(&stage, row.key, 1).await.state, NotificationState::Waiting);
    settle(&stage, &new, LaneOutcome::Delivered, START).await;
    assert_eq!(stored(&stage, row.key, 1).await.state, NotificationState::Delivered);
}

pub async fn a_failure_is_tried_again_at_its_moment(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = noticed_row(&stage, 1, 2).await;
    for failures in 0..3_u32 {
        let at = START.plus_s(i64::from(failures) * 10);
        let work = claim_one(&stage, at).await;
        assert_eq!((work.notification.sequence, work.failures, work.notification.attempts), (1, failures, failures));
        let again = at.plus_s(10);
        settle(&stage, &work, LaneOutcome::Retry(again), at).await;
        assert_eq!(stage.store.next_due().await, Ok(Some(again)));
        assert!(claim(&stage, again.plus_ms(-1)).await.is_empty());
    }
    let notification = stored(&stage, row.key, 1).await;
    assert_eq!((notification.state, notification.attempts), (NotificationState::Waiting, 3));
    assert_eq!((notification.last_error.as_deref(), notification.done_at), (Some("refused"), None));
    settle(&stage, &claim_one(&stage, START.plus_s(30)).await, LaneOutcome::Delivered, START.plus_s(30)).await;
    assert_eq!(claim_one(&stage, START.plus_s(30)).await.failures, 0, "a success ends the row of failures");
}

pub async fn a_dead_letter_lets_the_lane_go_on(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = noticed_row(&stage, 1, 2).await;
    settle(&stage, &claim_one(&stage, START).await, LaneOutcome::Retry(START), START).await;
    settle(&stage, &claim_one(&stage, START).await, LaneOutcome::Dead, START.plus_s(5)).await;
    let dead = stored(&stage, row.key, 1).await;
    assert_eq!((dead.state, dead.attempts, dead.done_at), (NotificationState::Dead, 2, Some(START.plus_s(5))));
    let next = claim_one(&stage, START.plus_s(5)).await;
    assert_eq!((next.notification.sequence, next.failures), (2, 1), "failures in a row stay the lane's");
}

pub async fn a_parked_lane_waits_for_its_waking(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut row = noticed_row(&stage, 1, 1).await;
    settle(&stage, &claim_one(&stage, START).await, LaneOutcome::Parked(START.plus_s(30 * 86_400)), START).await;
    let much_later = START.plus_s(100_000);
    assert!(claim(&stage, much_later).await.is_empty());
    assert_eq!(stage.store.next_due().await, Ok(Some(START.plus_s(30 * 86_400))), "held so long and no longer");
    stage.done(noticed(rename(&mut row, "more", START), 0)).await;
    assert!(claim(&stage, much_later).await.is_empty(), "a new notice does not wake it");
    stage.store.wake_lanes(row.key).await.unwrap();
    let work = claim_one(&stage, START).await;
    assert_eq!((work.notification.sequence, work.notification.attempts), (1, 0));
    settle(&stage, &work, LaneOutcome::Retry(much_later), START).await;
    stage.store.wake_lanes(row.key).await.unwrap();
    let work = claim_one(&stage, START).await;
    assert_eq!(work.failures, 1, "one that backs off is woken too");
    settle(&stage, &work, LaneOutcome::Delivered, START).await;
    settle(&stage, &claim_one(&stage, START).await, LaneOutcome::Delivered, START).await;
    stage.store.wake_lanes(row.key).await.unwrap();
    assert!(claim(&stage, much_later).await.is_empty(), "nothing waits");
}

pub async fn the_time_parked_is_booked(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut row = noticed_row(&stage, 1, 1).await;
    let until = START.plus_s(30 * 86_400);
    settle(&stage, &claim_one(&stage, START).await, LaneOutcome::Parked(until), START.plus_s(10)).await;
    assert_eq!(stored(&stage, row.key, 1).await.held_ms, 0, "booked when it ends");
    let mut repair = noticed(rename(&mut row, "repaired", START.plus_s(70)), 0);
    repair.at = START.plus_s(70);
    repair.wakes_lanes = true;
    stage.done(repair).await;
    assert_eq!(stored(&stage, row.key, 1).await.held_ms, 60_000);
    assert_eq!(stored(&stage, row.key, 2).await.held_ms, 0, "committed when the hold had ended");
    assert_eq!(claim_one(&stage, START.plus_s(70)).await.notification.sequence, 1, "woken by the same change");
}

pub async fn the_time_parked_is_booked_lane_by_lane(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = row(stage.place, 1, "c1");
    stage.done(noticed(noticed(create(row.clone()), 0), 1)).await;
    let until = START.plus_s(100);
    for work in claim(&stage, START).await {
        settle(&stage, &work, LaneOutcome::Parked(until), START.plus_s(10)).await;
    }
    let works = claim(&stage, until).await;
    let held = async |target| {
        let id = NotificationId { key: row.key, target: TargetId(target), sequence: 1 };
        stage.store.notification(id).await.unwrap().unwrap().0.held_ms
    };
    settle(&stage, &works[0], LaneOutcome::Dead, until).await;
    assert_eq!((held(0).await, held(1).await), (90_000, 0), "the other lane is parked still");
    settle(&stage, &works[1], LaneOutcome::Dead, until).await;
    assert_eq!((held(0).await, held(1).await), (90_000, 90_000));
}

pub async fn what_is_held_too_long_comes_up_again(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    noticed_row(&stage, 1, 1).await;
    let until = START.plus_s(30 * 86_400);
    settle(&stage, &claim_one(&stage, START).await, LaneOutcome::Parked(until), START).await;
    let work = claim_one(&stage, until).await;
    settle(&stage, &work, LaneOutcome::Dead, until).await;
    assert_eq!(stored(&stage, work.key, 1).await.state, NotificationState::Dead);
}

pub async fn a_waking_during_an_attempt_is_not_lost(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = noticed_row(&stage, 1, 1).await;
    for outcome in [LaneOutcome::Parked(START.plus_s(30 * 86_400)), LaneOutcome::Retry(START.plus_s(9_000))] {
        let work = claim_one(&stage, START).await;
        stage.store.wake_lanes(row.key).await.unwrap();
        assert!(claim(&stage, START).await.is_empty(), "it is still leased");
        settle(&stage, &work, outcome, START).await;
    }
    let work = claim_one(&stage, START).await;
    settle(&stage, &work, LaneOutcome::Parked(START.plus_s(30 * 86_400)), START).await;
    assert!(claim(&stage, START.plus_s(9_000)).await.is_empty());
}

pub async fn a_result_counts_once(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = noticed_row(&stage, 1, 3).await;
    let work = claim_one(&stage, START).await;
    let retry = result(&work, LaneOutcome::Retry(START), START);
    stage.store.settle_lanes(vec![retry.clone(), retry]).await.unwrap();
    assert_eq!(stored(&stage, row.key, 1).await.attempts, 1);
    let work = claim_one(&stage, START).await;
    let delivered = result(&work, LaneOutcome::Delivered, START);
    stage.store.settle_lanes(vec![delivered.clone(), delivered]).await.unwrap();
    assert_eq!(stored(&stage, row.key, 2).await.state, NotificationState::Waiting);
    assert_eq!(claim_one(&stage, START).await.notification.sequence, 2);
}

pub async fn lanes_come_longest_due_first(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for (key, due) in [(1, 30), (2, 10), (3, 20)] {
        noticed_row(&stage, key, 1).await;
        settle(&stage, &claim_one(&stage, START).await, LaneOutcome::Retry(START.plus_s(due)), START).await;
    }
    assert_eq!(stage.store.next_due().await, Ok(Some(START.plus_s(10))));
    let two = stage.store.claim_lanes(START.plus_s(60), REAL, LEASE, 2).await.unwrap();
    assert_eq!(two.iter().map(|work| work.key.0).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(stage.store.next_due().await, Ok(Some(START.plus_s(30))), "leased ones are being worked on");
}

pub async fn a_released_lane_is_due_as_before(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = noticed_row(&stage, 1, 1).await;
    settle(&stage, &claim_one(&stage, START).await, LaneOutcome::Release, START.plus_s(9)).await;
    let notification = stored(&stage, row.key, 1).await;
    assert_eq!((notification.state, notification.attempts), (NotificationState::Waiting, 0));
    assert_eq!(claim_one(&stage, START).await.failures, 0);
}

pub async fn notifications_come_newest_first(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let first = noticed_row(&stage, 1, 3).await;
    noticed_row(&stage, 2, 1).await;
    let account = stage.place.account;
    let of_first = stage.store.notifications(account, Some(first.key), None, 2).await.unwrap();
    assert_eq!(of_first.iter().map(|n| n.sequence).collect::<Vec<_>>(), [3, 2]);
    let all = stage.store.notifications(account, None, None, 100).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!(all.is_sorted_by_key(|n| std::cmp::Reverse(n.committed_at)));
    settle(&stage, &claim(&stage, START).await[0], LaneOutcome::Delivered, START).await;
    for (state, of_all) in [(NotificationState::Waiting, 3), (NotificationState::Delivered, 1)] {
        let found = stage.store.notifications(account, None, Some(state), 100).await.unwrap();
        assert!(found.len() == of_all && found.iter().all(|n| n.state == state), "{found:?}");
        let of_first = stage.store.notifications(account, Some(first.key), Some(state), 100).await.unwrap();
        assert!(of_first.iter().all(|n| n.state == state && n.key == first.key), "{of_first:?}");
    }
    assert!(stage.store.notifications(account, None, Some(NotificationState::Dead), 100).await.unwrap().is_empty());
    let other = super::place(stage.store.as_ref(), "other", false).await.account;
    assert!(stage.store.notifications(other, None, None, 100).await.unwrap().is_empty());
    assert!(stage.store.notifications(other, Some(first.key), None, 100).await.unwrap().is_empty());
    let nowhere = NotificationId { key: first.key, target: TargetId(3), sequence: 1 };
    assert_eq!(stage.store.notification(nowhere).await, Ok(None));
}

pub async fn notices_are_withdrawn_with_their_change(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    noticed_row(&stage, 1, 1).await;
    stage.conflict(noticed(claimed(create(row(stage.place, 1, "x")), "r"), 0)).await;
    assert_eq!(stage.store.notifications(stage.place.account, None, None, 10).await.unwrap().len(), 1);
    assert_eq!(claim(&stage, START).await.len(), 1);
}

pub async fn a_notice_keeps_the_name_of_its_reason_member(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut row = row(stage.place, 1, "c1");
    let mut named = noticed(create(row.clone()), 0);
    named.notices[0].reason_field = Some("event".to_owned());
    stage.done(named).await;
    stage.done(noticed(rename(&mut row, "usual", START), 0)).await;
    let work = claim_one(&stage, START).await;
    assert_eq!(work.notification.reason_field.as_deref(), Some("event"));
    assert_eq!(stored(&stage, row.key, 1).await.reason_field.as_deref(), Some("event"));
    assert_eq!(stored(&stage, row.key, 2).await.reason_field, None);
}

//! Lanes that are handed over with the commit that fills them.

use super::Postgres;
use super::broken::behind_wire;
use super::checks::Stage;
use super::checks::samples::{START, create, noticed, rename, row};
use ids::{EntitlementKey, TargetId};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use store::{
    Change, Committed, HandOver, HandedLane, LaneOutcome, LaneResult, LaneWork, NotificationState, Row, StoreError,
};
use tokio::sync::oneshot;

const LEASE_MS: i64 = 30_000;

/// Commits, and what was handed over; `None`: nobody was asked to take anything.
async fn commit(stage: &Stage, change: Change) -> (Result<Committed, StoreError>, Option<Vec<HandedLane>>) {
    let (hand_over, mut handed) = taking();
    let committed = stage.store.commit_and_hand_over(change, hand_over).await;
    (committed, handed.try_recv().ok())
}

fn taking() -> (HandOver, oneshot::Receiver<Vec<HandedLane>>) {
    let (to, handed) = oneshot::channel();
    let to = Mutex::new(Some(to));
    let take = move |lanes| {
        let to = to.lock().unwrap().take().expect("once");
        let _ = to.send(lanes);
    };
    (HandOver::new(LEASE_MS, take), handed)
}

/// What must go through.
async fn handed(stage: &Stage, change: Change) -> Vec<HandedLane> {
    let (committed, handed) = commit(stage, change).await;
    assert_eq!(committed, Ok(Committed::Done));
    handed.expect("told when it is durable")
}

fn lane(row: &Row, target: u32, sequence: u32, fence: u32) -> HandedLane {
    HandedLane { key: row.key, target: TargetId(target), sequence, fence, failures: 0 }
}

/// The result of an attempt at what was handed over.
fn result(lane: &HandedLane, outcome: LaneOutcome) -> LaneResult {
    let HandedLane { key, target, sequence, fence, .. } = *lane;
    LaneResult { key, target, fence, sequence, outcome, status: Some(204), error: None, at: START }
}

async fn settle(stage: &Stage, lane: &HandedLane, outcome: LaneOutcome) -> usize {
    stage.store.settle_lanes(vec![result(lane, outcome)]).await.unwrap()
}

/// What somebody else can claim, at a moment of real time.
async fn claim(stage: &Stage, real_ms: i64) -> Vec<LaneWork> {
    stage.store.claim_lanes(START.plus_s(1), real_ms, LEASE_MS, 100).await.unwrap()
}

async fn states(stage: &Stage, row: &Row) -> Vec<(u32, NotificationState)> {
    let mut all = stage.store.notifications(stage.place.account, Some(row.key), None, 100).await.unwrap();
    all.sort_by_key(|one| one.sequence);
    all.iter().map(|one| (one.sequence, one.state)).collect()
}

#[tokio::test]
async fn an_empty_lane_is_claimed_with_the_commit_that_fills_it() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let mut row = row(stage.place, 1, "c1");
    let first = handed(&stage, noticed(noticed(create(row.clone()), 0), 5)).await;
    assert_eq!(first, [lane(&row, 0, 1, 1), lane(&row, 5, 1, 1)]);
    assert!(claim(&stage, START.0).await.is_empty(), "they are leased");
    for lane in &first {
        assert_eq!(settle(&stage, lane, LaneOutcome::Delivered).await, 0, "nothing follows");
    }
    // Filled anew, with two at once: the first of them is the head.
    let twice = noticed(noticed(rename(&mut row, "twice", START), 0), 0);
    let second = handed(&stage, twice).await;
    assert_eq!(second, [lane(&row, 0, 2, 2)]);
    assert_eq!(settle(&stage, &second[0], LaneOutcome::Delivered).await, 1, "the other one is due");
    let works = claim(&stage, START.0).await;
    assert_eq!(works.iter().map(|work| (work.notification.sequence, work.fence)).collect::<Vec<_>>(), [(3, 3)]);
}

#[tokio::test]
async fn a_lane_in_which_something_waits_is_not_handed_over() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let mut row = row(stage.place, 1, "c1");
    stage.done(noticed(create(row.clone()), 0)).await;
    assert_eq!(handed(&stage, noticed(rename(&mut row, "waits", START), 0)).await, [], "behind one that is due");
    let work = claim(&stage, START.0).await.remove(0);
    assert_eq!(handed(&stage, noticed(rename(&mut row, "leased", START), 0)).await, [], "behind one under way");
    let retry = LaneOutcome::Retry(START.plus_s(60));
    stage.store.settle_lanes(vec![LaneResult::of(&work, retry, START)]).await.unwrap();
    assert_eq!(handed(&stage, noticed(rename(&mut row, "fails", START), 0)).await, [], "behind one that failed");
    assert_eq!(claim(&stage, START.0).await, []);
}

#[tokio::test]
async fn what_is_not_due_at_once_is_not_handed_over() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let row = row(stage.place, 1, "c1");
    let mut later = noticed(create(row.clone()), 0);
    later.notices[0].not_before = Some(START.plus_s(60));
    assert_eq!(handed(&stage, later).await, []);
    assert_eq!(claim(&stage, START.0).await, []);
    assert_eq!(stage.store.next_due().await, Ok(Some(START.plus_s(60))));
}

#[tokio::test]
async fn a_change_that_conflicts_hands_nothing_over() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    stage.done(create(row(stage.place, 1, "c1"))).await;
    let (committed, handed) = commit(&stage, noticed(create(row(stage.place, 2, "c1")), 0)).await;
    assert!(matches!(committed, Ok(Committed::Conflict(_))), "{committed:?}");
    assert_eq!(handed, None);
}

#[tokio::test]
async fn what_nobody_settles_is_claimed_when_its_lease_has_run_out() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let mut row = row(stage.place, 1, "c1");
    let lane = handed(&stage, noticed(create(row.clone()), 0)).await[0];
    stage.done(noticed(rename(&mut row, "more", START), 0)).await;
    assert_eq!(claim(&stage, START.0 + LEASE_MS - 1).await, []);
    let work = claim(&stage, START.0 + LEASE_MS).await.remove(0);
    assert_eq!((work.notification.sequence, work.fence), (1, 2));
    assert_eq!(work.row, row, "as it is now");
    settle(&stage, &lane, LaneOutcome::Delivered).await;
    settle(&stage, &lane, LaneOutcome::Dead).await;
    use NotificationState::{Delivered, Waiting};
    assert_eq!(states(&stage, &row).await, [(1, Waiting), (2, Waiting)], "its result is void");
    stage.store.settle_lanes(vec![LaneResult::of(&work, LaneOutcome::Delivered, START)]).await.unwrap();
    assert_eq!(states(&stage, &row).await, [(1, Delivered), (2, Waiting)]);
}

#[tokio::test]
async fn a_waking_of_before_is_not_that_of_a_lane_handed_over() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let mut row = row(stage.place, 1, "c1");
    let first = handed(&stage, noticed(create(row.clone()), 0)).await[0];
    stage.store.wake_lanes(row.key).await.unwrap();
    settle(&stage, &first, LaneOutcome::Delivered).await;
    let second = handed(&stage, noticed(rename(&mut row, "more", START), 0)).await[0];
    settle(&stage, &second, LaneOutcome::Retry(START.plus_s(60))).await;
    assert_eq!(claim(&stage, START.0).await, [], "it waits as long as it was told");
}

/// Whoever has asked may have hung up: what was handed over has somebody to take it all the same.
#[tokio::test]
async fn lanes_are_handed_over_though_the_caller_has_gone() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    // What is asked of the server before, once for an account and a route, is known then.
    stage.done(create(row(stage.place, 9, "c9"))).await;
    let row = row(stage.place, 1, "c1");
    let (hand_over, handed) = taking();
    let (store, change) = (Arc::clone(&stage.store), noticed(create(row.clone()), 0));
    let asked = tokio::spawn(async move { store.commit_and_hand_over(change, hand_over).await });
    // On one thread it goes as far as to wait for the committer.
    tokio::task::yield_now().await;
    asked.abort();
    assert_eq!(handed.await.unwrap(), [lane(&row, 0, 1, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lanes_of_a_commit_whose_answer_is_lost_are_handed_over_once() {
    let postgres = Postgres::default();
    let (stage, wire) = behind_wire(&postgres).await;
    for round in 0..6_u128 {
        wire.cuts.answers.store(usize::from(round % 2 == 0), Ordering::SeqCst);
        wire.cuts.requests.store(usize::from(round % 3 == 1), Ordering::SeqCst);
        let mut commits = tokio::task::JoinSet::new();
        for n in 1..=20 {
            let (stage, key) = (stage.clone(), round * 100 + n);
            let row = row(stage.place, key, &format!("c{key}"));
            commits.spawn(async move { (key, handed(&stage, noticed(create(row), 0)).await) });
        }
        for (key, lanes) in commits.join_all().await {
            let [lane] = lanes.as_slice() else { panic!("one lane of {key}: {lanes:?}") };
            assert_eq!((lane.key, lane.sequence, lane.fence), (EntitlementKey(key), 1, 1));
            settle(&stage, lane, LaneOutcome::Delivered).await;
        }
    }
    let cut = wire.cuts.done.load(Ordering::SeqCst);
    assert!(cut >= 4, "only {cut} connections were cut");
    let all = stage.store.notifications(stage.place.account, None, None, 1_000).await.unwrap();
    assert_eq!(all.len(), 120);
    assert!(all.iter().all(|one| (one.state, one.attempts) == (NotificationState::Delivered, 1)), "{all:?}");
}

/// Settled together: those that are done with, those that are not, and what two workers say of the same.
#[tokio::test]
async fn results_that_are_usual_and_others_are_settled_together() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let mut results = Vec::new();
    let mut rows: Vec<Row> = (1..=5).map(|key| row(stage.place, key, &format!("c{key}"))).collect();
    for row in &mut rows {
        results.push(result(&handed(&stage, noticed(create(row.clone()), 0)).await[0], LaneOutcome::Delivered));
    }
    stage.done(noticed(rename(&mut rows[1], "follows", START), 0)).await;
    results[2].outcome = LaneOutcome::Dead;
    results[3].fence += 1;
    results.push(results[4].clone());
    results.reverse();
    assert_eq!(stage.store.settle_lanes(results).await, Ok(1), "one goes on");
    use NotificationState::{Dead, Delivered, Waiting};
    let all = [
        vec![(1, Delivered)],
        vec![(1, Delivered), (2, Waiting)],
        vec![(1, Dead)],
        vec![(1, Waiting)],
        vec![(1, Delivered)],
    ];
    for (row, expected) in rows.iter().zip(all) {
        assert_eq!(states(&stage, row).await, expected, "{}", row.key);
    }
    let attempts = stage.store.notifications(stage.place.account, Some(rows[4].key), None, 1).await.unwrap();
    assert_eq!((attempts[0].attempts, attempts[0].last_status, attempts[0].done_at), (1, Some(204), Some(START)));
}

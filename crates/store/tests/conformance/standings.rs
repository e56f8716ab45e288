//! What those who watch are told: whether it answers, how much lies where, what was counted.

use super::samples::{START, create, noticed, rename, row};
use super::{Factory, Stage};
use entitlement::{Ask, Operation, Party};
use ids::OperationId;
use store::{Backlog, Cause, LaneOutcome, LaneResult, LaneWork, Standing, StoreError};

/// A create's operation in that stage of sending.
pub fn operation(stage: entitlement::Stage) -> Operation {
    Operation {
        id: OperationId(77),
        ask: Ask::Create,
        by: Party::Reseller,
        stage,
        opened_at: START,
        attempts: 1,
        next_at: None,
        deadline: None,
        note: None,
    }
}

pub async fn an_open_store_answers_and_a_closed_one_does_not(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    assert_eq!(stage.store.answers().await, Ok(()));
    stage.store.close().await.unwrap();
    assert!(matches!(stage.store.answers().await, Err(StoreError::Stopped(_))));
}

fn result(work: &LaneWork, outcome: LaneOutcome) -> LaneResult {
    LaneResult {
        key: work.key,
        target: work.target,
        fence: work.fence,
        sequence: work.notification.sequence,
        outcome,
        status: None,
        error: Some("refused".to_owned()),
        at: START,
    }
}

pub async fn what_lies_where_is_counted(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let outcomes = [
        LaneOutcome::Release,
        LaneOutcome::Retry(START.plus_s(5)),
        LaneOutcome::Parked(START.plus_s(9)),
        LaneOutcome::Dead,
        LaneOutcome::Delivered,
    ];
    for key in 1..=5 {
        stage.done(noticed(create(row(stage.place, key, &format!("c{key}"))), 0)).await;
    }
    let works = stage.store.claim_lanes(START, 5_000_000, 1_000, 100).await.unwrap();
    let results = works.iter().zip(outcomes).map(|(work, outcome)| result(work, outcome));
    stage.store.settle_lanes(results.collect()).await.unwrap();
    let found = stage.store.standing().await.unwrap();
    let one = Backlog { lanes: 1, oldest: Some(START) };
    assert_eq!((found.waiting, found.retrying, found.parked), (one, one, one), "{found:?}");
    assert_eq!((found.dead, found.next_due, found.is_whole), (1, Some(START), true), "{found:?}");
    assert!(found.data_bytes > 0);
}

pub async fn open_operations_are_found_in_every_stage(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let stages = [entitlement::Stage::InFlight, entitlement::Stage::Queued, entitlement::Stage::Unknown];
    for (key, sent) in (1..).zip(stages) {
        let mut made = row(stage.place, key, &format!("c{key}"));
        made.state.operation = Some(operation(sent));
        stage.done(create(made.clone())).await;
        let Standing { operations, .. } = stage.store.standing().await.unwrap();
        assert_eq!(operations.len(), usize::try_from(key).unwrap());
    }
    let Standing { operations, .. } = stage.store.standing().await.unwrap();
    assert!(stages.iter().all(|sent| operations.contains(&operation(*sent))), "{operations:?}");
    let mut settled = stage.row(ids::EntitlementKey(2)).await.unwrap();
    settled.state.operation = None;
    stage.done(rename(&mut settled, "settled", START)).await;
    assert_eq!(stage.store.standing().await.unwrap().operations.len(), 2);
}

pub async fn batches_commits_and_conflicts_are_counted(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let changes = || stage.store.figures().batches.sum();
    let before = changes();
    stage.done(create(row(stage.place, 1, "c1"))).await;
    assert_eq!(changes(), before + 1);
    stage.conflict(create(row(stage.place, 2, "c1"))).await;
    let figures = stage.store.figures();
    assert_eq!(Cause::ALL.map(|cause| figures.conflicts(cause)), [0, 0, 0, 1, 0]);
    let commits: u64 = figures.commits_us.counts().map(|(_, count)| count).sum();
    let batches: u64 = figures.batches.counts().map(|(_, count)| count).sum();
    assert!(commits > 0 && commits == batches);
    assert!(!figures.is_full());
}

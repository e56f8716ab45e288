//! What time brings.

use super::samples::{START, create, noticed, row, touch};
use super::{Factory, Stage};
use entitlement::{Ask, Moment, Operation, Party, Stage as OpStage};
use ids::{EntitlementKey, OperationId};
use store::{Cause, Change, NewCallback};

pub async fn entitlements_come_by_their_moment(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for (key, due) in [(1, Some(30)), (2, Some(10)), (3, None), (4, Some(20)), (5, Some(40))] {
        let mut row = row(stage.place, key, &format!("c{key}"));
        row.due_at = due.map(|ms| START.plus_ms(ms));
        stage.done(create(row)).await;
    }
    let due = |ms, limit| stage.store.due(START.plus_ms(ms), limit);
    assert!(due(9, 10).await.unwrap().is_empty());
    let keys = |found: Vec<(Moment, EntitlementKey)>| found.into_iter().map(|(_, key)| key.0).collect::<Vec<_>>();
    assert_eq!(due(10, 10).await, Ok(vec![(START.plus_ms(10), EntitlementKey(2))]));
    assert_eq!(keys(due(30, 10).await.unwrap()), [2, 4, 1]);
    assert_eq!(keys(due(99, 2).await.unwrap()), [2, 4]);
    let mut second = stage.row(EntitlementKey(2)).await.unwrap();
    second.revision = 2;
    second.due_at = None;
    stage.done(touch(&second)).await;
    assert_eq!(keys(due(99, 10).await.unwrap()), [4, 1, 5]);
}

pub async fn the_next_moment_is_the_earliest_of_all(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let next = async || stage.store.next_due().await.unwrap();
    assert_eq!(next().await, None);
    let mut first = row(stage.place, 1, "a");
    first.due_at = Some(START.plus_s(3));
    stage.done(create(first)).await;
    assert_eq!(next().await, Some(START.plus_s(3)));
    let mut second = create(row(stage.place, 2, "b"));
    second.callbacks.push(NewCallback { key: EntitlementKey(2), at: START.plus_s(2), says: "x".into() });
    stage.done(second).await;
    assert_eq!(next().await, Some(START.plus_s(2)));
    stage.done(noticed(create(row(stage.place, 3, "c")), 0)).await;
    assert_eq!(next().await, Some(START));
}

pub async fn lanes_come_by_their_moment_unless_somebody_works_on_them(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for (key, after_s) in [(1, 2), (2, 0), (3, 1)] {
        let change = noticed(create(row(stage.place, key, &format!("c{key}"))), 0);
        stage.done(Change { at: START.plus_s(after_s), ..change }).await;
    }
    let due = async |after_s, limit| {
        let found = stage.store.lanes_due(START.plus_s(after_s), limit).await.unwrap();
        found.into_iter().map(|(at, key, _, head)| (at.0 - START.0, key.0, head)).collect::<Vec<_>>()
    };
    assert_eq!(due(9, 10).await, [(0, 2, 1), (1_000, 3, 1), (2_000, 1, 1)]);
    assert_eq!((due(1, 10).await.len(), due(9, 1).await.len()), (2, 1));
    stage.store.claim_lanes(START, 5_000_000, 30_000, 1).await.unwrap();
    assert_eq!(due(9, 10).await, [(1_000, 3, 1), (2_000, 1, 1)]);
}

pub async fn a_callback_is_carried_out_once(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut change = create(row(stage.place, 1, "a"));
    for (ms, says) in [(20, "late"), (10, "early"), (10, "early too")] {
        change.callbacks.push(NewCallback { key: EntitlementKey(1), at: START.plus_ms(ms), says: says.into() });
    }
    stage.done(change).await;
    let due = stage.store.callbacks_due(START.plus_ms(20), 10).await.unwrap();
    assert_eq!(due.iter().map(|callback| callback.says.as_str()).collect::<Vec<_>>(), ["early", "early too", "late"]);
    assert_eq!(stage.store.callbacks_due(START.plus_ms(10), 1).await.unwrap(), due[..1]);
    let carry_out =
        |key| Change { callback_done: Some(due[2].id), ..create(row(stage.place, key, &format!("c{key}"))) };
    stage.done(carry_out(2)).await;
    let conflict = stage.conflict(carry_out(3)).await;
    assert_eq!(conflict.cause, Cause::Callback);
    assert_eq!(stage.store.callbacks_due(START.plus_ms(20), 10).await.unwrap(), due[..2]);
    let mut another = create(row(stage.place, 4, "d"));
    another.callbacks.push(NewCallback { key: EntitlementKey(4), at: START, says: "new".into() });
    stage.done(another).await;
    assert_eq!(stage.conflict(carry_out(5)).await.cause, Cause::Callback, "a number is never given twice");
}

pub async fn operations_in_flight_are_found(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for (key, op) in [
        (1, Some(OpStage::Queued)),
        (2, Some(OpStage::InFlight)),
        (3, None),
        (4, Some(OpStage::InFlight)),
        (5, Some(OpStage::Unknown)),
    ] {
        let mut row = row(stage.place, key, &format!("c{key}"));
        row.state.operation = op.map(operation);
        row.state.unborn = key == 4;
        stage.done(create(row)).await;
    }
    assert_eq!(stage.store.in_flight(10).await, Ok(vec![EntitlementKey(2), EntitlementKey(4)]));
    assert_eq!(stage.store.in_flight(1).await.unwrap().len(), 1);
    let mut second = stage.row(EntitlementKey(2)).await.unwrap();
    second.revision = 2;
    second.state.operation = None;
    stage.done(touch(&second)).await;
    assert_eq!(stage.store.in_flight(10).await, Ok(vec![EntitlementKey(4)]));
}

pub fn operation(stage: OpStage) -> Operation {
    Operation {
        id: OperationId(1),
        ask: Ask::Create,
        by: Party::Reseller,
        stage,
        opened_at: START,
        attempts: 0,
        next_at: None,
        deadline: None,
        note: None,
    }
}

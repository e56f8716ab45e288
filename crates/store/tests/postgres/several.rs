//! Several processes on one database: the unique keys are the same for all of them.

use super::checks::samples::{START, claimed, create, noticed, rename, row, with_own_id};
use super::checks::{Factory, Stage};
use super::{Postgres, soon};
use std::sync::Arc;
use store::{Cause, Change, Committed};
use tokio::task::JoinSet;

const PROCESSES: usize = 3;

/// Stores of several processes on one database.
pub async fn processes(postgres: &dyn Factory) -> Vec<Stage> {
    let mut stages = Vec::new();
    for _ in 0..PROCESSES {
        stages.push(Stage::open(postgres).await);
    }
    stages
}

/// Each change by another process, all at once; answers in their order.
pub async fn together(stages: &[Stage], changes: Vec<Change>) -> Vec<Committed> {
    let mut set = JoinSet::new();
    for (at, change) in changes.into_iter().enumerate() {
        let store = Arc::clone(&stages[at % stages.len()].store);
        set.spawn(async move { (at, store.commit(change).await.unwrap()) });
    }
    let mut answers = set.join_all().await;
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, committed)| committed).collect()
}

pub fn cause(committed: &Committed) -> Option<Cause> {
    match committed {
        Committed::Done => None,
        Committed::Conflict(conflict) => Some(conflict.cause),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_ids_and_identities_are_given_once_among_all() {
    let postgres = Postgres::default();
    let stages = processes(&postgres).await;
    let place = stages[0].place;
    for round in 0..10_u128 {
        let key = |n: u128| round * 1_000 + n;
        let slots = (1..=30)
            .map(|n| claimed(create(row(place, key(n), &format!("s{round}-{}", n % 3))), &format!("a{}", key(n))));
        let ids = (31..=60).map(|n| {
            create(with_own_id(row(place, key(n), &format!("c{}", key(n))), &format!("own{round}-{}", n % 3)))
        });
        let same = (61..=90).map(|n| {
            noticed(claimed(create(row(place, key(n), &format!("c{}", key(n)))), &format!("same{round}-{}", n % 3)), 0)
        });
        let answers = together(&stages, slots.chain(ids).chain(same).collect()).await;
        for (range, why) in [(0..30, Cause::Slot), (30..60, Cause::Id), (60..90, Cause::Claim)] {
            let done = answers[range.clone()].iter().filter(|answer| **answer == Committed::Done).count();
            assert_eq!(done, 3, "{why:?}");
            assert!(answers[range].iter().filter_map(cause).all(|cause| cause == why));
        }
    }
    let feed = stages[1].feed(place.account).await;
    assert!(feed.iter().map(|(_, event)| event.position).eq(1..=90), "positions have no gaps");
    assert_eq!(stages[2].store.notifications(place.account, None, None, 1_000).await.unwrap().len(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revision_is_changed_by_one_of_them() {
    let postgres = Postgres::default();
    let stages = processes(&postgres).await;
    let mut row = row(stages[0].place, 1, "anna");
    stages[0].done(create(row.clone())).await;
    for round in 0..20 {
        let changes = (0..9).map(|n| noticed(rename(&mut row.clone(), &format!("{round}-{n}"), START), 0)).collect();
        let answers = together(&stages, changes).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Committed::Done).count(), 1);
        let now = stages[1].row(row.key).await.unwrap();
        assert_eq!(now.revision, row.revision + 1);
        row = now;
    }
    assert_eq!(stages[2].store.history(row.key, None).await.unwrap().len(), 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callback_is_carried_out_by_one_of_them() {
    let postgres = Postgres::default();
    let stages = processes(&postgres).await;
    let place = stages[0].place;
    let mut promise = create(row(place, 1, "a"));
    promise.callbacks.push(store::NewCallback { key: ids::EntitlementKey(1), at: START, says: "x".into() });
    stages[0].done(promise).await;
    let id = stages[1].store.callbacks_due(START, 10).await.unwrap()[0].id;
    let carry_out = |key: u128| Change { callback_done: Some(id), ..create(row(place, key, &format!("c{key}"))) };
    let answers = together(&stages, (10..40).map(carry_out).collect()).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Committed::Done).count(), 1);
    assert!(answers.iter().filter_map(cause).all(|cause| cause == Cause::Callback));
}

/// Whoever has read position n never finds a new one at or below n, whichever process gave it out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn positions_are_read_in_their_order_whoever_gives_them_out() {
    let postgres = Postgres::default();
    let stages = processes(&postgres).await;
    let mut writers = JoinSet::new();
    for writer in 0..12_u128 {
        let stage = stages[usize::try_from(writer).unwrap() % PROCESSES].clone();
        writers.spawn(async move {
            let mut row = row(stage.place, writer + 1, &format!("c{writer}"));
            stage.done(create(row.clone())).await;
            for n in 1..20 {
                stage.done(rename(&mut row, &format!("n{n}"), START.plus_ms(n))).await;
            }
        });
    }
    let mut read = 0;
    soon("all are read", async || {
        for (_, event) in stages[0].store.feed(stages[0].place.account, read, 50).await.unwrap() {
            assert_eq!(event.position, read + 1);
            read = event.position;
        }
        read == 240
    })
    .await;
    writers.join_all().await;
    assert_eq!(stages[1].store.feed_head(stages[1].place.account).await, Ok(240));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_that_a_dead_process_held_is_due_again() {
    let postgres = Postgres::default();
    let stages = processes(&postgres).await;
    stages[0].done(noticed(create(row(stages[0].place, 1, "a")), 0)).await;
    assert_eq!(stages[0].store.claim_lanes(START, START.0, 1_000, 10).await.unwrap().len(), 1);
    stages[1].clock.advance_ms(999);
    assert_eq!(stages[1].store.next_due().await, Ok(None));
    stages[1].clock.advance_ms(1);
    soon("the other process looks by itself", async || stages[1].store.next_due().await.unwrap().is_some()).await;
    let works = stages[1].store.claim_lanes(START, START.0 + 1_000, 1_000, 10).await.unwrap();
    assert_eq!(works.iter().map(|work| work.fence).collect::<Vec<_>>(), [2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_one_moves_all_go_by() {
    let postgres = Postgres::default();
    let stages = processes(&postgres).await;
    stages[0].store.set_clock_offset(60_000).await.unwrap();
    assert_eq!(stages[0].store.now(), START.plus_s(60));
    soon("the other one follows", async || stages[1].store.now() == START.plus_s(60)).await;
    stages[1].store.reset_test_data().await.unwrap();
    assert_eq!(stages[1].store.now(), START);
    for stage in &stages {
        soon("all begin anew", async || stage.store.now() == START).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_stays_one_chain() {
    let postgres = Postgres::default();
    let stages = processes(&postgres).await;
    let mut operators = JoinSet::new();
    for n in 0..60_u128 {
        let stage = stages[usize::try_from(n).unwrap() % PROCESSES].clone();
        operators.spawn(async move {
            let entry = store::AuditEntry {
                at: START,
                who: "anna (uid 0)".into(),
                act: "entitlement.hold".into(),
                subject: n.to_string(),
                before: None,
                after: None,
                note: None,
            };
            if n % 2 == 0 {
                stage.store.administer(Vec::new(), entry).await.unwrap();
            } else {
                let change = create(row(stage.place, n, &format!("c{n}")));
                stage.done(Change { audit: Some(Box::new(entry)), ..change }).await;
            }
        });
    }
    operators.join_all().await;
    let records = stages[0].store.audit(0, 100).await.unwrap();
    let mut chain = store::AuditChain::default();
    records.iter().for_each(|record| chain.follow(record).unwrap());
    assert_eq!(chain.number, 60);
}

//! Processes at work on one database: who is alive, who does what is due, what they count together.

use super::checks::Stage;
use super::checks::dues::operation;
use super::checks::samples::{START, create, noticed, row};
use super::{Postgres, soon};
use entitlement::{Moment, Stage as OperationStage};
use ids::EntitlementKey;
use std::sync::Arc;
use store::{Change, Clock, PostgresOptions, PostgresStore, Store};

/// A process that is at work under a name.
async fn node(postgres: &Postgres, name: &str) -> Arc<dyn Store> {
    let options = postgres.options(Clock::manual(START)).await;
    let options = PostgresOptions { node: Some(name.to_owned()), ..options };
    Arc::new(PostgresStore::open(options).await.unwrap())
}

async fn names(store: &dyn Store) -> Vec<String> {
    store.nodes().await.unwrap().into_iter().map(|node| node.name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_at_work_is_known_to_all_until_it_ends() {
    let postgres = Postgres::default();
    let (a, b) = (node(&postgres, "a").await, node(&postgres, "b").await);
    assert_eq!(names(a.as_ref()).await, ["a", "b"]);
    let asks = Stage::open(&postgres).await.store;
    assert_eq!(names(asks.as_ref()).await, ["a", "b"], "who only asks is none of them");
    let again = node(&postgres, "a").await;
    assert_eq!(names(b.as_ref()).await, ["a", "b"], "the one before is gone");
    again.close().await.unwrap();
    b.close().await.unwrap();
    assert!(names(asks.as_ref()).await.iter().all(|name| name == "a"));
}

fn in_flight(stage: &Stage, key: u128) -> Change {
    let mut row = row(stage.place, key, &format!("c{key}"));
    row.state.operation = Some(operation(OperationStage::InFlight));
    create(row)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_of_others_are_not_lost_at_a_start() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let a = node(&postgres, "a").await;
    stage.done(in_flight(&stage, 1)).await;
    let b = node(&postgres, "b").await;
    assert_eq!(b.in_flight(10).await, Ok(Vec::new()), "a is at work");
    a.close().await.unwrap();
    let alone = node(&postgres, "b").await;
    assert_eq!(alone.in_flight(10).await, Ok(vec![EntitlementKey(1)]));
}

fn due(stage: &Stage, key: u128, at: Moment) -> Change {
    let mut row = row(stage.place, key, &format!("c{key}"));
    row.due_at = Some(at);
    create(row)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_is_given_to_one_of_them() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    for key in 1..=40 {
        stage.done(due(&stage, key, START.plus_ms(i64::try_from(key).unwrap()))).await;
    }
    let (a, b) = (node(&postgres, "a").await, node(&postgres, "b").await);
    let by = START.plus_s(1);
    let both = tokio::join!(a.due(by, 30), b.due(by, 30));
    let (of_a, of_b) = (both.0.unwrap(), both.1.unwrap());
    let of_both = async || [a.due(by, 40).await.unwrap(), b.due(by, 40).await.unwrap()];
    let [all_of_a, all_of_b] = of_both().await;
    assert!(of_a.iter().all(|one| all_of_a.contains(one)) && of_b.iter().all(|one| all_of_b.contains(one)));
    assert!(all_of_a.iter().all(|one| !all_of_b.contains(one)), "{all_of_a:?} {all_of_b:?}");
    assert_eq!(all_of_a.len() + all_of_b.len(), 40);
    assert!(all_of_a.is_sorted() && all_of_b.is_sorted());
    assert_eq!(of_both().await, [all_of_a, all_of_b], "and stays with whom it was given to");
    b.close().await.unwrap();
    assert_eq!(a.due(by, 100).await.unwrap().len(), 40, "who ends leaves it to the others");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_was_at_is_free_when_it_starts_again_or_is_gone_for_long() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    for key in 1..=2 {
        stage.done(noticed(create(row(stage.place, key, &format!("c{key}"))), 0)).await;
    }
    let (a, b) = (node(&postgres, "a").await, node(&postgres, "b").await);
    for node in [&a, &b] {
        assert_eq!(node.claim_lanes(START, START.0, 1_000_000, 1).await.unwrap().len(), 1);
    }
    assert_eq!(stage.store.next_due().await, Ok(None));
    let again = node(&postgres, "a").await;
    assert_eq!(again.lanes_due(START, 10).await.unwrap().len(), 1, "what a was sending");
    // As if b had been cut off: it cannot show itself.
    drop(b);
    let long_ago = "UPDATE node SET seen_at = now() - interval '16 s' WHERE name = 'b'";
    soon("what b was sending is free", async || {
        postgres.database().await.ask(long_ago).await;
        again.lanes_due(START, 10).await.unwrap().len() == 2
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_each_counts_the_others_learn() {
    let postgres = Postgres::default();
    let (a, b, c) = (node(&postgres, "a").await, node(&postgres, "b").await, node(&postgres, "c").await);
    let told = async |node: &Arc<dyn Store>, counted: &[(&str, u64)]| {
        let counted = counted.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        let mut others = node.count_together(counted).await.unwrap();
        others.sort_by(|one, other| (&one.name, one.count).cmp(&(&other.name, other.count)));
        others.into_iter().map(|one| (one.name, one.count)).collect::<Vec<_>>()
    };
    let of = |name: &str, count| (name.to_owned(), count);
    assert_eq!(told(&a, &[("x", 5)]).await, []);
    assert_eq!(told(&b, &[("x", 1), ("y", 2)]).await, [of("x", 5)]);
    assert_eq!(told(&a, &[("x", 9)]).await, [of("x", 1), of("y", 2)]);
    assert_eq!(told(&b, &[]).await, [of("x", 9)]);
    assert_eq!(told(&c, &[]).await, [of("x", 1), of("x", 9), of("y", 2)], "each by itself");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_head_of_the_audit_grows_for_all() {
    let postgres = Postgres::default();
    let (a, b) = (node(&postgres, "a").await, node(&postgres, "b").await);
    assert_eq!(b.audit_head().await, Ok(0));
    let entry = store::AuditEntry {
        at: START,
        who: "anna (uid 0)".into(),
        act: "catalog.apply".into(),
        subject: "version 1".into(),
        before: None,
        after: None,
        note: None,
    };
    a.administer(Vec::new(), entry).await.unwrap();
    assert_eq!(b.audit_head().await, Ok(1));
}

//! Connections that break, answers that are lost: a change has its effect once, and whoever asked for it
//! learns that it has.

use super::Postgres;
use super::checks::samples::{START, claimed, create, noticed, rename, row};
use super::checks::{Stage, place};
use super::wire::Wire;
use cluster::Cluster;
use ids::EntitlementKey;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use store::{Clock, Committed, PostgresOptions, PostgresStore, Store, StoreError};

/// A stage whose store reaches the server through a wire that can be cut.
pub async fn behind_wire(postgres: &Postgres) -> (Stage, Wire) {
    let database = postgres.database().await;
    let wire = Wire::to(database.socket().await);
    let url = database.url_by(wire.folder());
    let clock = Clock::manual(START);
    let store = PostgresStore::open(PostgresOptions { clock: clock.clone(), ..PostgresOptions::new(url) });
    let store: Arc<dyn Store> = Arc::new(store.await.unwrap());
    let place = place(store.as_ref(), "acme", false).await;
    (Stage { store, clock, place }, wire)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_is_lost_counts_once() {
    let postgres = Postgres::default();
    let (stage, wire) = behind_wire(&postgres).await;
    for round in 0..6_u128 {
        wire.cuts.answers.store(usize::from(round % 2 == 0), Ordering::SeqCst);
        wire.cuts.requests.store(usize::from(round % 3 == 1), Ordering::SeqCst);
        let changes = (1..=20).map(|n| changed(&stage, round * 100 + n)).collect();
        let answers = stage.together(changes).await;
        assert!(answers.iter().all(|answer| *answer == Committed::Done), "{answers:?}");
    }
    let cut = wire.cuts.done.load(Ordering::SeqCst);
    assert!(cut >= 4, "only {cut} connections were cut");
    let feed = stage.feed(stage.place.account).await;
    assert!(feed.iter().map(|(_, event)| event.position).eq(1..=120), "each has one effect, without gaps");
    assert_eq!(stage.store.notifications(stage.place.account, None, None, 1_000).await.unwrap().len(), 120);
}

fn changed(stage: &Stage, key: u128) -> store::Change {
    noticed(claimed(create(row(stage.place, key, &format!("c{key}"))), &format!("i{key}")), 0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_beside_a_lost_answer_stays_a_conflict() {
    let postgres = Postgres::default();
    let (stage, wire) = behind_wire(&postgres).await;
    stage.done(changed(&stage, 1)).await;
    wire.cuts.answers.store(1, Ordering::SeqCst);
    let taken = claimed(create(row(stage.place, 2, "c1")), "i2");
    let answers = stage.together(vec![changed(&stage, 3), taken]).await;
    assert_eq!(answers[0], Committed::Done);
    assert!(matches!(answers[1], Committed::Conflict(_)), "{answers:?}");
    assert_eq!(stage.row(EntitlementKey(2)).await, None);
    assert_eq!(stage.feed(stage.place.account).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_the_server_ends_lose_nothing() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let database = postgres.database().await;
    stage.done(create(row(stage.place, 100, "first"))).await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 1..=8_u128 {
        let stage = stage.clone();
        writers.spawn(async move {
            let mut row = row(stage.place, writer, &format!("c{writer}"));
            stage.done(create(row.clone())).await;
            for n in 0..25 {
                stage.done(noticed(rename(&mut row, &format!("n{n}"), START.plus_ms(n)), 0)).await;
            }
            row
        });
    }
    for _ in 0..10 {
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                      WHERE application_name = 'entitle' AND datname = current_database()";
        database.ask(others).await;
    }
    for row in writers.join_all().await {
        assert_eq!(stage.row(row.key).await, Some(row));
    }
    let feed = stage.feed(stage.place.account).await;
    assert!(feed.iter().map(|(_, event)| event.position).eq(1..=209), "each has one effect, without gaps");
    assert_eq!(stage.store.notifications(stage.place.account, None, None, 1_000).await.unwrap().len(), 200);
}

/// The server is killed and comes back, over and over: what was answered is there, as answered, and what
/// was under way is carried through.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_commit_survives_a_crash_of_the_server() {
    let cluster = Arc::new(Cluster::start().unwrap());
    let clock = Clock::manual(START);
    let options = PostgresOptions { clock: clock.clone(), ..PostgresOptions::new(cluster.url()) };
    let store: Arc<dyn Store> = Arc::new(PostgresStore::open(options).await.unwrap());
    let place = place(store.as_ref(), "acme", false).await;
    let stage = Stage { store, clock, place };
    stage.done(changed(&stage, 0)).await;
    let mut made = 1;
    for _ in 0..3 {
        let crashing = Arc::clone(&cluster);
        let crash = tokio::task::spawn_blocking(move || crashing.crash());
        while !crash.is_finished() {
            let changes = (0..50).map(|n| changed(&stage, made + n)).collect();
            let answers = stage.together(changes).await;
            assert!(answers.iter().all(|answer| *answer == Committed::Done), "{answers:?}");
            made += 50;
        }
        crash.await.unwrap();
    }
    let made = u64::try_from(made).unwrap();
    let feed = stage.feed(stage.place.account).await;
    assert!(feed.iter().map(|(_, event)| event.position).eq(1..=made), "each has one effect, without gaps");
    for (key, _) in feed {
        assert!(stage.row(key).await.is_some() && stage.claim(&format!("i{}", key.0)).await.is_some(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_who_hang_up_leave_no_connection_behind() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    for key in 1..=200 {
        let (store, change) = (Arc::clone(&stage.store), changed(&stage, key));
        let asked = tokio::spawn(async move { store.commit(change).await });
        tokio::task::yield_now().await;
        asked.abort();
        let store = Arc::clone(&stage.store);
        let searched = tokio::spawn(async move { store.uses().await.map(drop) });
        let settled = stage.store.settle_lanes(Vec::new());
        tokio::task::yield_now().await;
        searched.abort();
        drop(settled);
    }
    stage.done(changed(&stage, 1_000)).await;
    stage.store.uses().await.unwrap();
    assert_eq!(stage.store.answers().await, Ok(()));
}

#[tokio::test]
async fn too_much_waiting_is_busy() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let options = PostgresOptions { waiting_max: 0, ..postgres.options(Clock::manual(START)).await };
    let full = PostgresStore::open(options).await.unwrap();
    assert_eq!(full.commit(changed(&stage, 1)).await, Err(StoreError::Busy));
    assert_eq!((full.waiting(), full.answers().await), (0, Err(StoreError::Busy)));
}

#[tokio::test]
async fn a_text_that_postgresql_cannot_keep_is_refused_alone() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let bad = create(row(stage.place, 1, "no\0body"));
    assert!(matches!(stage.store.commit(bad.clone()).await, Err(StoreError::Unreadable(_))));
    let mut together = tokio::task::JoinSet::new();
    for change in [changed(&stage, 2), bad, changed(&stage, 3)] {
        let store = Arc::clone(&stage.store);
        together.spawn(async move { store.commit(change).await.is_ok() });
    }
    let done = together.join_all().await.into_iter().filter(|done| *done).count();
    assert_eq!((done, stage.feed(stage.place.account).await.len()), (2, 2));
}

#[tokio::test]
async fn an_unreadable_row_is_reported_and_concerns_nobody_else() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    for key in 1..=4 {
        stage.done(changed(&stage, key)).await;
    }
    for (key, damage) in [(1_u128, "rest = '{\"eventAt\":'"), (2, "status = 'NONSENSE'"), (3, "rest = '{}'")] {
        let key = EntitlementKey(key);
        postgres.database().await.ask(&format!("UPDATE entitlement SET {damage} WHERE key = '{key}'")).await;
        let target = store::Target::Key(key);
        let load = store::Load { account: stage.place.account, target, identity: None };
        let error = stage.store.load(load).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable(_)), "{error:?}");
        assert!(error.to_string().contains(&key.to_string()), "{error}");
        let conflicting = stage.store.commit(create(row(stage.place, key.0, "x"))).await;
        assert!(matches!(conflicting, Err(StoreError::Unreadable(_))), "{conflicting:?}");
    }
    let works = stage.store.claim_lanes(START, 0, 10, 10).await.unwrap();
    assert_eq!(works.iter().map(|work| work.key.0).collect::<Vec<_>>(), [4]);
}

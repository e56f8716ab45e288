//! PostgreSQL's days: a copy that takes several of them is one of its first, and what was dropped with its
//! partition is not made up.

use crate::filled::{done, fill};
use crate::places::{Engine, Own, compare, copy};
use crate::samples::{Place, START, claimed, create, noticed, rename, row};
use crate::stopped::copy_until;
use entitlement::{Moment, Status};
use ids::EntitlementKey;
use std::collections::BTreeSet;
use store::{Change, Clock, LaneOutcome, LaneResult, PostgresOptions, PostgresStore, RowChange, Store, StoredEvent};

/// From now on the server's date is this one.
async fn play(own: &Own, today: &str) {
    own.change(&format!(
        "CREATE OR REPLACE FUNCTION today() RETURNS date LANGUAGE sql STABLE AS $$ SELECT '{today}'::date $$"
    ))
    .await;
}

/// Attempts whatever is there until nothing waits; the lanes and what they told.
pub async fn delivered(store: &dyn Store) -> BTreeSet<(EntitlementKey, u32, u32)> {
    let mut all = BTreeSet::new();
    loop {
        let works = store.claim_lanes(Moment(i64::MAX), 0, 10, 100).await.unwrap();
        if works.is_empty() {
            return all;
        }
        let result = |work: &store::LaneWork| LaneResult {
            key: work.key,
            target: work.target,
            fence: work.fence,
            sequence: work.notification.sequence,
            outcome: LaneOutcome::Delivered,
            status: Some(200),
            error: None,
            at: START,
        };
        all.extend(works.iter().map(|work| (work.key, work.target.0, work.notification.sequence)));
        store.settle_lanes(works.iter().map(result).collect()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_over_several_days_hides_nothing() {
    let (from, to) = (Own::make(Engine::Sqlite).await, Own::make(Engine::Postgres).await);
    let filled = fill(&from).await;
    // The schema first, so that its day can be played.
    to.open().await.unwrap().close().await.unwrap();
    let mut day = 0;
    // A little further on each of them.
    while {
        day += 1;
        play(&to, &format!("2031-{:02}-{:02}", 1 + day / 5, 1 + day)).await;
        copy_until(&from, &to, |progress| progress.done > 25 * day).await.is_none()
    } {}
    assert!((9..28).contains(&day), "it took {day} days");
    play(&to, "2031-09-01").await;
    let store = to.open().await.unwrap();
    for account in [filled.test.account, filled.live.account] {
        let head = store.feed_head(account).await.unwrap();
        done(store.as_ref(), create(row(Place { account, ..filled.test }, head.into(), "later"))).await;
        for after in [0, head / 2, head] {
            let feed = store.feed(account, after, 1_000).await.unwrap();
            assert!(feed.iter().map(|(_, event)| event.position).eq(after + 1..=head + 1), "after {after}");
        }
    }
    let at_source = from.open().await.unwrap();
    assert_eq!(delivered(store.as_ref()).await, delivered(at_source.as_ref()).await);
}

/// A database whose oldest partitions were dropped: the feed begins at 6, what is open has its history.
async fn with_dropped_partitions(own: &Own) -> Place {
    let store::copy::Place::Postgres(options) = own.place() else { panic!("it is a database") };
    let options = PostgresOptions { clock: Clock::manual(START), history_months: Some(2), ..*options };
    let store = PostgresStore::open(options).await.unwrap();
    let account = store.account("acme".into(), false).await.unwrap();
    let place = Place { account, route: store.route(account, "BANGO".into()).await.unwrap() };
    let told = |key: u128| noticed(claimed(create(row(place, key, &format!("c{key}"))), &format!("i{key}")), 0);
    play(own, "2030-01-10").await;
    for key in 1..=4 {
        done(&store, told(key)).await;
    }
    delivered(&store).await;
    let mut ended = row(place, 2, "c2");
    let change = rename(&mut ended, "ended", START.plus_ms(1));
    (ended.state.record.status, ended.slot) = (Status::Cancelled, None);
    done(&store, Change { row: RowChange::Update(Box::new(ended)), ..change }).await;
    play(own, "2030-02-10").await;
    done(&store, noticed(rename(&mut row(place, 4, "c4"), "new", START.plus_ms(1)), 0)).await;
    play(own, "2030-04-01").await;
    store.keep_partitions().await.unwrap();
    store.close().await.unwrap();
    place
}

async fn histories(own: &Own) -> Vec<Vec<StoredEvent>> {
    let store = own.open().await.unwrap();
    let mut all = Vec::new();
    for key in 1..=4 {
        all.push(store.history(EntitlementKey(key), None).await.unwrap());
    }
    store.close().await.unwrap();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_dropped_stays_dropped() {
    let from = Own::make(Engine::Postgres).await;
    let place = with_dropped_partitions(&from).await;
    let expected = histories(&from).await;
    assert_eq!(expected.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 1, 2]);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (to, back) = (Own::make(engine).await, Own::make(Engine::Postgres).await);
        copy(&from, &to).await.unwrap();
        copy(&to, &back).await.unwrap();
        assert_eq!(compare(&from, &back).await.differences, 0);
        for own in [&to, &back] {
            assert_eq!(histories(own).await, expected);
            let store = own.open().await.unwrap();
            let account = store.examine().examine_accounts().await.unwrap().remove(0);
            assert_eq!((account.position, account.last_event), (6, 6));
            let feed = store.feed(place.account, 0, 10).await.unwrap();
            assert!(feed.iter().map(|(_, event)| event.position).eq([6]), "{feed:?}");
            done(store.as_ref(), create(row(place, 9, "c9"))).await;
            let feed = store.feed(place.account, 0, 10).await.unwrap();
            assert!(feed.iter().map(|(_, event)| event.position).eq([6, 7]), "{feed:?}");
            assert_eq!(delivered(store.as_ref()).await.len(), 1);
            if !matches!(own, Own::Sqlite(_)) {
                let runs = store.examine().examine_feed(place.account, 0, 10).await.unwrap();
                assert_eq!(runs, [(1, 7)], "what was dropped is no gap");
            }
        }
    }
}

//! An account with several homes: everything an engine must do, and where its rows lie.

use super::checks::samples::{Place, START, claimed, create, noticed, rename, row, with_own_id};
use super::checks::{self, Factory, Stage};
use super::indexes::health;
use super::{Postgres, several, soon};
use ids::OperationId;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use store::{Cause, Change, Clock, ClosedOperation, Committed, Depth, HOMES_MAX, NewCallback, PostgresStore, Store};

const HOMES: u16 = 5;

/// A place where every account has several homes unless it says how many.
#[derive(Debug, Default)]
struct Spread(Postgres);

impl Spread {
    async fn open_store(&self, clock: Clock) -> PostgresStore {
        let store = PostgresStore::open(self.0.options(clock).await).await.unwrap();
        self.ask(&format!("ALTER TABLE account ALTER homes SET DEFAULT {HOMES}")).await;
        store
    }

    async fn ask(&self, sql: &str) -> Vec<String> {
        self.0.database().await.ask(sql).await
    }
}

impl Factory for Spread {
    fn open(&self, clock: Clock) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send + '_>> {
        Box::pin(async move { Arc::new(self.open_store(clock).await) as Arc<dyn Store> })
    }

    fn everything(&self) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {
        self.0.everything()
    }
}

mod spread {
    use super::*;

    conformance!(Spread::default());
}

/// Creates, changes and notices of so many customers, two entitlements each.
async fn fill(stage: &Stage, customers: u128) {
    let elsewhere = stage.store.route(stage.place.account, "OTHER".into()).await.unwrap();
    for n in 0..customers {
        for (key, route) in [(n * 2 + 1, stage.place.route), (n * 2 + 2, elsewhere)] {
            let place = Place { route, ..stage.place };
            let mut made = with_own_id(row(place, key, &format!("c{n}")), &format!("own-{key}"));
            stage.done(noticed(claimed(create(made.clone()), &format!("create-{key}")), 0)).await;
            let change = rename(&mut made, "again", START);
            stage.done(noticed(claimed(change, &format!("rename-{key}")), 1)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_belongs_to_a_customer_is_in_one_home_and_customers_are_in_all() {
    let spread = Spread::default();
    let stage = Stage::open(&spread).await;
    fill(&stage, 40).await;
    let homes = "SELECT count(DISTINCT home)::text FROM entitlement";
    assert_eq!(spread.ask(homes).await, [HOMES.to_string()]);
    let of_customers = "SELECT count(*)::text FROM (SELECT customer FROM entitlement GROUP BY customer \
        HAVING count(DISTINCT home) > 1) scattered";
    assert_eq!(spread.ask(of_customers).await, ["0"]);
    for table in ["event", "lane", "notification"] {
        let elsewhere = format!(
            "SELECT count(*) FILTER (WHERE t.home <> e.home)::text || ' of ' || count(*) FROM {table} t \
             JOIN entitlement e ON e.key = t.key"
        );
        assert_eq!(spread.ask(&elsewhere).await, ["0 of 160"], "{table}");
    }
    let claims = "SELECT count(DISTINCT home)::text || ' ' || count(*) FILTER (WHERE home <> home_of(1, 5, identity)) \
        FROM claim";
    assert_eq!(spread.ask(claims).await, ["5 0"], "the program and the database compute the same");
    assert_eq!(health(&stage, Depth::Full).await.faults, []);
    assert!(stage.feed(stage.place.account).await.iter().map(|(_, event)| event.position).eq(1..=160));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_on_the_same_database_have_one_home() {
    let spread = Spread::default();
    let stage = Stage::open(&spread).await;
    let store = spread.open_store(stage.clock.clone()).await;
    assert_eq!(store.make_account("small", false, 1).await, Ok(1));
    let small = checks::place(stage.store.as_ref(), "small", false).await;
    for key in 1..=20 {
        stage.done(noticed(claimed(create(row(small, key, &format!("c{key}"))), &format!("i{key}")), 0)).await;
    }
    for table in ["entitlement", "event", "lane", "notification", "claim"] {
        let homes = format!("SELECT DISTINCT home::text FROM {table}");
        assert_eq!(spread.ask(&homes).await, [small.account.0.to_string()], "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_and_identities_are_given_once_among_all_processes() {
    let spread = Spread::default();
    let stages = several::processes(&spread).await;
    for round in 0..10_u128 {
        let key = |n: u128| round * 1_000 + n;
        let customer = |n: u128| format!("c{round}-{}", n % 3);
        let changes =
            (1..=30).map(|n| claimed(create(row(stages[0].place, key(n), &customer(n))), &format!("i{}", key(n))));
        let same = (31..=60).map(|n| {
            let made = row(stages[0].place, key(n), &format!("c{}", key(n)));
            claimed(create(made), &format!("same{round}-{}", n % 3))
        });
        let answers = several::together(&stages, changes.chain(same).collect()).await;
        for (range, why) in [(0..30, Cause::Slot), (30..60, Cause::Claim)] {
            let done = answers[range.clone()].iter().filter(|answer| **answer == Committed::Done).count();
            assert_eq!(done, 3, "{why:?}");
            assert!(answers[range].iter().filter_map(several::cause).all(|cause| cause == why));
        }
    }
    assert_eq!(health(&stages[0], Depth::Quick).await.faults, []);
}

/// Somebody else takes an entitlement over: it moves to his home, with all that hangs on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gets_another_customer_moves_to_his_home() {
    let spread = Spread::default();
    let stage = Stage::open(&spread).await;
    let mut made = row(stage.place, 1, "c0");
    let promised = NewCallback { key: made.key, at: START.plus_s(60), says: "later".into() };
    let created = noticed(claimed(create(made.clone()), "create"), 0);
    stage.done(Change { callbacks: vec![promised], ..created }).await;
    let closed = ClosedOperation {
        id: OperationId(7),
        key: made.key,
        kind: "update".into(),
        outcome: "done".into(),
        opened_at: START,
        closed_at: START,
    };
    let mut homes = BTreeSet::new();
    for n in 1..=30 {
        made.state.record.customer_identifier = format!("c{n}");
        let change = noticed(rename(&mut made, &format!("of {n}"), START), n % 2);
        stage.done(Change { closed: (n == 1).then(|| closed.clone()), ..change }).await;
        homes.extend(spread.ask("SELECT home::text FROM entitlement").await);
        for table in ["event", "notification", "lane", "operation", "callback"] {
            let elsewhere = format!("SELECT count(*)::text FROM {table} t, entitlement e WHERE t.home <> e.home");
            assert_eq!(spread.ask(&elsewhere).await, ["0"], "{table}");
        }
    }
    assert_eq!(homes.len(), usize::from(HOMES));
    assert_eq!(health(&stage, Depth::Full).await.faults, []);
    assert_eq!(stage.store.history(made.key, None).await.unwrap().len(), 31);
    // The slots that it left are free, the one that it has is not.
    stage.done(create(row(stage.place, 2, "c0"))).await;
    assert_eq!(stage.conflict(create(row(stage.place, 3, "c30"))).await.cause, Cause::Slot);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_is_given_once_to_new_ones_and_those_who_come_from_elsewhere() {
    let spread = Spread::default();
    let stages = several::processes(&spread).await;
    let place = stages[0].place;
    for round in 0..10_u128 {
        let key = |n: u128| round * 1_000 + n;
        let mut there = Vec::new();
        for n in 1..=15 {
            let one = row(place, key(n), &format!("was{}", key(n)));
            stages[0].done(create(one.clone())).await;
            there.push(one);
        }
        let wanted = |n: u128| format!("wanted{round}-{}", n % 3);
        let moved = there.iter().zip(0..).map(|(one, n)| {
            let mut one = one.clone();
            one.state.record.customer_identifier = wanted(n);
            noticed(rename(&mut one, "moved", START), 0)
        });
        let new = (101..=115).map(|n| create(row(place, key(n), &wanted(n))));
        let mut changes: Vec<_> = moved.chain(new).collect();
        // Old and new ones by turns.
        changes.sort_by_key(|change| change.row().map(|row| row.key.0 % 100));
        let answers = several::together(&stages, changes).await;
        assert_eq!(answers.iter().filter(|answer| **answer == Committed::Done).count(), 3);
        assert!(answers.iter().filter_map(several::cause).all(|cause| cause == Cause::Slot));
    }
    assert_eq!(health(&stages[0], Depth::Full).await.faults, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_in_another_home_is_found() {
    let spread = Spread::default();
    let stage = Stage::open(&spread).await;
    fill(&stage, 6).await;
    assert_eq!(health(&stage, Depth::Quick).await.faults, []);
    let away = "home = (home + (1::bigint << 32)) % (5::bigint << 32)";
    spread.ask(&format!("UPDATE claim SET {away} WHERE identity = 'create-1'")).await;
    spread
        .ask(&format!(
            "UPDATE lane SET {away} WHERE target = 1 AND key = (SELECT key FROM entitlement WHERE own_id = 'own-1')"
        ))
        .await;
    spread.ask(&format!("UPDATE entitlement SET {away} WHERE own_id = 'own-3'")).await;
    let found: BTreeSet<String> =
        health(&stage, Depth::Quick).await.faults.into_iter().map(|fault| fault.what).collect();
    let key = |n: u128| ids::EntitlementKey(n).to_string();
    let expected = [
        "claim 1 is in another home than its identity's".to_owned(),
        format!("entitlement {} is in another home than its customer's", key(3)),
        format!("a lane of entitlement {} is in another home than it", key(1)),
        // Of the entitlement that was moved, both.
        format!("a lane of entitlement {} is in another home than it", key(3)),
    ];
    assert_eq!(found, expected.into());
    let examined = stage.store.examine().examine_entitlements(None, 10).await.unwrap();
    let booked: Vec<u32> = examined.iter().map(|one| one.booked_elsewhere).collect();
    assert_eq!(booked, [0, 0, 4, 0, 0, 0, 0, 0, 0, 0], "its events and its notifications");
}

/// A worker has a lane while its entitlement goes to another customer: the lane comes along all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_that_somebody_works_on_comes_along() {
    let spread = Spread::default();
    let stage = Stage::open(&spread).await;
    let mut made = row(stage.place, 1, "c0");
    stage.done(noticed(create(made.clone()), 0)).await;
    let worker = spread.0.database().await.session().await;
    worker.ask("BEGIN; UPDATE lane SET failures = 1").await;
    made.state.record.customer_identifier = "c1".into();
    let change = noticed(rename(&mut made, "moved", START), 0);
    let committing = tokio::spawn({
        let store = Arc::clone(&stage.store);
        async move { store.commit(change).await }
    });
    let waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    soon("the change waits for the lane", async || !spread.ask(waits).await.is_empty()).await;
    worker.ask("COMMIT").await;
    assert_eq!(committing.await.unwrap(), Ok(Committed::Done));
    let lanes = "SELECT count(*) || ' ' || count(*) FILTER (WHERE l.home = e.home) || ' ' || min(l.next) \
        FROM lane l, entitlement e WHERE e.customer = 'c1'";
    assert_eq!(spread.ask(lanes).await, ["1 1 3"]);
    let told = "SELECT string_agg(sequence::text, ' ' ORDER BY sequence) FROM notification";
    assert_eq!(spread.ask(told).await, ["1 2"]);
    assert_eq!(health(&stage, Depth::Full).await.faults, []);
}

#[tokio::test]
async fn homes_never_change() {
    let spread = Spread::default();
    let store = spread.open_store(Clock::system()).await;
    checks::place(&store, "acme", false).await;
    assert_eq!(store.make_account("acme", false, HOMES + 1).await, Ok(HOMES.into()), "it has what it had");
    assert_eq!(store.make_account("huge", true, HOMES_MAX + 1).await, Ok(HOMES_MAX.into()));
    assert_eq!(store.make_account("small", true, 0).await, Ok(1));
    store.close().await.unwrap();
    // Whoever opens it goes by what is there.
    let store = PostgresStore::open(spread.0.options(Clock::system()).await).await.unwrap();
    let place = checks::place(&store, "huge", true).await;
    let stage = Stage { store: Arc::new(store), place, clock: Clock::system() };
    fill(&stage, 100).await;
    assert_eq!(health(&stage, Depth::Quick).await.faults, []);
    let many = spread.ask("SELECT count(DISTINCT home)::text FROM entitlement").await.remove(0);
    assert!(many.parse::<u32>().unwrap() > 85, "{many}");
}

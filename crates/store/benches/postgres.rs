//! Durable creates a second through `PostgresStore`, each with event, claim, lane and notification, then
//! loads by id, changes of what is there, and deliveries (claimed and settled, 64 at a time), on a
//! throw-away cluster: `cargo bench -p store --bench postgres`. What it prints last is the bytes of each
//! table for each entitlement.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, missing_docs)]

#[path = "../tests/conformance/samples.rs"]
#[allow(dead_code, unreachable_pub)]
mod samples;

use entitlement::Moment;
use samples::{Dice, Place, START, claimed, create, noticed, rename, row, with_own_id};
use std::sync::Arc;
use std::time::Instant;
use store::{Change, Committed, LaneOutcome, LaneResult, Load, PostgresOptions, PostgresStore, Store, Target};

const CALLERS: u64 = 256;
const EACH: u64 = 200;

/// Of each table with its partitions, its indexes included.
const BYTES: &str = "SELECT coalesce(p.relname, c.relname) || ': ' || sum(pg_total_relation_size(c.oid)) / $n || \
     ' bytes, of them ' || sum(pg_indexes_size(c.oid)) / $n || ' in indexes' FROM pg_class c \
     LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent \
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace \
     GROUP BY coalesce(p.relname, c.relname) HAVING sum(pg_total_relation_size(c.oid)) > $n ORDER BY 1";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = cluster::Database::make().await;
        let store = Arc::new(PostgresStore::open(PostgresOptions::new(&database.url)).await.unwrap());
        let account = store.account("bench".into(), false).await.unwrap();
        let route = store.route(account, "BANGO".into()).await.unwrap();
        let place = Place { account, route };
        for round in 0..3 {
            measure("ascending creates", &store, move |n| ascending(place, round * CALLERS * EACH + n)).await;
        }
        for callers in [8, 64] {
            loads(&store, place, callers).await;
        }
        measure("changes", &store, move |n| change(place, n)).await;
        deliveries(&store).await;
        for round in 3..6 {
            measure("random creates", &store, move |n| random(place, round * CALLERS * EACH + n)).await;
        }
        let all = (6 * CALLERS * EACH).to_string();
        database.ask(&BYTES.replace("$n", &all)).await.iter().for_each(|line| println!("{line}"));
        store.close().await.unwrap();
    });
}

async fn measure(name: &str, store: &Arc<PostgresStore>, change: impl Fn(u64) -> Change + Copy + Send + 'static) {
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                for n in 0..EACH {
                    let committed = store.commit(change(n * CALLERS + caller)).await.unwrap();
                    assert_eq!(committed, Committed::Done);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    println!("{name}: {:.0}/s", (CALLERS * EACH) as f64 / started.elapsed().as_secs_f64());
}

async fn loads(store: &Arc<PostgresStore>, place: Place, count: u64) {
    let started = Instant::now();
    let callers: Vec<_> = (0..count)
        .map(|caller| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                let mut dice = Dice(caller);
                for _ in 0..40_000 / count {
                    let key = ids::EntitlementKey(u128::from(dice.below(3 * EACH * CALLERS)) << 64);
                    let identity = Some(samples::identity("nobody's"));
                    let load = Load { account: place.account, target: Target::Id(key.to_string()), identity };
                    assert!(store.load(load).await.unwrap().row.is_some());
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    println!("by id, {count} callers: {:.0} loads/s", 40_000.0 / started.elapsed().as_secs_f64());
}

async fn deliveries(store: &PostgresStore) {
    let (started, mut delivered) = (Instant::now(), 0);
    while delivered < EACH * CALLERS / 2 {
        let works = store.claim_lanes(Moment(i64::MAX), 0, 1_000, 64).await.unwrap();
        delivered += works.len() as u64;
        let results = works.iter().map(|work| LaneResult {
            key: work.key,
            target: work.target,
            fence: work.fence,
            sequence: work.notification.sequence,
            outcome: LaneOutcome::Delivered,
            status: Some(200),
            error: None,
            at: work.notification.committed_at,
        });
        store.settle_lanes(results.collect()).await.unwrap();
    }
    println!("by 64, one worker: {:.0} deliveries/s", delivered as f64 / started.elapsed().as_secs_f64());
}

fn ascending(place: Place, n: u64) -> Change {
    let customer = format!("customer-{n:012}");
    noticed(claimed(create(row(place, u128::from(n) << 64, &customer)), &format!("request-{n:012}")), 0)
}

/// Of what `ascending` has made.
fn change(place: Place, n: u64) -> Change {
    let mut row = row(place, u128::from(n) << 64, &format!("customer-{n:012}"));
    let renamed = rename(&mut row, &format!("renamed {n}"), START.plus_ms(1));
    noticed(claimed(renamed, &format!("rename-{n:012}")), 0)
}

fn random(place: Place, n: u64) -> Change {
    let mut dice = Dice(n);
    let row = row(place, u128::from(n) << 64, &format!("{:016x}", dice.next()));
    let row = with_own_id(row, &format!("{:016x}", dice.next()));
    noticed(claimed(create(row), &format!("{:016x}", dice.next())), 0)
}

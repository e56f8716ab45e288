//! Durable creates a second through `SqliteStore`, each with event, claim, lane and notification,
//! then loads by id and deliveries (claimed and settled, 64 at a time):
//! `cargo bench -p store --bench commit`. The keys of "ascending" are what a benchmark sends, those of
//! "random" (random customers, identities and own ids) what resellers send.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

#[path = "../tests/conformance/samples.rs"]
#[allow(dead_code, unreachable_pub)]
mod samples;

use entitlement::Moment;
use samples::{Dice, Place, claimed, create, noticed, row, with_own_id};
use std::sync::Arc;
use std::time::Instant;
use store::{Change, Committed, LaneOutcome, LaneResult, Load, Options, SqliteStore, Store, Target};

const CALLERS: u64 = 256;
const EACH: u64 = 400;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        let directory = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR").to_owned() + "/../../target").unwrap();
        let store = Arc::new(SqliteStore::open(directory.path().join("bench.db"), Options::default()).unwrap());
        let account = store.account("bench".into(), false).await.unwrap();
        let route = store.route(account, "BANGO".into()).await.unwrap();
        let place = Place { account, route };
        for round in 0..3 {
            measure("ascending", &store, move |n| ascending(place, round * CALLERS * EACH + n)).await;
        }
        loads(&store, place).await;
        deliveries(&store).await;
        for round in 3..6 {
            measure("random", &store, move |n| random(place, round * CALLERS * EACH + n)).await;
        }
        store.close().await.unwrap();
    });
}

async fn measure(name: &str, store: &Arc<SqliteStore>, change: impl Fn(u64) -> Change + Copy + Send + 'static) {
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
    let seconds = started.elapsed().as_secs_f64();
    println!("{name}: {:.0} creates/s", (CALLERS * EACH) as f64 / seconds);
}

async fn loads(store: &SqliteStore, place: Place) {
    let (started, mut dice) = (Instant::now(), Dice(1));
    for _ in 0..EACH * CALLERS {
        let key = ids::EntitlementKey(u128::from(dice.below(3 * EACH * CALLERS)) << 64);
        let load = Load { account: place.account, target: Target::Id(key.to_string()), identity: None };
        assert!(store.load(load).await.unwrap().row.is_some());
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("by id, one caller: {:.0} loads/s", (EACH * CALLERS) as f64 / seconds);
}

async fn deliveries(store: &SqliteStore) {
    let (started, mut delivered) = (Instant::now(), 0);
    while delivered < EACH * CALLERS / 4 {
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
    let seconds = started.elapsed().as_secs_f64();
    println!("by 64, one worker: {:.0} deliveries/s", delivered as f64 / seconds);
}

fn ascending(place: Place, n: u64) -> Change {
    let customer = format!("customer-{n:012}");
    noticed(claimed(create(row(place, u128::from(n) << 64, &customer)), &format!("request-{n:012}")), 0)
}

fn random(place: Place, n: u64) -> Change {
    let mut dice = Dice(n);
    let row = row(place, u128::from(n) << 64, &format!("{:016x}", dice.next()));
    let row = with_own_id(row, &format!("{:016x}", dice.next()));
    noticed(claimed(create(row), &format!("{:016x}", dice.next())), 0)
}

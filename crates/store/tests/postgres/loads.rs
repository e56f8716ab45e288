//! Loads by id that share a statement: each gets what it asked for, whatever the others ask.

use super::Postgres;
use super::checks::samples::{claimed, create, identity, row, with_own_id};
use super::checks::{Stage, place};
use std::sync::Arc;
use store::{Load, Loaded, StoreError, Target};
use tokio::task::JoinSet;

fn by_id(stage: &Stage, id: &str, named: &str) -> Load {
    Load { account: stage.place.account, target: Target::Id(id.into()), identity: Some(identity(named)) }
}

/// All of them at once; what each brought, in their order.
async fn together(stage: &Stage, loads: Vec<Load>) -> Vec<Result<Loaded, StoreError>> {
    let mut set = JoinSet::new();
    for (at, load) in loads.into_iter().enumerate() {
        let store = Arc::clone(&stage.store);
        set.spawn(async move { (at, store.load(load).await) });
    }
    let mut found = set.join_all().await;
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, found)| found).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_loads_gets_its_own() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let other = place(stage.store.as_ref(), "other", false).await;
    stage.done(create(with_own_id(row(other, 1_000, "theirs"), "theirs"))).await;
    let mut loads = Vec::new();
    for key in 1..=300_u128 {
        let entitlement = row(stage.place, key, &format!("c{key}"));
        let entitlement = if key % 3 == 0 { with_own_id(entitlement, &format!("own-{key}")) } else { entitlement };
        let id = entitlement.own_id.clone().unwrap_or_else(|| entitlement.key.to_string());
        stage.done(claimed(create(entitlement), &format!("i{key}"))).await;
        loads.push(by_id(&stage, &id, &format!("i{key}")));
        // Of nobody, of somebody else, and under an identity that is not known.
        loads.push(by_id(&stage, &format!("none-{key}"), &format!("i{key}")));
        loads.push(by_id(&stage, "theirs", "nobody's"));
        loads.push(by_id(&stage, &id.to_uppercase(), "nobody's"));
    }
    let found = together(&stage, loads).await;
    for (key, four) in (1..=300_u128).zip(found.chunks(4)) {
        let [own, none, theirs, upper] = four else { panic!("four of each") };
        let key_of = |found: &Result<Loaded, StoreError>| found.as_ref().unwrap().row.as_ref().map(|row| row.key.0);
        let claim_of =
            |found: &Result<Loaded, StoreError>| found.as_ref().unwrap().claim.as_ref().and_then(|claim| claim.key);
        assert_eq!((key_of(own), claim_of(own).map(|key| key.0)), (Some(key), Some(key)));
        assert_eq!((key_of(none), claim_of(none).map(|key| key.0)), (None, Some(key)));
        assert_eq!((key_of(theirs), claim_of(theirs)), (None, None));
        let as_written = key % 3 == 0;
        assert_eq!(key_of(upper), (!as_written).then_some(key), "a key in any case, an own id as written");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_the_server_does_not_take_harms_no_other() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    stage.done(create(with_own_id(row(stage.place, 1, "anna"), "mine"))).await;
    let ids = (0..200).map(|n| if n % 20 == 7 { "no\0text" } else { "mine" });
    for (n, found) in together(&stage, ids.map(|id| by_id(&stage, id, "nobody's")).collect()).await.iter().enumerate() {
        match found {
            Ok(found) => assert_eq!((n % 20 == 7, found.row.is_some()), (false, true), "{n}"),
            Err(error) => assert!(n % 20 == 7, "{n}: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_who_hang_up_keep_nobody_waiting() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    stage.done(create(with_own_id(row(stage.place, 1, "anna"), "mine"))).await;
    for round in 0..100 {
        let ask = || {
            let (store, load) = (Arc::clone(&stage.store), by_id(&stage, "mine", "nobody's"));
            tokio::spawn(async move { store.load(load).await })
        };
        let (gone, stays) = (ask(), ask());
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        gone.abort();
        assert!(stays.await.unwrap().unwrap().row.is_some());
    }
}

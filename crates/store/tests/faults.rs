//! The decorator fails when it is told to, and only then.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "conformance/samples.rs"]
#[allow(dead_code)]
mod samples;

use samples::{Place, START, create, row};
use std::sync::Arc;
use std::time::Duration;
use store::faults::{Call, Fault, FaultyStore};
use store::{Cause, Clock, Committed, Load, Options, SqliteStore, Store, StoreError, Target};

async fn stage() -> (tempfile::TempDir, FaultyStore, Place) {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { clock: Clock::manual(START), ..Options::default() };
    let store = FaultyStore::new(Arc::new(SqliteStore::open(directory.path().join("store.db"), options).unwrap()));
    let account = store.account("acme".into(), false).await.unwrap();
    let route = store.route(account, "BANGO".into()).await.unwrap();
    (directory, store, Place { account, route })
}

async fn is_there(store: &FaultyStore, place: Place, key: u128) -> bool {
    let target = Target::Key(ids::EntitlementKey(key));
    let load = Load { account: place.account, target, identity: None };
    store.inner().load(load).await.unwrap().row.is_some()
}

#[tokio::test]
async fn faults_come_in_their_order_and_once() {
    let (_directory, store, place) = stage().await;
    let unknown = || StoreError::Unknown("cut off".into());
    store.script(Call::Commit, Fault::None);
    store.script(Call::Commit, Fault::Before(StoreError::Full));
    store.script(Call::Commit, Fault::After(unknown()));
    store.script(Call::Commit, Fault::Conflict);
    store.script(Call::Commit, Fault::Delay(Duration::from_millis(1)));
    let commit = |key: u128| store.commit(create(row(place, key, &format!("c{key}"))));
    assert_eq!(commit(1).await, Ok(Committed::Done));
    assert_eq!(commit(2).await, Err(StoreError::Full));
    assert!(!is_there(&store, place, 2).await);
    assert_eq!(commit(3).await, Err(unknown()));
    assert!(is_there(&store, place, 3).await);
    let Ok(Committed::Conflict(conflict)) = commit(4).await else { unreachable!() };
    assert_eq!((conflict.cause, conflict.found.row), (Cause::Revision, None));
    assert!(!is_there(&store, place, 4).await);
    assert_eq!(store.left(), 1);
    assert_eq!(commit(4).await, Ok(Committed::Done));
    assert_eq!(commit(5).await, Ok(Committed::Done));
    assert_eq!((store.left(), store.held()), (0, 1));
    store.script(Call::Commit, Fault::Late(Duration::from_secs(3_600)));
    let late = tokio::time::timeout(Duration::from_millis(100), commit(6)).await;
    assert!(late.is_err() && store.held() == 2, "it is not answered");
    assert!(is_there(&store, place, 6).await);
}

#[tokio::test]
async fn a_scripted_conflict_brings_what_is_there() {
    let (_directory, store, place) = stage().await;
    let first = row(place, 1, "anna");
    store.commit(create(first.clone())).await.unwrap();
    store.script(Call::Commit, Fault::Conflict);
    let Ok(Committed::Conflict(conflict)) = store.commit(create(row(place, 2, "anna"))).await else { unreachable!() };
    assert_eq!(conflict.found.open, [first]);
    store.script(Call::Load, Fault::Before(StoreError::Busy));
    let load = Load { account: place.account, target: Target::Nothing, identity: None };
    assert_eq!(store.load(load).await, Err(StoreError::Busy));
}

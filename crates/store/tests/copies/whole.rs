//! Everything arrives, and nothing else.

use crate::filled::{ENTITLEMENTS, fill};
use crate::places::{Engine, Own, compare, copy};
use store::{Depth, Examine, Kept, Store};

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// What an examination sees of a store, in words.
async fn examined(own: &Own) -> String {
    let store = own.open().await.unwrap();
    let examine: &dyn Examine = store.examine();
    let health = examine.engine_health(Depth::Full).await.unwrap();
    assert!(health.faults.is_empty() && health.is_readable, "{health:?}");
    let mut seen = format!("{:?}\n", examine.examine_accounts().await.unwrap());
    for found in examine.examine_entitlements(None, 1_000).await.unwrap() {
        seen.push_str(&format!("{found:?}\n"));
    }
    seen.push_str(&format!("{:?}\n", examine.examine_claims(0, 1_000).await.unwrap()));
    for of in Kept::ALL {
        seen.push_str(&format!("{:?}\n", examine.examine_keys(of, None, 1_000).await.unwrap()));
    }
    seen.push_str(&told(store.as_ref()).await);
    store.close().await.unwrap();
    seen
}

async fn told(store: &dyn Store) -> String {
    let mut told = format!("{:?}\n{:?}\n", store.catalog_versions(9).await, store.secrets().await);
    for account in store.accounts().await.unwrap() {
        told.push_str(&format!("{:?}\n", store.feed(account.id, 0, 1_000).await.unwrap()));
        told.push_str(&format!("{:?}\n", store.notifications(account.id, None, None, 1_000).await.unwrap()));
    }
    told.push_str(&format!("{:?}\n{:?}\n", store.audit(0, 99).await, store.credentials().await));
    told.push_str(&format!("{:?} {}\n", store.setting("kind").await, store.clock_offset_ms()));
    told
}

async fn is_the_same_by_way_of(one: Engine, other: Engine) {
    let (first, second, third) = (Own::make(one).await, Own::make(other).await, Own::make(one).await);
    fill(&first).await;
    let copied = copy(&first, &second).await.unwrap();
    assert_eq!((copied.found, copied.compared.differences), (None, 0));
    assert_eq!(copied.records, copied.compared.records);
    assert!(copied.records > ENTITLEMENTS as u64 * 6, "{copied:?}");
    assert!(copied.bytes == copied.compared.bytes && copied.bytes > 10_000, "{copied:?}");
    assert_eq!((copied.compared.audit, copied.secrets), ((4, None), true));
    let back = copy(&second, &third).await.unwrap();
    assert_eq!(back.records, copied.records);
    let compared = compare(&first, &third).await;
    assert_eq!((compared.differences, compared.records), (0, copied.records), "{compared:?}");
    let expected = examined(&first).await;
    assert_eq!(examined(&second).await, expected);
    assert_eq!(examined(&third).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_database_and_back_all_records_are_the_same() {
    is_the_same_by_way_of(Engine::Sqlite, Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_a_file_and_back_all_records_are_the_same() {
    is_the_same_by_way_of(Engine::Postgres, Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn into_several_homes_and_back_all_records_are_the_same() {
    is_the_same_by_way_of(Engine::Sqlite, Engine::Spread).await;
    is_the_same_by_way_of(Engine::Spread, Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_an_engine_to_the_same_all_records_are_the_same() {
    for engine in ENGINES {
        is_the_same_by_way_of(engine, engine).await;
    }
}

#[tokio::test]
async fn one_thread_will_do() {
    is_the_same_by_way_of(Engine::Sqlite, Engine::Postgres).await;
}

#[tokio::test]
async fn an_empty_store_is_copied_as_well() {
    let (from, to) = (Own::make(Engine::Sqlite).await, Own::make(Engine::Postgres).await);
    from.open().await.unwrap().close().await.unwrap();
    assert_eq!(copy(&from, &to).await.unwrap().records, 0);
    assert!(to.open().await.unwrap().accounts().await.unwrap().is_empty());
}

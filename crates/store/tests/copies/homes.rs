//! A reseller that has become too large for one home gets several by a copy.

use crate::filled::{RESELLERS, done, fill};
use crate::places::{Engine, HOMES, Own, copy};
use crate::samples::{claimed, create, row};
use crate::stopped::copy_until;
use cluster::Database;
use store::copy::CopyError;
use store::{Cause, Committed, Depth};

fn database(own: &Own) -> &Database {
    let Own::Postgres(database, _) = own else { panic!("it is a file") };
    database
}

async fn homes(own: &Own) -> Vec<String> {
    database(own).ask("SELECT organisation || ' ' || homes FROM account ORDER BY id").await
}

/// Stopped again and again, and in homes as if it had been served there from the beginning.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reseller_is_spread_by_a_copy_and_served_there() {
    let (from, to) = (Own::make(Engine::Postgres).await, Own::make(Engine::Spread).await);
    let filled = fill(&from).await;
    let mut until = 0;
    while {
        until += 40;
        copy_until(&from, &to, |progress| progress.done > until).await.is_none()
    } {}
    assert_eq!(homes(&to).await, RESELLERS.map(|name| format!("{name} {HOMES}")));
    let spread = "SELECT count(DISTINCT e.home)::text || ' ' || count(DISTINCT c.home) FROM entitlement e, claim c";
    assert_eq!(database(&to).ask(spread).await, ["13 13"], "the live ones are few");
    let texts =
        "SELECT count(*) FILTER (WHERE a.home <> c.home)::text FROM answer a JOIN claim c ON c.number = a.claim";
    assert_eq!(database(&to).ask(texts).await, ["0"]);
    let store = to.open().await.unwrap();
    assert_eq!(store.examine().engine_health(Depth::Full).await.unwrap().faults, []);
    for (key, customer, identity, cause) in
        [(70_001, "c1 \u{1f3b5}", "new", Cause::Slot), (70_002, "new", "create-1", Cause::Claim)]
    {
        let change = claimed(create(row(filled.test, key, customer)), identity);
        let Committed::Conflict(conflict) = store.commit(change).await.unwrap() else { panic!("{cause:?} is free") };
        assert_eq!(conflict.cause, cause);
    }
    done(store.as_ref(), claimed(create(row(filled.test, 70_003, "new")), "new")).await;
    assert_eq!(store.examine().engine_health(Depth::Full).await.unwrap().faults, []);
}

#[tokio::test]
async fn homes_are_for_those_who_are_there_and_stay_as_the_copy_began() {
    let from = Own::make(Engine::Sqlite).await;
    fill(&from).await;
    let to = Own::with_homes([("acme".to_owned(), 4), ("nobody".to_owned(), 2)].into()).await;
    let error = copy(&from, &to).await.unwrap_err();
    assert!(matches!(&error, CopyError::NoReseller { organisation, .. } if organisation == "nobody"), "{error}");
    let Own::Postgres(database, _) = to else { panic!("it is a file") };
    let to = Own::Postgres(database, [("acme".to_owned(), 4)].into());
    assert!(copy_until(&from, &to, |progress| progress.done > 60).await.is_none());
    let Own::Postgres(database, _) = to else { panic!("it is a file") };
    let to = Own::Postgres(database, [("acme".to_owned(), 5)].into());
    let told = copy(&from, &to).await.unwrap_err().to_string();
    assert!(told.contains("was begun with --homes acme=4; say the same"), "{told}");
    let Own::Postgres(database, _) = to else { panic!("it is a file") };
    let to = Own::Postgres(database, [("acme".to_owned(), 4)].into());
    copy(&from, &to).await.unwrap();
    assert_eq!(homes(&to).await, ["acme 4", "Ünïcode & söns 1"]);
}

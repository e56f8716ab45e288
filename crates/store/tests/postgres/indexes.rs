//! What the doctor finds in this engine alone: by PostgreSQL's own extension for indexes, where an administrator has
//! installed it, and in tables that only it has.

use super::Postgres;
use super::checks::Stage;
use super::checks::samples::{create, noticed, row, with_own_id};
use store::{Depth, EngineCheck, EngineHealth};

pub async fn health(stage: &Stage, depth: Depth) -> EngineHealth {
    stage.store.examine().engine_health(depth).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_lacks_a_row_is_found_where_amcheck_is_installed() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let database = postgres.database().await;
    stage.done(noticed(create(row(stage.place, 1, "a")), 0)).await;
    let without = health(&stage, Depth::Full).await;
    assert!(without.left_out.iter().any(|what| what.contains("amcheck")), "{without:?}");
    database.ask("CREATE EXTENSION amcheck").await;
    let whole = health(&stage, Depth::Full).await;
    assert!(whole.faults.is_empty() && whole.left_out.is_empty(), "{whole:?}");
    // For one row the server thinks that this index is not ready yet.
    let ready = "UPDATE pg_index SET indisready = $ WHERE indexrelid = 'entitlement_by_update'::regclass";
    database.ask(&ready.replace('$', "false")).await;
    stage.done(noticed(create(row(stage.place, 2, "b")), 0)).await;
    database.ask(&ready.replace('$', "true")).await;
    let broken = health(&stage, Depth::Full).await;
    let [fault] = broken.faults.as_slice() else { panic!("{broken:?}") };
    assert_eq!(fault.kind, EngineCheck::Structure);
    assert!(fault.what.contains("entitlement_by_update"), "{fault:?}");
    let quick = health(&stage, Depth::Quick).await;
    assert!(quick.faults.is_empty(), "rows are compared only where everything is: {quick:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_of_resellers_that_are_kept_for_nobody_or_not_at_all_are_found() {
    let postgres = Postgres::default();
    let stage = Stage::open(&postgres).await;
    let database = postgres.database().await;
    for (key, id) in [(1, "first"), (2, "second"), (3, "third")] {
        stage.done(create(with_own_id(row(stage.place, key, &format!("c{key}")), id))).await;
    }
    assert_eq!(health(&stage, Depth::Quick).await.faults, []);
    database.ask("UPDATE own_id SET live = true WHERE id = 'first'").await;
    database.ask("UPDATE own_id SET key = gen_random_uuid() WHERE id = 'second'").await;
    let broken = health(&stage, Depth::Quick).await;
    let found: Vec<&str> = broken.faults.iter().map(|fault| fault.what.as_str()).collect();
    assert_eq!(found.len(), 3, "{found:?}");
    for id in ["'first' is not kept for it", "'second' is not kept for it", "the id 'second' is kept for"] {
        assert_eq!(found.iter().filter(|what| what.contains(id)).count(), 1, "{id}: {found:?}");
    }
}

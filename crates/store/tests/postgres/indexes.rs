//! What PostgreSQL's own extension says of indexes, where an administrator has installed it.

use super::Postgres;
use super::checks::Stage;
use super::checks::samples::{create, noticed, row};
use store::{Depth, EngineCheck, EngineHealth};

async fn health(stage: &Stage, depth: Depth) -> EngineHealth {
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

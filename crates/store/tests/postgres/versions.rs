//! Programs of two versions on one database: steps that expand are applied under the older one, steps that
//! contract only when it is gone.

use super::checks::samples::{START, claimed, create, noticed, row};
use super::checks::{Stage, place};
use super::{Postgres, PostgresOptions, PostgresStore, soon};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{Clock, Depth, PostgresOpenError, SchemaStep, StepKind, StepWork, Store};

const COLUMN: SchemaStep = SchemaStep {
    number: 3,
    name: "a note",
    kind: StepKind::Expand,
    work: StepWork::Statements("ALTER TABLE entitlement ADD COLUMN note text"),
};
const INDEX: SchemaStep = SchemaStep {
    number: 4,
    name: "an index",
    kind: StepKind::Expand,
    work: StepWork::Index {
        name: "entitlement_by_status",
        statement: "CREATE INDEX CONCURRENTLY entitlement_by_status ON entitlement (status)",
    },
};
const CONTRACT: SchemaStep = SchemaStep {
    number: 5,
    name: "no holder",
    kind: StepKind::Contract,
    work: StepWork::Statements("ALTER TABLE lane DROP COLUMN holder"),
};

/// A program that knows more than this one.
async fn later(postgres: &Postgres, later_steps: &'static [SchemaStep]) -> PostgresOptions {
    PostgresOptions { later_steps, ..postgres.options(Clock::manual(START)).await }
}

async fn noted(postgres: &Postgres) -> Vec<String> {
    postgres.database().await.ask("SELECT number || ' ' || kind FROM schema_version ORDER BY number").await
}

async fn commits(stage: &Stage, key: u128) {
    stage.done(noticed(claimed(create(row(stage.place, key, &format!("c{key}"))), &format!("i{key}")), 0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_program_goes_on_while_a_newer_one_expands() {
    let postgres = Postgres::default();
    let older = Stage::open(&postgres).await;
    let done = Arc::new(AtomicU32::new(0));
    let (stage, counts) = (older.clone(), Arc::clone(&done));
    let commits_on = tokio::spawn(async move {
        for key in 1..=400 {
            commits(&stage, key).await;
            counts.fetch_add(1, Ordering::SeqCst);
        }
    });
    soon("it commits", async || done.load(Ordering::SeqCst) > 20).await;
    let newer = PostgresStore::open(later(&postgres, &[COLUMN, INDEX]).await).await.unwrap();
    commits_on.await.unwrap();
    assert_eq!(noted(&postgres).await, ["1 expand", "2 expand", "3 expand", "4 expand"]);
    let account = newer.account("acme".into(), false).await.unwrap();
    assert_eq!(newer.feed_head(account).await, Ok(400));
    // The older one is opened again, and its doctor takes what it does not know.
    let again = Stage::open(&postgres).await;
    commits(&again, 1_000).await;
    let health = again.store.examine().engine_health(Depth::Quick).await.unwrap();
    assert!(health.faults.is_empty() && health.is_readable, "{health:?}");
    assert!(health.left_out.contains(&"the schema (a newer program has expanded it)"), "{health:?}");
    let health = newer.examine().engine_health(Depth::Quick).await.unwrap();
    assert!(health.faults.is_empty() && health.is_readable, "{health:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_program_needs_is_taken_away_when_it_is_gone() {
    const STEPS: &[SchemaStep] = &[COLUMN, INDEX, CONTRACT];
    let postgres = Postgres::default();
    let older = Stage::open(&postgres).await;
    let newer = PostgresStore::open(later(&postgres, STEPS).await).await.unwrap();
    assert_eq!(noted(&postgres).await, ["1 expand", "2 expand", "3 expand", "4 expand"]);
    let health = newer.examine().engine_health(Depth::Quick).await.unwrap();
    assert!(health.faults.is_empty() && health.is_readable, "{health:?}");
    let error = PostgresStore::migrate(later(&postgres, STEPS).await).await.unwrap_err();
    assert!(matches!(error, PostgresOpenError::OlderPrograms { number: 5, known: 2, .. }), "{error}");
    commits(&older, 1).await;
    older.store.close().await.unwrap();
    // A minute passes for the one that has gone.
    postgres.database().await.ask("UPDATE program SET at = at - interval '1 minute' WHERE schema = 2").await;
    let applied = PostgresStore::migrate(later(&postgres, STEPS).await).await.unwrap();
    assert_eq!(applied.iter().map(|step| step.name).collect::<Vec<_>>(), ["no holder"]);
    assert!(PostgresStore::migrate(later(&postgres, STEPS).await).await.unwrap().is_empty());
    let place = place(&newer, "acme", false).await;
    assert_eq!(newer.feed_head(place.account).await, Ok(1));
    let refused = PostgresStore::open(postgres.options(Clock::manual(START)).await).await.unwrap_err();
    assert!(matches!(refused, PostgresOpenError::Newer { found: 5, known: 2, .. }), "{refused}");
    let health = newer.examine().engine_health(Depth::Quick).await.unwrap();
    assert!(health.faults.is_empty() && health.is_readable, "{health:?}");
}

/// Killed between the steps, or within the building of an index: the next one goes on from there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn steps_that_broke_off_are_taken_up_again() {
    let postgres = Postgres::default();
    drop(PostgresStore::open(later(&postgres, &[COLUMN]).await).await.unwrap());
    let database = postgres.database().await;
    // What a build that fails leaves: an index of that name that is not whole.
    let broken = "CREATE TABLE twice (status text); INSERT INTO twice VALUES ('a'), ('a')";
    database.ask(broken).await;
    let session = database.session().await;
    assert!(session.try_ask("CREATE UNIQUE INDEX CONCURRENTLY entitlement_by_status ON twice (status)").await.is_err());
    drop(PostgresStore::open(later(&postgres, &[COLUMN, INDEX]).await).await.unwrap());
    let whole = "SELECT indrelid::regclass || ' ' || indisvalid FROM pg_index \
                 WHERE indexrelid = 'entitlement_by_status'::regclass";
    assert_eq!(database.ask(whole).await, ["entitlement true"]);
    // Built, but not noted any more.
    database.ask("DELETE FROM schema_version WHERE number = 4").await;
    drop(PostgresStore::open(later(&postgres, &[COLUMN, INDEX]).await).await.unwrap());
    assert_eq!(noted(&postgres).await, ["1 expand", "2 expand", "3 expand", "4 expand"]);
}

/// A step that cannot have its lock lets others pass, and is tried until it has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_that_waits_for_a_lock_holds_up_nobody() {
    let postgres = Postgres::default();
    let older = Stage::open(&postgres).await;
    let session = postgres.database().await.session().await;
    session.ask("BEGIN; SELECT count(*) FROM entitlement").await;
    let options = later(&postgres, &[COLUMN]).await;
    let opening = tokio::spawn(PostgresStore::open(options));
    let waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'ADD COLUMN note'";
    let database = postgres.database().await;
    soon("it waits for its lock", async || !database.ask(waits).await.is_empty()).await;
    for key in 1..=20 {
        commits(&older, key).await;
    }
    assert!(!opening.is_finished());
    session.ask("COMMIT").await;
    drop(opening.await.unwrap().unwrap());
    assert_eq!(noted(&postgres).await, ["1 expand", "2 expand", "3 expand"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_newer_programs_expand_at_once() {
    let postgres = Postgres::default();
    let older = Stage::open(&postgres).await;
    let open = async || PostgresStore::open(later(&postgres, &[COLUMN, INDEX]).await).await;
    let (one, other, third) = tokio::join!(open(), open(), open());
    drop((one.unwrap(), other.unwrap(), third.unwrap()));
    commits(&older, 1).await;
    assert_eq!(noted(&postgres).await, ["1 expand", "2 expand", "3 expand", "4 expand"]);
}

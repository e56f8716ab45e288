//! What belongs to the database: its schema, its options, and why it cannot be opened.

use super::checks::samples::START;
use super::{Postgres, PostgresOptions, PostgresStore};
use store::{Clock, Depth, PostgresOpenError, Store};

async fn open(postgres: &Postgres) -> Result<PostgresStore, PostgresOpenError> {
    PostgresStore::open(postgres.options(Clock::manual(START)).await).await
}

async fn refused_after(sql: &str) -> PostgresOpenError {
    let postgres = Postgres::default();
    drop(open(&postgres).await.unwrap());
    postgres.database().await.ask(sql).await;
    open(&postgres).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_open_an_empty_database_at_once() {
    let postgres = Postgres::default();
    let (one, other, third) = tokio::join!(open(&postgres), open(&postgres), open(&postgres));
    drop((one.unwrap(), other.unwrap(), third.unwrap()));
    let noted = postgres.database().await.ask("SELECT name || applied_at FROM schema_version").await;
    assert_eq!(noted, ["tables", "nodes"].map(|name| format!("{name}{}", START.0)));
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let error = refused_after("INSERT INTO schema_version VALUES (999, 'later', '', 0)").await;
    assert!(matches!(error, PostgresOpenError::Newer { found: 999, .. }), "{error}");
}

#[tokio::test]
async fn a_changed_migration_is_refused() {
    let error = refused_after("UPDATE schema_version SET hash = 'other'").await;
    assert!(matches!(error, PostgresOpenError::Changed { number: 1, .. }), "{error}");
}

#[tokio::test]
async fn a_foreign_database_is_refused_and_left_as_it_was() {
    let postgres = Postgres::default();
    let database = postgres.database().await;
    database.ask("CREATE TABLE mine (x int)").await;
    let error = open(&postgres).await.unwrap_err();
    assert!(matches!(error, PostgresOpenError::NotOurs { .. }), "{error}");
    assert_eq!(database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").await, ["1"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_url_or_the_password_is_said_without_it() {
    let error = PostgresStore::open(PostgresOptions::new("mysql://me:secret@there")).await.unwrap_err();
    assert!(matches!(error, PostgresOpenError::Url(_)) && !error.to_string().contains("secret"), "{error}");
    let file = tempfile::NamedTempFile::new().unwrap();
    let missing = PostgresOptions {
        password_file: Some(file.path().with_extension("gone")),
        ..PostgresOptions::new("postgres://me@127.0.0.1:9/none")
    };
    let error = PostgresStore::open(missing).await.unwrap_err();
    assert!(matches!(error, PostgresOpenError::PasswordFile { .. }), "{error}");
    std::fs::write(file.path(), "secret\n").unwrap();
    // Nothing listens on the discard port.
    let nowhere = PostgresOptions {
        password_file: Some(file.path().to_owned()),
        ..PostgresOptions::new("postgres://me@127.0.0.1:9/none")
    };
    let error = PostgresStore::open(nowhere).await.unwrap_err();
    assert!(matches!(error, PostgresOpenError::Unreachable { .. }), "{error}");
    let said = error.to_string();
    assert!(said.starts_with("the database none at 127.0.0.1") && !said.contains("secret"), "{said}");
}

#[tokio::test]
async fn a_sound_database_has_nothing_to_say_and_a_damaged_one_names_it() {
    let postgres = Postgres::default();
    let store = open(&postgres).await.unwrap();
    let health = store.examine().engine_health(Depth::Full).await.unwrap();
    assert!(health.faults.is_empty() && health.is_readable, "{health:?}");
    let database = postgres.database().await;
    database
        .ask("DROP INDEX entitlement_by_slot; CREATE TABLE beside (x int); ALTER TABLE claim DROP COLUMN version")
        .await;
    let health = store.examine().engine_health(Depth::Quick).await.unwrap();
    let said: Vec<&str> = health.faults.iter().map(|fault| fault.what.as_str()).collect();
    let expected = [
        "index entitlement_by_slot is missing",
        "table claim is another than this program makes",
        "table beside is not one of this program's",
    ];
    assert_eq!(said, expected);
    assert!(!health.is_readable);
    assert_eq!(database.ask("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'entitle%'").await, ["0"]);
}

#[tokio::test]
async fn the_audit_cannot_be_changed() {
    let postgres = Postgres::default();
    drop(open(&postgres).await.unwrap());
    // Whoever gets beyond the refusal fails.
    let tried = "DO $$ BEGIN BEGIN DELETE FROM audit; EXCEPTION WHEN raise_exception THEN RETURN; END; \
                 RAISE division_by_zero; END $$";
    postgres.database().await.ask(tried).await;
    let triggers = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND tgenabled = 'O'";
    assert_eq!(postgres.database().await.ask(triggers).await, ["audit_stays"]);
}

//! The embedded engine: everything every engine must do, and what is its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[macro_use]
#[path = "conformance/checks.rs"]
mod checks;

#[path = "sqlite/backup.rs"]
mod backup;

use checks::Factory;
use rusqlite::types::ValueRef;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use store::{Clock, Options, SqliteStore, Store};

/// A temporary directory with one data file.
struct Sqlite(tempfile::TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("store.db")
    }
}

impl Factory for Sqlite {
    fn open(&self, clock: Clock) -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send + '_>> {
        let options = Options { clock, ..Options::default() };
        Box::pin(async move { Arc::new(SqliteStore::open(self.path(), options).unwrap()) as Arc<dyn Store> })
    }

    fn everything(&self) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {
        Box::pin(async move { everything(&rusqlite::Connection::open(self.path()).unwrap()) })
    }
}

/// Blobs as the text that they would be.
fn everything(file: &rusqlite::Connection) -> String {
    let mut tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = String::new();
    for table in tables {
        let mut rows = file.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => all.push_str(&String::from_utf8_lossy(bytes)),
                    ValueRef::Integer(number) => all.push_str(&number.to_string()),
                    ValueRef::Null | ValueRef::Real(_) => {}
                }
                all.push('\n');
            }
        }
    }
    all
}

conformance!(Sqlite::new());

mod file {
    //! What belongs to the file: its lock, its schema, its end of room, its mode.
    use super::checks::Stage;
    use super::checks::samples::{START, create, noticed, row};
    use super::*;
    use rusqlite::Connection;
    use std::os::unix::fs::PermissionsExt;
    use store::{OpenError, StoreError};

    fn open(path: PathBuf) -> Result<SqliteStore, OpenError> {
        SqliteStore::open(path, Options { clock: Clock::manual(START), ..Options::default() })
    }

    #[tokio::test]
    async fn a_second_opening_names_the_process() {
        let place = Sqlite::new();
        let store = open(place.path()).unwrap();
        let error = open(place.path()).unwrap_err().to_string();
        let expected = format!("{} is in use by process {};", place.path().display(), std::process::id());
        assert!(error.starts_with(&expected), "{error}");
        store.close().await.unwrap();
        open(place.path()).unwrap();
        open(place.path()).expect("dropping frees it too");
    }

    #[test]
    fn directory_and_file_are_the_owners_only() {
        let place = Sqlite::new();
        let path = place.0.path().join("new/deeper/store.db");
        drop(open(path.clone()).unwrap());
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        drop(open(path.clone()).unwrap());
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn a_fresh_file_notes_its_migrations() {
        let place = Sqlite::new();
        drop(open(place.path()).unwrap());
        drop(open(place.path()).unwrap());
        let file = Connection::open(place.path()).unwrap();
        let noted: (i64, String, i64) = file
            .query_row("SELECT number, name, applied_at FROM schema_version ORDER BY number", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(noted, (1, "tables".to_owned(), START.0));
        let mode: String = file.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    fn refused_after(sql: &str) -> OpenError {
        let place = Sqlite::new();
        drop(open(place.path()).unwrap());
        Connection::open(place.path()).unwrap().execute_batch(sql).unwrap();
        open(place.path()).unwrap_err()
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let error = refused_after("INSERT INTO schema_version VALUES (999, 'later', '', 0)");
        assert!(matches!(error, OpenError::Newer { found: 999, .. }), "{error}");
    }

    #[tokio::test]
    async fn open_operations_of_a_file_from_before_are_counted() {
        let place = Sqlite::new();
        let stage = Stage::open(&place).await;
        for (key, sent) in [(1, Some(entitlement::Stage::Queued)), (2, Some(entitlement::Stage::Unknown)), (3, None)] {
            let mut made = row(stage.place, key, &format!("c{key}"));
            made.state.operation = sent.map(super::checks::standings::operation);
            stage.done(create(made)).await;
        }
        stage.store.close().await.unwrap();
        let file = Connection::open(place.path()).unwrap();
        file.execute_batch(
            "DROP INDEX entitlement_waits_for_merchant; DROP INDEX notification_dead; \
             UPDATE entitlement SET in_flight = 0; DELETE FROM schema_version WHERE number = 5",
        )
        .unwrap();
        drop(file);
        let open = open(place.path()).unwrap().standing().await.unwrap().operations;
        assert_eq!(open.len(), 2, "{open:?}");
    }

    #[tokio::test]
    async fn notifications_of_a_file_from_before_carry_the_usual_member() {
        let place = Sqlite::new();
        let stage = Stage::open(&place).await;
        let row = row(stage.place, 1, "c1");
        stage.done(noticed(create(row.clone()), 0)).await;
        stage.store.close().await.unwrap();
        let file = Connection::open(place.path()).unwrap();
        file.execute_batch(
            "ALTER TABLE notification DROP COLUMN reason_field; DELETE FROM schema_version WHERE number = 2",
        )
        .unwrap();
        drop(file);
        let store = open(place.path()).unwrap();
        let found = store.notifications(stage.place.account, Some(row.key), None, 10).await.unwrap();
        assert_eq!(found.iter().map(|one| one.reason_field.clone()).collect::<Vec<_>>(), [None]);
    }

    #[test]
    fn a_changed_migration_is_refused() {
        let error = refused_after("UPDATE schema_version SET hash = 'other'");
        assert!(matches!(error, OpenError::Changed { number: 1, .. }), "{error}");
    }

    #[test]
    fn a_foreign_file_is_refused() {
        let place = Sqlite::new();
        std::fs::write(place.path(), "no database at all, but long enough to look like one".repeat(9)).unwrap();
        assert!(matches!(open(place.path()), Err(OpenError::NotOurs { .. })));
        let other = place.0.path().join("other.db");
        Connection::open(&other).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
        assert!(matches!(open(other.clone()), Err(OpenError::NotOurs { .. })));
        let tables: i64 = Connection::open(&other)
            .unwrap()
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 1, "it is left as it was");
    }

    #[tokio::test]
    async fn an_unreadable_row_is_reported_and_concerns_nobody_else() {
        let place = Sqlite::new();
        let stage = Stage::open(&place).await;
        for key in 1..=4 {
            stage.done(noticed(create(row(stage.place, key, &format!("c{key}"))), 0)).await;
        }
        let file = Connection::open(place.path()).unwrap();
        for (key, damage) in [(1_u128, "rest = '{\"eventAt\":'"), (2, "status = 'NONSENSE'"), (3, "rest = '{}'")] {
            file.execute(&format!("UPDATE entitlement SET {damage} WHERE key = ?1"), [key.to_be_bytes()]).unwrap();
            let load = store::Load {
                account: stage.place.account,
                target: store::Target::Key(ids::EntitlementKey(key)),
                identity: None,
            };
            let error = stage.store.load(load).await.unwrap_err();
            assert!(matches!(error, StoreError::Unreadable(_)), "{error:?}");
            assert!(error.to_string().contains(&ids::EntitlementKey(key).to_string()), "{error}");
            let conflicting = stage.store.commit(create(row(stage.place, key, "x"))).await;
            assert!(matches!(conflicting, Err(StoreError::Unreadable(_))), "{conflicting:?}");
        }
        assert!(stage.row(ids::EntitlementKey(4)).await.is_some());
        let works = stage.store.claim_lanes(START, 0, 10, 10).await.unwrap();
        assert_eq!(works.iter().map(|work| work.key.0).collect::<Vec<_>>(), [4]);
        file.execute("UPDATE event SET sets = '[[\"status\",7]]' WHERE key = ?1", [4_u128.to_be_bytes()]).unwrap();
        // What others write into the file is seen after the next commit.
        stage.store.put_setting("seen", Vec::new()).await.unwrap();
        let history = stage.store.history(ids::EntitlementKey(4), None).await;
        assert!(matches!(history, Err(StoreError::Unreadable(_))), "{history:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_full_disk_applies_nothing_and_room_makes_it_work_again() {
        let place = Sqlite::new();
        let store = Arc::new(open(place.path()).unwrap());
        let stage = Stage {
            place: super::checks::place(store.as_ref(), "acme", false).await,
            clock: Clock::manual(START),
            store: Arc::clone(&store) as Arc<dyn Store>,
        };
        store.limit_pages(Some(120)).await.unwrap();
        let big = |key: u128| {
            let mut row = row(stage.place, key, &format!("c{key}"));
            row.state.record.notification_url = Some(format!("http://127.0.0.1/{}", "x".repeat(2_000)));
            noticed(create(row), 0)
        };
        let mut writers = tokio::task::JoinSet::new();
        for key in 1..=400_u128 {
            let (store, change) = (Arc::clone(&store), big(key));
            writers.spawn(async move { (key, store.commit(change).await) });
        }
        let answers = writers.join_all().await;
        let (done, full): (Vec<_>, Vec<_>) = answers.into_iter().partition(|(_, answer)| answer.is_ok());
        assert!(full.iter().all(|(_, answer)| *answer == Err(StoreError::Full)));
        assert!(!full.is_empty());
        for (key, _) in &full {
            assert_eq!(stage.row(ids::EntitlementKey(*key)).await, None);
        }
        assert_eq!(stage.store.feed_head(stage.place.account).await, Ok(done.len() as u64));
        store.limit_pages(None).await.unwrap();
        for (key, _) in &full {
            stage.done(big(*key)).await;
        }
        let feed = stage.feed(stage.place.account).await;
        assert!(feed.iter().map(|(_, event)| event.position).eq(1..=400), "positions have no gaps");
        assert!(!store.stopped());
    }

    #[tokio::test]
    async fn too_much_waiting_is_busy() {
        let place = Sqlite::new();
        let options = Options { clock: Clock::manual(START), waiting_max: 0, ..Options::default() };
        let store = SqliteStore::open(place.path(), options).unwrap();
        assert_eq!(store.put_setting("x", vec![]).await, Err(StoreError::Busy));
        assert_eq!(store.waiting(), 0);
    }

    /// What a crash leaves: the files as they are while the store is open and has answered.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_answered_commit_survives_a_crash() {
        let place = Sqlite::new();
        let stage = Stage::open(&place).await;
        let changes = (1..=300).map(|key| create(row(stage.place, key, &format!("c{key}")))).collect();
        stage.together(changes).await;
        assert_eq!(stage.store.claim_lanes(START, 0, 10, 10).await.unwrap().len(), 0);
        let after = Sqlite::new();
        for ending in ["", "-wal"] {
            let name = format!("store.db{ending}");
            std::fs::copy(place.0.path().join(&name), after.0.path().join(&name)).unwrap();
        }
        let again = Stage::open(&after).await;
        for key in 1..=300 {
            assert!(again.row(ids::EntitlementKey(key)).await.is_some(), "{key}");
        }
        assert_eq!(again.store.feed_head(again.place.account).await, Ok(300));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn dropping_without_closing_keeps_every_answered_commit() {
        let place = Sqlite::new();
        let stage = Stage::open(&place).await;
        stage.done(noticed(create(row(stage.place, 1, "a")), 0)).await;
        assert_eq!(stage.store.claim_lanes(START, 0, i64::MAX, 10).await.unwrap().len(), 1);
        drop(stage);
        let stage = Stage::open(&place).await;
        assert!(stage.row(ids::EntitlementKey(1)).await.is_some());
        let works = stage.store.claim_lanes(START, 0, 10, 10).await.unwrap();
        assert_eq!(works.len(), 1, "leases of a process that is gone are free");
        assert_eq!(works[0].fence, 2);
    }

    #[tokio::test]
    async fn a_broken_file_stops_the_engine() {
        let place = Sqlite::new();
        let stage = Stage::open(&place).await;
        stage.done(create(row(stage.place, 1, "a"))).await;
        stage.store.close().await.unwrap();
        let store = open(place.path()).unwrap();
        let length = std::fs::metadata(place.path()).unwrap().len();
        let mut bytes = std::fs::read(place.path()).unwrap();
        bytes[4_096..].fill(0xff);
        std::fs::write(place.path(), &bytes).unwrap();
        assert_eq!(bytes.len() as u64, length);
        assert!(!store.stopped());
        let first = store.commit(create(row(stage.place, 2, "b"))).await;
        assert!(matches!(first, Err(StoreError::Stopped(_))), "{first:?}");
        assert!(store.stopped());
        assert!(store.until_stopped().await.contains("malformed"));
        assert_eq!(store.put_setting("x", vec![]).await, first.map(drop));
    }

    #[tokio::test]
    async fn the_log_is_cut_at_closing() {
        let place = Sqlite::new();
        let store = Arc::new(open(place.path()).unwrap());
        store.put_setting("x", vec![0; 100_000]).await.unwrap();
        assert!(store.log_bytes() > 100_000);
        store.close().await.unwrap();
        assert_eq!(store.log_bytes(), 0);
    }
}

//! Backup and restore: a copy of one moment while others write, and a store that counts on behind a
//! gap afterwards.

use super::Sqlite;
use super::checks::samples::{START, create, noticed, rename, row};
use super::checks::{Stage, place};
use entitlement::Moment;
use ids::{EntitlementKey, TargetId};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{
    BackupError, Clock, CredentialRow, LaneOutcome, LaneResult, OpenError, Options, RestoreError, Restored, Restoring,
    SqliteFile, SqliteStore, Store,
};

/// Long before any restoration of these tests.
const LONG_AGO: Moment = Moment(1_000_000_000_000);
/// Who writes while the copy is made.
const WRITERS: u128 = 8;

fn backup(place: &Sqlite, name: &str) -> PathBuf {
    let to = place.0.path().join(name);
    SqliteFile::open(place.path()).unwrap().backup(&to, |_, _| ()).unwrap();
    to
}

fn restore(from: &Path, place: &Sqlite) -> Restored {
    Restoring::prepare(from, &place.path(), true, |_, _| ()).unwrap().finish().unwrap()
}

/// What lies there, but for what SQLite itself leaves beside a file that somebody looks into.
fn names(place: &Sqlite) -> Vec<String> {
    let entries = std::fs::read_dir(place.0.path()).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with("store.db-"));
    names.sort();
    names
}

/// An entitlement from before every restoration.
fn old_row(stage: &Stage, key: u128) -> store::Row {
    let mut row = row(stage.place, key, &format!("c{key}"));
    row.state.record.date_created = LONG_AGO;
    row
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_shows_one_moment_while_eight_write() {
    let place = Sqlite::new();
    let stage = Stage::open(&place).await;
    for key in 1..=200 {
        stage.done(noticed(create(row(stage.place, key, &format!("c{key}"))), 0)).await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 1..=WRITERS {
        let (stage, is_over) = (stage.clone(), Arc::clone(&is_over));
        writers.spawn(async move {
            for number in 1.. {
                let key = writer * 1_000_000 + number;
                stage.done(noticed(create(row(stage.place, key, &format!("c{key}"))), 0)).await;
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
    }
    for round in 0..5 {
        let before = stage.store.feed_head(stage.place.account).await.unwrap();
        let (file, to) = (SqliteFile::open(place.path()).unwrap(), place.0.path().join(format!("copy-{round}.db")));
        assert_eq!(file.owner(), Some(Some(std::process::id())));
        let copied = tokio::task::spawn_blocking(move || {
            let mut told = (0, 0);
            let made = file.backup(&to, |done, all| told = (done, all)).unwrap();
            assert!(told.0 == told.1 && told.1 > 0, "{told:?}");
            assert_eq!(made.bytes, std::fs::metadata(&to).unwrap().len());
            assert_eq!(std::fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
            to
        });
        let copied = copied.await.unwrap();
        let after = stage.store.feed_head(stage.place.account).await.unwrap();
        let copy = SqliteStore::open(&copied, Options { clock: Clock::manual(START), ..Options::default() }).unwrap();
        let feed = copy.feed(stage.place.account, 0, 1_000_000).await.unwrap();
        assert!(feed.iter().map(|(_, event)| event.position).eq(1..=feed.len() as u64), "no gaps");
        assert!((before..=after).contains(&(feed.len() as u64)), "{before} {} {after}", feed.len());
        assert_eq!(copy.feed_head(stage.place.account).await, Ok(feed.len() as u64));
        let rows =
            copy.report(stage.place.account, store::Report { limit: 1_000, ..Default::default() }).await.unwrap();
        assert_eq!(rows.len(), feed.len().min(1_000), "a row for each event");
    }
    is_over.store(true, Ordering::SeqCst);
    writers.join_all().await;
}

#[tokio::test]
async fn a_copy_is_one_file_and_overwrites_nothing() {
    let place = Sqlite::new();
    let stage = Stage::open(&place).await;
    stage.done(create(row(stage.place, 1, "a"))).await;
    stage.store.close().await.unwrap();
    let copy = backup(&place, "copy.db");
    let is_of_copy = |name: &String| name.starts_with("copy.db");
    assert_eq!(names(&place).into_iter().filter(is_of_copy).collect::<Vec<_>>(), ["copy.db"]);
    let bytes = std::fs::read(&copy).unwrap();
    let again = SqliteFile::open(place.path()).unwrap().backup(&copy, |_, _| ());
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    assert_eq!(std::fs::read(&copy).unwrap(), bytes, "what was there is as it was");
    let nowhere = SqliteFile::open(place.path()).unwrap().backup(&place.0.path().join("no/copy.db"), |_, _| ());
    assert!(matches!(nowhere, Err(BackupError::File { .. })), "{nowhere:?}");
}

#[tokio::test]
async fn of_a_broken_file_there_is_no_copy() {
    let place = Sqlite::new();
    let stage = Stage::open(&place).await;
    for key in 1..=50 {
        stage.done(create(row(stage.place, key, &format!("c{key}")))).await;
    }
    stage.store.close().await.unwrap();
    let mut bytes = std::fs::read(place.path()).unwrap();
    bytes[4_096 * 8..4_096 * 12].fill(0x5a);
    std::fs::write(place.path(), bytes).unwrap();
    let before = names(&place);
    let broken = SqliteFile::open(place.path()).unwrap().backup(&place.0.path().join("copy.db"), |_, _| ());
    assert!(matches!(broken, Err(BackupError::Unsound { .. })), "{broken:?}");
    assert_eq!(names(&place), before, "nothing is left of it");
}

#[tokio::test]
async fn a_restored_store_counts_on_behind_a_gap() {
    let place = Sqlite::new();
    let stage = Stage::open(&place).await;
    let mut known = old_row(&stage, 1);
    stage.done(noticed(create(known.clone()), 0)).await;
    stage.done(create(old_row(&stage, 2))).await;
    let copy = backup(&place, "copy.db");
    // Given out and lost: position 3 and sequence 2 of this lane.
    let mut lost = known.clone();
    stage.done(noticed(rename(&mut lost, "lost", START), 0)).await;
    drop(stage);
    let restored = restore(&copy, &place);
    assert!(restored.kept_aside.as_ref().is_some_and(|aside| aside.exists()), "{restored:?}");
    let (feed_floor, lane_floor) = (restored.restoration.feed_floor, restored.restoration.lane_floor);

    let stage = Stage::open(&place).await;
    assert_eq!(stage.store.feed_head(stage.place.account).await, Ok(feed_floor));
    stage.done(noticed(rename(&mut known, "anew", START), 0)).await;
    let positions: Vec<u64> = stage.feed(stage.place.account).await.iter().map(|(_, event)| event.position).collect();
    assert_eq!(positions, [1, 2, feed_floor + 1]);
    let mut second = old_row(&stage, 2);
    stage.done(noticed(rename(&mut second, "first told now", START), 0)).await;
    stage.done(noticed(create(row(stage.place, 3, "c3")), 0)).await;
    let mut sequences = Vec::new();
    for key in 1..=3 {
        let told = stage.store.notifications(stage.place.account, Some(EntitlementKey(key)), None, 9).await.unwrap();
        sequences.push(told.iter().map(|one| one.sequence).collect::<Vec<_>>());
    }
    // What is made after the restoration was never told of before.
    assert_eq!(sequences, [vec![lane_floor, 1], vec![lane_floor], vec![1]]);
    let other = super::checks::place(stage.store.as_ref(), "new", true).await;
    assert_eq!(stage.store.feed_head(other.account).await, Ok(feed_floor), "it may have been there before");
}

#[tokio::test]
async fn a_lane_goes_on_over_the_gap() {
    let place = Sqlite::new();
    let stage = Stage::open(&place).await;
    let mut known = old_row(&stage, 1);
    stage.done(noticed(create(known.clone()), 0)).await;
    let copy = backup(&place, "copy.db");
    drop(stage);
    let floor = restore(&copy, &place).restoration.lane_floor;
    let stage = Stage::open(&place).await;
    for name in ["one", "two"] {
        stage.done(noticed(rename(&mut known, name, START), 0)).await;
    }
    let mut sent = Vec::new();
    while let Some(work) = stage.store.claim_lanes(START, 0, 10, 1).await.unwrap().pop() {
        sent.push(work.notification.sequence);
        let result = LaneResult {
            key: known.key,
            target: TargetId(0),
            fence: work.fence,
            sequence: work.notification.sequence,
            outcome: LaneOutcome::Delivered,
            status: Some(200),
            error: None,
            at: START,
        };
        stage.store.settle_lanes(vec![result]).await.unwrap();
    }
    assert_eq!(sent, [1, floor, floor + 1]);
    assert_eq!(stage.store.next_due().await, Ok(None));
    stage.done(noticed(rename(&mut known, "three", START), 0)).await;
    let work = stage.store.claim_lanes(START, 0, 10, 1).await.unwrap();
    assert_eq!(work.iter().map(|work| work.notification.sequence).collect::<Vec<_>>(), [floor + 2]);
}

#[tokio::test]
async fn the_same_backup_restored_twice_counts_anew_each_time() {
    let place = Sqlite::new();
    let stage = Stage::open(&place).await;
    stage.done(create(row(stage.place, 1, "a"))).await;
    drop(stage);
    let copy = backup(&place, "copy.db");
    let first = restore(&copy, &place).restoration;
    let of_first = backup(&place, "of-first.db");
    let second = restore(&copy, &place).restoration;
    assert!(second.feed_floor > first.feed_floor);
    let third = restore(&of_first, &place).restoration;
    assert!(third.feed_floor > second.feed_floor && third.lane_floor > first.lane_floor);
    let file = SqliteFile::open(place.path()).unwrap();
    let noted = store::Examine::restorations(&file).await.unwrap();
    assert_eq!(noted, [first, third]);
    let stage = Stage::open(&place).await;
    let audit = stage.store.audit(0, 10).await.unwrap();
    let subjects: Vec<_> =
        audit.iter().map(|record| (record.entry.act.as_str(), record.entry.subject.as_str())).collect();
    assert_eq!(subjects, [("store.restore", "copy.db"), ("store.restore", "of-first.db")]);
}

#[tokio::test]
async fn who_was_revoked_since_stays_revoked() {
    let place_of = Sqlite::new();
    let stage = Stage::open(&place_of).await;
    let account = place(stage.store.as_ref(), "acme", false).await.account;
    let mut credential =
        CredentialRow { user: "left".into(), account, password_hash: "x".into(), old_password: None, revoked_at: None };
    stage.store.put_credential(credential.clone()).await.unwrap();
    stage.store.put_credential(CredentialRow { user: "stays".into(), ..credential.clone() }).await.unwrap();
    let copy = backup(&place_of, "copy.db");
    credential.revoked_at = Some(START);
    stage.store.put_credential(credential.clone()).await.unwrap();
    drop(stage);
    assert_eq!(restore(&copy, &place_of).revoked, ["left"]);
    let stage = Stage::open(&place_of).await;
    let revoked: Vec<_> = stage.store.credentials().await.unwrap().into_iter().map(|one| one.revoked_at).collect();
    assert_eq!(revoked, [Some(START), None]);
}

#[tokio::test]
async fn a_place_that_is_taken_or_a_backup_that_is_none_changes_nothing() {
    let place = Sqlite::new();
    let stage = Stage::open(&place).await;
    for key in 1..=50 {
        stage.done(create(row(stage.place, key, &format!("c{key}")))).await;
    }
    let copy = backup(&place, "copy.db");
    let prepare = |from: &Path, replace| Restoring::prepare(from, &place.path(), replace, |_, _| ()).map(drop);
    let owned = prepare(&copy, true);
    assert!(matches!(owned, Err(RestoreError::Open(OpenError::InUse { .. }))), "{owned:?}");
    stage.store.close().await.unwrap();
    let before = std::fs::read(place.path()).unwrap();
    let there = prepare(&copy, false);
    assert!(matches!(there, Err(RestoreError::Exists(_))), "{there:?}");
    assert!(prepare(&copy, true).is_ok(), "dropped, it leaves nothing");
    let broken = place.0.path().join("broken.db");
    let mut bytes = std::fs::read(&copy).unwrap();
    bytes[4_096 * 8..4_096 * 12].fill(0x5a);
    std::fs::write(&broken, bytes).unwrap();
    let unsound = prepare(&broken, true);
    assert!(matches!(unsound, Err(RestoreError::Unsound { .. })), "{unsound:?}");
    let foreign = place.0.path().join("foreign.db");
    std::fs::write(&foreign, "no database at all, but long enough to look like one".repeat(9)).unwrap();
    let not_ours = prepare(&foreign, true);
    assert!(matches!(not_ours, Err(RestoreError::Open(OpenError::NotOurs { .. }))), "{not_ours:?}");
    let missing = prepare(&place.0.path().join("missing.db"), true);
    assert!(matches!(missing, Err(RestoreError::Open(OpenError::File { .. }))), "{missing:?}");
    assert_eq!(std::fs::read(place.path()).unwrap(), before);
    assert_eq!(names(&place), ["broken.db", "copy.db", "foreign.db", "store.db", "store.db.lock"]);
}

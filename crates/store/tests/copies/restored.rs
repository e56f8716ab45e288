//! A store that was restored from a backup and then copied counts on behind its gap, whichever engine keeps
//! it (docs/decisions/0020).

use crate::filled::done;
use crate::places::{Engine, Own, copy};
use crate::samples::{Place, START, create, noticed, rename, row};
use entitlement::Moment;
use ids::EntitlementKey;
use store::{Restoration, Restoring, Row, SqliteFile, Store};

/// Long before any restoration of these tests.
const LONG_AGO: Moment = Moment(1_000_000_000_000);

/// An entitlement from before every restoration.
fn old_row(place: Place, key: u128) -> Row {
    let mut row = row(place, key, &format!("c{key}"));
    row.state.record.date_created = LONG_AGO;
    row
}

/// Two old entitlements, the first of which was told of, in a file that was restored.
async fn fill(own: &Own) -> (Place, Restoration) {
    let store = own.open().await.unwrap();
    let account = store.account("acme".into(), false).await.unwrap();
    let place = Place { account, route: store.route(account, "BANGO".into()).await.unwrap() };
    done(store.as_ref(), noticed(create(old_row(place, 1)), 0)).await;
    done(store.as_ref(), create(old_row(place, 2))).await;
    store.close().await.unwrap();
    drop(store);
    let backup = own.file().with_file_name("backup.db");
    SqliteFile::open(own.file()).unwrap().backup(&backup, |_, _| ()).unwrap();
    let restored = Restoring::prepare(&backup, &own.file(), true, |_, _| ()).unwrap().finish().unwrap();
    (place, restored.restoration)
}

/// Of each entitlement the sequences of what was told, newest first.
async fn sequences(store: &dyn Store, place: Place) -> Vec<Vec<u32>> {
    let mut all = Vec::new();
    for key in 1..=3 {
        let told = store.notifications(place.account, Some(EntitlementKey(key)), None, 9).await.unwrap();
        let mut sequences: Vec<u32> = told.iter().map(|one| one.sequence).collect();
        sequences.sort_unstable_by(|one, other| other.cmp(one));
        all.push(sequences);
    }
    all
}

#[tokio::test]
async fn a_restored_store_counts_on_behind_its_gap_wherever_it_lies() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (from, to) = (Own::make(Engine::Sqlite).await, Own::make(engine).await);
        let (place, Restoration { feed_floor, lane_floor, .. }) = fill(&from).await;
        copy(&from, &to).await.unwrap();
        let store = to.open().await.unwrap();
        let mut known = old_row(place, 1);
        done(store.as_ref(), noticed(rename(&mut known, "anew", START), 0)).await;
        done(store.as_ref(), noticed(noticed(rename(&mut known, "again", START), 0), 0)).await;
        done(store.as_ref(), noticed(rename(&mut old_row(place, 2), "first told now", START), 0)).await;
        done(store.as_ref(), noticed(create(row(place, 3, "c3")), 0)).await;
        let expected = [vec![lane_floor + 2, lane_floor + 1, lane_floor, 1], vec![lane_floor], vec![1]];
        assert_eq!(sequences(store.as_ref(), place).await, expected, "{engine:?}");
        let feed = store.feed(place.account, 0, 9).await.unwrap();
        let expected: Vec<u64> = (1..=2).chain(feed_floor + 1..=feed_floor + 4).collect();
        assert_eq!(feed.iter().map(|(_, event)| event.position).collect::<Vec<_>>(), expected);
        let waiting = crate::days::delivered(store.as_ref()).await;
        assert_eq!(waiting.iter().map(|(.., sequence)| *sequence).max(), Some(lane_floor + 2));
        assert_eq!(waiting.len(), 6, "all over the gap: {waiting:?}");
        let new = store.account("new".into(), true).await.unwrap();
        assert_eq!(store.feed_head(new).await, Ok(feed_floor), "{engine:?}: it may have been there before");
    }
}

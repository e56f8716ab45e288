//! Histories and feeds.

use super::samples::{START, create, event, rename, row};
use super::{Factory, Stage, in_time, place};
use entitlement::{EventKind, Moment, Set, Status};
use std::collections::BTreeMap;
use store::{Change, Row};
use tokio::task::JoinSet;

pub async fn positions_are_gap_free_and_in_commit_order_per_account(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let places =
        [stage.place, place(stage.store.as_ref(), "b", false).await, place(stage.store.as_ref(), "acme", true).await];
    let mut writers = JoinSet::new();
    for (at, place) in places.into_iter().enumerate() {
        for writer in 0..10_u128 {
            let stage = stage.clone();
            writers.spawn(async move {
                let mut row = row(place, (at as u128 + 1) * 1_000 + writer, &format!("c{writer}"));
                stage.done(create(row.clone())).await;
                for n in 0..20 {
                    let before = stage.store.feed_head(place.account).await.unwrap();
                    stage.done(rename(&mut row, &format!("n{n}"), START.plus_ms(n))).await;
                    assert!(stage.store.feed_head(place.account).await.unwrap() > before);
                }
            });
        }
    }
    let reader = tokio::spawn(follow(stage.clone(), places[0].account));
    writers.join_all().await;
    assert_eq!(reader.await.unwrap(), 210);
    for place in places {
        let feed = stage.feed(place.account).await;
        assert_eq!(feed.iter().map(|(_, event)| event.position).collect::<Vec<_>>(), (1..=210).collect::<Vec<_>>());
        assert_eq!(stage.store.feed_head(place.account).await, Ok(210));
        let mut last: BTreeMap<_, u32> = BTreeMap::new();
        for (key, event) in feed {
            let before = last.insert(key, event.sequence).unwrap_or(0);
            assert_eq!(event.sequence, before + 1, "an entitlement's events keep their order");
        }
    }
}

/// Reads on as events come: whoever has read n never finds a new one at or below n.
async fn follow(stage: Stage, account: ids::AccountId) -> u64 {
    let mut read = 0;
    let reading = async {
        while read < 210 {
            for (_, event) in stage.store.feed(account, read, 7).await.unwrap() {
                assert_eq!(event.position, read + 1);
                read = event.position;
            }
            tokio::task::yield_now().await;
        }
        read
    };
    in_time("all are read", reading).await
}

pub async fn silent_events_stand_in_the_history_only(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut row = row(stage.place, 1, "anna");
    stage.done(create(row.clone())).await;
    let silent = add(&mut row, &[EventKind::Noted, EventKind::EndWished, EventKind::DetailsUpdated]);
    stage.done(silent).await;
    let history = stage.store.history(row.key, None).await.unwrap();
    let places: Vec<_> = history.iter().map(|event| (event.sequence, event.position)).collect();
    assert_eq!(places, [(1, 1), (2, 0), (3, 0), (4, 2)]);
    assert_eq!(stage.feed(stage.place.account).await.len(), 2);
    assert_eq!(stage.store.feed_head(stage.place.account).await, Ok(2));
    // A wish that leaves its reason in extensionData changes the record, and so is told.
    let mut told = add(&mut row, &[EventKind::EndWished]);
    told.events[0].sets.push(Set::ExtensionData(row.state.record.extension_data.clone()));
    stage.done(told).await;
    assert_eq!(stage.store.feed_head(stage.place.account).await, Ok(3));
}

fn add(row: &mut Row, kinds: &[EventKind]) -> Change {
    let change = rename(row, "x", START);
    let version = row.state.version;
    row.last_event += u32::try_from(kinds.len()).unwrap() - 1;
    let events = kinds.iter().map(|kind| event(version, START, *kind, vec![])).collect();
    Change { events, row: store::RowChange::Update(Box::new(row.clone())), ..change }
}

pub async fn a_history_comes_in_order_up_to_a_version(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut row = row(stage.place, 1, "anna");
    stage.done(create(row.clone())).await;
    for n in 0..5 {
        stage.done(rename(&mut row, &format!("n{n}"), START.plus_ms(n))).await;
    }
    stage.done(add(&mut row, &[EventKind::Suspended, EventKind::HoldChanged])).await;
    let all = stage.store.history(row.key, None).await.unwrap();
    assert_eq!(all.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    assert!(matches!(&all[0].event.sets[..], [Set::Record(record)] if record.status == Status::Active));
    assert_eq!(all[3].event.sets, [Set::EntitlementDisplayName(Some("n2".into()))]);
    assert_eq!(all[3].event.at, START.plus_ms(2));
    let upto = |version| stage.store.history(row.key, Some(version));
    assert_eq!(upto(3).await.unwrap(), all[..3]);
    assert_eq!(upto(7).await.unwrap().len(), 8, "events of one commit share a version");
    assert!(stage.store.history(ids::EntitlementKey(2), None).await.unwrap().is_empty());
}

pub async fn a_feed_goes_on_after_a_position(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    assert_eq!(stage.store.feed_head(stage.place.account).await, Ok(0));
    for key in 1..=9 {
        let mut row = row(stage.place, key, &format!("c{key}"));
        row.state.record.date_created = Moment(0);
        stage.done(create(row)).await;
    }
    let page = stage.store.feed(stage.place.account, 4, 3).await.unwrap();
    assert_eq!(page.iter().map(|(key, event)| (key.0, event.position)).collect::<Vec<_>>(), [(5, 5), (6, 6), (7, 7)]);
    assert!(stage.store.feed(stage.place.account, 9, 3).await.unwrap().is_empty());
    assert!(stage.store.feed(stage.place.account, u64::MAX, 3).await.unwrap().is_empty());
}

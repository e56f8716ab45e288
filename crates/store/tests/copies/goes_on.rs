//! A copy is served where the source stopped: numbers go on, nothing is forgotten and nothing done twice.

use crate::filled::{ENTITLEMENTS, Filled, done, fill, identity, key};
use crate::places::{Engine, Own, copy};
use crate::samples::{START, claimed, create, noticed, rename, row};
use std::sync::Arc;
use store::{Cause, Change, Committed, LaneOutcome, LaneResult, Load, NewCallback, Row, SavedAnswer, Store, Target};

const WAYS: [(Engine, Engine); 2] = [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)];

/// A filled source and a store on its copy.
async fn copied(one: Engine, other: Engine) -> (Own, Own, Filled, Arc<dyn Store>) {
    let (from, to) = (Own::make(one).await, Own::make(other).await);
    let filled = fill(&from).await;
    copy(&from, &to).await.unwrap();
    let store = to.open().await.unwrap();
    (from, to, filled, store)
}

async fn stored(store: &dyn Store, filled: Filled, number: u128) -> Row {
    let load = Load { account: filled.test.account, target: Target::Key(key(number)), identity: None };
    *store.load(load).await.unwrap().row.unwrap()
}

#[tokio::test]
async fn a_feed_goes_on_behind_its_last_position() {
    for (one, other) in WAYS {
        let (_from, _to, filled, store) = copied(one, other).await;
        let account = filled.test.account;
        let head = store.feed_head(account).await.unwrap();
        assert!(head > 40);
        done(store.as_ref(), create(row(filled.test, 70_000, "new"))).await;
        let feed = store.feed(account, 0, 1_000).await.unwrap();
        let positions: Vec<u64> = feed.iter().map(|(_, event)| event.position).collect();
        assert_eq!(positions, (1..=head + 1).collect::<Vec<_>>());
        assert_eq!(store.feed(account, head, 9).await.unwrap().len(), 1, "a cursor from before goes on");
    }
}

#[tokio::test]
async fn notifications_go_on_and_leases_are_free() {
    for (one, other) in WAYS {
        let (_from, _to, filled, store) = copied(one, other).await;
        // Whoever holds a lease in the source holds none here; what it settles late is void.
        let all = store.claim_lanes(START.plus_s(9), START.0, 60_000, 100).await.unwrap();
        let free = all.iter().find(|work| work.row.key == filled.leased).unwrap();
        assert!(free.fence > 1, "{}", free.fence);
        let result = |fence| LaneResult {
            key: free.row.key,
            target: free.notification.target,
            fence,
            sequence: free.notification.sequence,
            outcome: LaneOutcome::Delivered,
            status: Some(200),
            error: None,
            at: START.plus_s(9),
        };
        let state = async || store.notification(free.notification.id()).await.unwrap().unwrap().0.state;
        let waiting = state().await;
        store.settle_lanes(vec![result(free.fence - 1)]).await.unwrap();
        assert_eq!(state().await, waiting);
        store.settle_lanes(vec![result(free.fence)]).await.unwrap();
        assert_ne!(state().await, waiting);
        let mut stored = stored(store.as_ref(), filled, 1).await;
        let sequences = async || {
            let told = store.notifications(filled.test.account, Some(key(1)), None, 9).await.unwrap();
            told.iter().filter(|one| one.target.0 == 0).map(|one| one.sequence).max()
        };
        let last = sequences().await.unwrap();
        done(store.as_ref(), noticed(rename(&mut stored, "told", START.plus_s(9)), 0)).await;
        assert_eq!(sequences().await, Some(last + 1));
    }
}

#[tokio::test]
async fn a_repeat_gets_its_answer() {
    for (one, other) in WAYS {
        let (_from, _to, filled, store) = copied(one, other).await;
        let repeated = claimed(create(row(filled.test, 70_001, "again")), "refused");
        let Ok(Committed::Conflict(conflict)) = store.commit(repeated).await else { panic!("it is done again") };
        assert_eq!(conflict.cause, Cause::Claim);
        let load = Load { account: filled.test.account, target: Target::Nothing, identity: Some(identity("refused")) };
        let claim = store.load(load).await.unwrap().claim.unwrap();
        assert_eq!(claim.answer, Some(SavedAnswer::Literal { http: 400, body: "{\"no\":\"\u{e9}\"}".into() }));
        // Oldest first, by numbers that go on.
        done(store.as_ref(), claimed(create(row(filled.test, 70_002, "x")), "new")).await;
        assert!(store.forget_claims(START.plus_s(900), 1_000).await.unwrap() > ENTITLEMENTS as usize * 2);
    }
}

#[tokio::test]
async fn numbers_that_were_given_out_are_not_given_again() {
    for (one, other) in WAYS {
        let (_from, _to, filled, store) = copied(one, other).await;
        let due = async || store.callbacks_due(START.plus_s(100), 9).await.unwrap();
        let ids: Vec<u64> = due().await.iter().map(|one| one.id).collect();
        assert_eq!(ids.len(), 2);
        let made = row(filled.test, 70_003, "others");
        let callback = NewCallback { key: made.key, at: START.plus_s(99), says: "{}".into() };
        done(store.as_ref(), Change { callbacks: vec![callback], ..create(made) }).await;
        let last = due().await.last().unwrap().id;
        assert!(last > ids[1] + 1, "{last} after {ids:?}, and one that is done");
        let account = store.account("new".into(), true).await.unwrap();
        assert!(account > filled.live.account);
        assert!(store.route(account, "BANGO".into()).await.unwrap() > filled.live.route);
    }
}

//! What changes rarely, and what stays when the store is closed or emptied.

use super::samples::{START, claimed, create, noticed, row};
use super::{Factory, Stage, place};
use entitlement::Moment;
use store::{Clock, CredentialRow, NewCallback, Report, StoreError, Target};

pub async fn accounts_and_routes_keep_their_numbers(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let store = stage.store.as_ref();
    let live = store.account("acme".into(), true).await.unwrap();
    assert_ne!(live, stage.place.account);
    assert_eq!(store.account("acme".into(), false).await, Ok(stage.place.account));
    let there = store.route(live, "BANGO".into()).await.unwrap();
    assert_ne!(there, stage.place.route);
    assert_ne!(store.route(live, "bango".into()).await, Ok(there), "keys are case sensitive");
    assert_eq!(store.route(live, "BANGO".into()).await, Ok(there));
    let all = store.accounts().await.unwrap();
    assert_eq!(
        all.iter().map(|row| (row.organisation.as_str(), row.live)).collect::<Vec<_>>(),
        [("acme", false), ("acme", true)]
    );
}

pub async fn credentials_are_replaced_by_name(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut credential = CredentialRow {
        user: "acme-1".into(),
        account: stage.place.account,
        password_hash: "$argon2id$new".into(),
        old_password: None,
        revoked_at: None,
    };
    let other = CredentialRow { user: "acme-2".into(), ..credential.clone() };
    stage.store.put_credential(other.clone()).await.unwrap();
    stage.store.put_credential(credential.clone()).await.unwrap();
    credential.old_password = Some(("$argon2id$old".into(), START));
    credential.revoked_at = Some(START.plus_s(1));
    stage.store.put_credential(credential.clone()).await.unwrap();
    assert_eq!(stage.store.credentials().await, Ok(vec![credential, other]));
}

pub async fn settings_are_replaced(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    assert_eq!(stage.store.setting("key").await, Ok(None));
    stage.store.put_setting("key", vec![0, 255]).await.unwrap();
    stage.store.put_setting("key", vec![1]).await.unwrap();
    assert_eq!(stage.store.setting("key").await, Ok(Some(vec![1])));
}

pub async fn closing_keeps_everything(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut change = noticed(claimed(create(row(stage.place, 1, "a")), "r"), 0);
    change.callbacks.push(NewCallback { key: row(stage.place, 1, "a").key, at: START, says: "x".into() });
    stage.done(change).await;
    stage.store.put_setting("key", vec![1]).await.unwrap();
    stage.store.close().await.unwrap();
    drop(stage);
    let stage = Stage::open(factory).await;
    assert_eq!(stage.row(ids::EntitlementKey(1)).await, Some(row(stage.place, 1, "a")));
    assert!(stage.claim("r").await.is_some());
    assert_eq!(stage.store.setting("key").await, Ok(Some(vec![1])));
    assert_eq!(stage.store.claim_lanes(START, 0, 10, 10).await.unwrap().len(), 1);
    assert_eq!(stage.store.callbacks_due(START, 10).await.unwrap().len(), 1);
    stage.done(create(row(stage.place, 2, "b"))).await;
    assert_eq!(stage.store.feed_head(stage.place.account).await, Ok(2), "the feed goes on where it was");
}

pub async fn a_closed_store_refuses(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    stage.store.close().await.unwrap();
    stage.store.close().await.unwrap();
    let committed = stage.store.commit(create(row(stage.place, 1, "a"))).await;
    assert!(matches!(committed, Err(StoreError::Stopped(_))));
    assert!(matches!(stage.store.next_due().await, Err(StoreError::Stopped(_))));
}

pub async fn a_reset_empties_test_data_only(factory: &dyn Factory) {
    for with_live_data in [false, true] {
        let stage = Stage::open(factory).await;
        let live = place(stage.store.as_ref(), "acme", true).await;
        stage.store.put_setting("key", vec![1]).await.unwrap();
        stage.store.set_clock_offset(9_000).await.unwrap();
        let full = |place, key| {
            let mut change = noticed(claimed(create(row(place, key, "a")), "r"), 0);
            change.callbacks.push(NewCallback { key: ids::EntitlementKey(key), at: START, says: "x".into() });
            change
        };
        stage.done(full(stage.place, 1)).await;
        if with_live_data {
            stage.done(full(live, 2)).await;
        }
        stage.store.reset_test_data().await.unwrap();
        assert_eq!((stage.store.clock_offset_ms(), stage.store.now()), (0, START));
        assert_eq!(stage.row(ids::EntitlementKey(1)).await, None);
        assert!(stage.load(Target::Customer(stage.place.route, "a".into())).await.open.is_empty());
        assert_eq!(stage.claim("r").await, None);
        assert_eq!(stage.store.feed_head(stage.place.account).await, Ok(0));
        assert!(stage.feed(stage.place.account).await.is_empty());
        let kept = usize::from(with_live_data);
        assert_eq!(stage.store.callbacks_due(Moment(i64::MAX), 10).await.unwrap().len(), kept);
        assert_eq!(stage.store.claim_lanes(START, 0, 10, 10).await.unwrap().len(), kept);
        let rows = stage.store.report(live.account, Report { limit: 10, ..Report::default() }).await.unwrap();
        assert_eq!(rows.len(), kept);
        assert_eq!(stage.store.setting("key").await, Ok(Some(vec![1])));
        stage.done(full(stage.place, 1)).await;
        assert_eq!(stage.feed(stage.place.account).await[0].1.position, 1);
        stage.store.reset_test_data().await.unwrap();
        stage.store.close().await.unwrap();
        drop(stage);
        assert_eq!(factory.open(Clock::manual(START)).await.clock_offset_ms(), 0);
    }
}

//! What an examination reads.

use super::samples::{START, answer, claim, claimed, create, noticed, only_claim, rename, row, with_own_id};
use super::standings::operation;
use super::{Factory, Stage, place};
use ids::{EntitlementKey, OperationId, TargetId};
use store::{
    Change, Claim, ClaimChange, Depth, ExaminedAccount, ExaminedLane, Kept, NewCallback, Remembered, RowChange,
    StoreSize,
};

pub async fn all_that_hangs_on_an_entitlement_is_seen_together(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let live = place(stage.store.as_ref(), "acme", true).await;
    let mut first = row(stage.place, 1, "anna");
    stage.done(noticed(create(first.clone()), 0)).await;
    stage.done(noticed(noticed(rename(&mut first, "new", START.plus_s(1)), 0), 7)).await;
    let mut second = with_own_id(row(live, 2, "bert"), "mine");
    second.state.operation = Some(operation(entitlement::Stage::Queued));
    stage.done(create(second.clone())).await;
    stage.done(create(row(stage.place, 3, "carl"))).await;
    let examine = stage.store.examine();
    let page = examine.examine_entitlements(None, 2).await.unwrap();
    assert_eq!(page.iter().map(|one| one.key.0).collect::<Vec<_>>(), [1, 2]);
    let one = &page[0];
    assert_eq!((&one.row, one.live, one.stage), (&Ok(Some(first.clone())), false, None));
    assert_eq!((one.account_live, one.route_account), (Some(false), Some(stage.place.account)));
    let history = stage.store.history(first.key, None).await.unwrap();
    assert_eq!(one.history.as_ref(), Ok(&history));
    let lane = |target, next| ExaminedLane { target: TargetId(target), next, head: 1, attempt_at: Some(START) };
    let late = ExaminedLane { attempt_at: Some(START.plus_s(1)), ..lane(7, 2) };
    assert_eq!(one.lanes, [lane(0, 3), late]);
    let told = one.notifications.as_ref().unwrap();
    assert_eq!(told.iter().map(|n| (n.target.0, n.sequence)).collect::<Vec<_>>(), [(0, 1), (0, 2), (7, 1)]);
    assert_eq!((one.booked_elsewhere, one.own_id_is_a_key, one.operation_has_ended), (0, false, false));
    let two = &page[1];
    assert_eq!((&two.row, two.live, two.stage), (&Ok(Some(second)), true, Some(entitlement::Stage::Queued)));
    assert_eq!((two.account_live, two.lanes.len()), (Some(true), 0));
    let rest = examine.examine_entitlements(Some(EntitlementKey(2)), 2).await.unwrap();
    assert_eq!(rest.iter().map(|one| one.key.0).collect::<Vec<_>>(), [3]);
    assert!(examine.examine_entitlements(Some(EntitlementKey(3)), 2).await.unwrap().is_empty());
}

pub async fn claims_come_with_what_they_point_to(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut open = row(stage.place, 1, "anna");
    open.state.operation = Some(operation(entitlement::Stage::InFlight));
    stage.done(claimed(create(open.clone()), "answered")).await;
    let known = Claim { key: Some(open.key), operation: Some(OperationId(77)), ..claim("waits", None) };
    let unknown = Claim { operation: Some(OperationId(78)), ..claim("lost", None) };
    let literal = claim("refused", Some(store::SavedAnswer::Literal { http: 404, body: "{}".into() }));
    for one in [known, unknown, literal, claim("bare", Some(answer(3)))] {
        stage.done(only_claim(stage.place.account, ClaimChange::Insert(one))).await;
    }
    let examine = stage.store.examine();
    let page = examine.examine_claims(0, 10).await.unwrap();
    assert!(page.is_sorted_by_key(|one| one.number));
    let waits = |id, is_known| Remembered::Nothing { operation: Some(OperationId(id)), is_known };
    let found: Vec<_> = page.iter().map(|one| (one.identity.as_str(), one.found_version, one.remembers)).collect();
    let expected = [
        ("answered", Some(1), Remembered::Record(1)),
        ("waits", Some(1), waits(77, true)),
        ("lost", None, waits(78, false)),
        ("refused", None, Remembered::Literal),
        ("bare", None, Remembered::Record(3)),
    ];
    assert_eq!(found, expected);
    assert_eq!((page[0].account, page[0].key), (stage.place.account, Some(open.key)));
    assert_eq!(examine.examine_claims(page[1].number, 2).await.unwrap(), page[2..4]);
}

pub async fn feeds_come_as_runs_with_their_accounts_counters(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for key in 1..=5 {
        stage.done(create(row(stage.place, key, &format!("c{key}")))).await;
    }
    let examine = stage.store.examine();
    let runs = |after, limit| examine.examine_feed(stage.place.account, after, limit);
    assert_eq!(runs(0, 10).await, Ok(vec![(1, 5)]));
    assert_eq!(runs(2, 2).await, Ok(vec![(3, 4)]));
    assert_eq!(runs(5, 2).await, Ok(vec![]));
    let account = ExaminedAccount {
        id: stage.place.account,
        organisation: "acme".into(),
        live: false,
        position: 5,
        last_event: 5,
    };
    assert_eq!(examine.examine_accounts().await, Ok(vec![account]));
    assert_eq!(examine.restorations().await, Ok(vec![]));
    let StoreSize { .. } = examine.examine_size().await.unwrap();
}

pub async fn keys_without_an_entitlement_are_named(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for key in 1..=3 {
        let mut change = noticed(create(row(stage.place, key, &format!("c{key}"))), 0);
        change.callbacks.push(NewCallback { key: EntitlementKey(key), at: START, says: "x".into() });
        stage.done(change).await;
    }
    let remove = RowChange::Remove { key: EntitlementKey(2), revision: 1 };
    stage.done(Change { row: remove, ..only_claim(stage.place.account, ClaimChange::None) }).await;
    let examine = stage.store.examine();
    for of in Kept::ALL {
        let page = examine.examine_keys(of, None, 2).await.unwrap();
        assert_eq!((page.orphans.as_slice(), page.last), (&[EntitlementKey(2)][..], Some(EntitlementKey(2))), "{of:?}");
        let rest = examine.examine_keys(of, page.last, 2).await.unwrap();
        assert_eq!((rest.orphans.len(), rest.last), (0, None), "{of:?}");
    }
}

pub async fn a_sound_engine_has_nothing_to_say(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    stage.done(noticed(claimed(create(row(stage.place, 1, "anna")), "r"), 0)).await;
    for depth in [Depth::Quick, Depth::Full] {
        let health = stage.store.examine().engine_health(depth).await.unwrap();
        assert!(health.faults.is_empty() && health.is_readable, "{health:?}");
    }
}

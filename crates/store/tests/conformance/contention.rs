//! Many changes at once: they share batches, and each succeeds or fails by itself.

use super::samples::{Dice, START, claimed, create, noticed, rename, row, with_own_id};
use super::{Factory, Stage};
use entitlement::Moment;
use ids::EntitlementKey;
use std::collections::BTreeMap;
use store::{Cause, Change, Committed, NewCallback};

fn cause(committed: &Committed) -> Option<Cause> {
    match committed {
        Committed::Done => None,
        Committed::Conflict(conflict) => Some(conflict.cause),
    }
}

pub async fn each_check_failing_alone_in_a_mixed_batch_withdraws_only_its_change(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    stage.done(claimed(create(with_own_id(row(stage.place, 1, "anna"), "mine")), "used")).await;
    let mut dice = Dice(1);
    for round in 0..20_u128 {
        let mut mixed = Vec::new();
        for n in 0..10_u128 {
            let key = 100 + round * 1_000 + n * 10;
            let good = |at: u128| {
                noticed(
                    claimed(create(row(stage.place, key + at, &format!("c{}", key + at))), &format!("i{}", key + at)),
                    0,
                )
            };
            let identity = |at: u128| format!("bad{}", key + at);
            mixed.push((None, good(0)));
            mixed.push((
                Some(Cause::Claim),
                noticed(claimed(create(row(stage.place, key + 1, &format!("c{}", key + 1))), "used"), 0),
            ));
            mixed.push((
                Some(Cause::Revision),
                claimed(rename(&mut row(stage.place, key + 2, "gone"), "x", START), &identity(2)),
            ));
            let id_used = create(with_own_id(row(stage.place, key + 3, &format!("c{}", key + 3)), "mine"));
            mixed.push((Some(Cause::Id), noticed(claimed(id_used, &identity(3)), 0)));
            mixed.push((
                Some(Cause::Slot),
                noticed(claimed(create(row(stage.place, key + 4, "anna")), &identity(4)), 0),
            ));
            let mut done_before =
                noticed(claimed(create(row(stage.place, key + 5, &format!("c{}", key + 5))), &identity(5)), 0);
            done_before.callback_done = Some(4_711);
            done_before.callbacks.push(NewCallback { key: EntitlementKey(key), at: START, says: String::new() });
            mixed.push((Some(Cause::Callback), done_before));
        }
        for at in (1..mixed.len()).rev() {
            mixed.swap(at, usize::try_from(dice.below(at as u64 + 1)).unwrap());
        }
        let (expected, changes): (Vec<_>, Vec<_>) = mixed.into_iter().unzip();
        let found: Vec<_> = stage.together(changes.clone()).await.iter().map(cause).collect();
        assert_eq!(found, expected);
        for (cause, change) in expected.iter().zip(&changes) {
            let identity = change.claim.identity().unwrap().as_str();
            let there = stage.row(change.row().unwrap().key).await.is_some();
            assert_eq!(there, cause.is_none(), "{identity}");
            assert_eq!(stage.claim(identity).await.is_some(), cause.is_none() || identity == "used", "{identity}");
        }
    }
    assert_eq!(stage.feed(stage.place.account).await.len(), 201);
    assert_eq!(stage.store.notifications(stage.place.account, None, None, 1_000).await.unwrap().len(), 200);
    assert!(stage.store.callbacks_due(Moment(i64::MAX), 10).await.unwrap().is_empty());
}

pub async fn forty_creates_for_one_slot_leave_one(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let changes = (1..=40).map(|key| claimed(create(row(stage.place, key, "anna")), &format!("r{key}"))).collect();
    let answers = stage.together(changes).await;
    let winner = answers.iter().position(|answer| *answer == Committed::Done).unwrap();
    for (at, answer) in answers.iter().enumerate().filter(|(at, _)| *at != winner) {
        let Committed::Conflict(conflict) = answer else { panic!("{at} won too") };
        assert_eq!(conflict.cause, Cause::Slot);
        assert_eq!(conflict.found.open[0].key.0, winner as u128 + 1);
        assert_eq!(stage.claim(&format!("r{}", at + 1)).await, None);
    }
    assert_eq!(stage.feed(stage.place.account).await.len(), 1);
}

pub async fn one_identity_sixteen_times_has_one_effect(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let changes = (1..=16).map(|key| claimed(create(row(stage.place, key, &format!("c{key}"))), "same")).collect();
    let answers = stage.together(changes).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Committed::Done).count(), 1);
    let winner = stage.claim("same").await;
    for answer in answers {
        if let Committed::Conflict(conflict) = answer {
            assert_eq!((conflict.cause, &conflict.found.claim), (Cause::Claim, &winner));
        }
    }
}

pub async fn updates_of_one_row_go_one_by_one(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = row(stage.place, 1, "anna");
    stage.done(create(row.clone())).await;
    let changes = (0..20).map(|n| rename(&mut row.clone(), &format!("n{n}"), START)).collect();
    let answers = stage.together(changes).await;
    assert_eq!(answers.iter().filter(|answer| **answer == Committed::Done).count(), 1);
    let now = stage.row(row.key).await.unwrap();
    assert_eq!(now.revision, 2);
    for answer in answers {
        if let Committed::Conflict(conflict) = answer {
            assert_eq!((conflict.cause, conflict.found.row.as_deref()), (Cause::Revision, Some(&now)));
        }
    }
}

pub async fn an_own_id_is_given_once(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut changes: Vec<Change> = Vec::new();
    for n in 0..60_u128 {
        changes.push(create(with_own_id(row(stage.place, n + 1, &format!("c{n}")), &format!("id{}", n % 6))));
    }
    let mut given: BTreeMap<u128, usize> = BTreeMap::new();
    for (n, answer) in stage.together(changes).await.iter().enumerate() {
        match cause(answer) {
            None => *given.entry(n as u128 % 6).or_default() += 1,
            cause => assert_eq!(cause, Some(Cause::Id)),
        }
    }
    assert_eq!(given.into_values().collect::<Vec<_>>(), [1; 6]);
}

pub async fn a_change_the_engine_refuses_takes_no_other_with_it(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut set = tokio::task::JoinSet::new();
    for key in 1..=200_u128 {
        let mut row = row(stage.place, key, &format!("c{key}"));
        if key % 50 == 0 {
            row.route = ids::RouteId(4_711);
        }
        let store = std::sync::Arc::clone(&stage.store);
        set.spawn(async move { (key, store.commit(noticed(create(row), 0)).await.is_ok()) });
    }
    assert!(set.join_all().await.into_iter().all(|(key, done)| done == (key % 50 != 0)));
    let feed = stage.feed(stage.place.account).await;
    assert!(feed.iter().map(|(_, event)| event.position).eq(1..=196), "positions have no gaps");
}

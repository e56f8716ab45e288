//! One change at a time: what it does, what stands in its way.

use super::samples::{START, claim, claimed, create, noticed, only_claim, rename, row, touch, with_own_id};
use super::{Factory, Stage, place};
use entitlement::{
    Ask, Details, Duty, Ending, Hold, Holds, Json, JsonObject, Moment, Operation, Party, PendingUpdate, Reason,
    Stage as OpStage, Status, Wish,
};
use ids::{EntitlementKey, OperationId};
use store::{Cause, Change, ClaimChange, ClosedOperation, NewCallback, Notice, Row, RowChange, StoreError, Target};

pub async fn a_change_is_applied_whole(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = row(stage.place, 1, "anna");
    let mut change = noticed(claimed(create(row.clone()), "first"), 0);
    change.callbacks.push(NewCallback { key: row.key, at: START, says: "activate".into() });
    change.closed = Some(closed(1, row.key));
    stage.done(change).await;
    assert_eq!(stage.row(row.key).await.as_ref(), Some(&row));
    assert!(stage.claim("first").await.unwrap().answer.is_some());
    let events = stage.feed(stage.place.account).await;
    assert_eq!((events.len(), events[0].1.position, events[0].1.sequence), (1, 1, 1));
    assert_eq!(events[0].1.request.as_deref(), Some("first"));
    assert_eq!(stage.store.history(row.key, None).await.unwrap()[0], events[0].1);
    assert_eq!(stage.store.notifications(stage.place.account, None, None, 10).await.unwrap().len(), 1);
    assert_eq!(stage.store.callbacks_due(START, 10).await.unwrap().len(), 1);
    assert!(stage.store.closed_operation(OperationId(1)).await.unwrap().is_some());
}

fn closed(id: u128, key: EntitlementKey) -> ClosedOperation {
    ClosedOperation {
        id: OperationId(id),
        key,
        kind: "cancel".into(),
        outcome: "done".into(),
        opened_at: START,
        closed_at: START.plus_s(1),
    }
}

pub async fn a_row_comes_back_as_it_was_written(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut plain = row(stage.place, 1, "anna");
    stage.done(create(plain.clone())).await;
    fill(&mut plain);
    plain.revision = 2;
    stage.done(touch(&plain)).await;
    assert_eq!(stage.row(plain.key).await, Some(plain.clone()));
    let mut own = with_own_id(row(stage.place, 2, "bert \"\\\u{1}é"), "my-id.1");
    fill(&mut own);
    own.slot = Some(2);
    stage.done(create(own.clone())).await;
    assert_eq!(stage.by_id("my-id.1").await, Some(own));
}

fn fill(row: &mut Row) {
    let reason = Reason { category: Some("A".into()), code: None, description: Some("é\n\"".into()) };
    let json = |name: &str| {
        JsonObject(vec![
            (name.into(), Json::Number("1e400".into())),
            ("a".into(), Json::Array(vec![Json::Number("0.10".into()), Json::Null, Json::Object(JsonObject::new())])),
        ])
    };
    row.due_at = Some(START.plus_ms(77));
    row.last_event = 1;
    let state = &mut row.state;
    state.record.status = Status::Suspended;
    state.record.date_ended = Some(START.plus_s(9));
    state.record.date_suspended = Some(START.plus_s(2));
    state.record.date_resumed = Some(START.plus_s(1));
    state.record.date_expiry = Some(START.plus_s(10));
    state.record.offer_key = Some("TRIAL".into());
    state.record.activation_code = Some("CODE".into());
    state.record.external_entitlement_id = Some("ext".into());
    state.record.merchant_entitlement_id = "theirs".into();
    state.record.extension_data = json("z");
    state.record.finance_data = json("y");
    state.merchant_extension = json("x");
    state.last_merchant_event_at = Some(Moment(-5));
    let hold = |ms| Some(Hold { since: START.plus_ms(ms), reason: Some(reason.clone()) });
    state.holds = Holds { reseller: hold(1), merchant: hold(2), hub: hold(3) };
    state.pending_update = Some(PendingUpdate {
        product_key: "OLD".into(),
        offer_key: None,
        display_name: Some("Old".into()),
        since: START,
    });
    state.ending = Some(Ending {
        by: Party::Merchant,
        merchant_dated: true,
        reason_keys: vec!["cancelReasonCode".into()],
        resumed_since: true,
    });
    state.pending_until = Some(START.plus_s(100));
    state.wish = Some(Wish { revoke: true, reason: Some(reason.clone()) });
    state.duty = Some(Duty::Terminate { reason: Some(reason) });
    state.operation = Some(operation(OpStage::Queued));
}

fn operation(stage: OpStage) -> Operation {
    Operation {
        id: OperationId(9),
        ask: Ask::Undo { details: Box::new(Details { date_expiry: Some(None), ..Details::default() }) },
        by: Party::Operator,
        stage,
        opened_at: START,
        attempts: 3,
        next_at: Some(START.plus_ms(1)),
        deadline: Some(START.plus_ms(2)),
        note: Some("a connector's own".to_owned()),
    }
}

pub async fn a_stale_revision_conflicts_and_brings_what_is_there(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut row = row(stage.place, 1, "anna");
    stage.done(create(row.clone())).await;
    let stale = rename(&mut row.clone(), "Stale", START);
    stage.done(rename(&mut row, "New", START)).await;
    let conflict = stage.conflict(claimed(stale, "late")).await;
    assert_eq!(conflict.cause, Cause::Revision);
    assert_eq!(conflict.found.row.as_deref(), Some(&row));
    assert_eq!(stage.claim("late").await, None, "the claim went with its change");
    let remove = Change { row: RowChange::Remove { key: row.key, revision: 1 }, events: vec![], ..touch(&row) };
    assert_eq!(stage.conflict(remove).await.cause, Cause::Revision);
}

pub async fn an_update_of_nothing_conflicts(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let conflict = stage.conflict(rename(&mut row(stage.place, 1, "anna"), "x", START)).await;
    assert_eq!((conflict.cause, conflict.found.row), (Cause::Revision, None));
}

pub async fn a_removed_create_frees_key_slot_and_id(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut unborn = with_own_id(row(stage.place, 1, "anna"), "mine");
    unborn.state.unborn = true;
    unborn.last_event = 0;
    let intent = Change { events: vec![], ..create(unborn.clone()) };
    stage.done(intent.clone()).await;
    let remove = RowChange::Remove { key: unborn.key, revision: 1 };
    let closed = Some(closed(5, unborn.key));
    stage.done(Change { row: remove, closed, ..intent.clone() }).await;
    assert_eq!(stage.row(unborn.key).await, None);
    assert!(stage.store.closed_operation(OperationId(5)).await.unwrap().is_some());
    stage.done(intent).await;
}

pub async fn a_change_moves_its_slot(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut anna = row(stage.place, 1, "anna");
    let bert = row(stage.place, 2, "bert");
    stage.done(create(anna.clone())).await;
    stage.done(create(bert.clone())).await;
    let mut moved = anna.clone();
    moved.revision = 2;
    moved.state.record.customer_identifier = "bert".into();
    let conflict = stage.conflict(touch(&moved)).await;
    assert_eq!((conflict.cause, conflict.found.open), (Cause::Slot, vec![bert]));
    moved.state.record.customer_identifier = "carl".into();
    stage.done(touch(&moved)).await;
    stage.done(create(row(stage.place, 3, "anna"))).await;
    anna = moved;
    anna.revision = 3;
    anna.slot = None;
    stage.done(touch(&anna)).await;
    stage.done(create(row(stage.place, 4, "carl"))).await;
}

pub async fn an_own_id_is_unique_per_mode(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let other = place(stage.store.as_ref(), "other", false).await;
    let live = place(stage.store.as_ref(), "acme", true).await;
    stage.done(create(with_own_id(row(stage.place, 1, "a"), "mine"))).await;
    let conflict = stage.conflict(create(with_own_id(row(other, 2, "a"), "mine"))).await;
    assert_eq!((conflict.cause, conflict.found.row), (Cause::Id, None), "another account's is not shown");
    let conflict = stage.conflict(create(with_own_id(row(stage.place, 3, "b"), "mine"))).await;
    assert_eq!((conflict.cause, conflict.found.row.map(|row| row.key.0)), (Cause::Id, Some(1)));
    stage.done(create(with_own_id(row(live, 4, "a"), "mine"))).await;
    let is_used = async |account, id: &str| stage.store.own_id_is_used(account, id.into()).await.unwrap();
    assert!(is_used(other.account, "mine").await && is_used(live.account, "mine").await);
    assert!(!is_used(other.account, "MINE").await);
    stage.done(create(with_own_id(row(stage.place, 5, "b"), "MINE"))).await;
    assert!(is_used(other.account, "MINE").await && !is_used(live.account, "MINE").await);
}

const UUID: &str = "019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b";

pub async fn an_own_id_in_uuid_form_is_no_key_of_its_mode(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let live = place(stage.store.as_ref(), "acme", true).await;
    let key = ids::parse_uuid(UUID).unwrap();
    stage.done(create(row(stage.place, key, "a"))).await;
    for id in [UUID, &UUID.to_uppercase()] {
        let conflict = stage.conflict(create(with_own_id(row(stage.place, 2, "b"), id))).await;
        assert_eq!(conflict.cause, Cause::Id, "{id}");
        assert!(stage.store.own_id_is_used(stage.place.account, id.into()).await.unwrap(), "{id}");
        assert!(!stage.store.own_id_is_used(live.account, id.into()).await.unwrap(), "{id}");
    }
    stage.done(create(with_own_id(row(live, 3, "a"), UUID))).await;
    let conflict = stage.conflict(create(row(live, key, "b"))).await;
    assert_eq!(conflict.cause, Cause::Id, "a key is never given twice");
    stage.done(create(with_own_id(row(stage.place, 4, "c"), "119ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b"))).await;
    let taken = ids::parse_uuid("119ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b").unwrap();
    assert_eq!(stage.conflict(create(row(stage.place, taken, "d"))).await.cause, Cause::Id);
}

pub async fn a_key_is_found_in_any_case_an_own_id_as_written(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    stage.done(create(row(stage.place, ids::parse_uuid(UUID).unwrap(), "a"))).await;
    let own = "A19AB3C4-0d5e-7f60-8a7b-9c0d1e2f3a4b";
    stage.done(create(with_own_id(row(stage.place, 2, "b"), own))).await;
    assert!(stage.by_id(UUID).await.is_some());
    assert!(stage.by_id(&UUID.to_uppercase()).await.is_some());
    assert_eq!(stage.by_id(own).await.unwrap().key, EntitlementKey(2));
    assert!(stage.by_id(&own.to_lowercase()).await.is_none());
    let key = EntitlementKey(2).to_string();
    assert!(stage.by_id(&key).await.is_none(), "its id is its own, not its key");
}

pub async fn another_accounts_entitlement_is_not_found(factory: &dyn Factory) {
    let mut stage = Stage::open(factory).await;
    let theirs = place(stage.store.as_ref(), "other", false).await;
    stage.done(create(with_own_id(row(theirs, 1, "a"), "theirs"))).await;
    stage.done(create(row(theirs, 2, "b"))).await;
    assert!(stage.by_id("theirs").await.is_none());
    assert!(stage.by_id(&EntitlementKey(2).to_string()).await.is_none());
    assert!(stage.row(EntitlementKey(2)).await.is_some(), "workers find any by key");
    assert!(stage.load(Target::Customer(stage.place.route, "a".into())).await.open.is_empty());
    stage.place = theirs;
    assert!(stage.by_id("theirs").await.is_some());
}

pub async fn the_first_failing_check_is_the_cause(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let first = with_own_id(row(stage.place, 1, "anna"), "mine");
    stage.done(claimed(create(first.clone()), "used")).await;
    let all = |identity: &str, id: &str, customer: &str| Change {
        callback_done: Some(99),
        ..claimed(create(with_own_id(row(stage.place, 2, customer), id)), identity)
    };
    assert_eq!(stage.conflict(all("used", "mine", "anna")).await.cause, Cause::Claim);
    let conflict = stage.conflict(all("new", "mine", "anna")).await;
    assert_eq!(
        (conflict.cause, conflict.found.row, conflict.found.open),
        (Cause::Id, Some(Box::new(first.clone())), vec![first])
    );
    assert_eq!(stage.conflict(all("new", "other", "anna")).await.cause, Cause::Slot);
    assert_eq!(stage.conflict(all("new", "other", "bert")).await.cause, Cause::Callback);
    assert_eq!(stage.claim("new").await, None);
    assert_eq!(stage.feed(stage.place.account).await.len(), 1);
}

pub async fn a_repeat_after_an_unknown_outcome_conflicts_with_itself(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = row(stage.place, 1, "anna");
    let change = claimed(create(row.clone()), "once");
    stage.done(change.clone()).await;
    let conflict = stage.conflict(change.clone()).await;
    assert_eq!(conflict.cause, Cause::Claim);
    assert_eq!((conflict.found.row.as_deref(), conflict.found.claim.unwrap().key), (Some(&row), Some(row.key)));
    let conflict = stage.conflict(Change { claim: ClaimChange::None, ..change }).await;
    assert_eq!((conflict.cause, conflict.found.row.as_deref()), (Cause::Id, Some(&row)));
}

pub async fn open_ones_of_a_customer_come_in_slot_order(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for (key, slot) in [(1, Some(3)), (2, Some(1)), (3, None), (4, Some(2)), (5, None)] {
        let mut row = row(stage.place, key, "anna");
        row.slot = slot;
        stage.done(create(row)).await;
    }
    let open = stage.load(Target::Customer(stage.place.route, "anna".into())).await.open;
    assert_eq!(open.iter().map(|row| row.key.0).collect::<Vec<_>>(), [2, 4, 1]);
}

pub async fn a_read_after_the_answer_sees_it(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let mut row = row(stage.place, 1, "anna");
    stage.done(create(row.clone())).await;
    for round in 0..50 {
        stage.done(rename(&mut row, &format!("name {round}"), START)).await;
        assert_eq!(stage.row(row.key).await.as_ref(), Some(&row));
    }
}

pub async fn closed_operations_are_kept(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = row(stage.place, 1, "anna");
    let operation = closed(7, row.key);
    stage.done(Change { closed: Some(operation.clone()), ..create(row) }).await;
    assert_eq!(stage.store.closed_operation(OperationId(7)).await.unwrap(), Some(operation));
    assert_eq!(stage.store.closed_operation(OperationId(8)).await.unwrap(), None);
}

pub async fn closed_operations_come_newest_first(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let (mut anna, bert) = (row(stage.place, 1, "anna"), row(stage.place, 2, "bert"));
    stage.done(Change { closed: Some(closed(9, anna.key)), ..create(anna.clone()) }).await;
    stage.done(Change { closed: Some(closed(8, bert.key)), ..create(bert) }).await;
    for id in [7, 5, 6] {
        let change = rename(&mut anna, &format!("name {id}"), START);
        stage.done(Change { closed: Some(closed(id, anna.key)), ..change }).await;
    }
    let newest = stage.store.closed_operations(anna.key, 3).await.unwrap();
    assert_eq!(newest, [6, 5, 7].map(|id| closed(id, anna.key)));
}

pub async fn senseless_changes_are_refused(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let good = create(row(stage.place, 1, "anna"));
    let rowless = Change { row: RowChange::None, ..good.clone() };
    let mut pointing = good.clone();
    pointing.notices.push(Notice { event: 1, ..noticed(good.clone(), 0).notices[0].clone() });
    let mut foreign = only_claim(ids::AccountId(99), ClaimChange::Insert(claim("x", None)));
    foreign.account = ids::AccountId(99);
    let mut nowhere = row(stage.place, 2, "bert");
    nowhere.route = ids::RouteId(99);
    for change in [rowless, pointing, foreign, create(nowhere)] {
        assert!(matches!(stage.store.commit(change).await, Err(StoreError::Unreadable(_))));
    }
    stage.done(good).await;
}

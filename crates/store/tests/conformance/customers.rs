//! What is kept of one customer: found wherever it lies, and written anew in its place.

use super::samples::{START, answer, claim, claimed, create, event, identity, noticed, only_claim, row, touch};
use super::{Factory, Stage};
use entitlement::{EventKind, Hold, Json, JsonObject, Names, Party, Reason, Record, Set, Status, fold, renamed_event};
use ids::EntitlementKey;
use std::sync::Arc;
use store::{
    AuditEntry, Change, Claim, ClaimChange, Committed, LaneOutcome, LaneResult, Rewriting, RewritingDone, Rewritten,
    RewrittenClaim, Row, SavedAnswer,
};

/// A customer whose name has to be quoted, in JSON and in SQL.
const CUSTOMER: &str = "Änne \"O'Mal\\ley\"";
/// Stands in everything that is written freely.
const SECRET: &str = "Geheimnis";
const TOKEN: &str = "erased-0123456789abcdef";

fn names(row: &Row) -> Names<'_> {
    Names {
        entitlement_id: &row.state.record.entitlement_id,
        customer: &|_| TOKEN.to_owned(),
        external: &|_| TOKEN.to_owned(),
        shared_customer_id: "s".to_owned(),
        bango_user_id: "1".to_owned(),
    }
}

/// The entitlement as an erasure leaves it.
async fn erased(stage: &Stage, key: EntitlementKey) -> Rewritten {
    let row = stage.row(key).await.unwrap();
    let mut events = stage.store.history(key, None).await.unwrap();
    for stored in &mut events {
        stored.event = names(&row).event(&stored.event);
        stored.request = None;
    }
    let state = names(&row).state(&row.state);
    Rewritten { row: Row { revision: row.revision + 1, state, ..row }, events, forgets_errors: true }
}

fn rewriting(stage: &Stage, entitlements: Vec<Rewritten>) -> Rewriting {
    let none_open_of = Some(CUSTOMER.to_owned());
    Rewriting { account: stage.place.account, none_open_of, entitlements, claims: Vec::new(), entry: None }
}

fn entry() -> AuditEntry {
    let (who, act, subject) = ("anna (uid 0)".into(), "customer.erase".into(), TOKEN.into());
    AuditEntry { at: START, who, act, subject, before: None, after: None, note: None }
}

fn secret() -> JsonObject {
    JsonObject(vec![(SECRET.to_owned(), Json::String(SECRET.to_owned()))])
}

fn told() -> Option<Reason> {
    Some(Reason { description: Some(SECRET.into()), ..Reason::of("CUSTOMER_CANCELLED", "OTHER") })
}

/// A row of the customer that says all that can be said.
fn talkative(stage: &Stage, key: u128) -> Row {
    let mut row = row(stage.place, key, CUSTOMER);
    row.state.merchant_extension = secret();
    let record: &mut Record = &mut row.state.record;
    record.activation_code = Some(SECRET.into());
    record.entitlement_display_name = Some(SECRET.into());
    record.extension_data = secret();
    record.notification_url = Some(format!("https://receiver.example/{SECRET}"));
    record.external_entitlement_id = Some(SECRET.into());
    record.merchant_entitlement_id = SECRET.into();
    record.finance_data = secret();
    row
}

/// The change that ends a row; `row` becomes what is stored after it.
fn end(row: &mut Row) -> Change {
    row.revision += 1;
    row.last_event += 1;
    row.slot = None;
    row.state.version += 1;
    row.state.last_event_at = START.plus_s(1);
    let record: &mut Record = &mut row.state.record;
    record.status = Status::Revoked;
    record.date_ended = Some(START.plus_s(1));
    record.date_last_updated = START.plus_s(1);
    let hold = Some(Hold { since: START, reason: told() });
    let sets = vec![
        Set::Hold(Party::Hub, hold),
        Set::Holds(entitlement::Holds::default()),
        Set::Status(Status::Revoked),
        Set::DateEnded(Some(START.plus_s(1))),
        Set::ExtensionData(record.extension_data.clone()),
        Set::MerchantExtension(row.state.merchant_extension.clone()),
    ];
    let mut ended = event(row.state.version, row.state.last_event_at, EventKind::Revoked, sets);
    ended.reason = told();
    let change = Change { events: vec![ended], ..touch(row) };
    Change { request: Some(format!("r-{SECRET}")), ..change }
}

/// One that was made, told of in vain, and ended.
async fn ended(stage: &Stage, key: u128) -> Row {
    let mut row = talkative(stage, key);
    let at = stage.store.clock_offset_ms() + START.0;
    stage.done(noticed(claimed(create(row.clone()), &format!("made-{key}")), 0)).await;
    stage.done(end(&mut row)).await;
    let works = stage.store.claim_lanes(entitlement::Moment(at), 0, 10, 10).await.unwrap();
    let failed = |work: &store::LaneWork| LaneResult {
        key: work.key,
        target: work.target,
        fence: work.fence,
        sequence: work.notification.sequence,
        outcome: LaneOutcome::Dead,
        status: None,
        error: Some(format!("no {SECRET}")),
        at: START.plus_s(2),
    };
    stage.store.settle_lanes(works.iter().map(failed).collect()).await.unwrap();
    row
}

fn literal(body: &str) -> Option<SavedAnswer> {
    Some(SavedAnswer::Literal { http: 409, body: body.into() })
}

pub async fn an_erasure_leaves_no_byte_of_the_customer_in_any_table(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = ended(&stage, 1).await;
    let with = |identity: &str, answer| Claim { key: Some(row.key), ..claim(identity, answer) };
    let parameters = Some(format!("{{\"url\":\"https://{SECRET}\"}}"));
    let record = Some(SavedAnswer::Record { http: 202, form: 1, code: 1, version: 1, parameters });
    for one in [with("asked", record), with("refused", literal(SECRET)), with("waits", None)] {
        stage.done(only_claim(stage.place.account, ClaimChange::Insert(one))).await;
    }
    let before = factory.everything().await;
    assert!(before.matches(SECRET).count() > 15, "{before}");
    assert!(before.contains("Änne"));
    let rewritten =
        |identity: &str, answer| RewrittenClaim { identity: self::identity(identity), fingerprint: [9; 16], answer };
    let claims = vec![
        rewritten("made-1", None),
        rewritten("waits", Some(answer(1))),
        rewritten("asked", Some(answer(1))),
        rewritten("refused", literal("{}")),
        rewritten("unknown", literal("{}")),
    ];
    let entitlements = vec![erased(&stage, row.key).await];
    let all = Rewriting { claims, entry: Some(entry()), ..rewriting(&stage, entitlements.clone()) };
    assert_eq!(stage.store.rewrite(all).await, Ok(RewritingDone::Done));
    let after = factory.everything().await;
    for gone in [SECRET, "Änne", "\u{0}c4nne", "Mal"] {
        assert!(!after.contains(gone), "{gone} in {after}");
    }
    assert_eq!(stage.row(row.key).await.unwrap(), entitlements[0].row);
    for (identity, expected) in
        [("made-1", Some(answer(1))), ("asked", Some(answer(1))), ("refused", literal("{}")), ("waits", None)]
    {
        let claim = stage.claim(identity).await.unwrap();
        assert_eq!((claim.answer, claim.fingerprint), (expected, [9; 16]), "{identity}");
    }
    assert_eq!(stage.claim("unknown").await, None);
    assert_eq!(stage.store.audit(0, 10).await.unwrap().len(), 1);
}

pub async fn a_rewriting_gives_out_no_position_version_or_number(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let row = ended(&stage, 1).await;
    stage.done(create(self::row(stage.place, 2, "bert"))).await;
    let counted = async || {
        let feed = stage.feed(stage.place.account).await;
        let places: Vec<_> = feed.iter().map(|(key, stored)| (*key, stored.position, stored.sequence)).collect();
        let told = stage.store.notifications(stage.place.account, None, None, 10).await.unwrap();
        let told: Vec<_> = told.into_iter().map(|one| (one.id(), one.state, one.version, one.attempts)).collect();
        (places, told, stage.store.feed_head(stage.place.account).await)
    };
    let before = counted().await;
    let one = erased(&stage, row.key).await;
    assert_eq!(stage.store.rewrite(rewriting(&stage, vec![one])).await, Ok(RewritingDone::Done));
    assert_eq!(counted().await, before);
    let found = stage.row(row.key).await.unwrap();
    assert_eq!((found.revision, found.state.version, found.slot), (row.revision + 1, row.state.version, None));
    let history = stage.store.history(row.key, None).await.unwrap();
    assert_eq!(fold(history.iter().map(|stored| &stored.event)), Some(found.state));
    assert_eq!(history[1].event.reason, Some(Reason::of("CUSTOMER_CANCELLED", "OTHER")));
    assert_eq!(stage.row(EntitlementKey(2)).await, Some(self::row(stage.place, 2, "bert")), "others stay");
}

pub async fn what_has_changed_or_gone_is_not_written_over(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let (first, mut second) = (ended(&stage, 1).await, ended(&stage, 2).await);
    let both = vec![erased(&stage, first.key).await, erased(&stage, second.key).await];
    second.revision += 1;
    stage.done(touch(&second)).await;
    let claims = vec![RewrittenClaim { identity: identity("made-1"), fingerprint: [9; 16], answer: None }];
    let stale = Rewriting { claims, entry: Some(entry()), ..rewriting(&stage, both) };
    assert_eq!(stage.store.rewrite(stale).await, Ok(RewritingDone::ChangedMeanwhile));
    assert_eq!(stage.row(first.key).await, Some(first.clone()));
    assert_eq!(stage.row(second.key).await, Some(second));
    assert_eq!(stage.claim("made-1").await.unwrap().fingerprint, [7; 16]);
    assert_eq!(stage.store.audit_head().await, Ok(0));
    let mut gone = erased(&stage, first.key).await;
    gone.row.key = EntitlementKey(99);
    assert_eq!(stage.store.rewrite(rewriting(&stage, vec![gone])).await, Ok(RewritingDone::ChangedMeanwhile));
}

pub async fn nothing_is_written_over_while_the_customer_has_an_open_one(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let old = ended(&stage, 1).await;
    let one = erased(&stage, old.key).await;
    let mut open = row(stage.place, 2, CUSTOMER);
    stage.done(create(open.clone())).await;
    assert_eq!(stage.store.rewrite(rewriting(&stage, vec![one.clone()])).await, Ok(RewritingDone::Open));
    assert_eq!(stage.row(old.key).await, Some(old));
    stage.done(end(&mut open)).await;
    assert_eq!(stage.store.rewrite(rewriting(&stage, vec![one])).await, Ok(RewritingDone::Done));
    // The slot is as free as before, for whoever comes under that name, and under the token.
    stage.done(create(row(stage.place, 3, CUSTOMER))).await;
    stage.done(create(row(stage.place, 4, TOKEN))).await;
    assert!(matches!(stage.store.commit(create(row(stage.place, 5, CUSTOMER))).await, Ok(Committed::Conflict(_))));
}

pub async fn a_create_that_races_an_erasure_is_whole_and_so_is_what_was_there(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for round in 0..20_u128 {
        let old = ended(&stage, 1_000 + round * 10).await;
        let one = erased(&stage, old.key).await;
        let new = row(stage.place, 1_001 + round * 10, CUSTOMER);
        let (store, made) = (Arc::clone(&stage.store), create(new.clone()));
        let creating = tokio::spawn(async move { store.commit(made).await });
        let done = stage.store.rewrite(rewriting(&stage, vec![one.clone()])).await.unwrap();
        assert_eq!(creating.await.unwrap(), Ok(Committed::Done));
        let expected = if done == RewritingDone::Done { one.row } else { old.clone() };
        assert_eq!(stage.row(old.key).await, Some(expected), "{done:?}");
        let mut new = stage.row(new.key).await.unwrap();
        assert_eq!((new.state.record.customer_identifier.as_str(), new.slot), (CUSTOMER, Some(1)));
        stage.done(end(&mut new)).await;
        for stored in [old.key, new.key] {
            let row = stage.row(stored).await.unwrap();
            let history = stage.store.history(stored, None).await.unwrap();
            assert_eq!(fold(history.iter().map(|stored| &stored.event)), Some(row.state));
        }
    }
}

pub async fn a_customers_entitlements_come_by_key_whatever_their_state(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    ended(&stage, 3).await;
    ended(&stage, 1).await;
    let mut unborn = row(stage.place, 2, CUSTOMER);
    unborn.state.unborn = true;
    stage.done(create(unborn)).await;
    stage.done(create(row(stage.place, 4, "anne"))).await;
    let elsewhere = super::place(stage.store.as_ref(), "acme", true).await;
    stage.done(create(row(elsewhere, 5, CUSTOMER))).await;
    let of = async |after: Option<u128>, limit| {
        let after = after.map(EntitlementKey);
        let rows = stage.store.of_customer(stage.place.account, CUSTOMER.into(), after, limit).await.unwrap();
        rows.into_iter().map(|row| row.key.0).collect::<Vec<_>>()
    };
    assert_eq!(of(None, 10).await, [1, 2, 3]);
    assert_eq!(of(None, 2).await, [1, 2]);
    assert_eq!(of(Some(2), 2).await, [3]);
    assert_eq!(of(Some(3), 2).await, [0_u128; 0]);
}

pub async fn histories_that_name_a_customer_are_found_and_rewritten(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    stage.done(create(row(stage.place, 1, "bert"))).await;
    let mut moved = row(stage.place, 2, CUSTOMER);
    stage.done(create(moved.clone())).await;
    for (customer, version) in [("carl", 2), (CUSTOMER, 3), ("dora", 4)] {
        moved.revision += 1;
        moved.last_event += 1;
        moved.state.version = version;
        moved.state.record.customer_identifier = customer.into();
        let sets = vec![Set::CustomerIdentifier(customer.into())];
        let events = vec![event(version, START, EventKind::DetailsUpdated, sets)];
        stage.done(Change { events, ..touch(&moved) }).await;
    }
    let naming = async |customer: &str, after, limit| {
        stage.store.naming_customer(stage.place.account, customer.into(), after, limit).await.unwrap()
    };
    assert_eq!(naming(CUSTOMER, i64::MIN, 100).await.keys, [moved.key]);
    assert_eq!(naming("Änne", i64::MIN, 100).await.keys, []);
    let page = naming(CUSTOMER, i64::MIN, 1).await;
    assert_eq!((page.keys, page.last), (vec![], Some(1)));
    let page = naming(CUSTOMER, 1, 2).await;
    assert_eq!((page.keys, page.last), (vec![moved.key], Some(3)));
    assert_eq!(naming(CUSTOMER, 4, 2).await, store::NamingPage::default());
    let mut events = stage.store.history(moved.key, None).await.unwrap();
    events.retain_mut(|stored| {
        let renamed = renamed_event(&stored.event, CUSTOMER, TOKEN);
        renamed != std::mem::replace(&mut stored.event, renamed.clone())
    });
    assert_eq!(events.iter().map(|stored| stored.sequence).collect::<Vec<_>>(), [1, 3]);
    let next = Row { revision: moved.revision + 1, ..moved.clone() };
    let one = Rewritten { row: next, events, forgets_errors: false };
    let all = Rewriting { none_open_of: None, ..rewriting(&stage, vec![one]) };
    assert_eq!(stage.store.rewrite(all).await, Ok(RewritingDone::Done));
    assert_eq!(naming(CUSTOMER, i64::MIN, 100).await.keys, []);
    assert_eq!(naming("carl", i64::MIN, 100).await.keys, [moved.key], "the others are named as before");
    assert_eq!(stage.row(moved.key).await.unwrap().slot, Some(1));
}

pub async fn request_identities_of_entitlements_are_found_part_by_part(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    for key in 1..=3_u128 {
        stage.done(claimed(create(row(stage.place, key, &format!("c{key}"))), &format!("made-{key}"))).await;
    }
    let refused = Claim { key: Some(EntitlementKey(2)), ..claim("refused", literal("no")) };
    stage.done(only_claim(stage.place.account, ClaimChange::Insert(refused))).await;
    let wanted = vec![EntitlementKey(2), EntitlementKey(3)];
    let (mut after, mut found, mut parts) = (0, Vec::new(), 0);
    loop {
        let page = stage.store.claims_of(stage.place.account, wanted.clone(), after, 2).await.unwrap();
        found.extend(page.claims.into_iter().map(|one| (one.identity.as_str().to_owned(), one.key, one.answer)));
        parts += 1;
        match page.last {
            Some(last) => after = last,
            None => break,
        }
    }
    let of = |identity: &str, key, answer| (identity.to_owned(), Some(EntitlementKey(key)), answer);
    let expected =
        [of("made-2", 2, Some(answer(1))), of("made-3", 3, Some(answer(1))), of("refused", 2, literal("no"))];
    assert_eq!((found.as_slice(), parts), (&expected[..], 3));
    let elsewhere = super::place(stage.store.as_ref(), "acme", true).await;
    let page = stage.store.claims_of(elsewhere.account, wanted, 0, 10).await.unwrap();
    assert_eq!(page, store::ClaimsPage::default());
}

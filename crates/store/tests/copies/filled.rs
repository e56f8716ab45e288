//! A store with something of everything: what a copy may forget.

use crate::places::Own;
use crate::samples::{self, Place, START, claim, claimed, create, noticed, only_claim, rename, row, with_own_id};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, OperationId, TargetId};
use std::sync::Arc;
use store::{
    Act, AuditEntry, Callback, Change, ClaimChange, ClosedOperation, Committed, CredentialRow, LaneOutcome, LaneResult,
    NewCallback, Rewriting, RewritingDone, Rewritten, RewrittenClaim, SavedAnswer, Store,
};
use tokio::task::JoinSet;

/// Entitlements of the test account.
pub const ENTITLEMENTS: u128 = 40;

/// Whose they are: of the one in test mode, of the other live.
pub const RESELLERS: [&str; 2] = ["acme", "Ünïcode & söns"];

/// Who is in it.
#[derive(Debug, Clone, Copy)]
pub struct Filled {
    pub test: Place,
    pub live: Place,
    /// Somebody works on a lane of this one.
    pub leased: EntitlementKey,
}

/// Fills a place and closes it.
pub async fn fill(own: &Own) -> Filled {
    let store = own.open().await.unwrap();
    let test = place(store.as_ref(), RESELLERS[0], false).await;
    let live = place(store.as_ref(), RESELLERS[1], true).await;
    let mut all = JoinSet::new();
    for key in 1..=ENTITLEMENTS {
        let store = Arc::clone(&store);
        all.spawn(async move { entitlement(&store, if key % 3 == 0 { live } else { test }, key).await });
    }
    all.join_all().await;
    waiting(store.as_ref(), test).await;
    rewritten(store.as_ref(), test).await;
    callbacks(store.as_ref(), test).await;
    let leased = deliver(store.as_ref()).await;
    operators(store.as_ref(), test.account).await;
    store.put_setting("kind", b"hub".to_vec()).await.unwrap();
    store.set_clock_offset(3_600_000).await.unwrap();
    store.close().await.unwrap();
    Filled { test, live, leased }
}

async fn place(store: &dyn Store, organisation: &str, live: bool) -> Place {
    let account = store.account(organisation.into(), live).await.unwrap();
    Place { account, route: store.route(account, "BANGO".into()).await.unwrap() }
}

pub async fn done(store: &dyn Store, change: Change) {
    assert_eq!(store.commit(change).await, Ok(Committed::Done));
}

/// Created under an identity, told of, renamed; some under an own id.
async fn entitlement(store: &Arc<dyn Store>, place: Place, key: u128) {
    // Keys that do not ascend as they are made, over the whole width.
    let mut made =
        row(place, key.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835), &format!("c{key} \u{1f3b5}"));
    if key.is_multiple_of(4) {
        made = with_own_id(made, &format!("own-{key}"));
    }
    made.due_at = key.is_multiple_of(5).then(|| START.plus_s(60));
    done(store.as_ref(), noticed(claimed(create(made.clone()), &format!("create-{key}")), (key % 2) as u32)).await;
    let change = rename(&mut made, "after a change", START.plus_ms(5));
    done(store.as_ref(), noticed(claimed(change, &format!("rename-{key}")), 0)).await;
}

/// A refusal kept as text, and an identity that waits for its operation.
async fn waiting(store: &dyn Store, place: Place) {
    let body = SavedAnswer::Literal { http: 400, body: "{\"no\":\"\u{e9}\"}".into() };
    done(store, only_claim(place.account, ClaimChange::Insert(claim("refused", Some(body))))).await;
    let waits = store::Claim { operation: Some(OperationId(77)), ..claim("waits", None) };
    done(store, only_claim(place.account, ClaimChange::Insert(waits))).await;
}

/// A customer whose history and answers were written anew: one with another text, one without any.
async fn rewritten(store: &dyn Store, place: Place) {
    let parameters = Some("{\"url\":\"https://here\"}".to_owned());
    let asked = SavedAnswer::Record { http: 202, form: 1, code: 1, version: 1, parameters };
    let body = SavedAnswer::Literal { http: 409, body: "{\"no\":\"he\"}".into() };
    for (identity, answer) in [("asked", asked), ("told", body)] {
        done(store, only_claim(place.account, ClaimChange::Insert(claim(identity, Some(answer))))).await;
    }
    let found = store.of_customer(place.account, "c1 \u{1f3b5}".into(), None, 10).await.unwrap();
    let mut entitlements = Vec::new();
    for mut row in found {
        let mut events = store.history(row.key, None).await.unwrap();
        events.iter_mut().for_each(|stored| stored.request = None);
        row.revision += 1;
        entitlements.push(Rewritten { row, events, forgets_errors: true });
    }
    assert_eq!(entitlements.len(), 1);
    let none = SavedAnswer::Literal { http: 409, body: "{}".into() };
    let claims = [("asked", samples::answer(1)), ("told", none)].map(|(identity, answer)| RewrittenClaim {
        identity: samples::identity(identity),
        fingerprint: [9; 16],
        answer: Some(answer),
    });
    let rewriting =
        Rewriting { account: place.account, none_open_of: None, entitlements, claims: claims.into(), entry: None };
    assert_eq!(store.rewrite(rewriting).await, Ok(RewritingDone::Done));
}

/// Promised calls, the last of which was made already: its number is not given again.
async fn callbacks(store: &dyn Store, place: Place) {
    let mut made = row(place, 9_001, "calls");
    let callback = |at: i64| NewCallback { key: made.key, at: Moment(START.0 + at), says: "{\"x\":1}".into() };
    let closed = ClosedOperation {
        id: OperationId(5),
        key: made.key,
        kind: "create".into(),
        outcome: "done".into(),
        opened_at: START,
        closed_at: START.plus_s(1),
    };
    let callbacks = vec![callback(50), callback(60), callback(70)];
    done(store, Change { callbacks, closed: Some(closed), ..create(made.clone()) }).await;
    let due = store.callbacks_due(START.plus_s(1), 9).await.unwrap();
    let last: &Callback = due.last().unwrap();
    let change = rename(&mut made, "called", START.plus_ms(70));
    done(store, Change { callback_done: Some(last.id), ..change }).await;
}

/// Some delivered, some failed, one dead, one that somebody works on.
async fn deliver(store: &dyn Store) -> EntitlementKey {
    let works = store.claim_lanes(START.plus_s(9), START.0, 60_000, 12).await.unwrap();
    let results = works.iter().enumerate().skip(1).map(|(at, work)| LaneResult {
        key: work.row.key,
        target: TargetId(work.notification.target.0),
        fence: work.fence,
        sequence: work.notification.sequence,
        outcome: match at % 3 {
            0 => LaneOutcome::Delivered,
            1 => LaneOutcome::Retry(START.plus_s(90)),
            _ => LaneOutcome::Dead,
        },
        status: (at % 3 != 1).then_some(200),
        error: (at % 3 == 1).then(|| "no answer".into()),
        at: START.plus_s(9),
    });
    store.settle_lanes(results.collect()).await.unwrap();
    works[0].row.key
}

async fn operators(store: &dyn Store, account: AccountId) {
    let entry = |act: &str| AuditEntry {
        at: START,
        who: "anna (uid 0)".into(),
        act: act.into(),
        subject: "acme-test".into(),
        before: None,
        after: Some("now".into()),
        note: Some("because".into()),
    };
    let after = CredentialRow {
        user: "acme-test".into(),
        account,
        password_hash: "hash".into(),
        old_password: Some(("old".into(), START)),
        revoked_at: None,
    };
    let acts = [
        Act::Credential { before: None, after },
        Act::Catalog { before: 0, document: "a = 1\n".into() },
        Act::Catalog { before: 1, document: "a = 2\n".into() },
        Act::Secret { name: "out".into(), sealed: Some(vec![0, 1, 2, 255]) },
    ];
    for act in acts {
        store.administer(vec![act], entry("something.done")).await.unwrap();
    }
}

/// The key that [`entitlement`] gives.
pub fn key(number: u128) -> EntitlementKey {
    EntitlementKey(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

pub use samples::identity;

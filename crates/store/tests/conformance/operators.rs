//! What operators change, and the audit of it.

use super::samples::{START, create, noticed, row, touch};
use super::{Factory, Stage};
use ids::AccountId;
use store::{Act, Administered, AuditChain, AuditEntry, CredentialRow, ProductUse, Store, StoreError, Uses};

fn entry(act: &str, subject: &str) -> AuditEntry {
    AuditEntry {
        at: START,
        who: "anna (uid 0)".into(),
        act: act.into(),
        subject: subject.into(),
        before: None,
        after: Some("new".into()),
        note: Some("why not".into()),
    }
}

fn catalog(before: u32, document: &str) -> Act {
    Act::Catalog { before, document: document.into() }
}

fn credential(account: AccountId, hash: &str) -> CredentialRow {
    let user = "acme-1".to_owned();
    CredentialRow { user, account, password_hash: hash.into(), old_password: None, revoked_at: None }
}

async fn administer(store: &dyn Store, acts: Vec<Act>, subject: &str) -> Result<Administered, StoreError> {
    store.administer(acts, entry("catalog.apply", subject)).await
}

pub async fn catalogs_are_numbered_and_kept(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let store = stage.store.as_ref();
    assert_eq!(store.catalog().await, Ok(None));
    assert_eq!(administer(store, vec![catalog(0, "one")], "1").await, Ok(Administered::Done(1)));
    assert_eq!(administer(store, vec![catalog(1, "two")], "2").await, Ok(Administered::Done(2)));
    assert_eq!(store.catalog().await, Ok(Some((2, "two".into()))));
    let kept = store.catalog_versions(10).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|one| (one.version, one.at, one.document.as_str())).collect();
    assert_eq!(kept, [(2, START, "two"), (1, START, "one")]);
    assert_eq!(store.catalog_version(1).await.unwrap().unwrap().document, "one");
    assert_eq!(store.catalog_version(3).await, Ok(None));
}

pub async fn acts_that_expect_something_else_change_nothing(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let (store, account) = (stage.store.as_ref(), stage.place.account);
    let first = Act::Credential { before: None, after: credential(account, "one") };
    assert_eq!(administer(store, vec![first.clone()], "1").await, Ok(Administered::Done(1)));
    let secret = Act::Secret { name: "hook".into(), sealed: Some(vec![1, 2]) };
    let stale = Act::Credential { before: Some(credential(account, "none")), after: credential(account, "two") };
    for acts in [vec![secret.clone(), first], vec![secret.clone(), stale], vec![secret.clone(), catalog(7, "x")]] {
        assert_eq!(administer(store, acts, "2").await, Ok(Administered::ChangedMeanwhile));
    }
    assert_eq!(store.secrets().await, Ok(Vec::new()));
    assert_eq!(store.audit_head().await, Ok(1));
    assert_eq!(store.audit(0, 10).await.unwrap().len(), 1);
    let fresh = Act::Credential { before: Some(credential(account, "one")), after: credential(account, "two") };
    assert_eq!(administer(store, vec![fresh, secret], "2").await, Ok(Administered::Done(2)));
    assert_eq!(store.credentials().await, Ok(vec![credential(account, "two")]));
}

pub async fn a_new_secret_is_made_once(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let store = stage.store.as_ref();
    let new = |sealed| vec![Act::NewSecret { name: "hub/x".into(), sealed }];
    assert_eq!(administer(store, new(vec![1]), "one").await, Ok(Administered::Done(1)));
    assert_eq!(administer(store, new(vec![2]), "two").await, Ok(Administered::ChangedMeanwhile));
    assert_eq!(store.secrets().await.unwrap()[0].sealed, [1]);
}

pub async fn secrets_are_replaced_and_removed(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let store = stage.store.as_ref();
    for sealed in [Some(vec![1]), Some(vec![2]), None] {
        let act = Act::Secret { name: "hook".into(), sealed: sealed.clone() };
        administer(store, vec![act], "hook").await.unwrap();
        let kept: Vec<_> = store.secrets().await.unwrap().into_iter().map(|one| (one.name, one.sealed)).collect();
        assert_eq!(kept, sealed.map(|sealed| ("hook".to_owned(), sealed)).into_iter().collect::<Vec<_>>());
    }
}

pub async fn the_audit_is_one_chain_over_acts_and_changes(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let store = stage.store.as_ref();
    administer(store, Vec::new(), "nothing but the note").await.unwrap();
    let entitlement = row(stage.place, 1, "anna");
    stage.done(create(entitlement.clone())).await;
    let audited = |subject: &str| {
        let audit = Some(Box::new(entry("entitlement.hold", subject)));
        store::Change { audit, ..touch(&store::Row { revision: 2, ..entitlement.clone() }) }
    };
    stage.done(audited("held")).await;
    let conflict = store.commit(audited("held again")).await.unwrap();
    assert!(matches!(conflict, store::Committed::Conflict(_)), "{conflict:?}");
    administer(store, Vec::new(), "the last").await.unwrap();
    let records = store.audit(0, 10).await.unwrap();
    let subjects: Vec<&str> = records.iter().map(|record| record.entry.subject.as_str()).collect();
    assert_eq!(subjects, ["nothing but the note", "held", "the last"]);
    let mut chain = AuditChain::default();
    records.iter().for_each(|record| chain.follow(record).unwrap());
    assert_eq!(store.audit(1, 1).await.unwrap(), records[1..2]);
    store.reset_test_data().await.unwrap();
    assert_eq!(store.audit(0, 10).await.unwrap(), records, "test data go, the audit stays");
}

pub async fn uses_count_what_is_open_and_undelivered(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let store = stage.store.as_ref();
    assert_eq!(store.uses().await, Ok(Uses::default()));
    stage.done(create(row(stage.place, 1, "anna"))).await;
    stage.done(noticed(create(row(stage.place, 2, "ben")), 0)).await;
    let mut ended = row(stage.place, 3, "cleo");
    ended.slot = None;
    stage.done(create(ended.clone())).await;
    let used = |product: &str, count| ProductUse {
        account: stage.place.account,
        route: stage.place.route,
        merchant_account_key: "BANGO".into(),
        product: product.into(),
        offer: ended.state.record.offer_key.clone(),
        count,
    };
    let open = vec![used(&ended.state.record.product_key, 2)];
    assert_eq!(store.uses().await, Ok(Uses { open, undelivered: vec![used(&ended.state.record.product_key, 1)] }));
}

//! Reports.

use super::samples::{START, create, row, touch, with_own_id};
use super::{Factory, Stage, place};
use entitlement::{Moment, Status};
use ids::EntitlementKey;
use store::{Report, Row};

fn all() -> Report {
    Report { limit: 1_000, ..Report::default() }
}

async fn keys(stage: &Stage, report: Report) -> Vec<u128> {
    let rows = stage.store.report(stage.place.account, report).await.unwrap();
    rows.into_iter().map(|row| row.key.0).collect()
}

async fn put(stage: &Stage, key: u128, change: impl FnOnce(&mut Row)) {
    let mut row = row(stage.place, key, &format!("c{key}"));
    change(&mut row);
    stage.done(create(row)).await;
}

pub async fn pages_come_by_creation_and_id(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let uuid = |key| EntitlementKey(key).to_string();
    let mut expected: Vec<(Moment, String)> = Vec::new();
    for key in 1..=60_u128 {
        let at = START.plus_s(i64::try_from(key % 3).unwrap());
        let mut row = row(stage.place, (61 - key) << 70, &format!("c{key}"));
        row.state.record.date_created = at;
        let row = if key % 4 == 0 { with_own_id(row, &format!("0000{key}-own")) } else { row };
        expected.push((at, row.state.record.entitlement_id.clone()));
        stage.done(create(row)).await;
    }
    expected.sort();
    assert!(expected.contains(&(START.plus_s(1), uuid(60 << 70))));
    for limit in [1, 7, 60] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = stage.store.report(stage.place.account, Report { limit, after, ..all() }).await.unwrap();
            found.extend(
                page.iter().map(|row| (row.state.record.date_created, row.state.record.entitlement_id.clone())),
            );
            if page.len() < limit {
                break;
            }
            after = found.last().cloned();
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
}

pub async fn every_filter_narrows(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let store = stage.store.as_ref();
    let us = store.route(stage.place.account, "BANGO_US".into()).await.unwrap();
    put(&stage, 1, |_| {}).await;
    put(&stage, 2, |row| {
        row.route = us;
        row.state.record.merchant_account_key = "BANGO_US".into();
        row.state.record.offer_key = Some("TRIAL".into());
        row.state.record.date_last_updated = START.plus_s(50);
    })
    .await;
    put(&stage, 3, |row| {
        row.state.record.product_key = "VIDEO".into();
        row.state.record.external_entitlement_id = Some("ext".into());
        row.state.record.status = Status::Cancelled;
        row.state.record.date_created = START.plus_s(10);
        row.slot = None;
    })
    .await;
    put(&stage, 4, |row| {
        *row = with_own_id(row.clone(), "mine");
        row.state.record.status = Status::Failed;
        row.state.record.external_entitlement_id = Some("ext".into());
        row.state.record.date_created = START.plus_s(20);
        row.state.record.customer_identifier = "c1".into();
        row.slot = Some(2);
    })
    .await;
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        (all(), vec![1, 2, 3, 4]),
        (Report { customer_identifier: text("c1"), ..all() }, vec![1, 4]),
        (Report { entitlement_id: text("mine"), ..all() }, vec![4]),
        (Report { entitlement_id: text(&EntitlementKey(1).to_string()), ..all() }, vec![1]),
        (Report { entitlement_id: text(&EntitlementKey(4).to_string()), ..all() }, vec![]),
        (Report { entitlement_id: text("mine"), customer_identifier: text("c9"), ..all() }, vec![]),
        (Report { external_entitlement_id: text("ext"), ..all() }, vec![3, 4]),
        (Report { external_entitlement_id: text("ext"), product_key: text("VIDEO"), ..all() }, vec![3]),
        (Report { merchant_account_key: text("BANGO_US"), ..all() }, vec![2]),
        (Report { product_key: text("MUSIC"), ..all() }, vec![1, 2, 4]),
        (Report { offer_key: text("TRIAL"), ..all() }, vec![2]),
        (Report { status: vec![Status::Failed, Status::Cancelled], ..all() }, vec![3, 4]),
        (Report { updated_since: Some(START.plus_s(50)), ..all() }, vec![2]),
        (Report { created_from: Some(START.plus_s(10)), ..all() }, vec![3, 4]),
        (Report { created_to: Some(START.plus_s(10)), ..all() }, vec![1, 2]),
        (Report { created_from: Some(START.plus_s(10)), created_to: Some(START.plus_s(20)), ..all() }, vec![3]),
        (Report { after: Some((START.plus_s(10), EntitlementKey(3).to_string())), ..all() }, vec![4]),
        (Report { customer_identifier: text("C1"), ..all() }, vec![]),
    ];
    for (report, expected) in cases {
        assert_eq!(keys(&stage, report.clone()).await, expected, "{report:?}");
    }
}

pub async fn the_unborn_are_not_reported(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    put(&stage, 1, |row| row.state.unborn = true).await;
    assert!(keys(&stage, all()).await.is_empty());
    let mut row = stage.row(EntitlementKey(1)).await.unwrap();
    row.state.unborn = false;
    row.revision = 2;
    stage.done(touch(&row)).await;
    assert_eq!(keys(&stage, all()).await, [1]);
}

pub async fn accounts_do_not_mix(factory: &dyn Factory) {
    let stage = Stage::open(factory).await;
    let live = place(stage.store.as_ref(), "acme", true).await;
    put(&stage, 1, |_| {}).await;
    stage.done(create(row(live, 2, "c1"))).await;
    assert_eq!(keys(&stage, all()).await, [1]);
    let theirs = stage.store.report(live.account, Report { customer_identifier: Some("c1".into()), ..all() }).await;
    assert_eq!(theirs.unwrap()[0].key.0, 2);
}

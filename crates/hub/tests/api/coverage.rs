//! Every operation of the OpenAPI document: that it works, how it is refused, that it wants a
//! credential, and what a repeat of it gets. An operation without its row fails, and so does a row
//! without operation. Not here: every case of an operation (the other files), every rule (`provoked`).

mod rows;

use crate::harness::{Answer, Call, TestHub, contract};
use rows::{ROWS, Refused, Row};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn every_operation_has_its_row_and_every_row_its_operation() {
    let listed: Vec<&str> = contract::operations().map(|(id, _)| id).collect();
    let covered: Vec<&str> = ROWS.iter().map(|row| row.id).collect();
    let [listed_once, covered_once] = [&listed, &covered].map(|ids| ids.iter().collect::<BTreeSet<_>>());
    assert_eq!(covered_once, listed_once);
    assert_eq!(covered.len(), covered_once.len(), "a row stands twice");
}

#[tokio::test]
async fn every_operation_works_is_refused_wants_a_credential_and_can_be_repeated() {
    for row in ROWS {
        let (_, operation) = contract::operations().find(|(id, _)| *id == row.id).unwrap();
        let hub = TestHub::start().await;
        let call = (row.call)(&hub).await;
        unauthorised(row, operation, &call).await;
        works_and_repeats(row, operation, call).await;
        hub.finish().await;
        if let Refused::By(refused, status, rule) = row.refused {
            let hub = TestHub::start().await;
            let answer = refused(&hub).await.send().await;
            assert_eq!((answer.status, &answer["error"]["rule"]), (status, &Value::from(rule)), "{}: {answer}", row.id);
            hub.finish().await;
        }
    }
}

/// Without a credential nothing happens, but for what wants none.
async fn unauthorised(row: &Row, operation: &Value, call: &Call<'_>) {
    let answer = call.clone().anonymous().send().await;
    if operation["security"].as_array().is_some_and(Vec::is_empty) {
        assert_eq!(answer.status, 200, "{} wants no credential: {answer}", row.id);
    } else {
        assert_eq!((answer.status, &answer["error"]["rule"]), (401, &"unauthorized".into()), "{}: {answer}", row.id);
    }
}

/// A write under an identity gets its first answer again, byte for byte; anything else says the
/// same twice, since nothing happens in between.
async fn works_and_repeats(row: &Row, operation: &Value, call: Call<'_>) {
    let is_write = takes(operation, "IdempotencyKey");
    let call = if is_write { call.identity("cover-1") } else { call };
    let first = call.send().await;
    assert_eq!(first.status < 300, has_success(operation), "{}: {first}", row.id);
    let second = call.send().await;
    let said = |answer: &Answer| (answer.status, answer.body.clone(), answer.header("etag").map(str::to_owned));
    assert_eq!(said(&second), said(&first), "{}", row.id);
    let replayed = second.header("idempotent-replayed") == Some("true");
    assert_eq!(replayed, is_write && has_success(operation), "{}: {second}", row.id);
}

fn takes(operation: &Value, parameter: &str) -> bool {
    let reference = format!("#/components/parameters/{parameter}");
    operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["$ref"] == reference.as_str()))
}

fn has_success(operation: &Value) -> bool {
    operation["responses"].as_object().unwrap().keys().any(|status| status.starts_with('2'))
}

//! Every rule that the hub can answer with, provoked: one row a rule, from a fresh hub, over real
//! HTTP. The pages in `docs/errors` are checked against what came, and their examples are made of
//! it. Not here: every case of a rule (the other files), bodies without a hub (`wire`).

mod example;
mod fields;
mod headers;
mod hub_fails;
mod json;
mod lives;
mod merchants;
mod page;
mod row;
mod sandbox;
mod senders;
mod sold;
mod updates;

use crate::harness::Setup;
use page::Page;
use row::{Provoked, Row};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use wire::ResponseCode;

/// Rows that need nothing special share one hub, one after the other, emptied in between.
fn shared() -> Vec<Row> {
    [json::ROWS, fields::ROWS, updates::ROWS, headers::ROWS, sold::ROWS, lives::ROWS, sandbox::ROWS].concat()
}

/// Rows with a hub of their own run side by side: some wait for ten seconds.
fn alone() -> Vec<Row> {
    [senders::ROWS, merchants::ROWS, hub_fails::ROWS, lives::ALONE].concat()
}

/// What came of every row, made once for all tests.
async fn provoked() -> &'static BTreeMap<&'static str, Provoked> {
    static PROVOKED: OnceCell<BTreeMap<&'static str, Provoked>> = OnceCell::const_new();
    PROVOKED.get_or_init(provoke_all).await
}

async fn provoke_all() -> BTreeMap<&'static str, Provoked> {
    let mut running = JoinSet::new();
    for row in alone() {
        running.spawn(async move { (row.rule, tokio::spawn(row.provoke_alone()).await) });
    }
    let mut came = Vec::new();
    let plain = Arc::new(Setup::new().other("live-reseller", true).start().await);
    for row in shared() {
        came.push((row.rule, tokio::spawn(row.provoke_on(Arc::clone(&plain))).await));
        plain.post("/sandbox/v1/reset", &serde_json::json!({})).await.is(200, "OK");
    }
    came.extend(running.join_all().await);
    let failed: Vec<String> =
        came.iter().filter_map(|(rule, came)| Some(format!("{rule}: {}", came.as_ref().err()?))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    Arc::into_inner(plain).unwrap().finish().await;
    came.into_iter().map(|(rule, came)| (rule, came.unwrap())).collect()
}

#[test]
fn every_rule_has_one_row() {
    let mut rules: Vec<&str> = shared().iter().chain(&alone()).map(|row| row.rule).collect();
    rules.sort_unstable();
    assert_eq!(rules, hub::all_rules());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_rule_answers_as_the_documents_say() {
    let documented = page::statuses();
    for (rule, came) in provoked().await {
        let listed = documented.get(*rule).unwrap_or_else(|| panic!("{rule} is not in docs/API.md section 2.1"));
        let Some(answer) = came.answer() else {
            assert_eq!(came.rule_asked(), Some(*rule));
            continue;
        };
        let code = answer["responseCode"].as_str().unwrap();
        assert!(ResponseCode::ALL.iter().any(|known| known.as_str() == code), "{rule} {code}");
        answer.refused(listed.unwrap_or(answer.status), code, rule);
        assert!(!answer.text("responseMessage").is_empty(), "{rule}");
        assert!(answer["error"]["hint"].is_string(), "{rule} does not say what to do: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_rule_has_a_page_that_shows_what_the_hub_answers() {
    let mut wrong = Vec::new();
    for (rule, came) in provoked().await {
        wrong.extend(Page::read(rule).compared(came).err());
    }
    assert!(wrong.is_empty(), "UPDATE_GOLDEN=1 writes examples and status lines anew:\n{}", wrong.join("\n"));
    page::check_all();
}

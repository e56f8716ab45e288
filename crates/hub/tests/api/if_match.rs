//! If-Match and ETag: two writers never overwrite each other unseen.

use crate::harness::TestHub;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_write_goes_through_for_the_version_it_names_only() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let change = |at: u32| hub.updating(&id, &json!({ "externalEntitlementId": format!("e-{at}") }));
    for wrong in ["\"2\"", "W/\"1\"", "1", "\"01\"", "\"2\", \"3\"", ""] {
        let answer = change(1).if_match(wrong).send().await;
        answer.refused(412, "BAD_REQUEST", "version-mismatch").hints("\"1\"");
    }
    for (at, right) in [(1, "\"1\""), (2, "*"), (3, "\"7\" , \"3\""), (4, " \"4\" ")] {
        let answer = change(at).if_match(right).send().await;
        answer.shows(200, "ACTIVE");
        assert_eq!(answer.etag(), format!("\"{}\"", at + 1));
    }
    for end in ["cancel", "revoke"] {
        let call = || hub.call("POST", &format!("/v1/entitlement/{end}/{id}"));
        call().if_match("\"1\"").send().await.refused(412, "BAD_REQUEST", "version-mismatch");
        let current = hub.read(&id).await.etag();
        assert!(call().if_match(&current).send().await.status == 200);
    }
    hub.finish().await;
}

#[tokio::test]
async fn the_etag_counts_changes_of_the_record_and_nothing_else() {
    let hub = TestHub::start().await;
    let created = hub.create("anna", "MUSIC").await;
    let id = created.text("entitlementId");
    let etag = async || hub.read(&id).await.etag();
    assert_eq!(created.etag(), "\"1\"");
    hub.get(&format!("/v1/entitlement/{id}/activationInfo")).await.is(200, "OK");
    hub.create("anna", "MUSIC").await.shows(202, "PENDING");
    hub.cancel("nothing").await.is(404, "NOT_FOUND");
    hub.update(&id, &json!({ "productKey": "MUSIC_NO" })).await.is(409, "NOT_AVAILABLE");
    assert_eq!(etag().await, "\"1\"", "a fresh URL and refusals change nothing");
    hub.choose(&created.url(), "confirm").await;
    assert_eq!(etag().await, "\"2\"");
    hub.quiet().await;
    assert_eq!(etag().await, "\"2\"", "nor does a notification");
    hub.update(&id, &json!({ "productKey": "MUSIC_PREMIUM", "externalEntitlementId": "e" })).await;
    assert_eq!(etag().await, "\"3\"", "two events of one commit share a version");
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_writers_with_one_version_one_wins() {
    let hub = Arc::new(TestHub::start().await);
    let id = hub.created("anna", "MUSIC_NOW").await;
    let mut calls = JoinSet::new();
    for at in 0..8 {
        let (hub, id) = (Arc::clone(&hub), id.clone());
        calls.spawn(async move {
            let members = json!({ "extensionData": { format!("k{at}"): at } });
            hub.updating(&id, &members).if_match("\"1\"").send().await
        });
    }
    let answers = calls.join_all().await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(won, 1);
    assert!(answers.iter().all(|answer| [200, 412].contains(&answer.status)), "{answers:?}");
    let hub = Arc::into_inner(hub).unwrap();
    assert_eq!(hub.read(&id).await.etag(), "\"2\"");
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_without_a_version_are_all_applied() {
    let hub = Arc::new(TestHub::start().await);
    let id = hub.created("anna", "MUSIC_NOW").await;
    let mut calls = JoinSet::new();
    for at in 0..16 {
        let (hub, id) = (Arc::clone(&hub), id.clone());
        calls.spawn(async move {
            hub.update(&id, &json!({ "extensionData": { format!("k{at}"): at } })).await.shows(200, "ACTIVE").etag()
        });
    }
    let etags: HashSet<String> = calls.join_all().await.into_iter().collect();
    assert_eq!(etags.len(), 16, "each its own version");
    let hub = Arc::into_inner(hub).unwrap();
    let read = hub.read(&id).await;
    assert_eq!((read["extensionData"].as_object().unwrap().len(), read.etag().as_str()), (16, "\"17\""));
    hub.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_suspend_and_a_revoke_at_once_the_end_is_final() {
    let hub = Arc::new(TestHub::start().await);
    for at in 0..8 {
        let id = hub.created(&format!("c{at}"), "MUSIC_NOW").await;
        let members = json!({ "entitlementBenefits": "SUSPENDED" });
        let (suspended, revoked) = tokio::join!(hub.update(&id, &members), hub.revoke(&id));
        revoked.shows(200, "REVOKED");
        assert!([200, 409].contains(&suspended.status), "{suspended}");
        hub.read(&id).await.shows(200, "REVOKED");
    }
    Arc::into_inner(hub).unwrap().finish().await;
}

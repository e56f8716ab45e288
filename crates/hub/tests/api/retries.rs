//! Retries under the test clock: the schedule, Retry-After, dead letters, 410, redirects
//! (docs/API.md section 7).

use crate::harness::{Receiver, Reply, START, TestHub, create_body};
use hub::retry_delay_ms;
use serde_json::json;
use store::NotificationState;

/// A hub with one entitlement whose receiver answers like this; its id.
async fn failing(replies: Vec<Reply>) -> (TestHub, Receiver, String) {
    let hub = TestHub::start().await;
    let receiver = Receiver::start().await;
    receiver.answer(replies);
    let mut body = create_body("anna", "MUSIC_NOW");
    body["notificationUrl"] = json!(receiver.url("/a"));
    let id = hub.created_of(&body).await;
    hub.update(&id, &json!({ "extensionData": { "first": 1 } })).await.is(200, "OK");
    receiver.took(1).await;
    hub.quiet().await;
    (hub, receiver, id)
}

/// Attempts after so many seconds on the clock.
async fn after(hub: &TestHub, receiver: &Receiver, seconds: i64) -> usize {
    hub.advance(&format!("PT{seconds}S")).await;
    receiver.all().len()
}

#[test]
fn the_schedule_is_the_contracts_within_twenty_percent() {
    let schedule = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400, 86_400];
    for (failures, seconds) in (1..).zip(schedule) {
        let (least, middle, most) =
            (retry_delay_ms(failures, 0), retry_delay_ms(failures, 200), retry_delay_ms(failures, 400));
        assert_eq!((least, middle, most), (seconds * 800, seconds * 1_000, seconds * 1_200), "{failures}");
    }
}

#[tokio::test]
async fn attempts_come_at_their_moments() {
    let (hub, receiver, _) = failing(vec![Reply::status(500); 5]).await;
    let (mut earliest, mut latest) = (0, 0);
    for (at, wait) in (1..).zip([5_000, 30_000, 120_000, 600_000, 1_800_000]) {
        earliest += wait * 8 / 10;
        latest += wait * 12 / 10;
        hub.post("/sandbox/v1/clock", &json!({ "set": wire::print_date(START.plus_ms(latest + 1_000)) })).await;
        let came = receiver.all().len();
        assert_eq!(came, at + 1, "one more within {wait} ms and 20 %");
        let next = hub.store.next_due().await.unwrap().filter(|_| at < 5);
        let spread = next.map(|next| next.0 - START.0);
        let waits = [30_000, 120_000, 600_000, 1_800_000];
        if let (Some(spread), Some(wait)) = (spread, waits.get(at - 1)) {
            assert!((earliest + wait * 8 / 10..=latest + wait * 12 / 10).contains(&spread), "{spread} after {at}");
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn retry_after_is_honoured_up_to_a_day() {
    let (hub, receiver, id) = failing(vec![Reply::header(503, "Retry-After: 600")]).await;
    assert_eq!(after(&hub, &receiver, 590).await, 1);
    assert_eq!(after(&hub, &receiver, 20).await, 2);
    receiver.answer([Reply::header(429, "Retry-After: 9999999")]);
    hub.update(&id, &json!({ "extensionData": { "second": 1 } })).await.is(200, "OK");
    receiver.took(3).await;
    hub.quiet().await;
    assert_eq!(after(&hub, &receiver, 86_390).await, 3);
    assert_eq!(after(&hub, &receiver, 20).await, 4);
    hub.finish().await;
}

#[tokio::test]
async fn after_72_hours_it_is_a_dead_letter_and_the_lane_goes_on() {
    let (hub, _receiver, id) = failing(vec![Reply::status(500); 100]).await;
    hub.advance("P2D").await;
    hub.update(&id, &json!({ "extensionData": { "second": 1 } })).await.is(200, "OK");
    hub.advance("P3D").await;
    let account = hub.store.accounts().await.unwrap()[0].id;
    let mut notifications = hub.store.notifications(account, None, None, 10).await.unwrap();
    notifications.sort_by_key(|one| one.sequence);
    let first = &notifications[0];
    assert_eq!(first.state, NotificationState::Dead);
    let lived = first.done_at.unwrap().0 - first.committed_at.0;
    assert!(lived >= 72 * 3_600_000, "not before 72 h: {lived}");
    assert!(first.attempts >= 9, "{first:?}");
    assert_eq!((first.last_status, notifications[1].state), (Some(500), NotificationState::Waiting));
    assert!(notifications[1].attempts > 0, "the lane went on with the next");
    hub.advance("P30D").await;
    hub.read(&id).await.shows(200, "ACTIVE");
    hub.finish_leaving(2).await;
}

#[tokio::test]
async fn a_410_parks_until_a_patch_of_the_url() {
    let (hub, receiver, id) = failing(vec![Reply::status(410)]).await;
    hub.update(&id, &json!({ "extensionData": { "second": 1 } })).await.is(200, "OK");
    assert_eq!(after(&hub, &receiver, 10 * 86_400).await, 1, "nothing is tried, and nothing dies");
    hub.update(&id, &json!({ "notificationUrl": receiver.url("/b") })).await.is(200, "OK");
    let came = receiver.took(4).await;
    let paths: Vec<&str> = came.iter().map(|one| one.path()).collect();
    assert_eq!(paths, ["/a", "/b", "/b", "/b"]);
    assert_eq!(receiver.reasons(), ["METADATA_UPDATE"; 4]);
    hub.finish().await;
}

#[tokio::test]
async fn a_patch_of_the_url_repairs_what_waits_at_once() {
    let (hub, receiver, id) = failing(vec![Reply::status(500), Reply::status(500), Reply::status(500)]).await;
    assert_eq!(after(&hub, &receiver, 60).await, 3, "it now waits for two minutes");
    let repaired = Receiver::start().await;
    hub.update(&id, &json!({ "notificationUrl": repaired.url("/new") })).await.is(200, "OK");
    let came = repaired.took(2).await;
    let sequences: Vec<_> = came.iter().map(|one| one.json()["notificationSequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, [1, 2]);
    hub.finish().await;
    assert_eq!(receiver.all().len(), 3);
}

#[tokio::test]
async fn redirects_are_failures_and_any_2xx_is_a_success() {
    let hub = TestHub::start().await;
    let elsewhere = Receiver::start().await;
    let receiver = Receiver::start().await;
    let location = format!("Location: {}", elsewhere.url("/x"));
    receiver.answer([Reply::header(307, &location), Reply::header(301, &location), Reply::status(299)]);
    let mut body = create_body("anna", "MUSIC_NOW");
    body["notificationUrl"] = json!(receiver.url("/"));
    let id = hub.created_of(&body).await;
    hub.update(&id, &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
    receiver.took(1).await;
    hub.advance("PT5M").await;
    assert_eq!((receiver.all().len(), elsewhere.all().len()), (3, 0));
    hub.finish().await;
}

#[tokio::test]
async fn nobody_listening_is_a_failure_like_any_other() {
    let hub = TestHub::start().await;
    let receiver = Receiver::start().await;
    let nowhere = receiver.url("/");
    drop(receiver);
    let mut body = create_body("anna", "MUSIC_NOW");
    body["notificationUrl"] = json!(nowhere);
    let id = hub.created_of(&body).await;
    hub.update(&id, &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
    hub.advance("PT1M").await;
    let account = hub.store.accounts().await.unwrap()[0].id;
    let waiting = hub.store.notifications(account, None, None, 10).await.unwrap().remove(0);
    assert!((3..=4).contains(&waiting.attempts) && waiting.last_status.is_none(), "{waiting:?}");
    assert!(waiting.last_error.is_some_and(|error| !error.is_empty()));
    hub.update(&id, &json!({ "notificationUrl": null })).await.is(200, "OK");
    hub.finish().await;
}

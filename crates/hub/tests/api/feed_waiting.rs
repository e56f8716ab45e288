//! Waiting at the feed: answered as soon as something happens, at the end of the wait, and when the
//! hub stops (docs/API.md section 4.12).

use crate::harness::{Answer, START, Setup, TestHub, exchange};
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

/// A wait that no test waits for to its end.
const LONG: &str = "/v1/events?after=0&wait=30";
/// An answer that needs no waiting takes less, on a busy machine too.
const SOON: Duration = Duration::from_secs(5);

/// Sends the request from a task of its own; gives the answer and how long it took.
fn asking(hub: &TestHub, path: &str, user: &str) -> JoinHandle<(Answer, Duration)> {
    let (address, request) = (hub.address, hub.call("GET", path).user(user).text());
    tokio::spawn(async move {
        let begun = Instant::now();
        let came = exchange(address, &request).await;
        (Answer::parse(&came, false), begun.elapsed())
    })
}

/// Until a request that was just sent waits, most likely. It is right without it, and proves less.
async fn let_it_begin() {
    // tidy: sleep because nothing outside the hub shows that a request waits
    sleep(Duration::from_millis(300)).await;
}

fn count(page: &Answer) -> usize {
    page.is(200, "OK")["events"].as_array().unwrap().len()
}

#[tokio::test]
async fn an_event_wakes_whoever_waits_for_it() {
    let hub = TestHub::start().await;
    let mut quickest = Duration::MAX;
    for round in 0..5_usize {
        let waiting = asking(&hub, &format!("/v1/events?after={round}&wait=30"), "sandbox");
        let_it_begin().await;
        let created = Instant::now();
        let id = hub.created(&format!("c{round}"), "MUSIC_NOW").await;
        let (page, _) = waiting.await.unwrap();
        quickest = quickest.min(created.elapsed());
        assert_eq!((count(&page), page["events"][0]["entitlementId"].as_str()), (1, Some(id.as_str())));
    }
    // Without the bell it takes what is left of the second after which whoever waits looks by itself.
    assert!(quickest < Duration::from_millis(500), "the quickest took {quickest:?}");
    hub.finish().await;
}

#[tokio::test]
async fn a_wait_ends_with_an_empty_page_and_the_same_cursor() {
    let hub = Setup::new().other("rival", false).start().await;
    hub.created("anna", "MUSIC_NOW").await;
    let waiting = asking(&hub, "/v1/events?after=1&wait=1", "sandbox");
    let theirs = hub.creating("anna", "MUSIC_NOW").user("rival").send().await;
    theirs.is(200, "OK");
    let (page, took) = waiting.await.unwrap();
    assert_eq!((count(&page), &page["parameters"]["feedCursor"]), (0, &serde_json::json!("1")));
    assert!((Duration::from_secs(1)..Duration::from_secs(1) + SOON).contains(&took), "{took:?}");
    hub.finish().await;
}

#[tokio::test]
async fn nobody_waits_where_something_is_there_or_nothing_was_said_of_waiting() {
    let hub = TestHub::start().await;
    let begun = Instant::now();
    assert_eq!(count(&hub.get("/v1/events").await), 0);
    assert_eq!(count(&hub.get("/v1/events?wait=0").await), 0);
    hub.created("anna", "MUSIC_NOW").await;
    assert_eq!(count(&hub.get(LONG).await), 1);
    assert_eq!(count(&hub.get("/v1/events?wait=30").await), 1);
    assert!(begun.elapsed() < SOON);
    hub.finish().await;
}

#[tokio::test]
async fn a_hub_that_stops_answers_whoever_waits() {
    let hub = TestHub::start().await;
    let waiting = asking(&hub, LONG, "sandbox");
    let_it_begin().await;
    hub.finish().await;
    let (page, took) = waiting.await.unwrap();
    assert_eq!(count(&page), 0);
    assert!(took < SOON, "{took:?}");
}

#[tokio::test]
async fn a_reset_ends_the_wait_for_what_will_never_come() {
    let hub = TestHub::start().await;
    hub.created("anna", "MUSIC_NOW").await;
    let waiting = asking(&hub, "/v1/events?after=1&wait=30", "sandbox");
    let_it_begin().await;
    hub.call("POST", "/sandbox/v1/reset").send().await.is(200, "OK");
    let (answer, took) = waiting.await.unwrap();
    answer.refused(400, "BAD_REQUEST", "cursor-expired");
    assert!(took < SOON, "{took:?}");
    hub.finish().await;
}

#[tokio::test]
async fn a_credential_that_ends_meanwhile_ends_the_wait() {
    let hub = Setup::new().retiring("rotated", START.plus_ms(60_000)).start().await;
    let waiting = asking(&hub, LONG, "rotated");
    let_it_begin().await;
    hub.clock.advance_ms(60_000);
    let (answer, took) = waiting.await.unwrap();
    answer.refused(401, "UNAUTHORIZED", "unauthorized");
    assert!(took < SOON, "{took:?}");
    hub.finish().await;
}

#[tokio::test]
async fn one_too_many_is_answered_at_once_and_all_others_are_woken() {
    const WAITING_MAX: usize = 256;
    let hub = TestHub::start().await;
    let mut waiting: JoinSet<_> = (0..=WAITING_MAX).map(|_| asking(&hub, LONG, "sandbox")).collect();
    let (page, _) = waiting.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(count(&page), 0, "nothing has happened: this one found no place");
    hub.created("anna", "MUSIC_NOW").await;
    for woken in waiting.join_all().await {
        assert_eq!(count(&woken.unwrap().0), 1);
    }
    hub.finish().await;
}

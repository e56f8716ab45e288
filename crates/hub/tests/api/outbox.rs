//! The outbox: what is listed of the notifications, and telling one once more beside its lane
//! (docs/API.md section 8.3).

use crate::harness::{Answer, Receiver, Reply, Setup, TestHub, create_body};
use hub::{Account, NotificationAuth, Secret};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Semaphore;

async fn outbox(hub: &TestHub, query: &str) -> Vec<Value> {
    let answer = hub.get(&format!("/sandbox/v1/outbox{query}")).await;
    answer.is(200, "OK");
    answer["notifications"].as_array().unwrap().clone()
}

async fn replay(hub: &TestHub, id: &str) -> Answer {
    hub.post(&format!("/sandbox/v1/outbox/{id}/replay"), &json!({})).await
}

/// An ACTIVE entitlement that tells this receiver; its id.
async fn telling(hub: &TestHub, customer: &str, receiver: &Receiver) -> String {
    let mut body = create_body(customer, "MUSIC_NOW");
    body["notificationUrl"] = json!(receiver.url("/a"));
    hub.created_of(&body).await
}

/// One more notification in the entitlement's lane.
async fn tell(hub: &TestHub, id: &str, number: u32) {
    hub.update(id, &json!({ "extensionData": { "number": number } })).await.is(200, "OK");
}

fn ids(listed: &[Value]) -> Vec<&str> {
    listed.iter().map(|one| one["notificationId"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_was_told_is_listed_newest_first_with_all_that_is_known() {
    let hub = TestHub::start().await;
    let receiver = Receiver::start().await;
    receiver.answer([Reply::status(200), Reply::status(500)]);
    let mut own = create_body("anna", "MUSIC_NOW");
    own["entitlementId"] = json!("own-1");
    own["notificationUrl"] = json!(receiver.url("/a"));
    hub.created_of(&own).await;
    tell(&hub, "own-1", 1).await;
    receiver.took(1).await;
    hub.quiet().await;
    hub.clock.advance_ms(60_000);
    tell(&hub, "own-1", 2).await;
    receiver.took(2).await;
    hub.quiet().await;
    let listed = outbox(&hub, "").await;
    let id = listed[1]["notificationId"].as_str().unwrap();
    assert!(id.ends_with(".0.1"), "{id}");
    let second = json!({
        "notificationId": format!("{}2", id.strip_suffix('1').unwrap()),
        "entitlementId": "own-1", "notificationReason": "METADATA_UPDATE", "notificationSequence": 2,
        "state": "WAITING", "attempts": 1, "committedAt": "2026-03-10T12:01:00Z",
        "lastStatus": 500, "lastError": null, "doneAt": null
    });
    let first = json!({
        "notificationId": id,
        "entitlementId": "own-1", "notificationReason": "METADATA_UPDATE", "notificationSequence": 1,
        "state": "DELIVERED", "attempts": 1, "committedAt": "2026-03-10T12:00:00Z",
        "lastStatus": 200, "lastError": null, "doneAt": "2026-03-10T12:00:00Z"
    });
    assert_eq!(listed, [second, first]);
    hub.advance("PT1M").await;
    hub.finish().await;
}

#[tokio::test]
async fn every_filter_filters_and_what_makes_no_sense_is_named() {
    let hub = TestHub::start().await;
    let (takes, fails) = (Receiver::start().await, Receiver::start().await);
    fails.answer(vec![Reply::status(500); 100]);
    let (anna, bert) = (telling(&hub, "anna", &takes).await, telling(&hub, "bert", &fails).await);
    for number in 1..=2 {
        tell(&hub, &anna, number).await;
        tell(&hub, &bert, number).await;
    }
    hub.advance("P6D").await;
    assert_eq!(outbox(&hub, "").await.len(), 4);
    assert_eq!(outbox(&hub, "?limit=3").await.len(), 3);
    for (query, sequences) in [
        (format!("?entitlementId={anna}"), vec![2, 1]),
        (format!("?entitlementId={}&state=DELIVERED&limit=1", anna.to_uppercase()), vec![2]),
        (format!("?entitlementId={anna}&state=WAITING"), vec![]),
        ("?state=DEAD".to_owned(), vec![2, 1]),
        (format!("?state=DEAD&entitlementId={anna}"), vec![]),
    ] {
        let listed = outbox(&hub, &query).await;
        let found: Vec<_> = listed.iter().map(|one| one["notificationSequence"].as_u64().unwrap()).collect();
        assert_eq!(found, sequences, "{query}");
    }
    let wrong = hub.get("/sandbox/v1/outbox?limit=1001&state=dead&entitlementID=x").await;
    wrong.refused(400, "BAD_REQUEST", "limit-range");
    assert_eq!(wrong.faults(), ["limit limit-range", "state sandbox-invalid", "entitlementID unknown-field"]);
    for query in ["?limit=0", "?limit=-1", "?limit=all", "?limit="] {
        let path = format!("/sandbox/v1/outbox{query}");
        hub.get(&path).await.refused(400, "BAD_REQUEST", "limit-range").hints("from 1 to 1000");
    }
    let unknown = hub.get("/sandbox/v1/outbox?entitlementId=nobody").await;
    unknown.refused(404, "NOT_FOUND", "unknown-entitlement");
    hub.finish_leaving(2).await;
}

#[tokio::test]
async fn a_dead_letter_is_told_again_with_the_url_auth_and_secret_of_now_and_stays_dead() {
    let with_key = |mut account: Account| {
        account.notification_auth = NotificationAuth::Bearer(Secret("key-1".into()));
        account
    };
    let hub = Setup::new().demo(with_key).start().await;
    let (fails, takes) = (Receiver::start().await, Receiver::start().await);
    fails.answer(vec![Reply::status(500); 100]);
    let id = telling(&hub, "anna", &fails).await;
    tell(&hub, &id, 1).await;
    hub.advance("P6D").await;
    let dead = outbox(&hub, "?state=DEAD").await;
    let first = &fails.all()[0];
    hub.update(&id, &json!({ "notificationUrl": takes.url("/b") })).await.is(200, "OK");
    takes.took(1).await;
    hub.quiet().await;

    let replayed = replay(&hub, ids(&dead)[0]).await;
    replayed.is(200, "OK");
    assert_eq!(replayed["notificationId"], dead[0]["notificationId"]);
    assert_eq!((&replayed["answered"], &replayed["failure"]), (&json!(200), &Value::Null));
    let again = takes.took(2).await.remove(1);
    assert_eq!((again.path(), again.header("webhook-replay")), ("/b", Some("true")));
    assert_eq!(first.header("webhook-replay"), None, "what the lane sends is no replay");
    assert_eq!(again.header("authorization"), Some("Bearer key-1"));
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(again.body, first.body, "the body is fixed at the commit");
    let timestamp = again.header("webhook-timestamp").unwrap().parse().unwrap();
    let signature = again.header("webhook-signature").unwrap();
    assert!(hub.secret.verify(again.header("webhook-id").unwrap(), timestamp, &again.body, signature));
    assert_eq!(outbox(&hub, "?state=DEAD").await, dead, "the lane knows nothing of it");
    hub.finish_leaving(1).await;
}

#[tokio::test]
async fn the_answer_says_what_the_receiver_said_or_why_nothing_came() {
    let hub = TestHub::start().await;
    let receiver = Receiver::start().await;
    let id = telling(&hub, "anna", &receiver).await;
    tell(&hub, &id, 1).await;
    receiver.took(1).await;
    hub.quiet().await;
    let listed = outbox(&hub, "").await;
    let told = ids(&listed)[0];
    receiver.answer([Reply::status(503), Reply::header(302, "Location: /b"), Reply::Break]);
    for status in [503, 302] {
        let answer = replay(&hub, told).await;
        assert_eq!((&answer["answered"], &answer["failure"]), (&json!(status), &Value::Null), "{answer}");
    }
    let broken = replay(&hub, told).await;
    assert_eq!(broken["answered"], Value::Null, "{broken}");
    assert!(broken["failure"].as_str().is_some_and(|error| !error.is_empty()), "{broken}");
    assert_eq!(outbox(&hub, "").await, listed, "a replay that fails is no failure of the lane");
    hub.finish().await;
}

#[tokio::test]
async fn without_a_url_there_is_nowhere_to_send_it() {
    let without_url = |mut account: Account| {
        account.default_url = None;
        account
    };
    let hub = Setup::new().demo(without_url).start().await;
    let receiver = Receiver::start().await;
    let id = telling(&hub, "anna", &receiver).await;
    tell(&hub, &id, 1).await;
    receiver.took(1).await;
    hub.quiet().await;
    hub.update(&id, &json!({ "notificationUrl": null })).await.is(200, "OK");
    let answer = replay(&hub, ids(&outbox(&hub, "").await)[0]).await;
    answer.is(200, "OK");
    assert_eq!((&answer["answered"], &answer["failure"]), (&Value::Null, &json!("there is no URL to send it to")));
    hub.finish().await;
}

#[tokio::test]
async fn replays_during_a_lanes_attempt_and_its_retries_leave_the_lane_alone() {
    let hub = TestHub::start().await;
    let receiver = Receiver::start().await;
    let gate = Arc::new(Semaphore::new(0));
    // The lane's first attempt stands; replays come and go beside it, in both tempers.
    let stands = Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(500)));
    receiver.answer([stands, Reply::status(200), Reply::status(500), Reply::status(200)]);
    let id = telling(&hub, "anna", &receiver).await;
    tell(&hub, &id, 1).await;
    tell(&hub, &id, 2).await;
    receiver.took(1).await;
    let mut listed = outbox(&hub, "").await;
    listed.sort_by_key(|one| one["notificationSequence"].as_u64());
    let (head, next) = (ids(&listed)[0].to_owned(), ids(&listed)[1].to_owned());
    let replays = tokio::join!(replay(&hub, &head), replay(&hub, &next), replay(&hub, &head));
    for answer in [&replays.0, &replays.1, &replays.2] {
        assert!([200, 500].contains(&answer["answered"].as_u64().unwrap()), "{answer}");
    }
    assert_eq!(receiver.took(4).await.len(), 4, "the lane still waits for its first attempt");
    gate.add_permits(1);
    hub.quiet().await;
    let lane = |listed: Vec<Value>| {
        let told = |one: &Value| (one["state"].clone(), one["attempts"].as_u64().unwrap());
        let mut told: Vec<_> =
            listed.iter().map(|one| (one["notificationSequence"].as_u64().unwrap(), told(one))).collect();
        told.sort_by_key(|(sequence, _)| *sequence);
        told.into_iter().map(|(_, told)| told).collect::<Vec<_>>()
    };
    let waiting = |attempts: u64| (json!("WAITING"), attempts);
    assert_eq!(
        lane(outbox(&hub, "").await),
        [waiting(1), waiting(0)],
        "a replay that came through is no success of the lane"
    );

    receiver.answer([Reply::status(500)]);
    hub.advance("PT7S").await;
    assert_eq!(replay(&hub, &next).await["answered"], 200);
    assert_eq!(lane(outbox(&hub, "").await), [waiting(2), waiting(0)], "nor does it hurry the retry");
    hub.advance("PT1M").await;
    let delivered = |attempts: u64| (json!("DELIVERED"), attempts);
    assert_eq!(lane(outbox(&hub, "").await), [delivered(3), delivered(1)]);
    let by_lane: Vec<String> = receiver
        .all()
        .iter()
        .filter(|one| one.header("webhook-replay").is_none())
        .map(|one| one.header("webhook-id").unwrap().to_owned())
        .collect();
    assert_eq!(by_lane, [head.clone(), head.clone(), head, next], "the lane's own attempts are in order");
    hub.finish().await;
}

#[tokio::test]
async fn anothers_notification_is_as_unknown_as_one_that_never_was() {
    let hub = Setup::new().other("other", false).other("live", true).start().await;
    let receiver = Receiver::start().await;
    let id = telling(&hub, "anna", &receiver).await;
    tell(&hub, &id, 1).await;
    receiver.took(1).await;
    hub.quiet().await;
    let listed = outbox(&hub, "").await;
    let told = ids(&listed)[0];
    let never = format!("{id}.0.2");
    for unknown in [never.as_str(), &format!("{id}.7.1"), "nonsense", "%20", &format!("{id}.0.99999999999")] {
        let answer = replay(&hub, unknown).await;
        answer.refused(404, "NOT_FOUND", "unknown-notification").hints("/sandbox/v1/outbox");
    }
    for user in ["other", "live"] {
        let path = format!("/sandbox/v1/outbox/{told}/replay");
        let theirs = hub.call("POST", &path).user(user).send().await;
        theirs.refused(404, "NOT_FOUND", "unknown-notification");
        let listing = hub.call("GET", "/sandbox/v1/outbox").user(user).send().await;
        assert_eq!(listing["notifications"], json!([]));
        let narrowed = hub.call("GET", &format!("/sandbox/v1/outbox?entitlementId={id}")).user(user).send().await;
        narrowed.refused(404, "NOT_FOUND", "unknown-entitlement");
    }
    for (method, path) in
        [("GET", "/sandbox/v1/outbox".to_owned()), ("POST", format!("/sandbox/v1/outbox/{told}/replay"))]
    {
        hub.call(method, &path).anonymous().send().await.refused(401, "UNAUTHORIZED", "unauthorized");
    }
    hub.call("POST", "/sandbox/v1/outbox").send().await.refused(405, "BAD_REQUEST", "wrong-method");
    hub.get(&format!("/sandbox/v1/outbox/{told}/replay")).await.refused(405, "BAD_REQUEST", "wrong-method");
    assert_eq!(receiver.all().len(), 1);
    hub.finish().await;
}

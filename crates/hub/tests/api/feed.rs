//! The feed: everything that happened, in the order of the commits, with the record as each commit
//! left it (docs/API.md section 4.12). Waiting for events stands in `feed_waiting.rs`.

use crate::harness::{Answer, FIELDS, Setup, TestHub};
use entitlement::Told;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;

/// More events than any test here makes.
const ALL: &str = "/v1/events?limit=1000";

fn events(page: &Answer) -> &Vec<Value> {
    page.is(200, "OK");
    page["events"].as_array().unwrap()
}

fn cursor(page: &Answer) -> &str {
    page["parameters"]["feedCursor"].as_str().unwrap()
}

fn words<'a>(events: &'a [Value], member: &str) -> Vec<&'a str> {
    events.iter().map(|event| event[member].as_str().unwrap_or("null")).collect()
}

fn positions(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["position"].as_u64().unwrap()).collect()
}

/// The record of an answer, without the envelope.
fn record(answer: &Answer) -> Value {
    FIELDS.iter().map(|field| ((*field).to_owned(), answer[*field].clone())).collect()
}

#[tokio::test]
async fn an_event_says_what_happened_when_to_what_and_what_was_left_in_that_order() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let read = hub.read(&id).await;
    let flat = read.body.split_once("\"parameters\":{},").unwrap().1;
    let expected = format!(
        "{{\"responseCode\":\"OK\",\"responseMessage\":\"Success\",\"parameters\":{{\"feedCursor\":\"1\"}},\"events\":[\
         {{\"position\":1,\"at\":\"2026-03-10T12:00:00Z\",\"entitlementId\":\"{id}\",\"event\":\"CREATED\",\
         \"notificationReason\":\"ACTIVATION_SUCCESS\",\"record\":{{{flat}}}]}}"
    );
    assert_eq!(hub.get("/v1/events").await.body, expected);
    hub.finish().await;
}

/// Reads on after each commit, and compares with what a read answers.
struct Follower<'a> {
    hub: &'a TestHub,
    seen: u64,
}

impl Follower<'_> {
    /// Something was done to this entitlement: its record is what the new events show.
    async fn sees(&mut self, id: &str) {
        let read = self.hub.read(id).await;
        let page = self.hub.get(&format!("/v1/events?after={}&limit=1000", self.seen)).await;
        let news = events(&page);
        assert!(!news.is_empty(), "nothing happened: {read}");
        for event in news {
            assert_eq!((&event["entitlementId"], &event["record"]), (&json!(id), &record(&read)), "{read}");
        }
        self.seen = cursor(&page).parse().unwrap();
    }

    /// From a create to a revoke.
    async fn lives_anna(&mut self) {
        let hub = self.hub;
        let made = hub.create("anna", "MUSIC").await;
        let id = made.text("entitlementId");
        self.sees(&id).await;
        hub.choose(&made.url(), "confirm").await;
        self.sees(&id).await;
        hub.update(&id, &json!({ "extensionData": { "a": 1 } })).await.is(200, "OK");
        self.sees(&id).await;
        hub.update(&id, &json!({ "productKey": "MUSIC_NOW", "externalEntitlementId": "x" })).await.is(200, "OK");
        self.sees(&id).await;
        let asked = hub.update(&id, &json!({ "productKey": "MUSIC_ASK" })).await;
        asked.shows(202, "PENDING");
        self.sees(&id).await;
        hub.choose(&asked.url(), "decline").await;
        self.sees(&id).await;
        hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
        self.sees(&id).await;
        for told in [Told::Suspended(None), Told::Resumed] {
            hub.merchant_tells(&id, told).await.unwrap();
            self.sees(&id).await;
        }
        hub.update(&id, &json!({ "entitlementBenefits": "NORMAL" })).await.shows(200, "ACTIVE");
        self.sees(&id).await;
        hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
        self.sees(&id).await;
        hub.update(&id, &json!({ "status": "ACTIVE" })).await.shows(200, "ACTIVE");
        self.sees(&id).await;
        hub.revoke(&id).await.shows(200, "REVOKED");
        self.sees(&id).await;
    }
}

/// Every kind of event that the reseller, its user, a merchant and time bring in the sandbox.
#[tokio::test]
async fn every_record_is_what_a_read_answered_right_after_the_commit() {
    let hub = TestHub::start().await;
    let mut follower = Follower { hub: &hub, seen: 0 };
    follower.lives_anna().await;
    let later = hub.create("bert", "MUSIC_LATER").await.text("entitlementId");
    follower.sees(&later).await;
    hub.advance("PT5S").await;
    follower.sees(&later).await;
    hub.cancel(&later).await.is(202, "OK");
    follower.sees(&later).await;
    hub.advance("PT5S").await;
    follower.sees(&later).await;
    hub.advance("P40D").await;
    follower.sees(&later).await;
    let refused = hub.create("carl", "MUSIC_LATER").await.text("entitlementId");
    follower.sees(&refused).await;
    hub.advance("PT5S").await;
    follower.sees(&refused).await;
    hub.cancel(&refused).await.is(202, "OK");
    follower.sees(&refused).await;
    hub.merchant_tells(&refused, Told::Refused(None)).await.unwrap();
    follower.sees(&refused).await;

    let page = hub.get(ALL).await;
    let all = events(&page);
    let told: Vec<(&str, &str)> = words(all, "event").into_iter().zip(words(all, "notificationReason")).collect();
    let expected = [
        ("CREATED", "METADATA_UPDATE"),
        ("ACTIVATED", "ACTIVATION_SUCCESS"),
        ("DETAILS_UPDATED", "METADATA_UPDATE"),
        ("PRODUCT_UPDATED", "PRODUCT_UPDATE"),
        ("DETAILS_UPDATED", "METADATA_UPDATE"),
        ("UPDATE_PENDING", "null"),
        ("UPDATE_ROLLED_BACK", "PRODUCT_UPDATE"),
        ("SUSPENDED", "SUSPENSION_SUCCESS"),
        ("HOLD_CHANGED", "METADATA_UPDATE"),
        ("HOLD_CHANGED", "METADATA_UPDATE"),
        ("RESUMED", "RESUMPTION_SUCCESS"),
        ("ENDING_PLANNED", "TERMINATION_PENDING"),
        ("ENDING_UNDONE", "RESUMPTION_SUCCESS"),
        ("REVOKED", "TERMINATION_SUCCESS"),
        ("CREATED", "METADATA_UPDATE"),
        ("ACTIVATED", "ACTIVATION_SUCCESS"),
        ("REQUEST_QUEUED", "null"),
        ("ENDING_PLANNED", "TERMINATION_PENDING"),
        ("CANCELLED", "TERMINATION_SUCCESS"),
        ("CREATED", "METADATA_UPDATE"),
        ("ACTIVATED", "ACTIVATION_SUCCESS"),
        ("REQUEST_QUEUED", "null"),
        ("REQUEST_NOT_DONE", "METADATA_UPDATE"),
    ];
    assert_eq!(told, expected);
    hub.finish().await;
}

/// An end asked for while nobody knows what became of the create.
#[tokio::test]
async fn a_wish_that_leaves_its_reason_in_the_record_is_in_the_feed() {
    let hub = TestHub::start().await;
    let mut follower = Follower { hub: &hub, seen: 0 };
    let unknown = hub.creating("anna", "MUSIC").header("X-Magic-Number", "CREATE_REQUEST_RETURNS_TIMEOUT").send().await;
    let id = unknown.is(503, "SERVICE_UNAVAILABLE").text("entitlementId");
    follower.sees(&id).await;
    hub.post(&format!("/v1/entitlement/cancel/{id}"), &json!({ "ticket": 7 })).await.shows(202, "FAILED");
    follower.sees(&id).await;
    hub.advance("PT5S").await;
    follower.sees(&id).await;
    hub.finish().await;
}

#[tokio::test]
async fn pages_of_every_size_hold_the_same_events() {
    let hub = TestHub::start().await;
    for customer in ["anna", "bert", "carl"] {
        let id = hub.created(customer, "MUSIC_NOW").await;
        // Two events in one commit, so that some page ends between them.
        hub.update(&id, &json!({ "productKey": "MUSIC", "extensionData": { "a": 1 } })).await.is(200, "OK");
        hub.cancel(&id).await.shows(200, "ACTIVE-ENDING");
    }
    let page = hub.get(ALL).await;
    let all = events(&page);
    assert_eq!(positions(all), (1..=12).collect::<Vec<u64>>());
    for limit in 1..=13 {
        let mut came = Vec::new();
        let mut after = String::from("0");
        loop {
            let page = hub.get(&format!("/v1/events?after={after}&limit={limit}")).await;
            if events(&page).is_empty() {
                assert_eq!(cursor(&page), after, "an empty page leaves the cursor where it was");
                break;
            }
            assert!(events(&page).len() <= limit);
            came.extend(events(&page).iter().cloned());
            after = cursor(&page).to_owned();
        }
        assert_eq!(came, *all, "limit {limit}");
    }
    assert_eq!(events(&hub.get("/v1/events").await), all, "from the oldest one, a hundred at a time");
    assert_eq!(hub.get("/events/?limit=1000").await.body, page.body);
    hub.finish().await;
}

#[tokio::test]
async fn while_many_write_a_reader_misses_nothing_and_sees_nothing_twice() {
    const WRITERS: usize = 8;
    const WRITES: usize = 30;
    let hub = Arc::new(TestHub::start().await);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let hub = Arc::clone(&hub);
        writers.spawn(async move {
            for write in 0..WRITES {
                let id = hub.created(&format!("c{writer}-{write}"), "MUSIC_NOW").await;
                if write % 3 == 0 {
                    hub.update(&id, &json!({ "extensionData": { "write": write } })).await.is(200, "OK");
                }
                if write % 5 == 0 {
                    hub.revoke(&id).await.is(200, "OK");
                }
            }
        });
    }
    let expected = (WRITERS * (WRITES + WRITES.div_ceil(3) + WRITES.div_ceil(5))) as u64;
    let mut read = 0;
    while read < expected {
        let page = hub.get(&format!("/v1/events?after={read}&limit=17&wait=5")).await;
        for position in positions(events(&page)) {
            assert_eq!(position, read + 1);
            read = position;
        }
    }
    writers.join_all().await;
    let page = hub.get(&format!("/v1/events?after={read}")).await;
    assert_eq!((events(&page).len(), cursor(&page)), (0, read.to_string().as_str()));
    Arc::into_inner(hub).unwrap().finish().await;
}

/// The mirror: the report's pages, then the feed from the first page's cursor.
#[tokio::test]
async fn report_and_feed_together_make_a_copy_that_is_identical() {
    const WRITERS: usize = 8;
    let hub = Arc::new(TestHub::start().await);
    for customer in 0..40 {
        hub.created(&format!("early-{customer}"), "MUSIC_NOW").await;
    }
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let hub = Arc::clone(&hub);
        writers.spawn(async move {
            for write in 0..20 {
                let id = hub.created(&format!("c{writer}-{write}"), "MUSIC_NOW").await;
                hub.update(&id, &json!({ "extensionData": { "by": writer } })).await.is(200, "OK");
                hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.is(200, "OK");
            }
        });
    }
    let mut copy = BTreeMap::new();
    let (mut after, mut next) = (None, Value::Null);
    loop {
        let page = hub.post("/v1/entitlement/report", &json!({ "limit": 7, "cursor": next })).await;
        keep(&mut copy, page["entitlements"].as_array().unwrap().iter());
        after.get_or_insert_with(|| cursor(&page).to_owned());
        next = page["parameters"]["nextCursor"].clone();
        if next.is_null() {
            break;
        }
    }
    writers.join_all().await;
    let mut after = after.unwrap();
    loop {
        let page = hub.get(&format!("/v1/events?after={after}&limit=50")).await;
        if events(&page).is_empty() {
            break;
        }
        keep(&mut copy, events(&page).iter().map(|event| &event["record"]));
        after = cursor(&page).to_owned();
    }
    let mut now = BTreeMap::new();
    let report = hub.post("/v1/entitlement/report", &json!({})).await;
    keep(&mut now, report["entitlements"].as_array().unwrap().iter());
    assert_eq!(now.len(), 40 + WRITERS * 20);
    assert_eq!(copy, now);
    Arc::into_inner(hub).unwrap().finish().await;
}

fn keep<'a>(copy: &mut BTreeMap<String, Value>, records: impl Iterator<Item = &'a Value>) {
    for record in records {
        copy.insert(record["entitlementId"].as_str().unwrap().to_owned(), record.clone());
    }
}

#[tokio::test]
async fn each_reseller_and_mode_has_a_feed_of_its_own() {
    let hub = Setup::new().other("rival", false).other("live", true).start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let theirs = hub.creating("anna", "MUSIC_NOW").user("rival").send().await.text("entitlementId");
    for (user, expected) in [("sandbox", vec![id.as_str()]), ("rival", vec![&theirs]), ("live", vec![])] {
        let page = hub.call("GET", ALL).user(user).send().await;
        assert_eq!(words(events(&page), "entitlementId"), expected, "{user}");
        assert_eq!(positions(events(&page)), (1..=expected.len() as u64).collect::<Vec<_>>());
    }
    hub.finish_leaving(0).await;
}

#[tokio::test]
async fn what_came_to_nothing_is_in_no_feed() {
    let hub = TestHub::start().await;
    for product in ["MUSIC_NO", "MUSIC_DOWN", "NOT_SOLD"] {
        hub.create("anna", product).await;
    }
    let page = hub.get(ALL).await;
    assert_eq!((events(&page).len(), cursor(&page)), (0, "0"));
    hub.finish().await;
}

#[tokio::test]
async fn faulty_parameters_are_refused_one_by_one() {
    let hub = TestHub::start().await;
    for (query, faults) in [
        ("after=x", vec!["after cursor-invalid"]),
        ("after=-1&limit=0&wait=31", vec!["after cursor-invalid", "limit limit-range", "wait wait-range"]),
        ("after=1&from=1", vec!["from unknown-field"]),
    ] {
        let answer = hub.get(&format!("/v1/events?{query}")).await;
        answer.is(400, "BAD_REQUEST");
        assert_eq!(answer.faults(), faults, "{query}");
    }
    hub.get("/v1/events?afer=1").await.hints("Is it after?");
    let head = hub.call("HEAD", "/v1/events").send().await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    hub.finish().await;
}

#[tokio::test]
async fn a_cursor_beyond_the_head_is_expired_and_a_reset_begins_anew() {
    let hub = TestHub::start().await;
    hub.created("anna", "MUSIC_NOW").await;
    let expired = async |after: &str| {
        let answer = hub.get(&format!("/v1/events?after={after}&wait=30")).await;
        answer.refused(400, "BAD_REQUEST", "cursor-expired").hints("report");
        assert_eq!(answer.faults(), ["after cursor-expired"]);
    };
    expired("2").await;
    expired("18446744073709551615").await;
    hub.call("POST", "/sandbox/v1/reset").send().await.is(200, "OK");
    expired("1").await;
    for from_the_start in ["/v1/events", "/v1/events?after=0"] {
        assert_eq!(events(&hub.get(from_the_start).await).len(), 0);
    }
    let id = hub.created("anna", "MUSIC_NOW").await;
    for from_the_start in ["/v1/events", "/v1/events?after=0"] {
        let page = hub.get(from_the_start).await;
        assert_eq!((words(events(&page), "entitlementId"), positions(events(&page))), (vec![id.as_str()], vec![1]));
    }
    hub.finish().await;
}

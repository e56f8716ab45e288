//! What the hubs say when the work is done: every record, its history, the whole feed, and the notifications.

use crate::clock::comes;
use crate::http::{Answer, Connection, Request};
use crate::receiver::Receiver;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use witness::{Afterwards, Arrived, Event, Told};

/// Events and records on a page.
const PAGE: usize = 1_000;
/// Notifications that were promised have come within this: a lease of a hub that was killed runs out, and what
/// failed is tried again after seconds.
const NOTIFIED_WITHIN: Duration = Duration::from_secs(60);
/// Readers at once, on each hub.
const READERS: usize = 2;

/// Asks all hubs, when nobody writes any more. Records are read on each of them, and have to be the same.
#[must_use]
pub fn gather(hubs: &[SocketAddr], credential: &str, receiver: &Receiver) -> Afterwards {
    let ids = ids(hubs[0], credential);
    let (mut records, mut histories) = (BTreeMap::new(), BTreeMap::new());
    for (id, told, history) in read_all(hubs, credential, &ids) {
        if let Some(other) = records.insert(id.clone(), told.clone()) {
            assert_eq!(other, told, "two hubs say different things of {id}");
        }
        histories.insert(id, history);
    }
    let feed = feed(hubs[hubs.len() - 1], credential);
    let promised = witness::promised(&feed);
    // Where they do not come, the witness tells which.
    comes(NOTIFIED_WITHIN, || receiver.taken() >= promised);
    Afterwards { records, histories, feed, arrived: receiver.arrived().iter().map(arrived).collect() }
}

fn ids(hub: SocketAddr, credential: &str) -> Vec<String> {
    let mut hub = Connection::open_as(hub, credential).expect("the hub is there");
    let (mut ids, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let body = json!({"limit": PAGE, "cursor": cursor}).to_string();
        let page = value(&hub.ask(&Request::post("/v1/entitlement/report", &body)).expect("an answer"));
        let list = page["entitlements"].as_array().expect("a list");
        ids.extend(list.iter().map(|one| one["entitlementId"].as_str().expect("an id").to_owned()));
        cursor = page["parameters"]["nextCursor"].clone();
        if cursor.is_null() {
            return ids;
        }
    }
}

type Looked = (String, Told, Vec<Value>);

fn read_all(hubs: &[SocketAddr], credential: &str, ids: &[String]) -> Vec<Looked> {
    let share = ids.len().div_ceil(READERS).max(1);
    std::thread::scope(|scope| {
        let each = hubs.iter().flat_map(|hub| ids.chunks(share).map(move |ids| (*hub, ids)));
        let readers: Vec<_> = each.map(|(hub, ids)| scope.spawn(move || read(hub, credential, ids))).collect();
        readers.into_iter().flat_map(|reader| reader.join().expect("a reader")).collect()
    })
}

fn read(hub: SocketAddr, credential: &str, ids: &[String]) -> Vec<Looked> {
    let mut hub = Connection::open_as(hub, credential).expect("the hub is there");
    let look = |id: &String| {
        let record = hub.ask(&Request::get(&format!("/v1/entitlement/{id}"))).expect("an answer");
        let history = hub.ask(&Request::get(&format!("/v1/entitlement/{id}/history"))).expect("an answer");
        let told = Told { version: record.etag().expect("an ETag"), body: value(&record) };
        (id.clone(), told, value(&history)["events"].as_array().expect("a list").clone())
    };
    ids.iter().map(look).collect()
}

fn feed(hub: SocketAddr, credential: &str) -> Vec<Event> {
    let mut hub = Connection::open_as(hub, credential).expect("the hub is there");
    let mut feed: Vec<Event> = Vec::new();
    loop {
        let after = feed.last().map_or(0, |event| event.position);
        let page =
            value(&hub.ask(&Request::get(&format!("/v1/events?after={after}&limit={PAGE}"))).expect("an answer"));
        let events = page["events"].as_array().expect("a list");
        if events.is_empty() {
            return feed;
        }
        feed.extend(events.iter().map(event));
    }
}

fn event(event: &Value) -> Event {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    Event {
        position: event["position"].as_u64().expect("a position"),
        entitlement: text("entitlementId"),
        notification: text("notificationReason"),
        record: event["record"].clone(),
    }
}

fn arrived(one: &crate::receiver::Arrived) -> Arrived {
    let body = serde_json::from_str(&one.body).expect("a notification is JSON");
    Arrived { id: one.webhook_id.clone(), body, taken: one.taken }
}

fn value(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("an answer is JSON")
}

//! The Rust client against a real hub: every call, the retries, and that a write which is tried
//! again takes effect once.

use crate::binary::Binary;
use crate::folder::Folder;
use crate::receiver::Receiver;
use client::{Client, Error, OutboxFilter, Refusal};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn hub(name: &str) -> (Folder, Binary, Client) {
    let folder = Folder::new(name);
    let hub = Binary::start(&folder);
    let client = Client::new(&format!("http://{}/v1/", hub.address), "sandbox", "sandbox").unwrap();
    (folder, hub, client)
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn order(customer: &str, product: &str) -> Value {
    json!({"customerIdentifier": customer, "merchantAccountKey": "BANGO_US", "productKey": product})
}

fn refused(outcome: Result<client::Answer, Error>) -> Box<Refusal> {
    match outcome {
        Err(Error::Refused(no)) => no,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn every_call_of_a_life_is_there() {
    let (_folder, _hub, hub) = hub("client");
    let receiver = Receiver::start();
    wait_for(async {
        let sold = hub.products().await.unwrap();
        assert!(!sold.items("eligibleProducts").is_empty());
        let mut body = order("anna", "MUSIC");
        body["notificationUrl"] = json!(receiver.url);
        let created = hub.create(&body).await.unwrap();
        assert_eq!((created.http, &created["responseCode"]), (202, &json!("CLIENT_ACTION_REQUIRED")));
        let id = created["entitlementId"].as_str().unwrap();
        let info = hub.activation_info(id).await.unwrap();
        assert!(info["parameters"]["url"].is_string());
        let updated = hub.update(&json!({"entitlementId": id, "extensionData": {"a": 1}})).await.unwrap();
        assert_eq!(updated["extensionData"], json!({"a": 1}));
        let explained = hub.explain(id).await.unwrap();
        assert_eq!((&explained["status"], &explained["awaited"]), (&json!("PENDING"), &json!("USER")));
        assert_eq!(hub.cancel(id, &json!({})).await.unwrap()["status"], "CANCELLED");
        assert_eq!(hub.read(id).await.unwrap()["status"], "CANCELLED");
        let history = hub.history(id).await.unwrap().items("events");
        assert_eq!(
            history.iter().map(|one| &one["event"]).collect::<Vec<_>>(),
            ["CREATED", "DETAILS_UPDATED", "CANCELLED"]
        );

        let other = hub.create(&order("bert", "MUSIC_NOW")).await.unwrap();
        let other = other["entitlementId"].as_str().unwrap();
        assert_eq!(hub.revoke(other, &json!({})).await.unwrap()["status"], "REVOKED");
        let all = hub.report(&json!({"limit": 1})).await.unwrap();
        assert_eq!(all.iter().map(|one| &one["entitlementId"]).collect::<Vec<_>>(), [id, other], "page by page");

        let first = hub.events(None, 2, Duration::ZERO).await.unwrap();
        assert_eq!((first.events.len(), first.cursor.as_str()), (2, "2"));
        let rest = hub.events(Some(&first.cursor), 100, Duration::from_secs(1)).await.unwrap();
        assert_eq!((rest.events.len(), rest.cursor.as_str()), (3, "5"));
        let none = hub.events(Some(&rest.cursor), 100, Duration::from_secs(1)).await.unwrap();
        assert!(none.events.is_empty() && none.cursor == "5");

        let filter = OutboxFilter { entitlement_id: Some(id.to_owned()), ..OutboxFilter::default() };
        let told = hub.outbox(&filter).await.unwrap();
        let replayed = hub.replay(told[0]["notificationId"].as_str().unwrap()).await.unwrap();
        assert_eq!(replayed["answered"], 200);
    });
}

#[test]
fn a_refusal_carries_its_rule_and_its_hint_and_is_not_tried_again() {
    let (_folder, running, hub) = hub("refusal");
    wait_for(async {
        let no = refused(hub.create(&order("anna", "MUSIK")).await);
        assert_eq!((no.http, no.code.as_str(), no.rule.as_str()), (422, "NOT_AVAILABLE", "not-sold"));
        assert!(no.hint.is_some() && !no.retryable, "{no:?}");
        assert!(no.to_string().ends_with("(422 NOT_AVAILABLE, not-sold)"), "{no}");
        let wrong = Client::new(hub.base_url(), "sandbox", "guessed").unwrap();
        assert_eq!(refused(wrong.read("x").await).http, 401);
        let address = running.address;
        running.kill();
        match Client::new(&format!("http://{address}"), "sandbox", "sandbox").unwrap().read("x").await {
            Err(Error::Unreachable { url, .. }) => assert_eq!(url, format!("http://{address}")),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn what_the_hub_asks_to_be_sent_again_is_sent_again_until_it_is_too_often() {
    let (_folder, running, hub) = hub("again");
    let mut line = crate::http::Connection::open(running.address).unwrap();
    let mut force = |status: u16, code: &str, times: u32| {
        let body = format!("{{\"status\":{status},\"responseCode\":\"{code}\",\"times\":{times}}}");
        assert_eq!(line.ask(&crate::http::Request::post("/sandbox/v1/next", &body)).unwrap().status, 200);
    };
    wait_for(async {
        force(503, "SERVICE_UNAVAILABLE", 2);
        assert_eq!(hub.create(&order("anna", "MUSIC_NOW")).await.unwrap()["status"], "ACTIVE");
        force(429, "TOO_MANY_REQUESTS", 1);
        assert_eq!(hub.create(&order("bert", "MUSIC_NOW")).await.unwrap()["status"], "ACTIVE");
        force(500, "INTERNAL_ERROR", 1);
        assert_eq!(refused(hub.create(&order("carla", "MUSIC_NOW")).await).http, 500);
        force(503, "SERVICE_UNAVAILABLE", 1);
        assert_eq!(refused(hub.with_tries_max(1).create(&order("dora", "MUSIC_NOW")).await).http, 503);
    });
}

#[test]
fn a_write_whose_answer_is_lost_takes_effect_once() {
    let (_folder, running, direct) = hub("lost");
    let passed = Arc::new(AtomicUsize::new(0));
    let address = losing_answers(running.address, 2, Arc::clone(&passed));
    let through = Client::new(&format!("http://{address}"), "sandbox", "sandbox").unwrap();
    wait_for(async {
        let created = through.create(&order("anna", "MUSIC_NOW")).await.unwrap();
        assert_eq!(created["status"], "ACTIVE");
        assert_eq!(passed.load(Ordering::SeqCst), 3, "sent three times");
        let all = direct.report(&json!({})).await.unwrap();
        assert_eq!(all.len(), 1, "and done once");
        assert_eq!(all[0]["entitlementId"], created["entitlementId"]);
    });
}

/// A proxy that takes requests to the hub, and loses the first answers.
fn losing_answers(hub: SocketAddr, lost: usize, passed: Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let request = message(&stream);
            #[expect(clippy::disallowed_methods, reason = "the test's own proxy")]
            let mut to_hub = TcpStream::connect(hub).unwrap();
            to_hub.write_all(&request).unwrap();
            let answer = message(&to_hub);
            if passed.fetch_add(1, Ordering::SeqCst) >= lost {
                let _ = (&stream).write_all(&answer);
            }
        }
    });
    address
}

/// A whole request or answer: head, and a body of the length it names.
fn message(stream: &TcpStream) -> Vec<u8> {
    let mut reader = BufReader::new(stream);
    let (mut bytes, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        bytes.extend(line.as_bytes());
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" || line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    bytes.extend(body);
    bytes
}

//! File descriptors: more connections than the hub may have.

use crate::binary::Binary;
use crate::folder::Folder;
use crate::http::{Connection, Request};
use crate::reading::{object, text};

/// What the hub may open: its files, its listener, and some connections.
const DESCRIPTORS: &str = "80";
/// More than that.
const CONNECTIONS: usize = 120;

fn create(number: usize) -> Request {
    let body = format!(
        "{{\"customerIdentifier\":\"c{number}\",\"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"MUSIC_NOW\"}}"
    );
    Request::post("/v1/entitlement", &body).with_identity(&format!("i{number}"))
}

#[test]
fn without_descriptors_whoever_is_connected_is_served_and_the_others_later() {
    let folder = Folder::new("descriptors");
    let database = folder.database();
    let limit = format!("ulimit -n {DESCRIPTORS}; exec \"$0\" \"$@\"");
    let sandbox = ["sandbox", "--listen", "127.0.0.1:0", "--database", &database];
    let hub = Binary::start_in(&["sh", "-c", &limit], &sandbox);
    let mut first = Connection::open(hub.address).unwrap();
    assert_eq!(first.ask(&create(0)).unwrap().status, 200);
    // Beyond the hub's descriptors the system's own queue takes them.
    let mut others: Vec<Connection> = (0..CONNECTIONS).map(|_| Connection::open(hub.address).unwrap()).collect();
    for other in &mut others {
        other.send(&Request::get("/v1/echo/1")).unwrap();
    }
    let mut answered = Vec::new();
    for number in 1..=50 {
        let answer = first.ask(&create(number)).unwrap();
        match answer.status {
            200 => answered.push(text(&object(&answer.body), "entitlementId")),
            503 => assert!(answer.header("retry-after").is_some(), "{}", answer.body),
            _ => panic!("{} {}", answer.status, answer.body),
        }
    }
    assert!(!answered.is_empty(), "whoever is connected is served");
    for id in &answered {
        let read = first.ask(&Request::get(&format!("/v1/entitlement/{id}"))).unwrap();
        assert!(read.status == 200 || read.header("retry-after").is_some(), "{} {}", read.status, read.body);
    }
    // Each that goes makes room for one that waits.
    for mut other in others {
        assert_eq!(other.receive().unwrap().status, 200);
    }
    let mut last = Connection::open(hub.address).unwrap();
    for id in &answered {
        assert_eq!(last.ask(&Request::get(&format!("/v1/entitlement/{id}"))).unwrap().status, 200, "{id}");
    }
    assert_eq!(last.ask(&create(1_000)).unwrap().status, 200);
    let log = hub.stderr();
    assert!(log.contains("no connection can be accepted"), "the operator is told: {log}");
    assert!(log.lines().filter(|line| line.contains("no connection can be accepted")).count() < 10, "{log}");
}

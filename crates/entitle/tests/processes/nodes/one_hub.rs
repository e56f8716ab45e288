//! Two hubs answer as one: repeats, reads, the feed, and what operators do.

use super::{Place, create};
use crate::http::{Connection, Request};
use crate::reading::{object, text};
use drill::{CATALOG_PATIENCE, Clock, catalog, until};
use std::time::Duration;

/// A reader on another hub is woken by a look every second; without one it would wait out its 30 s. The rest is
/// for a machine that has other things to do.
const WOKEN_WITHIN_S: f64 = 10.0;

#[test]
fn what_one_hub_has_done_the_other_one_knows() {
    let place = Place::new("nodes-one-hub", 2);
    let first = place.ask(0, &create("anna"));
    assert_eq!(first.status, 200, "{}", first.body);
    let again = place.ask(1, &create("anna"));
    assert_eq!((again.status, &again.body, again.etag()), (200, &first.body, first.etag()), "byte by byte");
    assert!(again.is_replayed() && !first.is_replayed());
    let id = text(&object(&first.body), "entitlementId");
    let rename = format!("{{\"entitlementId\":\"{id}\",\"entitlementDisplayName\":\"hers\"}}");
    let rename = Request { method: "PATCH", ..Request::post("/v1/entitlement", &rename) };
    let renamed = place.ask(1, &rename);
    assert_eq!((renamed.status, renamed.etag()), (200, Some(2)), "{}", renamed.body);
    let read = place.ask(0, &Request::get(&format!("/v1/entitlement/{id}")));
    assert_eq!((&read.body, read.etag()), (&renamed.body, Some(2)), "a read begun after the answer shows it");
    let over = place.ask(1, &create("anna").with_identity("another"));
    assert_eq!(over.status, 400, "the limit counts on both: {}", over.body);
    let reused = place.ask(0, &create("ben").with_identity("create-anna"));
    assert_eq!(reused.status, 422, "{}", reused.body);
}

#[test]
fn a_reader_at_the_feed_of_one_hub_is_woken_by_a_commit_of_the_other() {
    let place = Place::new("nodes-feed", 2);
    let mut reader = Connection::open_as(place.hubs.addresses()[1], &place.credential).unwrap();
    reader.send(&Request::get("/v1/events?after=0&wait=30")).unwrap();
    until("the reader waits", Duration::from_secs(5), || {
        place.ask(1, &Request::get("/v1/events?after=0")).status == 200
    });
    let clock = Clock::start();
    assert_eq!(place.ask(0, &create("anna")).status, 200);
    let page = reader.receive().unwrap();
    assert!(clock.seconds() < WOKEN_WITHIN_S, "{:.2} s", clock.seconds());
    assert!(page.body.contains("\"position\":1,") && page.body.contains("\"CREATED\""), "{}", page.body);
}

#[test]
fn what_operators_do_is_in_force_on_every_hub() {
    let place = Place::new("nodes-operators", 2);
    let radio = "[merchants.STREAMCO.products.RADIO]\nname = \"Radio\"\nbehaves_like = \"MUSIC_NOW\"\n";
    place.hubs.applies(&format!("{}{radio}", catalog(&format!("{}/acme", place.receiver.url), "\"none\"")));
    for at in 0..2 {
        let body = format!(
            "{{\"customerIdentifier\":\"c{at}\",\"merchantAccountKey\":\"STREAMCO\",\"productKey\":\"RADIO\"}}"
        );
        let sell = Request::post("/v1/entitlement", &body);
        until("both sell it", CATALOG_PATIENCE, || place.ask(at, &sell).status == 200);
    }
    let (user, old) = ("acme-test", &place.credential);
    let new = place.hubs.password(user, &format!("credential rotate {user} --json"));
    let both = |credential: &str, status| (0..2).all(|at| place.echo(at, credential) == status);
    until("the new password is good, the old one is not", CATALOG_PATIENCE, || both(&new, 200) && both(old, 401));
    let overlapping = place.hubs.password(user, &format!("credential rotate {user} --overlap 1h --json"));
    until("both are good", CATALOG_PATIENCE, || both(&overlapping, 200) && both(&new, 200));
    place.hubs.does(&format!("credential revoke {user}"));
    until("none is good", CATALOG_PATIENCE, || both(&overlapping, 401) && both(&new, 401));
    place.hubs.does("audit verify");
    assert!(place.folder.path().join("hub.key").exists(), "both have the same key file");
}

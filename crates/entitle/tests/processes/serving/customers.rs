//! `entitle customer`: what is kept of a customer is written out, and erased beside a hub at work and without
//! one; what is left of it is sound, and says nothing of him.

use super::{CATALOG, Place, STOP_WITHIN, ask, create, json};
use crate::binary::{Binary, command};
use crate::http::{Answer, Request};
use crate::reading::{object, text};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

const CUSTOMER: &str = "anna-20144";
/// Stands in what the reseller wrote.
const SECRET: &str = "Lindenstrasse";
const EXPORT: &str = "customer export anna-20144 --reseller acme --mode test";
const ERASE: &str = "customer erase anna-20144 --reseller acme --mode test";
/// Each run lives that much longer than the one before it.
const STEP: Duration = Duration::from_millis(1);
/// More than a whole erasure takes.
const KILLS_MAX: u32 = 3_000;

fn first() -> Request {
    let body = format!(
        "{{\"customerIdentifier\":\"{CUSTOMER}\",\"merchantAccountKey\":\"STREAMCO\",\"productKey\":\"MUSIC\",\
         \"externalEntitlementId\":\"{SECRET}\",\"extensionData\":{{\"street\":\"{SECRET}\"}}}}"
    );
    Request::post("/v1/entitlement", &body).with_identity("the-first")
}

fn read(hub: &Binary, credential: &str, path: &str) -> Answer {
    let answer = ask(hub, credential, &Request::get(path));
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer
}

fn revoke(hub: &Binary, credential: &str, id: &str) {
    let body = format!(
        "{{\"revokeReasonCategory\":\"CUSTOMER_CANCELLED\",\"revokeReasonCode\":\"OTHER\",\
         \"revokeReasonDescription\":\"{SECRET}\"}}"
    );
    let revoked = ask(hub, credential, &Request::post(&format!("/v1/entitlement/revoke/{id}"), &body));
    assert_eq!(revoked.status, 200, "{}", revoked.body);
}

/// A hub with one entitlement of the customer, and one of somebody else; the reseller's credential, and its id.
fn sold(name: &str) -> (Place, Binary, String, String) {
    let place = Place::new(name);
    let hub = place.serve();
    place.applies(CATALOG);
    let acme = place.credential("acme-test");
    let created = ask(&hub, &acme, &first());
    assert_eq!(created.status, 200, "{}", created.body);
    assert_eq!(create(&hub, &acme, "bert", "MUSIC").status, 200);
    let id = text(&object(&created.body), "entitlementId");
    (place, hub, acme, id)
}

#[test]
fn everything_that_is_kept_of_a_customer_is_written_out() {
    let (place, hub, acme, id) = sold("customer-export");
    let created = ask(&hub, &acme, &first());
    revoke(&hub, &acme, &id);
    let exported = json(&place.does(EXPORT));
    let one = &exported["entitlements"][0];
    assert_eq!(exported["entitlements"].as_array().unwrap().len(), 1);
    assert_eq!(one["entitlement"]["entitlementId"], id.as_str());
    assert_eq!(one["entitlement"]["extensionData"]["street"], SECRET);
    assert_eq!(one["history"][1]["event"], "REVOKED");
    assert_eq!(exported["answers"][0]["requestId"], "the-first");
    assert_eq!(exported["answers"][0]["answer"].to_string(), json(&created.body).to_string());
    let says = place.refuses("customer export anna-20144 --reseller birch");
    assert!(says.contains("no reseller birch with a live side") && says.contains("say --mode test"), "{says}");
    let file = place.file("there.json", "");
    let says = place.refuses(&format!("{EXPORT} --to {file}"));
    assert!(says.contains("--to names a new file"), "{says}");
    std::fs::remove_file(&file).unwrap();
    let said = place.does(&format!("{EXPORT} --to {file}"));
    assert!(said.ends_with(": entitlements 1, histories of others 0, remembered answers 1.\n"), "{said}");
    assert_eq!(json(&std::fs::read_to_string(&file).unwrap()), exported);
    let audit = place.does("audit list --json");
    assert!(audit.contains("customer.export") && !audit.contains(CUSTOMER), "{audit}");
}

#[test]
fn a_customer_is_erased_beside_a_hub_at_work() {
    let (place, hub, acme, id) = sold("customer");
    let says = place.refuses(ERASE);
    assert!(
        says.contains(&format!("{id} is still open; the customer was not erased")) && says.contains("revoked first"),
        "{says}"
    );
    revoke(&hub, &acme, &id);
    let before = read(&hub, &acme, "/v1/events");
    let would = place.does(&format!("{ERASE} --dry-run"));
    assert!(would.starts_with("Would be erased: entitlements 1, histories of others 0, events 2, request"), "{would}");
    assert_eq!(read(&hub, &acme, "/v1/events").body, before.body, "a dry run writes nothing");
    let says = place.refuses(&format!("{ERASE} --note about-{CUSTOMER}"));
    assert!(says.contains("leave the customer's name out"), "{says}");
    let erased = place.does(&format!("{ERASE} --note request-4711"));
    let counts = "Erased: entitlements 1, histories of others 0, events 2, request identities 1.";
    assert!(erased.starts_with(counts), "{erased}");
    let token = erased.rsplit(' ').next().unwrap().trim();
    assert!(token.starts_with("erased-") && would.contains(token), "{erased}");
    let after = [
        read(&hub, &acme, &format!("/v1/entitlement/{id}")).body,
        read(&hub, &acme, "/v1/events").body,
        read(&hub, &acme, &format!("/v1/entitlement/{id}/history")).body,
        read(&hub, &acme, &format!("/v1/entitlement/{id}/explain")).body,
        ask(&hub, &acme, &Request::post("/v1/entitlement/report", "{}")).body,
        place.does(EXPORT),
        place.does("audit list --json"),
    ];
    for shown in &after {
        assert!(!shown.contains(CUSTOMER) && !shown.contains(SECRET), "{shown}");
    }
    let record = json(&after[0]);
    assert_eq!((&record["customerIdentifier"], &record["status"]), (&token.into(), &"REVOKED".into()));
    assert!(record["extensionData"].is_null());
    assert!(record["externalEntitlementId"].as_str().unwrap().starts_with("erased-"));
    let positions = |body: &str| body.matches("\"position\":").count();
    assert_eq!(positions(&after[1]), positions(&before.body), "the feed is numbered as before");
    let audit = &after[6];
    assert!(audit.contains(&format!("{token} of acme test")) && audit.contains("request-4711"), "{audit}");
}

#[test]
fn after_an_erasure_repeats_limits_and_further_erasures_are_right() {
    let (place, hub, acme, id) = sold("customer-after");
    revoke(&hub, &acme, &id);
    let erased = place.does(ERASE);
    let token = erased.rsplit(' ').next().unwrap().trim();
    let again = ask(&hub, &acme, &first());
    assert!(again.is_replayed() && again.body.contains(&id) && again.body.contains(token), "{}", again.body);
    let other = Request::post("/v1/entitlement", &first().body.replace("MUSIC", "RADIO")).with_identity("the-first");
    assert_eq!(ask(&hub, &acme, &other).status, 422, "another request is another request");
    let anew = create(&hub, &acme, CUSTOMER, "MUSIC");
    assert_eq!(anew.status, 200, "the limit counts what is open: {}", anew.body);
    assert_eq!(create(&hub, &acme, CUSTOMER, "MUSIC").status, 400, "and it counts");
    revoke(&hub, &acme, &text(&object(&anew.body), "entitlementId"));
    hub.terminate();
    assert!(hub.end_within(STOP_WITHIN).0.success());
    let erased = place.does(ERASE);
    assert!(erased.starts_with("Erased: entitlements 1,") && erased.contains(token), "without a hub, too: {erased}");
    assert_eq!(place.does(ERASE), "Nothing is kept of this customer that could be erased.\n");
    place.does("audit verify");
    place.does("doctor --full");
}

#[test]
fn what_somebody_else_has_by_now_is_only_called_otherwise() {
    let place = Place::new("customer-moved");
    let hub = place.serve();
    place.applies(CATALOG);
    let acme = place.credential("acme-test");
    let created = ask(&hub, &acme, &first());
    let id = text(&object(&created.body), "entitlementId");
    let moved = format!("{{\"entitlementId\":\"{id}\",\"customerIdentifier\":\"bert\"}}");
    let moved = Request { method: "PATCH", ..Request::post("/v1/entitlement", &moved) };
    assert_eq!(ask(&hub, &acme, &moved).status, 200);
    let exported = json(&place.does(EXPORT));
    assert_eq!(exported["histories"][0]["entitlementId"], id.as_str());
    let erased = place.does(ERASE);
    assert!(
        erased.starts_with("Erased: entitlements 0, histories of others 1, events 1, request identities 1."),
        "{erased}"
    );
    let history = read(&hub, &acme, &format!("/v1/entitlement/{id}/history")).body;
    assert!(!history.contains(CUSTOMER) && history.contains("bert") && history.contains("erased-"), "{history}");
    let record = json(&read(&hub, &acme, &format!("/v1/entitlement/{id}")).body);
    assert_eq!((&record["customerIdentifier"], &record["status"]), (&"bert".into(), &"ACTIVE".into()));
    assert!(ask(&hub, &acme, &first()).is_replayed());
    place.does("doctor --full");
}

#[test]
fn an_erasure_killed_at_any_moment_goes_on_and_is_whole_in_the_end() {
    let place = Place::new("customer-killed");
    let hub = place.serve();
    place.applies(CATALOG);
    let acme = place.credential("acme-test");
    for _ in 0..50 {
        let created = create(&hub, &acme, CUSTOMER, "MUSIC");
        revoke(&hub, &acme, &text(&object(&created.body), "entitlementId"));
    }
    let report = || ask(&hub, &acme, &Request::post("/v1/entitlement/report", "{}")).body;
    // What a command that is killed behind its first step leaves.
    let step = first_step(&place);
    assert!(step.contains("\"cursor\":{"), "{step}");
    let shown = report();
    assert!(shown.contains(CUSTOMER) && shown.contains("erased-"), "{shown}");
    let mut kills = 0;
    while is_unfinished(&place, STEP * kills) {
        kills += 1;
        assert!(kills < KILLS_MAX, "it does not end");
    }
    assert_eq!(place.does(ERASE), "Nothing is kept of this customer that could be erased.\n");
    let left = report();
    assert!(!left.contains(CUSTOMER) && !left.contains(SECRET), "after {kills} kills: {left}");
    place.does("audit verify");
    place.does("doctor --full");
}

/// Asks the hub for the first step alone, as the command does.
fn first_step(place: &Place) -> String {
    let named = place.0.file().with_file_name("hub.db.sock");
    // Where that name is too long for a socket, a file there names another.
    let path = std::fs::read_to_string(&named).map_or(named, |other| other.trim().into());
    let mut line = UnixStream::connect(path).unwrap();
    let body = format!("{{\"customerIdentifier\":\"{CUSTOMER}\"}}");
    let length = body.len();
    let asked = format!(
        "POST /operator/v1/resellers/acme/test/customer/erase HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    line.write_all(asked.as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    answer
}

/// Whether it was killed, or in another one's way, before it had done all.
#[expect(clippy::disallowed_methods, reason = "the moment of a kill is a moment, not a fact to await")]
fn is_unfinished(place: &Place, after: Duration) -> bool {
    let database = place.0.database();
    let mut words: Vec<&str> = ERASE.split(' ').collect();
    words.extend(["--database", &database]);
    let mut child = command(&words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // tidy: sleep because the kill has to come at any moment of the erasure
    std::thread::sleep(after);
    // It may have ended; then there is nothing to be killed.
    let _ = child.kill();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    // The step of the one killed before may still be at work in the hub: then it is told so, and runs again.
    assert!(ended.status.code() != Some(1) || said.contains("Run it again"), "{said}");
    !ended.status.success()
}

#[test]
fn what_the_reseller_has_not_been_told_stands_in_the_way_unless_it_may_wait() {
    let place = Place::new("customer-untold");
    let hub = place.serve();
    place.applies(CATALOG);
    let acme = place.credential("acme-test");
    // A port that was free just now: nobody takes a notification there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let body = format!(
        "{{\"customerIdentifier\":\"{CUSTOMER}\",\"merchantAccountKey\":\"STREAMCO\",\"productKey\":\"MUSIC\",\
         \"entitlementId\":\"order-{CUSTOMER}\",\"notificationUrl\":\"http://{nobody}/{SECRET}\"}}"
    );
    let created = ask(&hub, &acme, &Request::post("/v1/entitlement", &body));
    assert_eq!(created.status, 200, "{}", created.body);
    let id = text(&object(&created.body), "entitlementId");
    revoke(&hub, &acme, &id);
    let says = place.refuses(ERASE);
    assert!(
        says.contains(&format!("not been told everything of {id} yet")) && says.contains("--undelivered"),
        "{says}"
    );
    let erased = place.does(&format!("{ERASE} --undelivered"));
    assert!(erased.starts_with("Erased: entitlements 1,"), "{erased}");
    assert!(erased.contains(&format!("It stays, and names the customer: entitlementId {id}\n")), "{erased}");
    let told = place.does("notifications list --reseller acme --mode test --json");
    assert!(told.contains("\"WAITING\"") && !told.contains(SECRET), "{told}");
    place.does("doctor --full");
}

//! A very large reseller with several homes, as an operator gives them to it: hubs answer as ever, and a copy
//! gives it others.

use super::{Place, create, database};
use crate::binary::run;
use crate::http::Request;
use crate::reading::{object, text};
use cluster::Database;
use drill::{Steering, Work, pause, work};
use std::time::Duration;

const WRITING: Duration = Duration::from_secs(2);

fn ask(database: &Database, sql: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(database.ask(sql))
}

const USED: &str = "SELECT count(DISTINCT home)::text FROM entitlement";

#[test]
fn a_reseller_with_several_homes_is_one_to_every_hub() {
    let database = database();
    let given = run(&["store", "homes", "acme=5", "--test", "--database", &database.url]);
    assert_eq!((given.code, given.stdout.as_str()), (Some(0), "acme has 5 homes in test mode.\n"), "{given:?}");
    let ways = vec![database.url.clone(); 2];
    let place = Place::on("nodes-spread", database, &ways, "\"none\"");
    let writing = Work { writers: 8, customers: 40, pause_ms: 0..4, seed: 5 };
    let steering = Steering::start();
    let addresses = place.hubs.addresses();
    let operations = std::thread::scope(|scope| {
        let writers = scope.spawn(|| work(&addresses, &place.credential, &writing, &steering));
        let ended = steering.ends_when_dropped();
        pause(WRITING);
        drop(ended);
        writers.join().unwrap()
    });
    let verdict = place.judged(operations);
    assert!(verdict.counts.done > 200, "{:?}: this test proves little", verdict.counts);
    erases(&place);
    let Place { hubs, database, .. } = place;
    assert_eq!(ask(&database, USED), ["5"]);
    let other = run(&["store", "homes", "acme=6", "--test", "--database", &database.url]);
    assert!(other.code == Some(1) && other.stderr.contains("acme has 5 homes in test mode already"), "{other:?}");
    // Who has tried it out may still begin large.
    let live = run(&["store", "homes", "acme=7", "--database", &database.url]);
    assert_eq!((live.code, live.stdout.as_str()), (Some(0), "acme has 7 homes in live mode.\n"), "{live:?}");
    drop(hubs);
    gets_others_by_a_copy(&database);
}

/// What is erased is at home under its token.
fn erases(place: &Place) {
    for customer in ["anna", "bert", "carla"] {
        let created = place.ask(0, &create(customer));
        let id = text(&object(&created.body), "entitlementId");
        let revoked = place.ask(1, &Request::post(&format!("/v1/entitlement/revoke/{id}"), "{}"));
        assert_eq!(revoked.status, 200, "{}", revoked.body);
        place.hubs.does(&format!("customer erase {customer} --reseller acme --mode test --undelivered"));
        let again = place.ask(0, &create(customer));
        assert!(again.is_replayed() && again.body.contains(&id), "{}", again.body);
    }
    place.hubs.does("doctor --full");
}

fn gets_others_by_a_copy(from: &Database) {
    let to = database();
    let copy = |homes: &str| run(&["store", "copy", "--from", &from.url, "--to", &to.url, "--homes", homes]);
    let nobody = copy("nobody=3");
    assert!(nobody.code == Some(1) && nobody.stderr.contains("has no reseller nobody"), "{nobody:?}");
    let copied = copy("acme=3");
    assert!(copied.code == Some(0) && copied.stdout.ends_with("acme has 3 homes there.\n"), "{copied:?}");
    assert_eq!(ask(&to, USED), ["3"]);
    let doctor = run(&["doctor", "--full", "--database", &to.url]);
    assert!(doctor.code == Some(0) && doctor.stdout.ends_with("Nothing is wrong.\n"), "{doctor:?}");
}

#[test]
fn homes_are_for_databases() {
    let file = run(&["store", "homes", "acme=5", "--database", "sqlite:hub.db"]);
    assert!(file.code == Some(2) && file.stderr.contains("this is for databases"), "{file:?}");
    let copied = run(&["store", "copy", "--from", "sqlite:a.db", "--to", "sqlite:b.db", "--homes", "acme=5"]);
    assert!(copied.code == Some(2) && copied.stderr.contains("--homes is for a database"), "{copied:?}");
    let none = run(&["store", "homes", "acme=1025", "--database", "postgres://localhost/none"]);
    assert!(none.code == Some(2) && none.stderr.contains("a reseller has 1 to 1024 homes"), "{none:?}");
}

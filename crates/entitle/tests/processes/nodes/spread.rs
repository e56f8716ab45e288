//! A very large reseller with several homes, as an operator gives them to it: hubs answer as ever, and a copy
//! gives it others.

use super::{Place, database};
use crate::binary::run;
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
    let given = run(&["store", "homes", "acme=5", "--database", &database.url]);
    assert_eq!((given.code, given.stdout.as_str()), (Some(0), "acme has 5 homes.\n"), "{given:?}");
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
    let Place { hubs, database, .. } = place;
    assert_eq!(ask(&database, USED), ["5"]);
    let other = run(&["store", "homes", "acme=6", "--database", &database.url]);
    assert!(other.code == Some(1) && other.stderr.contains("holds acme with 5 homes already"), "{other:?}");
    drop(hubs);
    gets_others_by_a_copy(&database);
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

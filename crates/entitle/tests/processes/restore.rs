//! The drill: under load a copy is made, the hub is killed, the copy is restored at another place.
//! The doctor finds nothing, what was answered before the copy is there, the feed goes on behind a
//! gap that no reader passes over unknowingly.

use crate::binary::{Binary, run};
use crate::folder::Folder;
use crate::http::{Connection, Request};
use crate::kill::client::Client;
use crate::reading::{object, text};
use crate::receiver::Receiver;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

const CLIENTS: usize = 8;
/// Answers before the copy, and again between copy and kill.
const ANSWERS: usize = 400;
const KNOWN: usize = 20;
const LOOK: Duration = Duration::from_millis(5);
/// A minute.
const LOOKS_MAX: usize = 12_000;

fn create(line: &mut Connection, customer: &str) -> (String, String) {
    let body = format!(
        "{{\"customerIdentifier\":\"{customer}\",\"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"MUSIC_NOW\"}}"
    );
    let created = line.ask(&Request::post("/v1/entitlement", &body)).unwrap();
    assert_eq!(created.status, 200, "{}", created.body);
    (text(&object(&created.body), "entitlementId"), created.body)
}

/// Reads the feed behind a position to its end, or to where it does not go on. Gives the cursor and
/// how many events there were.
fn read_feed(line: &mut Connection, mut after: u64) -> (u64, usize, u16) {
    let mut events = 0;
    loop {
        let page = line.ask(&Request::get(&format!("/v1/events?after={after}&limit=100"))).unwrap();
        if page.status != 200 {
            assert!(page.body.contains("cursor-expired"), "{}", page.body);
            return (after, events, page.status);
        }
        let body: serde_json::Value = serde_json::from_str(&page.body).unwrap();
        let page = body["events"].as_array().unwrap();
        if page.is_empty() {
            return (after, events, 200);
        }
        for event in page {
            assert_eq!(event["position"].as_u64(), Some(after + 1), "positions follow each other");
            after += 1;
            events += 1;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "how far other threads have come is looked at again and again")]
fn until(answers: &AtomicUsize, least: usize) {
    for _ in 0..LOOKS_MAX {
        if answers.load(Ordering::Relaxed) >= least {
            return;
        }
        // tidy: sleep because the clients work meanwhile, and only their count can be seen
        thread::sleep(LOOK);
    }
    panic!("the hub hardly answers: {} of {least}", answers.load(Ordering::Relaxed));
}

fn doctor_finds_nothing(database: &str) -> String {
    let ended = run(&["doctor", "--database", database, "--full"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    ended.stdout
}

#[test]
fn a_copy_made_under_load_is_restored_after_a_kill_and_the_feed_goes_on() {
    let (folder, elsewhere) = (Folder::new("restore"), Folder::new("restored"));
    let copy = folder.file().with_file_name("copy.db").display().to_string();
    let receiver = Receiver::start();
    let hub = Binary::start(&folder);
    let address = hub.address;
    let mut line = Connection::open(address).unwrap();
    let known: Vec<_> = (0..KNOWN).map(|at| create(&mut line, &format!("known-{at}"))).collect();

    let mut clients: Vec<Client> = (0..CLIENTS).map(|number| Client::new(number, &receiver.url)).collect();
    let answers = AtomicUsize::new(0);
    let cursor = thread::scope(|scope| {
        for client in &mut clients {
            let answers = &answers;
            scope.spawn(move || client.work(address, answers));
        }
        until(&answers, ANSWERS);
        let made = run(&["backup", &copy, "--database", &folder.database()]);
        assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""), "{made:?}");
        let after_copy = answers.load(Ordering::Relaxed);
        doctor_finds_nothing(&folder.database());
        until(&answers, after_copy + ANSWERS);
        let (cursor, _, status) = read_feed(&mut line, 0);
        assert_eq!(status, 200);
        hub.kill();
        cursor
    });

    let restored = run(&["restore", &copy, "--database", &elsewhere.database(), "--json"]);
    assert_eq!((restored.code, restored.stderr.as_str()), (Some(0), ""), "{restored:?}");
    let told: serde_json::Value = serde_json::from_str(&restored.stdout).unwrap();
    let floor = told["feedsGoOnBehind"].as_u64().unwrap();
    doctor_finds_nothing(&elsewhere.database());

    let hub = Binary::start(&elsewhere);
    let mut line = Connection::open(hub.address).unwrap();
    for (id, body) in &known {
        let read = line.ask(&Request::get(&format!("/v1/entitlement/{id}"))).unwrap();
        assert_eq!((read.status, &read.body), (200, body), "what was answered before the copy is there");
    }
    let (last, events, status) = read_feed(&mut line, 0);
    assert_eq!((last, status), (events as u64, 400), "the feed of the copy ends at a gap");
    assert!(last < cursor, "the copy is older than what was read");
    assert_eq!(read_feed(&mut line, cursor), (cursor, 0, 400), "a reader who knows more is told");
    let report = line.ask(&Request::post("/v1/entitlement/report", "{}")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report.body).unwrap();
    let from: u64 = report["parameters"]["feedCursor"].as_str().unwrap().parse().unwrap();
    assert!(from >= floor, "{from}");
    let (_, before, _) = read_feed(&mut line, from);
    create(&mut line, "after-the-restoration");
    let (on, events, status) = read_feed(&mut line, from);
    assert_eq!((events > before, status), (true, 200), "and goes on from the report's cursor");
    assert!(on > floor);
    let beside = doctor_finds_nothing(&elsewhere.database());
    assert!(beside.contains(&format!("beside process {}", hub.pid())), "{beside}");
    assert_eq!(hub.kill(), "", "nothing it logs is worth a warning");
}

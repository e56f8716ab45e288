//! `listen`: the feed as it grows, to a receiver that verifies it, and through a hub that is
//! killed under it.

use super::golden::Transcript;
use super::sandbox::Lived;
use crate::binary::{Binary, command, lines_of};
use crate::folder::Folder;
use crate::http::{Connection, Request};
use crate::reading::{number, object, record, text};
use crate::receiver::{Mood, Receiver};
use std::process::{Child, Command};
use std::sync::mpsc;
use std::time::Duration;
use wire::WebhookSecret;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// A line comes sooner, or not at all.
const LINE_WITHIN: Duration = Duration::from_secs(30);
/// The hub is killed and started again so often under a listener.
const KILLS: usize = 3;
const CREATES_BETWEEN: usize = 10;

/// A running listener.
struct Listener {
    child: Child,
    lines: mpsc::Receiver<String>,
    remarks: mpsc::Receiver<String>,
}

impl Listener {
    /// Starts it, and waits until it knows where it begins.
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(&[&["listen"], arguments].concat()).spawn().expect("it cannot be started");
        let lines = lines_of(child.stdout.take().expect("stdout is piped"));
        let remarks = lines_of(child.stderr.take().expect("stderr is piped"));
        let begins = remarks.iter().find(|remark| remark.starts_with("Listening at "));
        begins.expect("it begins to listen");
        Self { child, lines, remarks }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(LINE_WITHIN).expect("a line in time")
    }

    /// Ctrl-C, and what it had to say beside the events.
    fn interrupt(mut self) -> (Option<i32>, String) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIGINT cannot be sent");
        self.ended()
    }

    fn ended(&mut self) -> (Option<i32>, String) {
        let remarks: Vec<String> = self.remarks.iter().collect();
        let status = self.child.wait().expect("it cannot be waited for");
        (status.code(), remarks.join("\n"))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_happened_is_listed_as_the_golden_shows_it() {
    let lived = Lived::with_a_life("listens");
    let mut listens = Transcript::with_hub("listen", &lived.url());
    for command in [
        "listen --from-start --max-events 8",
        "listen --after 6 --max-events 1 --json",
        "listen --after 999 --max-events 1",
    ] {
        listens.type_in(command);
    }
    let receiver = Receiver::start();
    let forward = format!("listen --after 1 --max-events 2 --forward {}/hook", receiver.url);
    listens.type_in(&forward);
    listens.compare();
}

#[test]
fn from_now_on_every_event_comes_and_ctrl_c_ends_it() {
    let mut lived = Lived::new("now");
    lived.create("before", "anna", "MUSIC_NOW", "");
    let url = lived.url();
    let listener = Listener::start(&["--url", &url, "--json"]);
    for id in ["one", "two"] {
        lived.create(id, id, "MUSIC_NOW", "");
        assert_eq!(text(&object(&listener.line()), "entitlementId"), id);
    }
    let (code, stderr) = listener.interrupt();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stderr, "Ended. --after 3 goes on from here.");
}

#[test]
fn what_is_forwarded_is_signed_whole_in_order_and_retried() {
    let mut lived = Lived::new("forwards");
    let receiver = Receiver::start();
    receiver.set_mood(Mood::Refuses);
    for number in 0..40 {
        lived.create(&format!("order-{number}"), &format!("c{number}"), "MUSIC_NOW", "");
        lived.update(&format!("order-{number}"), "\"extensionData\":{\"price\":1.10}");
    }
    let url = format!("{}/hook?a=1", receiver.url);
    let hub = lived.url();
    let mut listener =
        Listener::start(&["--url", &hub, "--from-start", "--max-events", "80", "--forward", &url, "--secret", SECRET]);
    let shown: Vec<String> = listener.lines.iter().collect();
    let (code, stderr) = listener.ended();
    assert_eq!(code, Some(0), "{stderr}");

    let arrived = receiver.arrived();
    let secret = WebhookSecret::parse(SECRET).unwrap();
    for one in &arrived {
        let at_s: i64 = one.webhook_timestamp.parse().unwrap();
        assert!((one.at_s - at_s).abs() <= 5, "its timestamp is of this attempt");
        assert!(secret.verify(&one.webhook_id, at_s, one.body.as_bytes(), &one.webhook_signature));
        assert_eq!(one.path, "/hook?a=1");
        let body = object(&one.body);
        assert_eq!(text(&body, "notificationId"), one.webhook_id);
        if !one.body.contains("\"price\":1.10") {
            assert_eq!(text(&body, "notificationReason"), "ACTIVATION_SUCCESS");
            continue;
        }
        assert_eq!(text(&body, "notificationReason"), "METADATA_UPDATE");
        let path = format!("/v1/entitlement/{}", text(&body, "entitlementId"));
        let read = lived.line.ask(&Request::get(&path)).unwrap();
        assert_eq!(record(&one.body), record(&read.body), "the record as the hub writes it");
    }
    let taken = arrived.iter().filter(|one| one.taken);
    let sequences: Vec<_> = taken.map(|one| number(&object(&one.body), "notificationSequence").unwrap()).collect();
    assert!(sequences.iter().copied().eq(1..=80), "each once and in order: {sequences:?}");
    assert!(arrived.len() > 80, "some were refused at first");
    assert!(shown.iter().any(|line| line.trim() == "→ 500, again in 1 s"), "{shown:?}");
    assert_eq!(shown.iter().filter(|line| line.trim() == "→ 200").count(), 80);
}

#[test]
fn a_hub_killed_under_it_costs_no_event_and_repeats_none() {
    let folder = Folder::new("killed");
    let mut hub = Binary::start(&folder);
    let address = hub.address;
    let url = format!("http://{address}");
    let listener = Listener::start(&["--url", &url, "--json", "--from-start"]);
    let mut positions = Vec::new();
    for round in 0..KILLS {
        let mut line = Connection::open(address).unwrap();
        for number in 0..CREATES_BETWEEN {
            let body = format!(
                "{{\"customerIdentifier\":\"c{round}-{number}\",\"merchantAccountKey\":\"BANGO_US\",\
                 \"productKey\":\"MUSIC_NOW\"}}"
            );
            assert_eq!(line.ask(&Request::post("/v1/entitlement", &body)).unwrap().status, 200);
        }
        // In the first round all has been heard before the kill, later ones race with it.
        if round == 0 {
            positions.extend((0..CREATES_BETWEEN).map(|_| position(&listener.line())));
        }
        hub.kill();
        hub = Binary::start_with(&["sandbox", "--listen", &address.to_string(), "--database", &folder.database()]);
    }
    positions.extend((positions.len()..KILLS * CREATES_BETWEEN).map(|_| position(&listener.line())));
    assert!(positions.iter().copied().eq(1..=30), "{positions:?}");
    let (code, stderr) = listener.interrupt();
    assert_eq!(code, Some(0));
    let away = stderr.matches("The hub does not answer (").count();
    let back = stderr.matches("The hub answers again; going on after position ").count();
    assert!(away == back && (1..=KILLS).contains(&away), "it is said once each time: {stderr}");
}

fn position(line: &str) -> u32 {
    number(&object(line), "position").unwrap()
}

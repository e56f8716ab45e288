//! The first five minutes: the three steps that the start text prints, done as printed.

use crate::binary::Binary;
use crate::folder::Folder;
use crate::http::{Answer, Connection, Request};
use crate::reading::{object, objects, path_of, text};
use entitlement::JsonObject;
use std::process::Command;
use std::time::Duration;

/// Whether a notification is there is asked so often; it takes a few milliseconds.
const LOOKS: usize = 2_000;
const LOOK_AFTER: Duration = Duration::from_millis(10);

#[test]
fn the_three_steps_of_the_start_text_work_as_printed() {
    let folder = Folder::new("minutes");
    let hub = Binary::start(&folder);
    let [create, notifications] = pasted(&hub.text).try_into().expect("the start text has two commands");

    let created = typed(&hub, &create);
    assert_eq!(created.status, 202, "{}", created.body);
    let body = object(&created.body);
    assert_eq!(text(&body, "responseCode"), "CLIENT_ACTION_REQUIRED");
    let url = text(&body, "parameters.url");
    assert!(url.starts_with(&hub.printed("Address")), "{url} is not at the printed address");
    if has_curl() {
        // The identical create while the user is awaited: the same entitlement, by curl itself.
        let again = object(&in_a_shell(&create));
        assert_eq!(text(&again, "entitlementId"), text(&body, "entitlementId"));
    }

    let mut browser = Connection::open_as(hub.address, "nobody:").unwrap();
    let page = browser.ask(&Request::get(&path_of(&url))).unwrap();
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("Start Bango Music?"), "{}", page.body);
    assert!(page.body.contains("name=\"choice\" value=\"confirm\">Confirm</button>"), "{}", page.body);
    assert!(!page.body.contains("<script"), "it works without script");
    let pressed = browser.ask(&Request::post(&path_of(&url), "choice=confirm")).unwrap();
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    let shown = browser.ask(&Request::get(pressed.header("location").expect("where to go"))).unwrap();
    assert!(shown.body.contains("Bango Music is active"), "{}", shown.body);

    let told = until_told(&hub, &notifications);
    assert_eq!(text(&told, "signature"), "valid");
    assert_eq!(text(&told, "body.notificationReason"), "ACTIVATION_SUCCESS");
    assert_eq!(text(&told, "body.entitlementId"), text(&body, "entitlementId"));
    assert_eq!(text(&told, "body.status"), "ACTIVE");
    if has_curl() {
        assert!(in_a_shell(&notifications).contains("\"signature\":\"valid\""));
    }
    assert_eq!(hub.stderr(), "", "nothing it logs is worth a warning");
}

/// The newest notification, once there is one.
#[expect(clippy::disallowed_methods, reason = "the inbox can only be asked again")]
fn until_told(hub: &Binary, command: &str) -> JsonObject {
    for _ in 0..LOOKS {
        let listed = object(&typed(hub, command).body);
        if let Some(newest) = objects(&listed, "notifications").first() {
            return (*newest).clone();
        }
        // tidy: sleep because the inbox can only be asked again
        std::thread::sleep(LOOK_AFTER);
    }
    panic!("no notification has come");
}

/// The commands of a text: lines that begin with `curl`, with those they go on in.
fn pasted(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in text.lines().map(str::trim) {
        let (part, continued) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        if line.starts_with("curl ") {
            commands.push(part.to_owned());
        } else if goes_on && let Some(command) = commands.last_mut() {
            command.push_str(part);
        }
        goes_on = continued && (goes_on || line.starts_with("curl "));
    }
    commands
}

/// Does what the printed curl command does, so that the test needs no curl.
fn typed(hub: &Binary, command: &str) -> Answer {
    let words = words(command);
    let after = |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1));
    let url = words.iter().find(|word| word.starts_with("http://")).expect("a URL");
    let credential = after("-u").expect("a credential");
    let request = match after("-d") {
        Some(body) => {
            assert_eq!(after("-H").map(String::as_str), Some("Content-Type: application/json"));
            Request::post(&path_of(url), body)
        }
        None => Request::get(&path_of(url)),
    };
    Connection::open_as(hub.address, credential).unwrap().ask(&request).unwrap()
}

/// Words as a shell reads them, single quotes only.
fn words(command: &str) -> Vec<String> {
    let quoted = command.split('\'').enumerate();
    quoted
        .flat_map(|(at, part)| {
            if at % 2 == 1 { vec![part.to_owned()] } else { part.split_whitespace().map(str::to_owned).collect() }
        })
        .collect()
}

fn has_curl() -> bool {
    Command::new("curl").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn in_a_shell(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).env("no_proxy", "*").output().expect("there is no sh");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

//! How the program starts, refuses to start, and stops.

use crate::binary::{Binary, run};
use crate::folder::Folder;
use crate::http::{Answer, Connection, Request};
use crate::reading::{object, text};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// SIGTERM ends the program within this (docs/API.md section 9).
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// A start on a new file is killed so often, each time later by a step: through all of it.
const KILLED_STARTS: u64 = 40;
const KILL_STEP_MS: u64 = 3;
const CREATE: &str =
    "{\"customerIdentifier\":\"stays\",\"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"MUSIC_NOW\"}";

#[test]
fn a_taken_port_is_named_with_the_next_one() {
    let folder = Folder::new("port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let ended = run(&["sandbox", "--listen", &listen, "--database", &folder.database()]);
    let next = port.checked_add(1).unwrap_or(8081);
    let says = format!("entitle: 127.0.0.1:{port} is in use; try --listen 127.0.0.1:{next}\n");
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(1), "", says.as_str()));
    assert!(!folder.file().exists(), "a start that fails leaves nothing behind");
}

#[test]
fn a_taken_data_file_names_its_owners_process_id_and_keeps_its_data() {
    let folder = Folder::new("file");
    let hub = Binary::start(&folder);
    let id = create(hub.address);
    for fresh in [&[][..], &["--fresh"][..]] {
        let database = folder.database();
        let arguments = [&["sandbox", "--listen", "127.0.0.1:0", "--database", &database][..], fresh].concat();
        let ended = run(&arguments);
        let says = format!("{} is in use by process {}", folder.file().display(), hub.pid());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
        assert!(ended.stderr.starts_with("entitle: ") && ended.stderr.contains(&says), "{ended:?}");
    }
    assert_eq!(read(hub.address, &id).status, 200, "--fresh has emptied a file that is in use");
}

#[test]
fn a_database_that_is_none_is_refused_with_an_example() {
    for database in ["mysql:x", "sqlite:", "x.db", ""] {
        let ended = run(&["sandbox", "--listen", "127.0.0.1:0", "--database", database]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        let what = format!("entitle: --database {database} names neither a data file nor a database\n");
        let says = format!("{what}  Say sqlite:PATH, for example sqlite:");
        assert!(ended.stderr.starts_with(&says), "{ended:?}");
    }
}

#[test]
fn help_shows_examples_and_the_version_is_told() {
    for arguments in [&["--help"][..], &["sandbox", "--help"][..]] {
        let ended = run(arguments);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        for word in ["Usage: entitle", "--listen", "--database", "--public-url", "--fresh", "127.0.0.1:8080"] {
            assert!(ended.stdout.contains(word), "{arguments:?} does not say {word}:\n{}", ended.stdout);
        }
        assert!(ended.stdout.contains("Examples:"), "{arguments:?} has no examples:\n{}", ended.stdout);
    }
    let ended = run(&["--version"]);
    assert_eq!(ended.stdout, format!("entitle {}\n", env!("CARGO_PKG_VERSION")));
    let ended = run(&["--colour"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "an unknown flag is a misuse");
}

#[test]
fn without_a_subcommand_the_sandbox_starts() {
    let folder = Folder::new("plain");
    let hub = Binary::start_with(&["--listen", "127.0.0.1:0", "--database", &folder.database()]);
    assert!(hub.text.starts_with(&format!("Entitle {} sandbox\n", env!("CARGO_PKG_VERSION"))), "{}", hub.text);
    assert_eq!(hub.printed("Data"), folder.file().display().to_string());
    assert_eq!(hub.printed("Credential"), "sandbox / sandbox");
    create(hub.address);
    assert_eq!(hub.stderr(), "", "nothing it logs is worth a warning");
}

#[test]
fn data_survives_a_clean_stop_and_fresh_empties_it() {
    let folder = Folder::on_engine("survive");
    let hub = Binary::start(&folder);
    let secret = hub.printed("Webhooks");
    let id = create(hub.address);
    stop(hub);

    let hub = Binary::start(&folder);
    let read_again = read(hub.address, &id);
    assert_eq!((read_again.status, read_again.etag()), (200, Some(1)));
    assert_eq!(hub.printed("Webhooks"), secret, "receivers keep their secret");
    stop(hub);

    let hub = Binary::start_more(&folder, &["--fresh"]);
    assert_eq!(read(hub.address, &id).status, 404, "--fresh begins with no data");
    create(hub.address);
}

#[test]
fn killed_while_it_starts_it_starts_again() {
    let folder = Folder::on_engine("starting");
    for after_ms in (0..KILLED_STARTS).map(|start| start * KILL_STEP_MS) {
        Binary::start_and_kill(&folder, Duration::from_millis(after_ms));
    }
    let hub = Binary::start(&folder);
    create(hub.address);
    assert_eq!(hub.stderr(), "", "nothing it logs is worth a warning");
}

#[test]
fn on_sigterm_running_requests_are_answered_and_the_program_ends() {
    let folder = Folder::on_engine("sigterm");
    let hub = Binary::start(&folder);
    let mut line = Connection::open(hub.address).unwrap();
    let mut idle = Connection::open(hub.address).unwrap();
    assert_eq!(idle.ask(&Request::get("/v1/echo/1")).unwrap().status, 200);
    let head = format!(
        "POST /v1/entitlement HTTP/1.1\r\nHost: hub\r\nAuthorization: {}\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        line.authorization(),
        CREATE.len()
    );
    line.write(&head).unwrap();
    assert_eq!(line.receive().unwrap().status, 100, "the hub has begun with the request and wants its body");

    let (address, pid) = (hub.address, hub.pid());
    hub.terminate();
    until_refused(address);
    line.write(CREATE).unwrap();
    let created = line.receive().unwrap();
    assert_eq!(created.status, 200, "{}", created.body);
    let (status, log) = hub.end_within(STOP_WITHIN);
    assert_eq!((status.code(), log.as_str()), (Some(0), ""), "process {pid}");

    let hub = Binary::start(&folder);
    assert_eq!(read(hub.address, &text(&object(&created.body), "entitlementId")).status, 200);
}

#[test]
fn a_request_that_never_ends_and_a_receiver_that_never_answers_do_not_hold_up_the_end() {
    let folder = Folder::on_engine("stuck");
    let hub = Binary::start(&folder);
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", receiver.local_addr().unwrap());
    let mut calls = Connection::open(hub.address).unwrap();
    let id = create(hub.address);
    let mut patch =
        Request::post("/v1/entitlement", &format!("{{\"entitlementId\":\"{id}\",\"notificationUrl\":\"{url}\"}}"));
    patch.method = "PATCH";
    assert_eq!(calls.ask(&patch).unwrap().status, 200);
    let attempt = receiver.accept().expect("the hub tells of the change");

    let mut line = Connection::open(hub.address).unwrap();
    let authorization = line.authorization().to_owned();
    let head = format!("POST /v1/entitlement HTTP/1.1\r\nHost: hub\r\nAuthorization: {authorization}\r\n");
    line.write(&format!("{head}Expect: 100-continue\r\nContent-Length: 100\r\n\r\n")).unwrap();
    assert_eq!(line.receive().unwrap().status, 100);
    hub.terminate();
    let (status, _) = hub.end_within(STOP_WITHIN);
    assert_eq!(status.code(), Some(0));
    drop(attempt);
}

#[test]
fn beyond_loopback_the_password_is_another_and_the_well_known_one_is_refused() {
    let folder = Folder::new("beyond");
    let arguments = ["sandbox", "--listen", "0.0.0.0:0", "--database", &folder.database()];
    let hub = Binary::start_with(&arguments);
    let credential = hub.printed("Credential");
    let (user, password) = credential.split_once(" / ").expect("user and password");
    assert_eq!(user, "sandbox");
    assert!(password.len() >= 16 && password != "sandbox", "{password} can be guessed");
    let echo = Request::get("/v1/echo/1");
    let refused = Connection::open(hub.address).unwrap().ask(&echo).unwrap();
    assert_eq!(refused.status, 401, "{}", refused.body);
    let mut line = Connection::open_as(hub.address, &format!("sandbox:{password}")).unwrap();
    assert_eq!(line.ask(&echo).unwrap().status, 200);
    for path in ["/sandbox/v1/clock", "/sandbox/v1/notifications"] {
        assert_eq!(Connection::open(hub.address).unwrap().ask(&Request::get(path)).unwrap().status, 401, "{path}");
    }
    stop(hub);

    // The same data behind loopback again: the password of that start, and only that.
    let password = password.to_owned();
    let hub = Binary::start(&folder);
    assert_eq!(Connection::open(hub.address).unwrap().ask(&echo).unwrap().status, 200);
    let mut line = Connection::open_as(hub.address, &format!("sandbox:{password}")).unwrap();
    assert_eq!(line.ask(&echo).unwrap().status, 401, "a password of an earlier start still works");
}

fn stop(hub: Binary) {
    hub.terminate();
    let (status, log) = hub.end_within(STOP_WITHIN);
    assert_eq!((status.code(), log.as_str()), (Some(0), ""));
}

fn create(address: SocketAddr) -> String {
    let created = Connection::open(address).unwrap().ask(&Request::post("/v1/entitlement", CREATE)).unwrap();
    assert_eq!(created.status, 200, "{}", created.body);
    text(&object(&created.body), "entitlementId")
}

fn read(address: SocketAddr, id: &str) -> Answer {
    Connection::open(address).unwrap().ask(&Request::get(&format!("/v1/entitlement/{id}"))).unwrap()
}

/// Until nobody listens there any more.
#[expect(clippy::disallowed_methods, reason = "the test is a client of the hub, and waits for a refusal")]
fn until_refused(address: SocketAddr) {
    for _ in 0..2_000 {
        if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            return;
        }
        // tidy: sleep because that a listener is gone can only be asked for again
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("after SIGTERM it still accepts connections");
}

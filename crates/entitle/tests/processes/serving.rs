//! `entitle serve` and the operator's commands, on the real binary: what a catalog, a credential and a
//! secret do to requests, with a hub running and without one.

mod customers;

use crate::binary::{Binary, Ended, run};
use crate::folder::Folder;
use crate::http::{Answer, Connection, Request};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

const STOP_WITHIN: Duration = Duration::from_secs(10);
const CATALOG: &str = r#"
[merchants.STREAMCO]
name = "StreamCo"
connector = "test"
[merchants.STREAMCO.products.MUSIC]
name = "Music"
behaves_like = "MUSIC_NOW"
[merchants.STREAMCO.products.RADIO]
name = "Radio"
behaves_like = "MUSIC_NOW"
[resellers.acme]
name = "Acme Telecom"
[resellers.acme.test.routes.STREAMCO]
repeatable = true
inquiry = true
[resellers.acme.live]
[resellers.birch]
name = "Birch Bank"
[resellers.birch.test.routes.STREAMCO]
[credentials.acme-test]
reseller = "acme"
mode = "test"
rate = "none"
[credentials.acme-live]
reseller = "acme"
mode = "live"
[credentials.birch-test]
reseller = "birch"
mode = "test"
"#;

/// A folder with a data file, and the commands of its operator.
struct Place(Folder);

impl Place {
    fn new(name: &str) -> Self {
        Self(Folder::new(name))
    }

    fn serve(&self) -> Binary {
        Binary::start_with(&["serve", "--listen", "127.0.0.1:0", "--database", &self.0.database()])
    }

    /// Runs an operator's command on this hub.
    fn entitle(&self, command: &str) -> Ended {
        let database = self.0.database();
        let mut words: Vec<&str> = command.split(' ').collect();
        words.extend(["--database", &database]);
        run(&words)
    }

    /// The same, which has to go well; gives what it printed.
    fn does(&self, command: &str) -> String {
        let ended = self.entitle(command);
        assert_eq!(ended.code, Some(0), "{command}: {ended:?}");
        ended.stdout
    }

    /// The same, which has to be refused; gives what it said.
    fn refuses(&self, command: &str) -> String {
        let ended = self.entitle(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{command}: {ended:?}");
        ended.stderr
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.0.file().with_file_name(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn applies(&self, catalog: &str) -> String {
        self.does(&format!("catalog apply {}", self.file("catalog.toml", catalog)))
    }

    /// `user:password` of a credential that was just given its first password.
    fn credential(&self, user: &str) -> String {
        self.password_of(user, &format!("credential create {user} --json"))
    }

    fn password_of(&self, user: &str, command: &str) -> String {
        let answer = json(&self.does(command));
        format!("{user}:{}", answer["password"].as_str().unwrap())
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn ask(hub: &Binary, credential: &str, request: &Request) -> Answer {
    Connection::open_as(hub.address, credential).and_then(|mut hub| hub.ask(request)).unwrap()
}

fn create(hub: &Binary, credential: &str, customer: &str, product: &str) -> Answer {
    let body = format!(
        "{{\"customerIdentifier\":\"{customer}\",\"merchantAccountKey\":\"STREAMCO\",\"productKey\":\"{product}\"}}"
    );
    ask(hub, credential, &Request::post("/v1/entitlement", &body))
}

fn echo(hub: &Binary, credential: &str) -> u16 {
    ask(hub, credential, &Request::get("/v1/echo/1")).status
}

#[test]
fn commands_work_the_same_with_a_hub_and_without_one() {
    let place = Place::new("with-and-without");
    let says = place.refuses("catalog versions");
    assert!(says.contains("`entitle serve` makes one"), "{says}");
    let hub = place.serve();
    assert_eq!(place.does("catalog versions"), "No catalog has been applied yet.\n");
    hub.terminate();
    assert!(hub.end_within(STOP_WITHIN).0.success());
    assert!(place.applies(CATALOG).ends_with("Version 1 is in force.\n"));
    let acme = place.credential("acme-test");
    let hub = place.serve();
    assert_eq!(hub.printed("Catalog"), "version 1");
    assert_eq!(create(&hub, &acme, "anna", "MUSIC").status, 200);
    assert!(place.applies(CATALOG).ends_with("Version 1 stays in force.\n"), "the same file twice changes nothing");
    assert_eq!(place.does("audit verify").matches("The audit holds").count(), 1);
}

#[test]
fn each_credential_sees_its_own_side_and_nothing_of_others() {
    let place = Place::new("sides");
    let hub = place.serve();
    place.applies(CATALOG);
    let [acme, live, birch] = ["acme-test", "acme-live", "birch-test"].map(|user| place.credential(user));
    let id = json(&create(&hub, &acme, "anna", "MUSIC").body)["entitlementId"].as_str().unwrap().to_owned();
    let read = Request::get(&format!("/v1/entitlement/{id}"));
    assert_eq!([&acme, &live, &birch].map(|one| ask(&hub, one, &read).status), [200, 404, 404]);
    let report = Request::post("/v1/entitlement/report", "{}");
    let counted = |one: &String| json(&ask(&hub, one, &report).body)["entitlements"].as_array().unwrap().len();
    assert_eq!([&acme, &live, &birch].map(counted), [1, 0, 0]);
    // The live side has no merchants: test merchants are for tests.
    assert_eq!(create(&hub, &live, "anna", "MUSIC").status, 422);
    // The same customer of another reseller is another one.
    assert_eq!(create(&hub, &birch, "anna", "MUSIC").status, 200);
    let shown = place.does(&format!("entitlement show {id}"));
    assert!(shown.starts_with(&format!("{id} is ACTIVE")), "{shown}");
}

#[test]
fn what_an_open_entitlement_needs_is_retired_and_goes_when_nothing_needs_it() {
    let place = Place::new("retired");
    let hub = place.serve();
    place.applies(CATALOG);
    let acme = place.credential("acme-test");
    let id = json(&create(&hub, &acme, "anna", "RADIO").body)["entitlementId"].as_str().unwrap().to_owned();
    let without =
        CATALOG.replace("[merchants.STREAMCO.products.RADIO]\nname = \"Radio\"\nbehaves_like = \"MUSIC_NOW\"\n", "");
    let planned = place.does(&format!("catalog plan {}", place.file("catalog.toml", &without)));
    assert!(planned.contains("product RADIO of STREAMCO") && planned.contains("1 open entitlement"), "{planned}");
    place.applies(&without);
    assert_eq!(create(&hub, &acme, "ben", "RADIO").status, 422, "nothing new of it");
    let suspend = format!("{{\"entitlementId\":\"{id}\",\"entitlementBenefits\":\"SUSPENDED\"}}");
    let suspend = Request { method: "PATCH", ..Request::post("/v1/entitlement", &suspend) };
    assert_eq!(ask(&hub, &acme, &suspend).status, 200, "all else goes on");
    assert_eq!(ask(&hub, &acme, &Request::post(&format!("/v1/entitlement/revoke/{id}"), "{}")).status, 200);
    let gone = place.applies(&without);
    assert!(gone.contains("- product RADIO of STREAMCO"), "{gone}");
    place.does("catalog rollback --to 1");
    assert_eq!(create(&hub, &acme, "ben", "RADIO").status, 200, "the older version sells it again");
}

#[test]
fn a_rotated_password_overlaps_or_ends_and_a_revoked_one_is_gone_for_good() {
    let place = Place::new("passwords");
    let hub = place.serve();
    place.applies(CATALOG);
    let first = place.credential("acme-test");
    let second = place.password_of("acme-test", "credential rotate acme-test --overlap 1h --json");
    assert_eq!([&first, &second].map(|one| echo(&hub, one)), [200, 200], "both while they overlap");
    let third = place.password_of("acme-test", "credential rotate acme-test --json");
    assert_eq!([&first, &second, &third].map(|one| echo(&hub, one)), [401, 401, 200]);
    let says = place.refuses("credential create acme-test");
    assert!(says.contains("has a password already"), "{says}");
    place.does("credential revoke acme-test");
    assert_eq!(echo(&hub, &third), 401);
    place.does("catalog rollback --to 1");
    for command in ["credential create acme-test", "credential rotate acme-test"] {
        assert!(place.refuses(command).contains("is revoked"), "{command}");
    }
    assert_eq!(echo(&hub, &third), 401, "no version brings it back");
    assert!(place.does("credential list").contains("REVOKED"));
}

#[test]
fn a_long_poll_ends_when_its_credential_does() {
    let place = Place::new("long-poll");
    let hub = place.serve();
    place.applies(CATALOG);
    let acme = place.credential("acme-test");
    let poll = Request::get("/v1/events?after=0&wait=30");
    let mut waiting = Connection::open_as(hub.address, &acme).unwrap();
    let asked = std::thread::spawn(move || waiting.ask(&poll).unwrap());
    place.does("credential revoke acme-test");
    assert_eq!(asked.join().unwrap().status, 401, "it did not wait for its 30 s to be answered 200");
}

#[test]
fn an_operator_who_looked_at_another_version_changes_nothing() {
    let place = Place::new("two-operators");
    let _hub = place.serve();
    place.applies(CATALOG);
    let changed = place.file("other.toml", &CATALOG.replace("name = \"Music\"", "name = \"Songs\""));
    place.does(&format!("catalog apply {changed} --expect 1"));
    let again = place.file("third.toml", &CATALOG.replace("name = \"Music\"", "name = \"Tunes\""));
    let says = place.refuses(&format!("catalog apply {again} --expect 1"));
    assert!(says.contains("meanwhile"), "{says}");
    assert!(place.does("catalog export").contains("Songs"));
}

#[test]
fn a_faulty_file_is_told_whole_with_name_and_lines() {
    let place = Place::new("faulty");
    let _hub = place.serve();
    let file =
        place.file("catalog.toml", "[merchants.M]\nconector = \"test\"\n[resellers.a.test.routes.X]\nlimit = 0\n");
    let ended = place.entitle(&format!("catalog apply {file}"));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
    for says in [format!("{file}:2: merchants.M.conector"), format!("{file}:4: resellers.a.test.routes.X.limit")] {
        assert!(ended.stderr.contains(&says), "{says}\n{}", ended.stderr);
    }
}

#[test]
fn without_its_key_file_a_hub_does_not_start_and_says_what_is_missing() {
    let place = Place::new("key");
    let hub = place.serve();
    hub.terminate();
    assert!(hub.end_within(STOP_WITHIN).0.success());
    let key = place.0.file().with_file_name("hub.db.key");
    let kept = std::fs::read_to_string(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let says = place.refuses("serve --listen 127.0.0.1:0");
    assert!(says.contains("hub.db.key is missing"), "{says}");
    assert!(!key.exists(), "no new key is made in its place");
    std::fs::write(&key, kept.replace(|digit: char| digit.is_ascii_digit(), "a")).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let says = place.refuses("serve --listen 127.0.0.1:0");
    assert!(says.contains("sealed with another key"), "{says}");
}

#[test]
fn plain_http_is_for_loopback_or_behind_a_declared_proxy() {
    let place = Place::new("plain");
    let says = place.refuses("serve --listen 0.0.0.0:0");
    assert!(says.contains("plain HTTP would carry passwords in the clear"), "{says}");
    let database = place.0.database();
    let behind = ["serve", "--listen", "0.0.0.0:0", "--trusted-proxy", "192.0.2.1", "--database", &database];
    drop(Binary::start_with(&behind));
}

#[test]
fn settings_come_from_flag_environment_and_file_in_that_order() {
    let place = Place::new("settings");
    let config =
        place.file("entitle.toml", &format!("database = \"{}\"\nlisten = \"127.0.0.1:0\"\n", place.0.database()));
    let hub = Binary::start_with(&["serve", "--config", &config]);
    assert_eq!(hub.printed("Data"), place.0.file().display().to_string());
    drop(hub);
    let other = place.0.file().with_file_name("other.db");
    let flag = format!("sqlite:{}", other.display());
    let hub = Binary::start_with(&["serve", "--config", &config, "--database", &flag]);
    assert_eq!(hub.printed("Data"), other.display().to_string());
    let wrong = place.file("wrong.toml", "listn = \"127.0.0.1:0\"\n");
    let ended = run(&["serve", "--config", &wrong]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("there is no setting listn; is it listen?"), "{ended:?}");
}

#[test]
fn what_operators_do_stands_in_the_audit_without_secrets() {
    let place = Place::new("audited");
    let hub = place.serve();
    place.applies(CATALOG);
    let acme = place.credential("acme-test");
    let secret = place.file("secret", "a-secret-of-the-reseller");
    place.does(&format!("secret set acme-notify --file {secret} --note why"));
    let id = json(&create(&hub, &acme, "anna", "MUSIC").body)["entitlementId"].as_str().unwrap().to_owned();
    place.does(&format!("entitlement hold {id} --note review"));
    place.does(&format!("entitlement release {id}"));
    let told = place.does("audit list --json");
    let acts: Vec<String> = told
        .lines()
        .map(|line| json(line)["act"].as_str().unwrap().to_owned())
        .filter(|act| act != "secret.create")
        .collect();
    assert_eq!(acts, ["catalog.apply", "credential.create", "secret.set", "entitlement.hold", "entitlement.release"]);
    let password = acme.split_once(':').unwrap().1;
    for secret in ["a-secret-of-the-reseller", password, "$argon2", "whsec_"] {
        assert!(!told.contains(secret), "the audit tells {secret}");
        assert!(!hub.stderr().contains(secret), "the log tells {secret}");
    }
    let last = place.does("audit verify").split("the last is ").nth(1).unwrap().trim().trim_end_matches('.').to_owned();
    place.does(&format!("audit verify --expect {last}"));
    let says = place.refuses("audit verify --expect 3:00ff");
    assert!(says.contains("does not hold 3:00ff"), "{says}");
}

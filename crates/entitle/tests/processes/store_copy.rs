//! `entitle store copy` as an operator types it, killed again and again: the same command goes on, nobody
//! serves what is not finished, and what is finished is whole.

use crate::binary::{Binary, Ended, command, run, run_in};
use crate::folder::Folder;
use crate::http::{Connection, Request};
use std::process::Stdio;
use std::time::Duration;

const ENTITLEMENTS: usize = 400;
/// Each run lives that much longer than the one before it.
const STEP: Duration = Duration::from_millis(1);
/// Three seconds for the last one: more than a whole copy takes.
const KILLS_MAX: u32 = 3_000;
/// What is refused ends at once.
const WITHIN_S: &str = "60";

fn create(hub: &mut Connection, at: usize) {
    let body = format!(
        "{{\"customerIdentifier\":\"c{at}\",\"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"MUSIC_NOW\"}}"
    );
    let created = hub.ask(&Request::post("/v1/entitlement", &body)).unwrap();
    assert_eq!(created.status, 200, "{}", created.body);
}

/// A store with something in it, left by a hub that was killed.
fn left_behind(name: &str) -> Folder {
    let folder = Folder::new(name);
    let hub = Binary::start(&folder);
    let mut line = Connection::open(hub.address).unwrap();
    (0..ENTITLEMENTS).for_each(|at| create(&mut line, at));
    hub.kill();
    folder
}

fn copy(from: &Folder, to: &Folder, more: &[&str]) -> Ended {
    let (from, to) = (from.database(), to.database());
    run(&[&["store", "copy", "--from", &from, "--to", &to], more].concat())
}

/// Whether it was killed before it had ended by itself.
#[expect(clippy::disallowed_methods, reason = "the moment of a kill is a moment, not a fact to await")]
fn is_killed(from: &Folder, to: &Folder, after: Duration) -> bool {
    let (from, to) = (from.database(), to.database());
    let mut copying = command(&["store", "copy", "--from", &from, "--to", &to]);
    let mut child = copying.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // tidy: sleep because the kill has to come at any moment of the copy
    std::thread::sleep(after);
    // It may have ended; then there is nothing to be killed.
    let _ = child.kill();
    child.wait().unwrap().code().is_none()
}

/// Whether some of it has been copied, and not all. Before that the target is an empty store as any other.
fn has_begun(from: &Folder, to: &Folder) -> bool {
    let compared = copy(from, to, &["--verify-only"]);
    compared.code == Some(1)
        && compared.stdout.contains("Compared:")
        && !compared.stdout.contains("account 1 is missing")
}

fn sandbox(folder: &Folder) -> Ended {
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--database", &folder.database()];
    run_in(&["timeout", WITHIN_S], &arguments)
}

#[test]
fn a_copy_killed_at_any_moment_goes_on_and_is_whole_in_the_end() {
    let (from, to) = (left_behind("copied-from"), Folder::new("copied-to"));
    let (mut kills, mut unfinished) = (0, 0);
    while is_killed(&from, &to, STEP * kills) {
        kills += 1;
        assert!(kills < KILLS_MAX, "it does not end");
        if has_begun(&from, &to) {
            let refused = sandbox(&to);
            assert!(refused.stderr.contains("holds an unfinished copy of"), "{refused:?}");
            assert!(refused.stderr.contains("`entitle store copy`"), "{refused:?}");
            unfinished += 1;
        }
    }
    assert!(kills > 3 && unfinished > 0, "{kills} kills, {unfinished} unfinished");
    let same = copy(&from, &to, &["--verify-only"]);
    assert_eq!((same.code, same.stderr.as_str()), (Some(0), ""), "{same:?}");
    assert!(same.stdout.contains("all the same, and no others"), "{same:?}");
    let doctor = run(&["doctor", "--full", "--database", &to.database()]);
    assert!(doctor.code == Some(0) && doctor.stdout.ends_with("Nothing is wrong.\n"), "{doctor:?}");
    let hub = Binary::start(&to);
    let mut line = Connection::open(hub.address).unwrap();
    create(&mut line, ENTITLEMENTS);
    let after = format!("/v1/events?after={ENTITLEMENTS}&limit=9");
    let page = line.ask(&Request::get(&after)).unwrap();
    assert!(page.body.contains(&format!("\"position\":{}", ENTITLEMENTS + 1)), "{}", page.body);
    drop(hub);
    let differs = copy(&from, &to, &["--verify-only"]);
    assert!(differs.code == Some(1) && differs.stdout.contains("is only in the copy"), "{differs:?}");
}

#[test]
fn a_copy_says_what_it_did_and_where_it_must_not_go() {
    let (from, to) = (left_behind("copy-told"), Folder::new("copy-told-to"));
    let ended = copy(&from, &to, &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert!(ended.stdout.contains(" is copied to ") && ended.stdout.contains("The audit holds"), "{ended:?}");
    let again = copy(&from, &to, &[]);
    assert!(again.code == Some(1) && again.stderr.contains("holds data already"), "{again:?}");
    let elsewhere = Folder::new("copy-told-json");
    let ended = copy(&from, &elsewhere, &["--json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told["copiedRecords"], told["comparedRecords"], "{told}");
    assert!(told["copiedRecords"].as_u64() > Some(ENTITLEMENTS as u64 * 2) && told["auditHolds"] == true, "{told}");
    let hub = Binary::start(&from);
    let owned = copy(&from, &Folder::new("copy-told-owned"), &[]);
    assert!(owned.code == Some(1) && owned.stderr.contains(&format!("process {}", hub.pid())), "{owned:?}");
}

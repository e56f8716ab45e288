//! The disk: full, failing, read-only. The small disk is a file system of the hub's own, mounted in a
//! namespace that no other process sees and that is gone with it (`unshare` of util-linux; needs
//! root, or user namespaces).

use crate::binary::{Binary, run, run_in};
use crate::folder::Folder;
use crate::http::{Answer, Connection, Request};
use crate::reading::{object, text};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What the small disk holds.
const DISK: &str = "3m";
/// More than fits.
const CREATES_MAX: usize = 20_000;
const ENDS_WITHIN: Duration = Duration::from_secs(60);

fn create(line: &mut Connection, number: usize) -> std::io::Result<Answer> {
    let filler = "x".repeat(8_000);
    let body = format!(
        "{{\"customerIdentifier\":\"c{number}\",\"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"MUSIC_NOW\",\
         \"extensionData\":{{\"filler\":\"{filler}\"}}}}"
    );
    line.ask(&Request::post("/v1/entitlement", &body).with_identity(&format!("i{number}")))
}

fn directory(folder: &Folder) -> PathBuf {
    folder.file().parent().unwrap().to_owned()
}

/// The words before the program's own that mount something for it alone.
fn mounted<'a>(script: &'a str, directory: &'a str) -> Vec<&'a str> {
    vec!["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, directory]
}

#[test]
fn a_full_disk_is_told_nothing_answered_is_lost_and_room_is_enough() {
    let folder = Folder::new("full");
    let directory = directory(&folder).display().to_string();
    let script = format!("mount -t tmpfs -o size={DISK} tmpfs \"$0\" && exec \"$@\"");
    let database = folder.database();
    let sandbox = ["sandbox", "--listen", "127.0.0.1:0", "--database", &database];
    let hub = Binary::start_in(&mounted(&script, &directory), &sandbox);
    // The disk as the hub sees it.
    let inside = format!("/proc/{}/root{directory}", hub.pid());
    let ballast = Path::new(&inside).join("ballast");
    File::create(&ballast).and_then(|mut file| file.write_all(&vec![0; 700_000])).unwrap();

    let mut line = Connection::open(hub.address).unwrap();
    let mut answered = Vec::new();
    let refused = (0..CREATES_MAX).find_map(|number| {
        let answer = create(&mut line, number).unwrap();
        match answer.status {
            200 => answered.push(text(&object(&answer.body), "entitlementId")),
            _ => return Some((number, answer)),
        }
        None
    });
    let (number, refused) = refused.expect("the disk is full some time");
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert!(refused.body.contains("store-full") && refused.header("retry-after").is_some(), "{}", refused.body);
    assert!(answered.len() > 10, "{}", answered.len());
    let read = line.ask(&Request::get(&format!("/v1/entitlement/{}", answered[0]))).unwrap();
    assert_eq!(read.status, 200, "what is there can be read: {}", read.body);

    std::fs::remove_file(&ballast).unwrap();
    let again = create(&mut line, number).unwrap();
    assert_eq!((again.status, again.is_replayed()), (200, false), "with room the same request goes through");
    answered.push(text(&object(&again.body), "entitlementId"));
    for id in &answered {
        assert_eq!(line.ask(&Request::get(&format!("/v1/entitlement/{id}"))).unwrap().status, 200, "{id}");
    }
    let pid = hub.pid().to_string();
    let inside = ["nsenter", "--target", &pid, "--user", "--mount", "--preserve-credentials"];
    let ended = run_in(&inside, &["doctor", "--database", &database]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    hub.terminate();
    let (status, log) = hub.end_within(ENDS_WITHIN);
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("the disk is full"), "{log}");
}

#[test]
fn a_disk_that_fails_ends_the_hub_and_what_it_answered_is_there() {
    let folder = Folder::new("failing");
    let database = folder.database();
    let sandbox = ["sandbox", "--listen", "127.0.0.1:0", "--database", &database];
    // No file may grow beyond this: an error that SQLite takes for one of the disk. Blocks of 512.
    let limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 4000; exec \"$0\" \"$@\""];
    let hub = Binary::start_in(&limited, &sandbox);
    let mut line = Connection::open(hub.address).unwrap();
    let mut answered = Vec::new();
    for number in 0..CREATES_MAX {
        match create(&mut line, number) {
            Ok(answer) if answer.status == 200 => answered.push(text(&object(&answer.body), "entitlementId")),
            Ok(answer) => {
                assert_eq!(answer.status, 503, "{}", answer.body);
                assert!(answer.body.contains("store-stopped"), "{}", answer.body);
                break;
            }
            Err(_) => break,
        }
    }
    let (status, log) = hub.end_within(ENDS_WITHIN);
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("the store stopped because of a fault of the disk"), "{log}");

    let ended = run(&["doctor", "--database", &database]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let hub = Binary::start(&folder);
    let mut line = Connection::open(hub.address).unwrap();
    assert!(answered.len() > 10);
    for id in &answered {
        assert_eq!(line.ask(&Request::get(&format!("/v1/entitlement/{id}"))).unwrap().status, 200, "{id}");
    }
    assert_eq!(create(&mut line, CREATES_MAX).unwrap().status, 200);
}

#[test]
fn on_a_read_only_disk_the_hub_says_so_and_doctor_and_backup_work() {
    let (folder, elsewhere) = (Folder::new("readonly"), Folder::new("readonly-copy"));
    let hub = Binary::start(&folder);
    let mut line = Connection::open(hub.address).unwrap();
    assert_eq!(create(&mut line, 1).unwrap().status, 200);
    hub.terminate();
    assert_eq!(hub.end_within(ENDS_WITHIN).0.code(), Some(0));

    let (directory, database) = (directory(&folder).display().to_string(), folder.database());
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
    let within = mounted(script, &directory);
    let ended = run_in(&within, &["sandbox", "--listen", "127.0.0.1:0", "--database", &database]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.stderr.contains("Read-only file system") && ended.stderr.contains("writable"), "{ended:?}");
    let ended = run_in(&within, &["doctor", "--database", &database]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let copy = elsewhere.file().display().to_string();
    let ended = run_in(&within, &["backup", &copy, "--database", &database]);
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let hub = Binary::start(&folder);
    let mut line = Connection::open(hub.address).unwrap();
    assert_eq!(create(&mut line, 2).unwrap().status, 200, "writable again, it goes on");
    assert!(OpenOptions::new().append(true).open(folder.file()).is_ok());
}

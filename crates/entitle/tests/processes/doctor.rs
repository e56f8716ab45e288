//! `doctor`, `backup` and `restore` as an operator types them: what they say, and how they end.

use crate::binary::{Binary, Ended, run};
use crate::folder::Folder;
use crate::http::{Connection, Request};
use std::path::Path;

const CREATE: &str =
    "{\"customerIdentifier\":\"anna\",\"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"MUSIC_NOW\"}";

/// A folder with a store in it that nobody owns.
fn left_behind(name: &str) -> Folder {
    let folder = Folder::new(name);
    let hub = Binary::start(&folder);
    let created = Connection::open(hub.address).unwrap().ask(&Request::post("/v1/entitlement", CREATE)).unwrap();
    assert_eq!(created.status, 200, "{}", created.body);
    hub.kill();
    folder
}

fn doctor(folder: &Folder, more: &[&str]) -> Ended {
    run(&[&["doctor", "--database", &folder.database()], more].concat())
}

fn beside(folder: &Folder, name: &str) -> String {
    folder.file().with_file_name(name).display().to_string()
}

#[test]
fn a_sound_store_ends_with_0_with_and_without_its_hub() {
    let folder = left_behind("doctor");
    let ended = doctor(&folder, &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
    assert!(ended.stdout.contains("entitlements 1, events 1,"), "{ended:?}");
    assert!(ended.stdout.ends_with("Nothing is wrong.\n") && !ended.stdout.contains("; beside"), "{ended:?}");
    let hub = Binary::start(&folder);
    let ended = doctor(&folder, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(&format!("beside process {}, which owns the file", hub.pid())), "{ended:?}");
    let ended = doctor(&folder, &["--json", "--full"]);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["clean"], &told["lookedAt"]["entitlements"]), (&true.into(), &1.into()));
}

#[test]
fn a_broken_store_ends_with_1_and_says_where_and_what_to_do() {
    let folder = left_behind("doctor-broken");
    // Its log goes into the file when the hub ends by itself.
    let hub = Binary::start(&folder);
    hub.terminate();
    hub.end_within(std::time::Duration::from_secs(60));
    let mut bytes = std::fs::read(folder.file()).unwrap();
    let length = bytes.len();
    bytes[4_096 * 4..length / 4_096 * 4_096].fill(0x5a);
    std::fs::write(folder.file(), bytes).unwrap();
    let ended = doctor(&folder, &[]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("error structure: the file:"), "{}", ended.stdout);
    assert!(ended.stdout.contains("restore the newest backup"), "{}", ended.stdout);
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 200), "{}", ended.stdout);
    let ended = doctor(&folder, &["--json"]);
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &told["clean"]), (Some(1), &false.into()));
    let copied = run(&["backup", &beside(&folder, "copy.db"), "--database", &folder.database()]);
    assert_eq!((copied.code, copied.stdout.as_str()), (Some(1), ""), "{copied:?}");
    assert!(copied.stderr.contains("entitle doctor"), "{copied:?}");
    assert!(!Path::new(&beside(&folder, "copy.db")).exists(), "nothing is left of it");
}

#[test]
fn what_cannot_be_looked_at_ends_with_1_and_a_wrong_command_line_with_2() {
    let folder = Folder::new("doctor-none");
    let ended = doctor(&folder, &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{ended:?}");
    assert!(ended.stderr.contains(&folder.file().display().to_string()), "{ended:?}");
    assert!(!folder.file().exists(), "it makes nothing");
    std::fs::write(folder.file(), "no database at all, but long enough to look like one".repeat(9)).unwrap();
    let ended = doctor(&folder, &[]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("is not a data file of entitle"), "{ended:?}");
    for command in ["doctor", "backup x.db", "restore x.db"] {
        let words: Vec<&str> = command.split(' ').collect();
        let ended = run(&[&words[..], &["--database", "mysql:x"]].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.stderr.contains("Say sqlite:PATH"), "{ended:?}");
    }
    assert_eq!(run(&["backup"]).code, Some(2));
    assert_eq!(run(&["restore"]).code, Some(2));
}

#[test]
fn a_backup_overwrites_nothing_and_is_restored_only_where_nobody_works() {
    let folder = left_behind("doctor-restore");
    let (copy, database) = (beside(&folder, "copy.db"), folder.database());
    let made = run(&["backup", &copy, "--database", &database]);
    assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""), "{made:?}");
    assert!(made.stdout.starts_with(&format!("{copy}: ")) && made.stdout.contains(" bytes, checked.\n"), "{made:?}");
    assert!(made.stdout.ends_with("hub.db.key as well: without it sealed secrets cannot be read.\n"), "{made:?}");
    let again = run(&["backup", &copy, "--database", &database]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("a backup overwrites nothing"), "{again:?}");

    let there = run(&["restore", &copy, "--database", &database]);
    assert_eq!(there.code, Some(1));
    assert!(there.stderr.contains("--replace"), "{there:?}");
    let hub = Binary::start(&folder);
    let owned = run(&["restore", &copy, "--database", &database, "--replace"]);
    assert_eq!(owned.code, Some(1));
    assert!(owned.stderr.contains(&format!("in use by process {}", hub.pid())), "{owned:?}");
    hub.kill();

    let restored = run(&["restore", &copy, "--database", &database, "--replace", "--json"]);
    assert_eq!((restored.code, restored.stderr.as_str()), (Some(0), ""), "{restored:?}");
    let told: serde_json::Value = serde_json::from_str(&restored.stdout).unwrap();
    let aside = told["keptAside"].as_str().unwrap();
    let of_aside = run(&["doctor", "--database", &format!("sqlite:{aside}")]);
    assert_eq!(of_aside.code, Some(0), "what was there is whole: {of_aside:?}");
    let restored = run(&["restore", &copy, "--database", &format!("sqlite:{}", beside(&folder, "other.db"))]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    for said in ["doctor finds nothing wrong", "Feeds go on behind position", "rotate what was rotated", ".key back"] {
        assert!(restored.stdout.contains(said), "{restored:?}");
    }
}

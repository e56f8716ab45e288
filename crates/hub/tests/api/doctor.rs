//! The doctor: a store with a whole life in it is sound, beside eight writers too; and each way in
//! which a file can be broken is named. The ways stand in `doctor/damages.rs`.

mod damages;

use crate::harness::TestHub;
use damages::{DAMAGES, Damage};
use hub::doctor::{self, Check, Examination, Progress, Severity, Wanted};
use rusqlite::Connection;
use serde_json::json;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::{Depth, SqliteFile};
use tokio::task::JoinSet;

/// Who changes things while the doctor looks, and how many entitlements each sees through.
const WRITERS: usize = 8;
const LIVES: usize = 30;

async fn examine(file: &Path) -> Examination {
    let file = SqliteFile::open(file).unwrap();
    doctor::run(&file, &Wanted { depth: Depth::Full, ..Wanted::default() }, &mut |_| ()).await.unwrap()
}

/// A copy of a store in which there is one of everything: ended, active, waiting for its user, an
/// operation that waits for its merchant, one whose outcome is unknown, notifications that were
/// delivered and that wait, remembered answers and one that is to come.
async fn lived() -> Option<(TestHub, PathBuf)> {
    let hub = TestHub::start().await;
    for (own, product) in
        [("ended", "MUSIC_NOW"), ("active", "MUSIC_CODE"), ("queued", "MUSIC_LATER"), ("open", "MUSIC")]
    {
        let mut body = crate::harness::create_body(own, product);
        body["entitlementId"] = json!(own);
        hub.call("POST", "/v1/entitlement").json(&body).identity(&format!("create-{own}")).send().await;
    }
    hub.advance("PT5S").await;
    hub.update("active", &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    hub.cancel("ended").await;
    hub.revoke("ended").await.shows(200, "REVOKED");
    hub.quiet().await;
    hub.created("hub-made", "MUSIC_NOW").await;
    let unknown = hub.updating("active", &json!({ "entitlementBenefits": "NORMAL" }));
    let timeout = unknown.header("X-Magic-Number", "RESUME_REQUEST_RETURNS_TIMEOUT").identity("unknown");
    timeout.send().await.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown");
    hub.post("/sandbox/v1/inbox/default/answers", &json!({ "status": 500, "times": 100 })).await;
    hub.cancel("queued").await.is(202, "OK");
    hub.update("open", &json!({ "extensionData": { "waits": 1 } })).await.shows(200, "PENDING");
    hub.quiet().await;
    hub.update("open", &json!({ "extensionData": { "waits": 2 } })).await.shows(200, "PENDING");
    let file = hub.file()?;
    let copy = file.with_file_name("copy.db");
    SqliteFile::open(file).unwrap().backup(&copy, |_, _| ()).unwrap();
    Some((hub, copy))
}

#[tokio::test]
async fn a_store_in_which_everything_happened_is_sound() {
    let Some((hub, copy)) = lived().await else { return };
    let examined = examine(&copy).await;
    assert_eq!(examined.findings, []);
    assert!(examined.is_clean() && examined.not_looked_at.is_empty());
    let looked = examined.looked;
    assert_eq!((looked.accounts, looked.entitlements), (1, 5));
    assert!(looked.events > 10 && looked.notifications > 5 && looked.claims > 4, "{looked:?}");
    assert_eq!(examined.to_json()["clean"], true);
    hub.is_sound().await;
}

#[tokio::test]
async fn each_damage_is_named() {
    let Some((_hub, copy)) = lived().await else { return };
    let (mut named, mut missed) = (BTreeSet::new(), Vec::new());
    for damage in DAMAGES {
        let file = broken(&copy, damage);
        let examined = examine(&file).await;
        let expected =
            |finding: &&doctor::Finding| finding.check == damage.check && finding.to_string().contains(damage.says);
        let found = examined.findings.iter().find(expected);
        let Some(found) = found else {
            missed.push(format!(
                "{} {}\n  {}\n  {:?}",
                damage.check.as_str(),
                damage.says,
                damage.sql,
                examined.findings
            ));
            continue;
        };
        assert!(!found.check.what_to_do().is_empty());
        assert_eq!(examined.is_clean(), found.check.severity() == Severity::Note, "{}", damage.sql);
        named.insert(found.check.as_str());
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    for check in [Check::Structure, Check::SlotAboveLimit] {
        assert!(!named.contains(check.as_str()), "they have tests of their own");
    }
    assert_eq!(named.len(), 15, "every other check has its damage: {named:?}");
}

/// A copy of the file, broken.
fn broken(copy: &Path, damage: &Damage) -> PathBuf {
    let file = copy.with_file_name("broken.db");
    std::fs::copy(copy, &file).unwrap();
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    connection.execute_batch(damage.sql).unwrap_or_else(|error| panic!("{}: {error}", damage.sql));
    assert!(
        damage.sql.contains("INDEX") || damage.sql.contains("TABLE") || connection.total_changes() > 0,
        "{}",
        damage.sql
    );
    file
}

#[tokio::test]
async fn a_file_with_broken_pages_is_named_and_the_rest_looked_at() {
    let Some((_hub, copy)) = lived().await else { return };
    let mut bytes = std::fs::read(&copy).unwrap();
    let page = Connection::open(&copy)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'event'", [], |row| row.get::<_, u32>(0))
        .unwrap();
    let end = page as usize * 4_096;
    bytes[end - 4_096..end].fill(0x5a);
    std::fs::write(&copy, bytes).unwrap();
    let examined = examine(&copy).await;
    let checks: Vec<Check> = examined.findings.iter().map(|finding| finding.check).collect();
    assert!(checks.contains(&Check::Structure) && checks.contains(&Check::Unreadable), "{:#?}", examined.findings);
    assert_eq!(examined.looked.claims, 5, "what can be read is looked at");
    assert!(!examined.is_clean());
}

#[tokio::test]
async fn a_slot_above_a_lowered_limit_is_worth_a_note() {
    let Some((_hub, copy)) = lived().await else { return };
    let connection = Connection::open(&copy).unwrap();
    connection.execute("UPDATE entitlement SET slot = 2 WHERE own_id = 'open'", []).unwrap();
    let route =
        connection.query_row("SELECT route FROM entitlement WHERE own_id = 'open'", [], |row| row.get(0)).unwrap();
    let limits = HashMap::from([(ids::RouteId(route), 1)]);
    let file = SqliteFile::open(&copy).unwrap();
    let examined = doctor::run(&file, &Wanted { limits, ..Wanted::default() }, &mut |_| ()).await.unwrap();
    assert_eq!(examined.findings.iter().map(|found| found.check).collect::<Vec<_>>(), [Check::SlotAboveLimit]);
    assert!(examined.is_clean());
}

#[tokio::test]
async fn beyond_the_wanted_number_findings_are_counted() {
    let Some((_hub, copy)) = lived().await else { return };
    Connection::open(&copy).unwrap().execute("UPDATE entitlement SET due_at = 1", []).unwrap();
    let file = SqliteFile::open(&copy).unwrap();
    let mut parts = Vec::new();
    let mut told = |progress: Progress| parts.push(progress.part);
    let examined = doctor::run(&file, &Wanted { findings_max: 2, ..Wanted::default() }, &mut told).await.unwrap();
    assert_eq!((examined.findings.len(), examined.left_out), (2, 3));
    parts.dedup();
    let all =
        ["the file", "entitlements", "events", "lanes", "notifications", "call-backs", "feeds", "request identities"];
    assert_eq!(parts, all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_eight_writers_it_finds_nothing() {
    let hub = Arc::new(TestHub::start().await);
    let working = Arc::new(AtomicUsize::new(WRITERS));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (hub, working) = (Arc::clone(&hub), Arc::clone(&working));
        writers.spawn(async move {
            for life in 0..LIVES {
                let body = crate::harness::create_body(&format!("c{writer}-{}", life % 7), "MUSIC_NOW");
                let call = hub.call("POST", "/v1/entitlement").json(&body).identity(&format!("w{writer}-{life}"));
                let id = call.send().await.shows(200, "ACTIVE").text("entitlementId");
                hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
                hub.update(&id, &json!({ "entitlementBenefits": "NORMAL" })).await.shows(200, "ACTIVE");
                hub.revoke(&id).await.shows(200, "REVOKED");
            }
            working.fetch_sub(1, Ordering::SeqCst);
        });
    }
    let (mut looks, mut seen) = (0, BTreeSet::new());
    while working.load(Ordering::SeqCst) > 0 || looks == 0 {
        let examined = doctor::run(hub.store.examine(), &Wanted::default(), &mut |_| ()).await.unwrap();
        assert_eq!(examined.findings, [], "look {looks}");
        seen.insert(examined.looked.entitlements);
        looks += 1;
        tokio::task::yield_now().await;
    }
    writers.join_all().await;
    assert!(seen.len() > 1, "{looks} looks saw {seen:?}: it did not look while they wrote");
    Arc::into_inner(hub).unwrap().finish().await;
}

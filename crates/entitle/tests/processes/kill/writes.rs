//! The audit of writes: every answered one is there, as answered, and none has a second effect.

use super::client::Client;
use super::expected::Expected;
use super::journal::{Entry, Kind, Random};
use crate::http::{Connection, Request};
use crate::reading::{object, objects, record, text};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;

/// So many of each client's answers are looked at after each start.
const SAMPLE: usize = 4;
/// So many customers are reported one by one; all of them together by pages.
const CUSTOMERS: usize = 60;
/// So many violations of a kind are printed.
const PRINTED_MAX: usize = 5;

/// What the audit found.
#[derive(Default)]
pub(crate) struct Verdict {
    /// Answered writes that were checked.
    pub(crate) checked: usize,
    /// Answered writes that are not there, or not as answered.
    pub(crate) lost: Vec<String>,
    /// Effects that nobody asked for, or twice.
    pub(crate) doubled: Vec<String>,
    /// Everything else.
    wrong: Vec<String>,
}

impl Verdict {
    /// Neither lost nor doubled, and still wrong.
    pub(crate) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Fails with what was found.
    pub(crate) fn assert_clean(&self) {
        let kinds = [("lost", &self.lost), ("doubled", &self.doubled), ("wrong", &self.wrong)];
        let found: String = kinds
            .iter()
            .filter(|(_, found)| !found.is_empty())
            .map(|(kind, found)| {
                let shown = found.iter().take(PRINTED_MAX).map(|one| format!("  {one}\n")).collect::<String>();
                format!("{} {kind}:\n{shown}", found.len())
            })
            .collect();
        assert!(found.is_empty(), "{found}");
    }
}

/// After a start: a few answers of each client, repeated and read.
pub(crate) fn check_sample(address: SocketAddr, clients: &[Client], random: &mut Random) {
    let mut hub = Connection::open(address).unwrap();
    let mut verdict = Verdict::default();
    for client in clients.iter().filter(|client| !client.journal.is_empty()) {
        for _ in 0..SAMPLE {
            let entry = &client.journal[random.below(client.journal.len())];
            check_repeat(&mut hub, entry, &mut verdict);
            if entry.is_success() {
                let read = read(&mut hub, &entry.entitlement);
                assert!(read.0 >= entry.answer.etag(), "{entry:?} is at {read:?} after a kill");
            }
        }
    }
    verdict.assert_clean();
}

/// At the end: every answer.
pub(crate) fn check_answers(address: SocketAddr, clients: &[Client], verdict: &mut Verdict) {
    let shared = Mutex::new(verdict);
    thread::scope(|scope| {
        for client in clients {
            scope.spawn(|| {
                let mut hub = Connection::open(address).unwrap();
                let mut own = Verdict::default();
                for entry in &client.journal {
                    check_repeat(&mut hub, entry, &mut own);
                }
                let mut verdict = shared.lock().unwrap();
                verdict.checked += own.checked;
                verdict.lost.extend(own.lost);
            });
        }
    });
}

/// And every entitlement, once nothing is waiting any more.
pub(crate) fn check_entitlements(
    address: SocketAddr,
    clients: &[Client],
    expected: &Expected<'_>,
    verdict: &mut Verdict,
) {
    let mut hub = Connection::open(address).unwrap();
    check_records(&mut hub, expected, verdict);
    check_report(&mut hub, expected, verdict);
    for client in clients {
        check_twins(client, verdict);
    }
}

/// The same request under the same identity: the first answer, byte by byte, and nothing else.
fn check_repeat(hub: &mut Connection, entry: &Entry, verdict: &mut Verdict) {
    if entry.planned.kind == Kind::Confirm {
        // No identity: its effect is a version and a notification, checked there.
        verdict.checked += 1;
        return;
    }
    let again = hub.ask(&entry.planned.request).unwrap();
    let first = &entry.answer;
    let is_same = again.status == first.status && again.etag() == first.etag() && again.body == first.body;
    if !is_same || !again.is_replayed() {
        verdict.lost.push(format!("{:?}\n    was {first:?}\n    now {again:?}", entry.planned.request));
    }
    verdict.checked += usize::from(entry.is_success());
}

/// Each entitlement is at the version that its writes add up to, and looks as the last one said.
fn check_records(hub: &mut Connection, expected: &Expected<'_>, verdict: &mut Verdict) {
    for (id, life) in &expected.lives {
        let (version, body) = read(hub, id);
        if version < Some(life.version) {
            verdict.lost.push(format!("{id} is at version {version:?} instead of {}", life.version));
        }
        if version > Some(life.version) {
            verdict.doubled.push(format!("{id} is at version {version:?} instead of {}", life.version));
        }
        if let Some(last) = life.last
            && record(&last.answer.body) != record(&body)
        {
            verdict.lost.push(format!("{id} was answered\n    {}\n    and is\n    {body}", last.answer.body));
        }
    }
}

/// All that the hub has is what clients were told of, and no customer is above the limit.
fn check_report(hub: &mut Connection, expected: &Expected<'_>, verdict: &mut Verdict) {
    let mut reported: BTreeSet<String> = BTreeSet::new();
    let mut open: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let page = hub.ask(&Request::post("/v1/entitlement/report", &format!("{{\"limit\":500{cursor}}}"))).unwrap();
        assert_eq!(page.status, 200, "{}", page.body);
        let page = object(&page.body);
        for entitlement in objects(&page, "entitlements") {
            if !reported.insert(text(entitlement, "entitlementId")) {
                verdict.wrong(format!("a report shows {} twice", text(entitlement, "entitlementId")));
            }
            if !["CANCELLED", "REVOKED"].contains(&text(entitlement, "status").as_str()) {
                let key = (text(entitlement, "customerIdentifier"), text(entitlement, "merchantAccountKey"));
                *open.entry(key).or_default() += 1;
            }
        }
        let next = text(&page, "parameters.nextCursor");
        if next.is_empty() {
            break;
        }
        cursor = format!(",\"cursor\":\"{next}\"");
    }
    for ((customer, merchant), count) in open.iter().filter(|(_, count)| **count > 1) {
        verdict.doubled.push(format!("{customer} has {count} open entitlements at {merchant}, the limit is 1"));
    }
    let known: BTreeSet<String> = expected.lives.keys().map(|id| (*id).to_owned()).collect();
    verdict.doubled.extend(reported.difference(&known).map(|id| format!("{id} was made, and nobody was told")));
    verdict.lost.extend(known.difference(&reported).map(|id| format!("{id} is in no report")));
    check_customers(hub, expected, verdict);
}

fn check_customers(hub: &mut Connection, expected: &Expected<'_>, verdict: &mut Verdict) {
    let mut of_customer: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (id, life) in &expected.lives {
        of_customer.entry(life.customer).or_default().insert((*id).to_owned());
    }
    let step = (of_customer.len() / CUSTOMERS).max(1);
    for (customer, ids) in of_customer.iter().step_by(step) {
        let body = format!("{{\"customerIdentifier\":\"{customer}\"}}");
        let page = object(&hub.ask(&Request::post("/v1/entitlement/report", &body)).unwrap().body);
        let shown: BTreeSet<String> =
            objects(&page, "entitlements").iter().map(|one| text(one, "entitlementId")).collect();
        if shown != *ids {
            verdict.wrong(format!("{customer} has {ids:?}, its report shows {shown:?}"));
        }
    }
}

/// Creates sent at once for one customer made one entitlement, whoever was answered.
fn check_twins(client: &Client, verdict: &mut Verdict) {
    let mut made: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in client.journal.iter().filter(|entry| entry.planned.kind == Kind::Twin) {
        let ids = made.entry(&entry.planned.customer).or_default();
        if entry.is_success() {
            ids.insert(&entry.entitlement);
        }
    }
    for (customer, ids) in made.iter().filter(|(_, ids)| ids.len() != 1) {
        verdict.doubled.push(format!("creates at once for {customer} made {ids:?}"));
    }
}

/// Version and body.
fn read(hub: &mut Connection, id: &str) -> (Option<u32>, String) {
    let answer = hub.ask(&Request::get(&format!("/v1/entitlement/{id}"))).unwrap();
    (answer.etag(), answer.body)
}

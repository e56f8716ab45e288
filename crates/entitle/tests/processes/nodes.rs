//! Several hubs as processes on one PostgreSQL database: whatever they are asked, they are one hub, also while
//! processes are killed, connections break and the database goes away. What happened is judged by the room
//! `witness`; hubs, writers and the one in the middle are of the room `drill`.

mod customers;
mod failover;
mod later;
mod one_hub;
mod proxied;
mod rates;
mod rolling;
mod spread;
mod writers;

use crate::binary::ENTITLE;
use crate::folder::Folder;
use crate::http::{Answer, Request};
use crate::receiver::Receiver;
use cluster::Database;
use drill::{CATALOG_PATIENCE, Hubs, catalog, until};
use std::path::Path;
use witness::{Operation, Recording, Verdict, examine};

/// Hubs on a database of a test's own, with a reseller and a receiver of its notifications.
struct Place {
    hubs: Hubs,
    credential: String,
    receiver: Receiver,
    folder: Folder,
    /// Dropped after the hubs.
    database: Database,
}

impl Place {
    fn new(name: &str, hubs: usize) -> Self {
        let database = database();
        let ways = vec![database.url.clone(); hubs];
        Self::on(name, database, &ways, "\"none\"")
    }

    /// Hubs with these ways to the database.
    fn on(name: &str, database: Database, ways: &[String], rate: &str) -> Self {
        let folder = Folder::new(name);
        let receiver = Receiver::start();
        let hubs = Hubs::start(Path::new(ENTITLE), folder.path(), ways);
        hubs.applies(&catalog(&format!("{}/acme", receiver.url), rate));
        let credential = hubs.password("acme-test", "credential create acme-test --json");
        let place = Self { hubs, credential, receiver, folder, database };
        let all = || (0..ways.len()).all(|at| place.echo(at, &place.credential) == 200);
        until("every hub knows the credential", CATALOG_PATIENCE, all);
        place
    }

    fn ask(&self, at: usize, request: &Request) -> Answer {
        self.hubs.ask(at, &self.credential, request)
    }

    fn echo(&self, at: usize, credential: &str) -> u16 {
        self.hubs.ask(at, credential, &Request::get("/v1/echo/1")).status
    }

    /// What the witness says of all that was done here.
    fn judged(&self, operations: Vec<Operation>) -> Verdict {
        let afterwards = drill::gather(&self.hubs.addresses(), &self.credential, &self.receiver);
        let verdict = examine(&Recording { operations, afterwards });
        assert!(verdict.faults.is_empty(), "{} faults, first {:#?}", verdict.faults.len(), verdict.faults.first());
        assert_eq!(verdict.counts.unknown, 0, "what was sent is settled in the end: {:?}", verdict.counts);
        self.hubs.does("doctor");
        verdict
    }
}

fn database() -> Database {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Database::make())
}

fn create(customer: &str) -> Request {
    let body = format!(
        "{{\"customerIdentifier\":\"{customer}\",\"merchantAccountKey\":\"STREAMCO\",\"productKey\":\"MUSIC\"}}"
    );
    Request::post("/v1/entitlement", &body).with_identity(&format!("create-{customer}"))
}

//! The mirror: a copy of every record, from the report's pages and the feed behind them, as
//! docs/API.md section 4.12 tells resellers to build one.

use super::steering::Steering;
use crate::http::{Answer, Connection, Request};
use crate::reading::{number, object, objects, text};
use entitlement::{Json, JsonObject};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

/// Events on a page, and records on a page of the report: few, so that there are many.
pub(super) const PAGE: usize = 20;
/// Seconds that a poll waits.
const WAIT_S: usize = 2;
/// After every so many requests the mirror hangs up without reading the answer.
const HANGS_UP_EVERY: usize = 9;

/// A copy, and what it took to make it.
#[derive(Debug, Default)]
pub(super) struct Copy {
    /// Every record as text, by id.
    pub(super) records: BTreeMap<String, String>,
    /// The last position read.
    pub(super) position: u32,
    pub(super) events: usize,
    /// Connections that broke or were given up.
    pub(super) lost: usize,
    /// So many events were read in full pages, one after the other, before it was up to date.
    pub(super) behind_most: usize,
    behind: usize,
    requests: usize,
    has_begun: bool,
}

impl Copy {
    /// Keeps the copy up to date, hub after hub, until it is told that this is all.
    pub(super) fn mirror(mut self, steering: &Steering) -> Self {
        let mut dead = 0;
        while let Some((start, address)) = steering.hub_after(dead) {
            match self.follow(address, start, steering) {
                Ok(()) if steering.is_end(self.position) => break,
                Ok(()) => {}
                Err(_) => {
                    self.lost += 1;
                    if Connection::open(address).is_err() {
                        dead = start;
                    }
                }
            }
        }
        self
    }

    /// Reads every page of a report; the feed goes on from where the first one was.
    pub(super) fn begin(&mut self, hub: &mut Connection) -> io::Result<()> {
        self.records.clear();
        let (mut position, mut cursor) = (None, String::from("null"));
        loop {
            let body = format!("{{\"limit\":{PAGE},\"cursor\":{cursor}}}");
            let page = page(hub.ask(&Request::post("/v1/entitlement/report", &body))?);
            objects(&page, "entitlements").into_iter().for_each(|record| self.keep(record));
            position.get_or_insert_with(|| text(&page, "parameters.feedCursor"));
            match text(&page, "parameters.nextCursor") {
                last if last.is_empty() => break,
                next => cursor = format!("\"{next}\""),
            }
        }
        self.position = position.and_then(|position| position.parse().ok()).expect("a report has a feedCursor");
        self.has_begun = true;
        Ok(())
    }

    fn follow(&mut self, address: SocketAddr, start: usize, steering: &Steering) -> io::Result<()> {
        let mut hub = Connection::open(address)?;
        if !self.has_begun {
            self.begin(&mut hub)?;
        }
        while steering.is_online(start) && !steering.is_end(self.position) {
            self.requests += 1;
            hub.send(&Request::get(&format!("/v1/events?after={}&limit={PAGE}&wait={WAIT_S}", self.position)))?;
            if self.requests.is_multiple_of(HANGS_UP_EVERY) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            self.learn(&page(hub.receive()?));
        }
        Ok(())
    }

    fn learn(&mut self, page: &JsonObject) {
        let events = objects(page, "events");
        for event in &events {
            let position = number(event, "position").expect("an event has a position");
            assert_eq!(position, self.position + 1, "no position is left out, none comes twice");
            self.position = position;
            match event.get("record") {
                Some(Json::Object(record)) => self.keep(record),
                _ => panic!("an event without a record"),
            }
        }
        assert_eq!(text(page, "parameters.feedCursor"), self.position.to_string());
        self.events += events.len();
        self.behind += events.len();
        self.behind_most = self.behind_most.max(self.behind);
        if events.len() < PAGE {
            self.behind = 0;
        }
    }

    fn keep(&mut self, record: &JsonObject) {
        let mut printed = String::new();
        wire::push_object(&mut printed, record);
        self.records.insert(text(record, "entitlementId"), printed);
    }
}

fn page(answer: Answer) -> JsonObject {
    assert_eq!(answer.status, 200, "{}", answer.body);
    object(&answer.body)
}

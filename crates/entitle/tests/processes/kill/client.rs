//! One client: creates, changes and ends entitlements of its own, several requests at once where
//! that is the point. What a kill cuts off it repeats under the same identity before it goes on.

use super::journal::{Entry, Kind, Planned, Random};
use crate::http::{Answer, Connection, Request};
use crate::reading::{object, path_of, text};
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Connections of a client: as many requests at once.
const LINES: usize = 3;
/// So many open entitlements, and it rather changes those.
const OPEN_MANY: usize = 30;

/// The product that its merchant activates by itself, after 5 seconds.
pub(crate) const LATER: &str = "MUSIC_LATER";

const METADATA: &[&str] = &["METADATA_UPDATE"];
const PRODUCT: &[&str] = &["PRODUCT_UPDATE"];
const PRODUCT_AND_METADATA: &[&str] = &["PRODUCT_UPDATE", "METADATA_UPDATE"];
const SUSPENDED: &[&str] = &["SUSPENSION_SUCCESS"];
const SUSPENDED_AND_METADATA: &[&str] = &["SUSPENSION_SUCCESS", "METADATA_UPDATE"];
const RESUMED: &[&str] = &["RESUMPTION_SUCCESS"];
const ENDING: &[&str] = &["TERMINATION_PENDING"];
const ENDED: &[&str] = &["TERMINATION_SUCCESS"];

/// An open entitlement, as the last answer showed it.
#[derive(Debug, Clone)]
struct Living {
    id: String,
    customer: String,
    merchant: String,
    product: String,
    status: String,
    /// The page where its user confirms.
    page: String,
}

/// A client and everything it knows.
pub(crate) struct Client {
    number: usize,
    random: Random,
    hooks: String,
    customers: usize,
    requests: usize,
    open: Vec<Living>,
    /// Customers whose entitlement has ended: their place is free again.
    free: Vec<String>,
    unanswered: Vec<Planned>,
    /// Every whole answer.
    pub(crate) journal: Vec<Entry>,
    /// Requests that were sent again after a kill ...
    pub(crate) repeated: usize,
    /// ... and those of them that had taken effect before it.
    pub(crate) had_effect: usize,
}

impl Client {
    pub(crate) fn new(number: usize, receiver_url: &str) -> Self {
        Self {
            number,
            random: Random::new(number as u64 * 7919 + 1),
            hooks: format!("{receiver_url}/hooks"),
            customers: 0,
            requests: 0,
            open: Vec::new(),
            free: Vec::new(),
            unanswered: Vec::new(),
            journal: Vec::new(),
            repeated: 0,
            had_effect: 0,
        }
    }

    /// Works until the hub is gone.
    pub(crate) fn work(&mut self, address: SocketAddr, answers: &AtomicUsize) {
        if self.settle(address).is_err() {
            return;
        }
        let Ok(mut lines) = (0..LINES).map(|_| Connection::open(address)).collect::<io::Result<Vec<_>>>() else {
            return;
        };
        loop {
            let planned = self.plan();
            let count = planned.len();
            if self.send_all(&mut lines, planned).is_err() {
                return;
            }
            answers.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Repeats what was cut off. Each request either finds what it did, or does it now.
    pub(crate) fn settle(&mut self, address: SocketAddr) -> io::Result<()> {
        if self.unanswered.is_empty() {
            return Ok(());
        }
        let mut line = Connection::open(address)?;
        while let Some(planned) = self.unanswered.first().cloned() {
            let answer = line.ask(&planned.request)?;
            self.repeated += 1;
            self.had_effect += usize::from(answer.is_replayed());
            self.unanswered.remove(0);
            self.learn(planned, answer);
        }
        Ok(())
    }

    /// Sends all requests before the first answer is read.
    fn send_all(&mut self, lines: &mut [Connection], planned: Vec<Planned>) -> io::Result<()> {
        self.unanswered.extend(planned.iter().cloned());
        let mut outcome = Ok(());
        for (line, planned) in lines.iter_mut().zip(&planned) {
            if let Err(error) = line.send(&planned.request) {
                outcome = Err(error);
            }
        }
        for (line, planned) in lines.iter_mut().zip(planned) {
            match line.receive() {
                Ok(answer) => {
                    let is_this = |other: &Planned| other.request.identity == planned.request.identity;
                    let at = self.unanswered.iter().position(is_this).expect("it was sent");
                    self.unanswered.remove(at);
                    self.learn(planned, answer);
                }
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    fn plan(&mut self) -> Vec<Planned> {
        let wants_new = self.open.is_empty() || self.random.below(10) < if self.open.len() < OPEN_MANY { 4 } else { 1 };
        if wants_new { self.plan_create() } else { self.plan_change() }
    }

    fn plan_create(&mut self) -> Vec<Planned> {
        if !self.free.is_empty() && self.random.below(4) == 0 {
            let customer = self.free.remove(0);
            return vec![self.create(&customer, "BANGO_US", "MUSIC_NOW", Kind::Create)];
        }
        self.customers += 1;
        let customer = format!("c{}-{}", self.number, self.customers);
        match self.random.below(11) {
            10 => vec![self.create(&customer, "BANGO_US", LATER, Kind::Create)],
            0..4 => vec![self.create(&customer, "BANGO_US", "MUSIC_NOW", Kind::Create)],
            4 | 5 => vec![self.create(&customer, "BANGO_US", "MUSIC", Kind::Create)],
            6 | 7 => vec![self.create(&customer, "BANGO", "BangoMusic", Kind::Create)],
            // One of them is created, the others are over the limit.
            8 => (0..LINES).map(|_| self.create(&customer, "BANGO_US", "MUSIC_NOW", Kind::Twin)).collect(),
            // Waiting for its user, it is the answer to each.
            _ if self.random.below(2) == 0 => {
                (0..LINES).map(|_| self.create(&customer, "BANGO_US", "MUSIC", Kind::Twin)).collect()
            }
            // One identity, sent twice at once.
            _ => {
                let create = self.create(&customer, "BANGO_US", "MUSIC_NOW", Kind::Twin);
                vec![create.clone(), create]
            }
        }
    }

    fn plan_change(&mut self) -> Vec<Planned> {
        let at = self.random.below(self.open.len());
        let living = self.open[at].clone();
        if self.random.below(8) == 0 {
            // Two writers on one entitlement.
            return vec![self.note(&living), self.note(&living)];
        }
        let is_us = living.merchant == "BANGO_US";
        let one = match (living.status.as_str(), self.random.below(8)) {
            (_, 0 | 1) => self.note(&living),
            ("PENDING", 2..6) => self.confirm(&living),
            ("PENDING", 6) => self.end(&living, "revoke", ENDED),
            ("PENDING", _) => self.end(&living, "cancel", ENDED),
            ("ACTIVE", 2 | 3) if is_us => self.product(&living),
            ("ACTIVE", 4) => self.patch(&living, "\"entitlementBenefits\":\"SUSPENDED\"", SUSPENDED),
            ("ACTIVE", 5) => {
                let both = format!("\"entitlementBenefits\":\"SUSPENDED\",{}", self.unique());
                self.patch(&living, &both, SUSPENDED_AND_METADATA)
            }
            ("ACTIVE", 6) => self.end(&living, "cancel", if is_us { ENDING } else { ENDED }),
            ("SUSPENDED" | "ACTIVE-ENDING", 2..7) => self.patch(&living, "\"entitlementBenefits\":\"NORMAL\"", RESUMED),
            (_, 7) => self.end(&living, "revoke", ENDED),
            _ => self.note(&living),
        };
        vec![one]
    }

    fn create(&mut self, customer: &str, merchant: &str, product: &str, kind: Kind) -> Planned {
        let url = format!("{}/{customer}", self.hooks);
        let body = format!(
            "{{\"customerIdentifier\":\"{customer}\",\"merchantAccountKey\":\"{merchant}\",\
             \"productKey\":\"{product}\",\"notificationUrl\":\"{url}\"}}"
        );
        let request = Request::post("/v1/entitlement", &body).with_identity(&self.identity());
        Planned { request, kind, entitlement: String::new(), customer: customer.to_owned() }
    }

    fn note(&mut self, living: &Living) -> Planned {
        let unique = self.unique();
        self.patch(living, &unique, METADATA)
    }

    fn product(&mut self, living: &Living) -> Planned {
        let to = if living.product == "MUSIC_PREMIUM" { "MUSIC_NOW" } else { "MUSIC_PREMIUM" };
        let product = format!("\"productKey\":\"{to}\"");
        if self.random.below(2) == 0 {
            return self.patch(living, &product, PRODUCT);
        }
        let both = format!("{},{product}", self.unique());
        self.patch(living, &both, PRODUCT_AND_METADATA)
    }

    fn patch(&mut self, living: &Living, members: &str, told: &'static [&'static str]) -> Planned {
        let body = format!("{{\"entitlementId\":\"{}\",{members}}}", living.id);
        let mut request = Request::post("/v1/entitlement", &body).with_identity(&self.identity());
        request.method = "PATCH";
        living.planned(request, Kind::Change(told))
    }

    fn end(&mut self, living: &Living, how: &str, told: &'static [&'static str]) -> Planned {
        let body = "{\"cancelReasonCategory\":\"CUSTOMER_CANCELLED\",\"cancelReasonCode\":\"OTHER\"}";
        let request = Request::post(&format!("/v1/entitlement/{how}/{}", living.id), body);
        living.planned(request.with_identity(&self.identity()), Kind::Change(told))
    }

    fn confirm(&mut self, living: &Living) -> Planned {
        // The page takes no identity; here it only names the request.
        let request = Request::post(&living.page, "choice=confirm").with_identity(&self.identity());
        living.planned(request, Kind::Confirm)
    }

    /// Members that change something each time they are sent anew.
    fn unique(&mut self) -> String {
        self.requests += 1;
        format!("\"extensionData\":{{\"last\":\"{}\",\"by{}\":{}}}", self.requests, self.number, self.requests)
    }

    fn identity(&mut self) -> String {
        self.requests += 1;
        format!("kill-{}-{}", self.number, self.requests)
    }

    fn learn(&mut self, planned: Planned, answer: Answer) {
        let told = || format!("{planned:?}\nanswered {} {}", answer.status, answer.body);
        let mut id = planned.entitlement.clone();
        match (planned.kind, answer.status) {
            (Kind::Create | Kind::Twin, 200..=202) => id = self.learn_created(&planned, &answer),
            (Kind::Twin, 400) => assert!(answer.body.contains("\"limit-reached\""), "{}", told()),
            (Kind::Change(_), 200) => self.learn_changed(&id, &answer),
            (Kind::Confirm, 303) => {
                let living = self.open.iter_mut().find(|living| living.id == id);
                living.expect("it was open").status = "ACTIVE".to_owned();
            }
            (Kind::Create | Kind::Twin | Kind::Change(_) | Kind::Confirm, _) => panic!("{}", told()),
        }
        self.journal.push(Entry { planned, answer, entitlement: id });
    }

    fn learn_created(&mut self, planned: &Planned, answer: &Answer) -> String {
        let body = object(&answer.body);
        let id = text(&body, "entitlementId");
        let product = text(&body, "productKey");
        // What activates by itself is left alone: its status would be a matter of time.
        if product != LATER && !self.open.iter().any(|living| living.id == id) {
            self.open.push(Living {
                id: id.clone(),
                customer: planned.customer.clone(),
                merchant: text(&body, "merchantAccountKey"),
                product,
                status: text(&body, "status"),
                page: path_of(&text(&body, "parameters.url")),
            });
        }
        id
    }

    fn learn_changed(&mut self, id: &str, answer: &Answer) {
        let body = object(&answer.body);
        let at = self.open.iter().position(|living| living.id == id).expect("it was open");
        self.open[at].status = text(&body, "status");
        self.open[at].product = text(&body, "productKey");
        if ["CANCELLED", "REVOKED"].contains(&self.open[at].status.as_str()) {
            let living = self.open.swap_remove(at);
            if living.merchant == "BANGO_US" {
                self.free.push(living.customer);
            }
        }
    }
}

impl Living {
    fn planned(&self, request: Request, kind: Kind) -> Planned {
        Planned { request, kind, entitlement: self.id.clone(), customer: self.customer.clone() }
    }
}

//! A hub that can be crashed: each life has a runtime of its own, and a crash drops the runtime
//! with everything in it. The next life opens the same file. Time is moved by hand.

use crate::connector::Scripted;
use crate::merchant::Merchant;
use crate::place::Place;
use crate::receiver::Receiver;
use bytes::Bytes;
use entitlement::{Entitlement, MerchantEvent, Moment, Rejection, Told};
use hub::{Account, Answer, Applied, Caller, Catalog, Desk, Dispatch, Hub, Parts, Pseudonyms, SealingKey, Wanted};
use ids::{EntitlementKey, RequestIdentity};
use merchants::Connector;
use merchants::test::{BANGO_US, PageKey};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use store::faults::FaultyStore;
use store::{Clock, Load, NotificationState, Report, Row, Store, StoredEvent, StoredNotification, Target};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use wire::{CreateRequest, Switches, UpdateRequest, WebhookSecret, parse_end, parse_object};

/// When every case begins.
pub const START: Moment = Moment(1_780_000_000_000);
/// What is held is held for good: until the crash.
pub const FOR_GOOD: Duration = Duration::from_secs(3_600);
/// Callers wait at most so long unless a case says otherwise.
const PATIENCE: Duration = Duration::from_millis(11_500);
/// What is planned later than this is not waited for.
const HORIZON_MS: i64 = 30 * 60_000;
const LOOK_EVERY: Duration = Duration::from_millis(3);
const LOOKS_MAX: usize = 6_000;

/// What the route to the merchant offers.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub inquiry: bool,
    pub repeatable: bool,
    pub limit: u32,
    pub queued_deadline_s: i64,
    /// Due things are done by the worker; else only by requests.
    pub workers: bool,
    /// Whether anybody listens where the merchant should be.
    pub reachable: bool,
}

pub const INQUIRY: Plan =
    Plan { inquiry: true, repeatable: false, limit: 1, queued_deadline_s: 72 * 3_600, workers: true, reachable: true };
pub const REPEATABLE: Plan = Plan { inquiry: false, repeatable: true, ..INQUIRY };
pub const NEITHER: Plan = Plan { inquiry: false, repeatable: false, ..INQUIRY };

/// One case: a merchant, a receiver, a data file, and the hub's present life.
pub struct Case {
    pub merchant: Merchant,
    pub receiver: Receiver,
    pub clock: Clock,
    pub plan: Plan,
    life: Option<Life>,
    pub place: Place,
}

/// From one start to the next crash.
pub struct Life {
    pub hub: Hub,
    pub store: Arc<FaultyStore>,
    pub account: Arc<Account>,
    pub dispatch: Option<Dispatch>,
    pub runtime: Runtime,
}

impl Case {
    pub fn open(plan: Plan) -> Self {
        let case = Self {
            merchant: Merchant::open(plan.repeatable),
            receiver: Receiver::open(),
            clock: Clock::manual(START),
            plan,
            life: None,
            place: Builder::new_current_thread().enable_all().build().unwrap().block_on(Place::new()),
        };
        let life = Some(case.begin());
        Self { life, ..case }
    }

    pub fn life(&self) -> &Life {
        self.life.as_ref().expect("it has crashed")
    }

    pub fn life_mut(&mut self) -> &mut Life {
        self.life.as_mut().expect("it has crashed")
    }

    pub fn store(&self) -> &FaultyStore {
        &self.life().store
    }

    /// As by kill -9: every task ends where it stands, nothing is closed.
    pub fn crash(&mut self) {
        let Life { hub, store, account, dispatch, runtime } = self.life.take().expect("it has crashed");
        drop(dispatch);
        drop(runtime);
        drop((hub, account));
        assert_eq!(Arc::strong_count(&store), 1, "something outlived the crash");
    }

    pub fn restart(&mut self) {
        self.life = Some(self.begin());
    }

    /// For a life that began without workers.
    pub fn start_workers(&mut self) {
        let dispatch = self.block(async { Dispatch::start(&self.life().hub) });
        self.life_mut().dispatch = Some(dispatch);
    }

    fn begin(&self) -> Life {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let store = Arc::new(FaultyStore::new(runtime.block_on(self.place.open(self.clock.clone()))));
        let (hub, account) = runtime.block_on(self.build(&store));
        let _inside = runtime.enter();
        let dispatch = self.plan.workers.then(|| Dispatch::start(&hub));
        drop(_inside);
        Life { hub, store, account, dispatch, runtime }
    }

    async fn build(&self, store: &Arc<FaultyStore>) -> (Hub, Arc<Account>) {
        let plan = self.plan;
        let id = store.account("acme".to_owned(), false).await.unwrap();
        let secret = WebhookSecret::parse("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=").unwrap();
        let url = Some(self.receiver.url.clone());
        // Port 1 refuses.
        let at = if plan.reachable { self.merchant.url.clone() } else { "http://127.0.0.1:1".to_owned() };
        let connector: Arc<dyn Connector> = Arc::new(Scripted { url: at });
        let desk = Desk::new(PageKey::new([7; 32]), "http://127.0.0.1:1");
        let account = Account::sandbox(store.as_ref(), &desk, id, secret, url).await.unwrap().with_routes(|route| {
            if route.merchant_account_key == BANGO_US {
                route.connector = Arc::clone(&connector);
            }
            route.facts.inquiry = plan.inquiry;
            route.facts.repeatable = plan.repeatable;
            route.facts.limit = plan.limit;
            route.facts.queued_deadline_s = plan.queued_deadline_s;
        });
        let catalog = Catalog::new([account]);
        let account = Arc::clone(catalog.account(id).unwrap());
        let parts = Parts {
            load: hub::LoadLimits::default(),
            receivers: hub::Receivers::Anywhere,
            store: Arc::clone(store) as Arc<dyn Store>,
            catalog,
            applied: Applied::default(),
            sealing: SealingKey::new(&[7; 32]).unwrap(),
            desk,
            pseudonyms: Pseudonyms::new([7; 32]),
            sandbox: None,
            openapi: Bytes::new(),
        };
        (Hub::build(parts).await.unwrap(), account)
    }

    /// Runs something in the hub's present life.
    pub fn block<T>(&self, future: impl Future<Output = T>) -> T {
        self.life().runtime.block_on(future)
    }

    /// Sends a request; without identity where it is empty.
    pub fn send(&self, identity: &str, wanted: &Wanted) -> JoinHandle<Answer> {
        self.send_within(identity, wanted, PATIENCE)
    }

    pub fn send_within(&self, identity: &str, wanted: &Wanted, patience: Duration) -> JoinHandle<Answer> {
        self.hand(&self.life().hub, identity, wanted, patience)
    }

    /// Sends a request to another hub on the same store.
    pub fn send_to(&self, hub: &Hub, identity: &str, wanted: &Wanted) -> JoinHandle<Answer> {
        self.hand(hub, identity, wanted, PATIENCE)
    }

    /// Another hub on the same store, as another node would be.
    pub async fn another_hub(&self) -> (Hub, Arc<Account>) {
        self.build(&self.life().store).await
    }

    fn hand(&self, hub: &Hub, identity: &str, wanted: &Wanted, patience: Duration) -> JoinHandle<Answer> {
        let hub = hub.clone();
        let wanted = wanted.clone();
        let caller = self.caller(identity, &wanted, patience);
        self.life().runtime.spawn(async move { hub.execute(caller, wanted).await })
    }

    /// Sends a request and waits for its answer.
    pub fn ask(&self, identity: &str, wanted: &Wanted) -> Answer {
        self.block(self.send(identity, wanted)).unwrap()
    }

    /// As [`Case::ask`], with a caller who soon gives up.
    pub fn ask_briefly(&self, identity: &str, wanted: &Wanted) -> Answer {
        self.block(self.send_within(identity, wanted, Duration::from_millis(120))).unwrap()
    }

    fn caller(&self, identity: &str, wanted: &Wanted, patience: Duration) -> Caller {
        let text = format!("{wanted:?}");
        let mut fingerprint = [0_u8; store::FINGERPRINT_BYTES];
        for (at, byte) in text.bytes().enumerate() {
            let place = &mut fingerprint[at % store::FINGERPRINT_BYTES];
            *place = place.wrapping_mul(31).wrapping_add(byte);
        }
        let _inside = self.life().runtime.enter();
        Caller {
            account: Arc::clone(&self.life().account),
            identity: (!identity.is_empty()).then(|| RequestIdentity::parse(identity).unwrap()),
            fingerprint,
            if_match: None,
            magic_number: None,
            deadline: Instant::now() + patience,
            audit: None,
        }
    }

    /// Lets time pass, then waits until nothing more is due.
    pub fn pass(&self, seconds: i64) {
        self.clock.advance_ms(seconds * 1_000);
        self.quiet();
    }

    /// The merchant tells something by itself.
    pub fn told(&self, key: EntitlementKey, what: Told) -> Result<Entitlement, Rejection> {
        let event = MerchantEvent { what, occurred_at: None };
        self.block(self.life().hub.merchant_told(key, &event, None)).expect("the store works").expect("it is there")
    }

    /// Waits for a fact.
    pub fn until(&self, what: &str, fact: impl Fn() -> bool) {
        for _ in 0..LOOKS_MAX {
            if fact() {
                return;
            }
            // tidy: sleep because what other tasks do is looked at again and again, with a bound
            self.block(async { tokio::time::sleep(LOOK_EVERY).await });
        }
        panic!("never: {what}; {:#?}", self.rows());
    }

    /// For waiting requests to get to where they wait: nothing can be seen of them there.
    pub fn waits_a_little(&self) {
        // In many small steps: on a busy machine each lets the others run.
        for _ in 0..25 {
            // tidy: sleep because what only waits shows nothing that could be awaited
            self.block(async { tokio::time::sleep(LOOK_EVERY).await });
        }
    }

    /// Moves the clock from one due moment to the next, until nothing more is due soon.
    pub fn quiet(&self) {
        self.until("all quiet", || {
            let in_flight = self.block(self.store().in_flight(1)).unwrap();
            let next = self.block(self.store().next_due()).unwrap();
            match next {
                _ if !in_flight.is_empty() => false,
                Some(at) if at.0 - self.clock.read().0 > HORIZON_MS => self.is_delivered(),
                Some(at) if at > self.clock.read() => {
                    self.clock.set(at);
                    false
                }
                Some(_) => false,
                None => self.is_delivered(),
            }
        });
    }

    /// Attempts under way are due at no moment.
    fn is_delivered(&self) -> bool {
        let rows = self.rows();
        let mut stored = rows.iter().flat_map(|row| self.notifications(row.key));
        !self.plan.workers || stored.all(|one| one.state == NotificationState::Delivered)
    }

    /// What came to be, in the order of creation.
    pub fn rows(&self) -> Vec<Row> {
        let report = Report { limit: 1_000, ..Report::default() };
        self.block(self.store().inner().report(self.life().account.id, report)).unwrap()
    }

    /// The one entitlement there is.
    pub fn row(&self) -> Row {
        let mut rows = self.rows();
        assert_eq!(rows.len(), 1, "{rows:#?}");
        rows.remove(0)
    }

    /// By its key, unborn or not.
    pub fn row_at(&self, key: EntitlementKey) -> Option<Row> {
        let load = Load { account: self.life().account.id, target: Target::Key(key), identity: None };
        self.block(self.store().inner().load(load)).unwrap().row.map(|row| *row)
    }

    pub fn status(&self) -> &'static str {
        self.row().state.record.status.as_str()
    }

    pub fn history(&self, key: EntitlementKey) -> Vec<StoredEvent> {
        self.block(self.store().inner().history(key, None)).unwrap()
    }

    /// Its notifications in the order of their lane: commits may lie apart by a clock that jumped back.
    pub fn notifications(&self, key: EntitlementKey) -> Vec<StoredNotification> {
        let account = self.life().account.id;
        let mut found = self.block(self.store().inner().notifications(account, Some(key), None, 1_000)).unwrap();
        found.sort_by_key(|one| (one.target, one.sequence));
        found
    }
}

/// POST /v1/entitlement
pub fn create(customer: &str) -> Wanted {
    create_with(&format!(r#""customerIdentifier":"{customer}""#))
}

/// The same with members of one's own.
pub fn create_with(members: &str) -> Wanted {
    let body = format!(r#"{{"merchantAccountKey":"BANGO_US","productKey":"MUSIC",{members}}}"#);
    let body = parse_object(body.as_bytes()).unwrap();
    let parsed = CreateRequest::parse(body, START, false, &Switches::default()).unwrap();
    Wanted::Create(Box::new(parsed.request))
}

/// PATCH /v1/entitlement
pub fn update(id: &str, members: &str) -> Wanted {
    let body = parse_object(format!(r#"{{"entitlementId":"{id}",{members}}}"#).as_bytes()).unwrap();
    let parsed = UpdateRequest::parse(body, false, &Switches::default()).unwrap();
    Wanted::Update(Box::new(parsed.request))
}

/// POST /v1/entitlement/cancel/{id}
pub fn cancel(id: &str) -> Wanted {
    Wanted::Cancel(id.to_owned(), Box::new(end(id, false)))
}

/// POST /v1/entitlement/revoke/{id}
pub fn revoke(id: &str) -> Wanted {
    Wanted::Revoke(id.to_owned(), Box::new(end(id, true)))
}

fn end(id: &str, revoke: bool) -> entitlement::EndRequest {
    let body = br#"{"cancelReasonCategory":"CUSTOMER_CANCELLED","cancelReasonCode":"OTHER","ticket":"T-1"}"#;
    parse_end(parse_object(body).unwrap(), id, revoke, &Switches::default()).unwrap()
}

//! A hub under test: built as the sandbox is, on a free loopback port, with a clock that stands.
//! What it is called with stands in `harness/call.rs`.

mod answer;
mod audit;
mod call;
pub(crate) mod contract;
mod golden;
mod log;
#[path = "../engine/place.rs"]
mod place;
mod receiver;
mod scripted_merchant;

pub(crate) use answer::{Answer, FIELDS};
pub(crate) use call::{Call, basic, connect, create_body, exchange, read_to_end};
pub(crate) use golden::golden;
use place::Place;
pub(crate) use receiver::{Receiver, Reply};
pub(crate) use scripted_merchant::ScriptedMerchant;

use entitlement::{MerchantEvent, Moment, Rejection, Told};
use hub::{
    Account, Catalog, Desk, Dispatch, Gate, Hub, LoadLimits, Random, Route, SealingKey, Sender, Server, Transport,
    hash_password, open_sandbox,
};
use ids::EntitlementKey;
use merchants::Connector;
use merchants::test::BANGO_US;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use store::faults::FaultyStore;
use store::{Clock, CredentialRow, Store};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wire::WebhookSecret;

/// 2026-03-10T12:00:00Z: when every test begins.
pub(crate) const START: Moment = Moment(1_773_144_000_000);
/// The demo reseller's password; long, so that a log that holds it is found.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A running hub.
pub(crate) struct TestHub {
    pub(crate) address: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) store: Arc<dyn Store>,
    /// The same store, where it was told to fail.
    pub(crate) faults: Option<Arc<FaultyStore>>,
    /// Verifies the demo reseller's notifications.
    pub(crate) secret: WebhookSecret,
    secret_text: String,
    /// For what merchants tell by themselves, which has no public path yet.
    pub(crate) hub: Hub,
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
    dispatch: Dispatch,
    place: Place,
}

/// How a hub differs from the sandbox as it is.
#[derive(Default)]
pub(crate) struct Setup {
    demo: Option<Box<dyn FnOnce(Account) -> Account + Send>>,
    /// Further resellers.
    others: Vec<Other>,
    merchant: Option<Arc<dyn Connector>>,
    is_faulty: bool,
    transport: Transport,
    load: LoadLimits,
    /// Terms of credentials, by user name.
    gates: Vec<(&'static str, Gate)>,
}

/// A further reseller with the same password; its user name is its key.
struct Other {
    user: &'static str,
    live: bool,
    /// The password is an old one from then on.
    until: Option<Moment>,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The demo reseller, changed.
    pub(crate) fn demo(mut self, change: impl FnOnce(Account) -> Account + Send + 'static) -> Self {
        self.demo = Some(Box::new(change));
        self
    }

    /// Both routes of the demo reseller, changed.
    pub(crate) fn routes(self, change: impl Fn(&mut Route) + Send + 'static) -> Self {
        self.demo(|account| account.with_routes(change))
    }

    /// A further reseller with the same password; its user name is its key.
    pub(crate) fn other(mut self, user: &'static str, live: bool) -> Self {
        self.others.push(Other { user, live, until: None });
        self
    }

    /// A further test reseller whose password holds until that moment: it has a new one already.
    pub(crate) fn retiring(mut self, user: &'static str, until: Moment) -> Self {
        self.others.push(Other { user, live: false, until: Some(until) });
        self
    }

    /// Who answers for BANGO_US.
    pub(crate) fn merchant(mut self, merchant: Arc<dyn Connector>) -> Self {
        self.merchant = Some(merchant);
        self
    }

    /// How clients reach it; unless said otherwise plain, without proxies.
    pub(crate) fn over(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Behind a proxy on loopback, whose X-Forwarded-For is believed.
    pub(crate) fn proxied(self) -> Self {
        let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        self.over(Transport { trusted_proxies, ..Transport::default() })
    }

    /// How many requests may be at work at once.
    pub(crate) fn load(mut self, requests_max: usize, requests_per_account_max: usize) -> Self {
        self.load = LoadLimits { requests_max, requests_per_account_max };
        self
    }

    /// The terms of a user's credential.
    pub(crate) fn gate(mut self, user: &'static str, gate: Gate) -> Self {
        self.gates.push((user, gate));
        self
    }

    /// On a store that fails when it is told to.
    pub(crate) fn faulty(mut self) -> Self {
        self.is_faulty = true;
        self
    }

    pub(crate) async fn start(self) -> TestHub {
        log::capture();
        let place = Place::new().await;
        let clock = Clock::manual(START);
        let (store, faults) = opened(place.open(clock.clone()).await, self.is_faulty);
        let server = Server::bind("127.0.0.1:0".parse().unwrap()).await.unwrap().over(self.transport);
        let address = server.address().unwrap();
        let url = format!("http://{address}");
        let sealing = SealingKey::new(&[7; 32]).unwrap();
        let (mut parts, secrets) =
            open_sandbox(Arc::clone(&store), &url, PASSWORD, sealing, contract::text()).await.unwrap();
        let secret_text = secrets.webhook_secret.clone();
        let whole = Whole { store: &store, desk: &parts.desk, url: &url, secret: &secret_text };
        parts.catalog = whole.catalog(self.demo, &self.others, self.merchant).await;
        for (user, gate) in self.gates {
            let account = Arc::clone(&parts.catalog.sender(user).unwrap().account);
            parts.catalog = parts.catalog.with_sender(user, Sender { account, gate: Arc::new(gate) });
        }
        parts.load = self.load;
        let hub = Hub::build(parts).await.unwrap();
        let dispatch = Dispatch::start(&hub);
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(server.run(hub.clone(), async move { drop(stopped.await) }));
        let secret = WebhookSecret::parse(&secret_text).unwrap();
        TestHub { address, clock, store, faults, secret, secret_text, hub, stop, server, dispatch, place }
    }
}

fn opened(store: Arc<dyn Store>, is_faulty: bool) -> (Arc<dyn Store>, Option<Arc<FaultyStore>>) {
    if !is_faulty {
        return (store, None);
    }
    let store = Arc::new(FaultyStore::new(store));
    (Arc::clone(&store) as Arc<dyn Store>, Some(store))
}

type Change = Option<Box<dyn FnOnce(Account) -> Account + Send>>;

/// What a catalog is made of.
struct Whole<'a> {
    store: &'a Arc<dyn Store>,
    desk: &'a Desk,
    url: &'a str,
    secret: &'a str,
}

impl Whole<'_> {
    async fn account(&self, id: ids::AccountId, url: Option<String>, merchant: Option<&Arc<dyn Connector>>) -> Account {
        let secret = WebhookSecret::parse(self.secret).unwrap();
        let account = Account::sandbox(self.store.as_ref(), self.desk, id, secret, url).await.unwrap();
        account.with_routes(|route| {
            if let Some(merchant) = merchant.filter(|_| route.merchant_account_key == BANGO_US) {
                route.connector = Arc::clone(merchant);
            }
        })
    }

    async fn catalog(&self, demo: Change, others: &[Other], merchant: Option<Arc<dyn Connector>>) -> Catalog {
        let id = self.store.account("sandbox".to_owned(), false).await.unwrap();
        let inbox = Some(format!("{}/sandbox/v1/inbox/default", self.url));
        let account = self.account(id, inbox, merchant.as_ref()).await;
        let mut accounts = vec![match demo {
            Some(change) => change(account),
            None => account,
        }];
        for other in others {
            let id = self.store.account(other.user.to_owned(), other.live).await.unwrap();
            put_credential(self.store, other, id).await;
            let mut account = self.account(id, None, merchant.as_ref()).await;
            account.live = other.live;
            other.user.clone_into(&mut account.reseller);
            accounts.push(account);
        }
        let senders: Vec<(&str, ids::AccountId)> = std::iter::once("sandbox")
            .chain(others.iter().map(|other| other.user))
            .zip(accounts.iter().map(|one| one.id))
            .collect();
        senders.into_iter().fold(Catalog::new(accounts), |catalog, (user, id)| catalog.letting_in(user, id))
    }
}

async fn put_credential(store: &Arc<dyn Store>, other: &Other, account: ids::AccountId) {
    let hash = |password| {
        let salt = Random::from_system().unwrap().secret().unwrap();
        hash_password(password, &salt).unwrap()
    };
    let (password_hash, old_password) = match other.until {
        None => (hash(PASSWORD), None),
        Some(until) => (hash("the new one"), Some((hash(PASSWORD), until))),
    };
    let user = other.user.to_owned();
    let credential = CredentialRow { user, account, password_hash, old_password, revoked_at: None };
    store.put_credential(credential).await.unwrap();
}

impl TestHub {
    /// The sandbox as it is.
    pub(crate) async fn start() -> Self {
        Setup::new().start().await
    }

    /// Its data file, where it has one.
    pub(crate) fn file(&self) -> Option<std::path::PathBuf> {
        match &self.place {
            Place::File(directory) => Some(directory.path().join("hub.db")),
            Place::Server(_) => None,
        }
    }

    /// The store's clock, as records print it.
    pub(crate) fn now(&self) -> String {
        wire::print_date(self.store.now())
    }

    /// Moves the test clock on; everything due on the way has happened when this returns.
    pub(crate) async fn advance(&self, span: &str) -> Answer {
        let moved = self.post("/sandbox/v1/clock", &json!({ "advance": span })).await;
        moved.is(200, "OK");
        assert_eq!(moved["left"], 0);
        moved
    }

    /// Waits until so many readers wait at the feed.
    pub(crate) async fn listening(&self, readers: usize) {
        while self.hub.readers_waiting() < readers {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until nothing is due any more.
    pub(crate) async fn quiet(&self) {
        self.advance("PT0S").await;
    }

    /// A merchant tells something by itself.
    pub(crate) async fn merchant_tells(&self, id: &str, what: Told) -> Result<(), Rejection> {
        let key = EntitlementKey(ids::parse_uuid(id).unwrap());
        let event = MerchantEvent { what, occurred_at: None };
        self.hub.merchant_told(key, &event, None).await.unwrap().unwrap().map(drop)
    }

    /// What the default inbox has received, oldest first, all signed by the demo's secret.
    pub(crate) async fn told(&self) -> Vec<Value> {
        self.quiet().await;
        let answer = self.get("/sandbox/v1/notifications?limit=1000").await;
        let mut came = answer["notifications"].as_array().unwrap().clone();
        came.reverse();
        assert!(came.iter().all(|one| one["signature"] == "valid"), "{came:?}");
        came.iter().for_each(|one| contract::check_notification(&one["body"]));
        came.into_iter().map(|one| one["body"].clone()).collect()
    }

    /// The reasons of [`TestHub::told`].
    pub(crate) async fn reasons(&self) -> Vec<String> {
        let told = self.told().await;
        told.iter().map(|body| body["notificationReason"].as_str().unwrap().to_owned()).collect()
    }
}

//! The catalog: who sells what of whom, under which conditions. A value in memory; what a
//! request needs of it is looked up here and handed to the rules as facts.

mod resolve;

pub(crate) use resolve::Resolver;

use crate::Gate;
use entitlement::RouteFacts;
use ids::{AccountId, RouteId};
use merchants::Connector;
use std::collections::HashMap;
use std::sync::Arc;
use wire::Switches;

/// Everything configured, resolved to the store's numbers.
#[derive(Debug, Default)]
pub struct Catalog {
    accounts: HashMap<AccountId, Arc<Account>>,
    /// By user name. A credential that is stored and not listed here lets nobody in.
    senders: HashMap<String, Arc<Sender>>,
}

/// Whose requests carry a credential, and on which terms.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The account, with this credential's switches.
    pub account: Arc<Account>,
    /// From where, how often, and how signed it may be used.
    pub gate: Arc<Gate>,
}

/// A reseller in one mode.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its number in the store.
    pub id: AccountId,
    /// The reseller's key, `resellerId` towards merchants.
    pub reseller: String,
    /// Live or test.
    pub live: bool,
    /// Its credential's switches.
    pub switches: Switches,
    /// Where notifications go when an entitlement has no URL of its own.
    pub default_url: Option<String>,
    /// How notifications authenticate to the reseller.
    pub notification_auth: NotificationAuth,
    /// Signs notifications.
    pub webhook_secret: wire::WebhookSecret,
    routes: Arc<HashMap<String, Arc<Route>>>,
    /// Stands for routes that are gone: what has ended there is still looked at.
    gone: Arc<Route>,
}

/// How a notification authenticates to the reseller (docs/API.md section 7).
#[derive(Debug, Clone, Default)]
pub enum NotificationAuth {
    /// Only the signature.
    #[default]
    None,
    /// HTTP Basic.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: Secret,
    },
    /// `Authorization: Bearer`.
    Bearer(Secret),
    /// `X-Api-Key`.
    ApiKey(Secret),
}

/// A secret the hub has to send; never printed.
#[derive(Clone)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// One reseller-merchant pairing.
#[derive(Debug)]
pub struct Route {
    /// Its number in the store.
    pub id: RouteId,
    /// The merchant.
    pub merchant_account_key: String,
    /// What the rules need to know of it.
    pub facts: RouteFacts,
    /// What is sold on it.
    pub products: Vec<Product>,
    /// What a dry run takes the merchant to answer.
    pub usual: UsualAnswers,
    /// Nothing new: it, its side, its reseller or its merchant is retired.
    pub retired: bool,
    /// How the merchant is spoken to.
    pub connector: Arc<dyn Connector>,
}

/// What a merchant usually answers, by type of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UsualAnswers {
    /// To a create.
    pub create: UsualAnswer,
    /// To another product or offer.
    pub update: UsualAnswer,
    /// To everything else.
    pub others: UsualAnswer,
}

/// One usual answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsualAnswer {
    /// 200: done at once.
    #[default]
    Done,
    /// 202 with a URL: the user has to act.
    UserActs,
    /// 201: accepted, without a URL.
    Accepted,
    /// 202: confirmed later.
    Queued,
}

/// A merchant's product as this reseller sells it.
#[derive(Debug)]
pub struct Product {
    /// productKey.
    pub key: String,
    /// Default entitlementDisplayName.
    pub name: String,
    /// What it is, in a sentence for whoever sells it.
    pub description: String,
    /// Where its logo lies.
    pub logo_url: Option<String>,
    /// Where its terms lie.
    pub terms_url: Option<String>,
    /// Offers it lists.
    pub offers: Vec<String>,
    /// An offer must be named.
    pub offer_required: bool,
    /// Nothing new of it: whoever holds it keeps it.
    pub retired: bool,
}

impl Catalog {
    /// A catalog of these accounts.
    #[must_use]
    pub fn new(accounts: impl IntoIterator<Item = Account>) -> Self {
        Self::of(accounts.into_iter().map(Arc::new))
    }

    fn of(accounts: impl IntoIterator<Item = Arc<Account>>) -> Self {
        let accounts = accounts.into_iter().map(|account| (account.id, account)).collect();
        Self { accounts, senders: HashMap::new() }
    }

    /// The same with a credential let in: the account's own, on the account's own terms. Without
    /// such an account nothing is changed.
    #[must_use]
    pub fn letting_in(self, user: &str, account: AccountId) -> Self {
        match self.accounts.get(&account).cloned() {
            Some(account) => self.with_sender(user, Sender { account, gate: Arc::default() }),
            None => self,
        }
    }

    /// The same with a credential let in.
    #[must_use]
    pub fn with_sender(mut self, user: &str, sender: Sender) -> Self {
        self.senders.insert(user.to_owned(), Arc::new(sender));
        self
    }

    /// Credentials that stood in `old`, too, go on counting their requests where they were.
    pub(crate) fn count_on_from(&self, old: &Self) {
        for (user, sender) in &self.senders {
            if let Some(before) = old.senders.get(user) {
                sender.gate.count_on_from(&before.gate);
            }
        }
    }

    /// Whose requests carry this user name, if the catalog lists it.
    #[must_use]
    pub fn sender(&self, user: &str) -> Option<&Arc<Sender>> {
        self.senders.get(user)
    }

    /// Who is let in, by user name, in no order.
    pub(crate) fn senders(&self) -> impl Iterator<Item = (&String, &Arc<Sender>)> {
        self.senders.iter()
    }

    /// All accounts, in no order.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.accounts.values()
    }

    /// The account of that number.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts.get(&id)
    }
}

impl Account {
    /// The route to a merchant this reseller sells.
    #[must_use]
    pub fn route(&self, merchant_account_key: &str) -> Option<&Arc<Route>> {
        self.routes.get(merchant_account_key)
    }

    /// The route of an entitlement that is there: one that is gone from the catalog was needed by nothing
    /// open any more.
    #[must_use]
    pub fn route_of(&self, merchant_account_key: &str) -> &Arc<Route> {
        self.route(merchant_account_key).unwrap_or(&self.gone)
    }

    /// The same account with its routes changed (tests give a merchant other facts).
    #[must_use]
    pub fn with_routes(mut self, change: impl Fn(&mut Route)) -> Self {
        for route in Arc::get_mut(&mut self.routes).into_iter().flat_map(HashMap::values_mut) {
            if let Some(route) = Arc::get_mut(route) {
                change(route);
            }
        }
        self
    }

    /// The merchants this reseller sells, in order of their keys (for hints).
    #[must_use]
    pub fn merchants(&self) -> Vec<&str> {
        let on_sale = self.routes.values().filter(|route| !route.retired);
        let mut keys: Vec<&str> = on_sale.map(|route| route.merchant_account_key.as_str()).collect();
        keys.sort_unstable();
        keys
    }
}

impl Route {
    /// The product of that key, if it is sold here.
    #[must_use]
    pub fn product(&self, key: &str) -> Option<&Product> {
        self.products.iter().find(|product| product.key == key)
    }

    /// What can be sold anew.
    pub fn on_sale(&self) -> impl Iterator<Item = &Product> {
        self.products.iter().filter(|product| !product.retired)
    }
}

impl Product {
    /// Whether it lists an offer.
    #[must_use]
    pub fn lists(&self, offer: &str) -> bool {
        self.offers.iter().any(|known| known == offer)
    }
}

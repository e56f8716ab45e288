//! From the operator's document to what the hub works with: accounts and routes get their numbers of
//! the store, names of secrets become secrets, test merchants get their connector.

use super::{Account, Catalog, NotificationAuth, Product, Route, Secret, Sender, UsualAnswer, UsualAnswers};
use crate::secrets::Secrets;
use crate::{Desk, Gate, HubError};
use catalog::{Document, Mode, Side};
use ids::{AccountId, RouteId};
use std::collections::HashMap;
use std::sync::Arc;
use store::Store;
use wire::{Switches, WebhookSecret};

/// The demo reseller's key.
const SANDBOX: &str = "sandbox";

/// What a document is resolved with.
pub(crate) struct Resolver<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) desk: &'a Desk,
    pub(crate) secrets: &'a Secrets,
}

/// One side of one reseller in a document.
struct Of<'a> {
    document: &'a Document,
    reseller: &'a str,
    mode: Mode,
    side: &'a Side,
}

impl Resolver<'_> {
    /// The whole catalog.
    ///
    /// # Errors
    /// Where the store fails, or a secret that is named is not there.
    pub(crate) async fn catalog(&self, document: &Document) -> Result<Catalog, HubError> {
        let mut accounts: HashMap<(&str, Mode), Arc<Account>> = HashMap::new();
        for (reseller, settings) in &document.resellers {
            for (mode, side) in settings.sides() {
                let account = self.account(&Of { document, reseller, mode, side }).await?;
                accounts.insert((reseller, mode), Arc::new(account));
            }
        }
        let mut catalog = Catalog::of(accounts.values().cloned());
        for (user, credential) in &document.credentials {
            if let Some(account) = accounts.get(&(credential.reseller.as_str(), credential.mode)) {
                let account = Account { switches: credential.switches.clone(), ..Account::clone(account) };
                let gate = Gate::of(credential)
                    .map_err(|error| HubError::Catalog(format!("credentials.{user}.signing.public_key: {error}")))?;
                let sender = Sender { account: Arc::new(account), gate: Arc::new(gate) };
                catalog = catalog.with_sender(user, sender);
            }
        }
        Ok(catalog)
    }

    async fn account(&self, of: &Of<'_>) -> Result<Account, HubError> {
        let id = self.store.account(of.reseller.to_owned(), of.mode == Mode::Live).await?;
        let name = of.side.webhook_secret(of.reseller, of.mode);
        let secret = self.secret(&name)?;
        let webhook_secret = WebhookSecret::parse(&secret.0).ok_or(HubError::NoWebhookSecret(name))?;
        Ok(Account {
            id,
            reseller: of.reseller.to_owned(),
            live: of.mode == Mode::Live,
            switches: of.switches(),
            default_url: of.side.notification_url.clone(),
            notification_auth: self.auth(&of.side.notification_auth)?,
            webhook_secret,
            routes: Arc::new(self.routes(of, id).await?),
            gone: Arc::new(gone(self.desk)),
        })
    }

    fn secret(&self, name: &str) -> Result<Secret, HubError> {
        self.secrets.get(name).cloned().ok_or_else(|| HubError::NoSecret(name.to_owned()))
    }

    fn auth(&self, auth: &catalog::NotificationAuth) -> Result<NotificationAuth, HubError> {
        Ok(match auth {
            catalog::NotificationAuth::None => NotificationAuth::None,
            catalog::NotificationAuth::Basic { user, password } => {
                NotificationAuth::Basic { user: user.clone(), password: self.secret(password)? }
            }
            catalog::NotificationAuth::Bearer { token } => NotificationAuth::Bearer(self.secret(token)?),
            catalog::NotificationAuth::ApiKey { key } => NotificationAuth::ApiKey(self.secret(key)?),
        })
    }

    async fn routes(&self, of: &Of<'_>, account: AccountId) -> Result<HashMap<String, Arc<Route>>, HubError> {
        let mut routes = HashMap::new();
        for (key, route) in &of.side.routes {
            let Some(merchant) = of.document.merchants.get(key) else {
                continue;
            };
            let resolved = Route {
                id: self.store.route(account, key.clone()).await?,
                merchant_account_key: key.clone(),
                facts: route.facts(),
                products: of.document.sold(route, key).map(product).collect(),
                usual: usual(route.usual),
                retired: of.document.is_retired(of.reseller, of.mode, key),
                connector: match merchant.connector {
                    catalog::Connector::Test => self.desk.connector(key, merchant),
                },
            };
            routes.insert(key.clone(), Arc::new(resolved));
        }
        Ok(routes)
    }
}

impl Of<'_> {
    /// What merchants and the hub do by themselves is told as the reseller's credential says; where it
    /// has several of a mode, as the first in the order of their names says.
    fn switches(&self) -> Switches {
        let credentials = self.document.credentials.values();
        let own = credentials.filter(|one| one.reseller == self.reseller && one.mode == self.mode);
        own.map(|credential| credential.switches.clone()).next().unwrap_or_default()
    }
}

/// The rules refuse what has ended before they look at a route, so any facts do.
fn gone(desk: &Desk) -> Route {
    Route {
        id: RouteId(0),
        merchant_account_key: String::new(),
        facts: catalog::Route::default().facts(),
        products: Vec::new(),
        usual: UsualAnswers::default(),
        retired: true,
        connector: desk.nobody(),
    }
}

fn product(sold: catalog::Sold<'_>) -> Product {
    let catalog::Sold { key, product, retired } = sold;
    Product {
        key: key.to_owned(),
        name: product.name.clone(),
        description: product.description.clone(),
        logo_url: product.logo_url.clone(),
        terms_url: product.terms_url.clone(),
        offers: product.offers.clone(),
        offer_required: product.offer_required,
        retired,
    }
}

fn usual(usual: catalog::UsualAnswers) -> UsualAnswers {
    let answer = |answer| match answer {
        catalog::UsualAnswer::Done => UsualAnswer::Done,
        catalog::UsualAnswer::UserActs => UsualAnswer::UserActs,
        catalog::UsualAnswer::Accepted => UsualAnswer::Accepted,
        catalog::UsualAnswer::Queued => UsualAnswer::Queued,
    };
    UsualAnswers { create: answer(usual.create), update: answer(usual.update), others: answer(usual.others) }
}

impl Account {
    /// The sandbox's demo reseller, or another one that sells the same, as account number `id`.
    ///
    /// # Errors
    /// Where the store cannot number the routes.
    pub async fn sandbox(
        store: &dyn Store,
        desk: &Desk,
        id: AccountId,
        webhook_secret: WebhookSecret,
        default_url: Option<String>,
    ) -> Result<Account, HubError> {
        let document = catalog::sandbox().map_err(|faults| HubError::Catalog(faults.to_string()))?;
        let resolver = Resolver { store, desk, secrets: &Secrets::new() };
        let side = document.resellers.get(SANDBOX).and_then(|reseller| reseller.test.clone()).unwrap_or_default();
        let of = Of { document: &document, reseller: SANDBOX, mode: Mode::Test, side: &side };
        Ok(Account {
            id,
            reseller: SANDBOX.to_owned(),
            live: false,
            switches: Switches::default(),
            default_url,
            notification_auth: NotificationAuth::None,
            webhook_secret,
            routes: Arc::new(resolver.routes(&of, id).await?),
            gone: Arc::new(gone(desk)),
        })
    }
}

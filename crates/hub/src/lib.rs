//! The hub: the only room where all others meet. HTTP comes in, commands are loaded, decided and
//! committed, merchants are asked, both sides are told. The rules are not here: they are
//! `entitlement`'s. The words of the public API are not here: they are `wire`'s.

mod answer;
mod catalog;
mod credentials;
mod desk;
mod dispatch;
pub mod doctor;
mod execute;
mod gate;
mod http;
mod leases;
mod load;
mod operator;
mod outgoing;
mod pseudonyms;
mod questions;
mod random;
mod reach;
mod refusal;
mod rules;
mod sandbox;
mod secrets;
mod server;
mod serving;
mod together;
mod turns;
mod watching;

pub use answer::Answer;
pub use catalog::{Account, Catalog, NotificationAuth, Product, Route, Secret, Sender, UsualAnswer, UsualAnswers};
pub use credentials::{PasswordError, hash_password};
pub use desk::Desk;
pub use dispatch::{Dispatch, LANE_ATTEMPT_TIMEOUT_MS, retry_delay_ms};
pub use execute::{Caller, Wanted};
pub use gate::{Gate, KeyError, Rate, Signing, SigningKey};
pub use http::{OPERATIONS, Operation};
pub use load::LoadLimits;
pub use operator::{OPERATOR_HEADER, Operators, serve_operator};
pub use outgoing::Receivers;
pub use pseudonyms::Pseudonyms;
pub use random::{NoRandomness, Random};
pub use rules::{HUB_RULES, all_rules};
pub use sandbox::{Inbox, Received, Sandbox, SandboxSecrets, open_sandbox};
pub use secrets::SealingKey;
pub use server::{PlainNotAllowed, Server, ServerError, Tls, TlsError, Transport};
pub use serving::{Applied, open_serving};
pub use watching::{TraceTo, with_request_id};

use bytes::Bytes;
use std::sync::{Arc, RwLock};
use store::{Store, StoreError};
use tokio::sync::{Notify, watch};

/// What the hub is built from.
pub struct Parts {
    /// The engine.
    pub store: Arc<dyn Store>,
    /// Who sells what.
    pub catalog: Catalog,
    /// The catalog's document; empty in a sandbox.
    pub applied: Applied,
    /// Opens and closes the seals of secrets.
    pub sealing: SealingKey,
    /// What all test merchants share.
    pub desk: Desk,
    /// Derives customer pseudonyms.
    pub pseudonyms: Pseudonyms,
    /// The sandbox beside it, if it is one.
    pub sandbox: Option<Sandbox>,
    /// How many requests may be at work at once.
    pub load: LoadLimits,
    /// Where notifications may go.
    pub receivers: Receivers,
    /// The OpenAPI document that is served at `/docs/openapi.json`; made of this room's own tables, so
    /// it comes from a room above.
    pub openapi: Bytes,
}

/// The hub; clones share everything.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

/// What clones of a hub share; nothing of it is public.
#[doc(hidden)]
pub struct Inner {
    pub(crate) store: Arc<dyn Store>,
    catalog: RwLock<Arc<Catalog>>,
    /// Held while an operator changes something: one at a time.
    pub(crate) applied: tokio::sync::Mutex<Applied>,
    pub(crate) sealing: SealingKey,
    pub(crate) desk: Desk,
    pub(crate) pseudonyms: Pseudonyms,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) openapi: Bytes,
    pub(crate) random: Random,
    /// Whose last calls did not get through.
    pub(crate) reach: reach::Reach,
    pub(crate) outgoing: outgoing::Outgoing,
    pub(crate) turns: turns::Turns,
    pub(crate) leases: leases::Leases,
    /// Receivers with attempts under way.
    pub(crate) endpoints: dispatch::Endpoints<dispatch::Flight>,
    /// What commits hand over to the worker of lanes.
    pub(crate) handing: dispatch::Handing,
    pub(crate) credentials: credentials::Credentials,
    /// Counts changes of credentials and catalog; whoever waits looks at its own credential again.
    pub(crate) credentials_epoch: watch::Sender<u64>,
    /// What other hubs have counted.
    pub(crate) others: together::Others,
    /// Requests at work.
    pub(crate) load: load::Load,
    /// Rung after every commit that put something into a lane.
    pub(crate) lanes_bell: Notify,
    /// Rung after every commit that brought events.
    pub(crate) feed_bells: questions::Bells,
    /// Figures, traces, and what they need.
    pub(crate) watching: watching::Watching,
    /// When the hub was built, in real time.
    pub(crate) started_at: entitlement::Moment,
    /// Held while the test clock moves, so that the workers do not fire beside it.
    pub(crate) clock_moves: Arc<tokio::sync::RwLock<()>>,
}

/// The hub could not be built or started.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Outgoing TLS could not be set up.
    #[error("outgoing connections cannot be set up: {0}")]
    Outgoing(String),
    /// A stored or configured secret is not usable.
    #[error("the secret {0} cannot be used")]
    Secret(&'static str),
    /// A password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A secret was sealed with another key.
    #[error("the secret {0} was sealed with another key; put the right key file back, or set the secret anew")]
    Sealed(String),
    /// The catalog names a secret that is not there.
    #[error("the catalog names the secret {0}, and there is none; `entitle secret set {0}` sets it")]
    NoSecret(String),
    /// A secret that has to sign is no signing secret.
    #[error("the secret {0} signs notifications and is no signing secret (whsec_…); `entitle secret create {0}`")]
    NoWebhookSecret(String),
    /// The catalog is not readable.
    #[error("the catalog cannot be read: {0}")]
    Catalog(String),
}

impl Hub {
    /// Builds a hub and reads its credentials.
    ///
    /// # Errors
    /// Where the store or the system fails.
    pub async fn build(parts: Parts) -> Result<Self, HubError> {
        let random = Random::from_system()?;
        let credentials = credentials::Credentials::load(parts.store.as_ref(), &random).await?;
        let outgoing = outgoing::Outgoing::new(parts.receivers).map_err(HubError::Outgoing)?;
        let started_at = entitlement::Moment(parts.store.now().0 - parts.store.clock_offset_ms());
        let inner = Inner {
            store: parts.store,
            catalog: RwLock::new(Arc::new(parts.catalog)),
            applied: tokio::sync::Mutex::new(parts.applied),
            sealing: parts.sealing,
            desk: parts.desk,
            pseudonyms: parts.pseudonyms,
            sandbox: parts.sandbox,
            openapi: parts.openapi,
            random,
            reach: reach::Reach::default(),
            outgoing,
            turns: turns::Turns::new(),
            leases: leases::Leases::default(),
            endpoints: dispatch::Endpoints::default(),
            handing: dispatch::Handing::default(),
            credentials,
            credentials_epoch: watch::Sender::new(0),
            others: together::Others::default(),
            load: load::Load::new(parts.load),
            lanes_bell: Notify::new(),
            feed_bells: questions::Bells::default(),
            watching: watching::Watching::new(),
            started_at,
            clock_moves: Arc::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The catalog as it is now.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.inner.catalog.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Another catalog is in force from here on.
    pub(crate) fn put_catalog(&self, catalog: Catalog) {
        catalog.count_on_from(&self.catalog());
        *self.inner.catalog.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(catalog);
        self.credentials_changed();
    }

    /// Reads the stored credentials anew: what was revoked since is refused from now on, and what it
    /// has under way ends within a second.
    ///
    /// # Errors
    /// Where the store cannot be read; the credentials stay as they were.
    pub async fn reload_credentials(&self) -> Result<(), HubError> {
        self.credentials.reload(self.store.as_ref()).await?;
        self.credentials_changed();
        Ok(())
    }

    /// Tells whoever waits, or has something under way, to look at its own credential again. Every
    /// change of credentials or catalog ends with this.
    pub(crate) fn credentials_changed(&self) {
        self.credentials_epoch.send_modify(|epoch| *epoch = epoch.wrapping_add(1));
    }

    /// Requests at work now.
    #[must_use]
    pub fn requests_at_work(&self) -> usize {
        self.load.at_work()
    }

    /// Readers of the feed that wait for events now.
    #[must_use]
    pub fn readers_waiting(&self) -> usize {
        self.feed_bells.listeners()
    }

    /// The engine under it.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }
}

impl std::ops::Deref for Hub {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

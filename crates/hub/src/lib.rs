//! The hub: the only room where all others meet. HTTP comes in, commands are loaded, decided and
//! committed, merchants are asked, both sides are told. The rules are not here: they are
//! `entitlement`'s. The words of the public API are not here: they are `wire`'s.

mod answer;
mod catalog;
mod credentials;
mod dispatch;
mod execute;
mod http;
mod leases;
mod outgoing;
mod pseudonyms;
mod questions;
mod random;
mod reach;
mod refusal;
mod rules;
mod sandbox;
mod server;
mod turns;

pub use answer::Answer;
pub use catalog::{Account, Catalog, NotificationAuth, Product, Route, Secret, UsualAnswer, UsualAnswers};
pub use credentials::{PasswordError, hash_password};
pub use dispatch::{Dispatch, LANE_ATTEMPT_TIMEOUT_MS, retry_delay_ms};
pub use execute::{Caller, Wanted};
pub use http::{OPERATIONS, Operation};
pub use pseudonyms::Pseudonyms;
pub use random::{NoRandomness, Random};
pub use rules::{HUB_RULES, all_rules};
pub use sandbox::{Inbox, Received, Sandbox, SandboxSecrets, open_sandbox};
pub use server::{Server, ServerError};

use bytes::Bytes;
use merchants::Connector;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use store::{Store, StoreError};
use tokio::sync::Notify;

/// What the hub is built from.
pub struct Parts {
    /// The engine.
    pub store: Arc<dyn Store>,
    /// Who sells what.
    pub catalog: Catalog,
    /// By merchantAccountKey: how each merchant is spoken to.
    pub connectors: HashMap<String, Arc<dyn Connector>>,
    /// Derives customer pseudonyms.
    pub pseudonyms: Pseudonyms,
    /// The sandbox beside it, if it is one.
    pub sandbox: Option<Sandbox>,
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
    pub(crate) connectors: HashMap<String, Arc<dyn Connector>>,
    pub(crate) pseudonyms: Pseudonyms,
    pub(crate) sandbox: Option<Sandbox>,
    pub(crate) openapi: Bytes,
    pub(crate) random: Random,
    /// Whose last calls did not get through.
    pub(crate) reach: reach::Reach,
    pub(crate) outgoing: outgoing::Outgoing,
    pub(crate) turns: turns::Turns<turns::TurnKey>,
    pub(crate) leases: leases::Leases,
    /// Receivers with attempts under way.
    pub(crate) endpoints: dispatch::Endpoints,
    pub(crate) credentials: credentials::Credentials,
    /// Rung after every commit that put something into a lane.
    pub(crate) lanes_bell: Notify,
    /// Rung after every commit that brought events.
    pub(crate) feed_bells: questions::Bells,
    /// Held while the test clock moves, so that the workers do not fire beside it.
    pub(crate) clock_moves: tokio::sync::RwLock<()>,
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
}

impl Hub {
    /// Builds a hub and reads its credentials.
    ///
    /// # Errors
    /// Where the store or the system fails.
    pub async fn build(parts: Parts) -> Result<Self, HubError> {
        let random = Random::from_system()?;
        let credentials = credentials::Credentials::load(parts.store.as_ref(), &random).await?;
        let outgoing = outgoing::Outgoing::new().map_err(HubError::Outgoing)?;
        let inner = Inner {
            store: parts.store,
            catalog: RwLock::new(Arc::new(parts.catalog)),
            connectors: parts.connectors,
            pseudonyms: parts.pseudonyms,
            sandbox: parts.sandbox,
            openapi: parts.openapi,
            random,
            reach: reach::Reach::default(),
            outgoing,
            turns: turns::Turns::new(),
            leases: leases::Leases::default(),
            endpoints: dispatch::Endpoints::default(),
            credentials,
            lanes_bell: Notify::new(),
            feed_bells: questions::Bells::default(),
            clock_moves: tokio::sync::RwLock::new(()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The catalog as it is now.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.inner.catalog.read().unwrap_or_else(std::sync::PoisonError::into_inner))
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

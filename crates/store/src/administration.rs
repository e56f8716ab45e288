//! What operators may change beside entitlements: the catalog, credentials, secrets. Each change is
//! one transaction with its entry in the audit.

use crate::CredentialRow;
use entitlement::Moment;
use ids::{AccountId, RouteId};

/// One act of an operator. It says what it expects to find, so that two operators at once cannot
/// undo each other's work unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// A credential is inserted or replaced.
    Credential {
        /// As it was read; `None`: it must not exist yet.
        before: Option<CredentialRow>,
        /// As it is to be.
        after: CredentialRow,
    },
    /// A catalog document becomes the newest version.
    Catalog {
        /// The newest version so far, 0 for none.
        before: u32,
        /// The document.
        document: String,
    },
    /// A sealed secret is kept that must not be there yet: the hub's own, of which there is one whichever
    /// process makes it first.
    NewSecret {
        /// Its name.
        name: String,
        /// Sealed by the hub.
        sealed: Vec<u8>,
    },
    /// A sealed secret is kept, or removed.
    Secret {
        /// Its name.
        name: String,
        /// Sealed by the hub; the store never sees the secret itself. `None` removes it.
        sealed: Option<Vec<u8>>,
    },
}

/// What became of an operator's acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administered {
    /// All of them are durable, with the audit's entry of this number.
    Done(u64),
    /// Something was not as expected; nothing was changed.
    ChangedMeanwhile,
}

/// A version of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogVersion {
    /// From 1 on.
    pub version: u32,
    /// When it was applied.
    pub at: Moment,
    /// The document.
    pub document: String,
}

/// A sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// Its name.
    pub name: String,
    /// When it was set.
    pub set_at: Moment,
    /// What only the hub can open.
    pub sealed: Vec<u8>,
}

/// How much refers to a product of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductUse {
    /// Whose.
    pub account: AccountId,
    /// On which route.
    pub route: RouteId,
    /// The merchant of the route.
    pub merchant_account_key: String,
    /// productKey.
    pub product: String,
    /// offerKey.
    pub offer: Option<String>,
    /// How many.
    pub count: u64,
}

/// What still refers to the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uses {
    /// Open entitlements; an open operation always belongs to one.
    pub open: Vec<ProductUse>,
    /// Notifications that are neither delivered nor dead-lettered, of ended entitlements, too.
    pub undelivered: Vec<ProductUse>,
}

//! What may be asked of the store beside load.

use crate::{Claim, Row};
use entitlement::{Moment, Status};
use ids::{AccountId, EntitlementKey, RequestIdentity, RouteId};

/// What a command needs to be decided, in one round trip.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Whose.
    pub account: AccountId,
    /// Which entitlement.
    pub target: Target,
    /// The request identity to look up.
    pub identity: Option<RequestIdentity>,
}

/// Which entitlement a load is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// None: only the claim.
    Nothing,
    /// By public id: a key in UUID form in any letter case, or a reseller's own id as written.
    /// Another account's is not found.
    Id(String),
    /// By key (workers; any account).
    Key(EntitlementKey),
    /// The open entitlements of a customer on a route, in slot order (`Loaded::open`).
    Customer(RouteId, String),
}

/// What is there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// The request identity's claim.
    pub claim: Option<Claim>,
    /// The entitlement. Boxed: most of what is loaded on the way to a create has none.
    pub row: Option<Box<Row>>,
    /// The customer's open entitlements, in slot order.
    pub open: Vec<Row>,
}

/// A report's filters; absent ones match everything.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Exact.
    pub customer_identifier: Option<String>,
    /// Public id, as in [`Target::Id`].
    pub entitlement_id: Option<String>,
    /// Exact.
    pub external_entitlement_id: Option<String>,
    /// Exact.
    pub merchant_account_key: Option<String>,
    /// Exact.
    pub product_key: Option<String>,
    /// Exact.
    pub offer_key: Option<String>,
    /// Any of these; empty = any.
    pub status: Vec<Status>,
    /// dateLastUpdated at or after.
    pub updated_since: Option<Moment>,
    /// dateCreated at or after.
    pub created_from: Option<Moment>,
    /// dateCreated before.
    pub created_to: Option<Moment>,
    /// Only rows after this place in the order (dateCreated, entitlementId).
    pub after: Option<(Moment, String)>,
    /// At most so many rows, 1…1000.
    pub limit: usize,
}

/// A credential as it is stored; the password only as its Argon2id hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRow {
    /// User name, unique.
    pub user: String,
    /// Whose, in which mode.
    pub account: AccountId,
    /// PHC string.
    pub password_hash: String,
    /// An older password still good until then (rotation with overlap), as a PHC string.
    pub old_password: Option<(String, Moment)>,
    /// Revoked for good at that moment.
    pub revoked_at: Option<Moment>,
}

/// One account: an organisation in one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its number.
    pub id: AccountId,
    /// The organisation's key.
    pub organisation: String,
    /// True for live, false for test.
    pub live: bool,
}

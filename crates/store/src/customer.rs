//! What is kept of one customer, found and rewritten (docs/decisions/0038). What is written instead is worked
//! out by whoever asks: the store only sees to it that it is written whole, and over what was read.

use crate::{AuditEntry, Claim, Row, SavedAnswer, StoredEvent, codec};
use ids::{AccountId, EntitlementKey, RequestIdentity};

/// Request identities that name an entitlement, from one part of all of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClaimsPage {
    /// Those of the entitlements that were asked for.
    pub claims: Vec<Claim>,
    /// The number of the last that was looked at; `None` where there are no more.
    pub last: Option<u64>,
}

/// Histories in which a customer is named, from one part of the feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamingPage {
    /// Whose histories.
    pub keys: Vec<EntitlementKey>,
    /// The position of the last event that was looked at; `None` where there are no more. What a feed does
    /// not go to any more has a negative one.
    pub last: Option<i64>,
}

/// What is written in the place of something, all of it or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewriting {
    /// Whose.
    pub account: AccountId,
    /// No open entitlement may be this customer's when it is written.
    pub none_open_of: Option<String>,
    /// Entitlements with what of their histories is written anew.
    pub entitlements: Vec<Rewritten>,
    /// Request identities, which must have their answers.
    pub claims: Vec<RewrittenClaim>,
    /// The audit's entry.
    pub entry: Option<AuditEntry>,
}

/// One entitlement, written anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewritten {
    /// As it is to be; the stored revision must be `revision - 1`. Its slot stays.
    pub row: Row,
    /// Those of its events that change, by their sequence: reason, request and field changes.
    pub events: Vec<StoredEvent>,
    /// Its notifications forget what went wrong with them.
    pub forgets_errors: bool,
}

/// One request identity, written anew.
#[derive(Debug, Clone, PartialEq)]
pub struct RewrittenClaim {
    /// Which.
    pub identity: RequestIdentity,
    /// Instead of the fingerprint of the request.
    pub fingerprint: [u8; crate::FINGERPRINT_BYTES],
    /// Instead of its answer; `None` leaves it.
    pub answer: Option<SavedAnswer>,
}

/// What became of a rewriting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RewritingDone {
    /// It is durable.
    Done,
    /// The customer has an open entitlement by now; nothing was written.
    Open,
    /// An entitlement has changed since it was read, or is gone; nothing was written.
    ChangedMeanwhile,
}

/// How a customer stands in the texts of events: in a record, and as a field that changed.
pub(crate) fn named(customer: &str) -> [String; 2] {
    let quoted = codec::quoted(customer);
    [format!("\"customer\":{quoted}"), format!("[\"customer\",{quoted}]")]
}

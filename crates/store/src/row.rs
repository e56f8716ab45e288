//! An entitlement as it lies in the store.

use entitlement::{Entitlement, Event, Moment};
use ids::{AccountId, EntitlementKey, RouteId};

/// One entitlement's row: the truth. Its events are the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The hub's key, a UUIDv7; also the public id where `own_id` is absent.
    pub key: EntitlementKey,
    /// Whose it is, in which mode.
    pub account: AccountId,
    /// On which route, for the limit.
    pub route: RouteId,
    /// The reseller's own entitlementId; unique per mode together with the keys in UUID form.
    pub own_id: Option<String>,
    /// The limit slot it holds, 1…N; `None` once ended. Unique per (account, customer, route).
    pub slot: Option<u32>,
    /// Counts commits of this row from 1, internal ones too: the optimistic lock.
    pub revision: u32,
    /// Sequence of its last event; 0 while unborn.
    pub last_event: u32,
    /// When the worker next has to look at it; kept in an index.
    pub due_at: Option<Moment>,
    /// The state the rules see.
    pub state: Entitlement,
}

/// An event as it lies in the history.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Place in the entitlement's history, from 1, no gaps.
    pub sequence: u32,
    /// Place in the account's feed, from 1, no gaps, in commit order; 0 where the event changed
    /// no record (`Event::changes_record`) and so is in the history only.
    pub position: u64,
    /// The request identity that caused it, if one did.
    pub request: Option<String>,
    /// What happened.
    pub event: Event,
}

//! Every identifier of the hub, typed. They are parsed and printed here and never generated:
//! randomness has its one door in the hub.
#![no_std]
extern crate alloc;

mod notification;
mod request;
mod uuid;

pub use notification::NotificationId;
pub use request::{REQUEST_IDENTITY_CHARS_MAX, RequestIdentity};
pub use uuid::{EntitlementKey, OperationId, parse_uuid};

/// One organisation in one mode (`test` or `live`), numbered by the store when it is first seen.
/// Everything that must never mix (rows, request identities, feed positions) is keyed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u32);

/// One reseller-merchant pairing in one mode, numbered by the store when it is first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteId(pub u32);

/// Where notifications of an entitlement go. `OWN` is the entitlement's own URL or else the
/// reseller's default (one lane, whatever the URL is now); configured endpoints count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetId(pub u32);

impl TargetId {
    /// The entitlement's own URL, or the reseller's default.
    pub const OWN: TargetId = TargetId(0);
}

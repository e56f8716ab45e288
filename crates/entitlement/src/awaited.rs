//! Who has to act next, as `explain` tells it. Told from the state alone; nothing is decided here.

use crate::settle::is_owed_by_hub;
use crate::{Entitlement, Operation, RouteFacts, Stage, Status};

/// Who has to act next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Awaited {
    /// The customer: at the activation URL, or with the code.
    User,
    /// The reseller.
    Reseller,
    /// The merchant.
    Merchant,
    /// The hub, or its operator.
    Hub,
}

impl Awaited {
    /// The word of explain.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Reseller => "RESELLER",
            Self::Merchant => "MERCHANT",
            Self::Hub => "HUB",
        }
    }
}

/// Who has to act next; `None` where nobody has to: it runs, or has ended. An open operation goes
/// before everything else, since nobody can do anything but revoke until it is settled.
#[must_use]
pub fn awaited(e: &Entitlement, route: &RouteFacts) -> Option<Awaited> {
    if !e.record.status.is_open() {
        return None;
    }
    match &e.operation {
        Some(operation) => Some(who_settles(operation, route)),
        None => who_moves_on(e),
    }
}

/// Whether the hub finds out by itself how an open operation of unknown outcome ended. Where it
/// does not, only the merchant or an operator can tell.
#[must_use]
pub fn is_found_out(operation: &Operation, route: &RouteFacts) -> bool {
    route.inquiry || route.repeatable || is_owed_by_hub(&operation.ask)
}

fn who_settles(operation: &Operation, route: &RouteFacts) -> Awaited {
    match operation.stage {
        Stage::InFlight | Stage::Queued => Awaited::Merchant,
        Stage::Unknown if is_found_out(operation, route) => Awaited::Hub,
        Stage::Unknown => Awaited::Merchant,
    }
}

fn who_moves_on(e: &Entitlement) -> Option<Awaited> {
    match e.record.status {
        Status::Pending if e.merchants_turn => Some(Awaited::Merchant),
        Status::Pending => Some(Awaited::User),
        // Its create is settled, and a wish makes the hub end it.
        Status::Failed => Some(Awaited::Hub),
        Status::Suspended if e.holds.reseller.is_some() => Some(Awaited::Reseller),
        Status::Suspended if e.holds.merchant.is_some() => Some(Awaited::Merchant),
        Status::Suspended => Some(Awaited::Hub),
        Status::Active | Status::ActiveEnding | Status::Cancelled | Status::Revoked => None,
    }
}

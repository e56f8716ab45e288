//! Another customer takes the limit slot along (docs/LIFECYCLE.md section 7): which slot is free,
//! and what an operation at a merchant, which may take its time, does about it.

use entitlement::{Ask, Details, Operation, choose_slot};
use ids::EntitlementKey;
use store::Row;

/// A slot that is free beside these, for the entitlement of that key.
pub(super) fn free_slot(open: &[Row], key: EntitlementKey, limit: u32) -> Option<u32> {
    let taken: Vec<u32> = open.iter().filter(|other| other.key != key).filter_map(|other| other.slot).collect();
    choose_slot(&taken, limit)
}

/// The customer that an operation moves its entitlement to, once it is done.
pub(super) fn moves_to(ask: &Ask) -> Option<&str> {
    match ask {
        Ask::Update { details, .. }
        | Ask::Suspend { details, .. }
        | Ask::Resume { details, .. }
        | Ask::Undo { details } => details.customer_identifier.as_deref(),
        Ask::Create
        | Ask::ActivationInfo
        | Ask::Cancel(_)
        | Ask::Revoke(_)
        | Ask::Terminate { .. }
        | Ask::SuspendAgain
        | Ask::UpdateBack => None,
    }
}

/// The same operation, leaving the entitlement with its customer.
pub(super) fn staying(operation: &Operation) -> Operation {
    let stay = |details: &Details| Box::new(Details { customer_identifier: None, ..details.clone() });
    let ask = match &operation.ask {
        Ask::Update { product, details } => Ask::Update { product: product.clone(), details: stay(details) },
        Ask::Suspend { owner, reason, details } => {
            Ask::Suspend { owner: *owner, reason: reason.clone(), details: stay(details) }
        }
        Ask::Resume { owner, details } => Ask::Resume { owner: *owner, details: stay(details) },
        Ask::Undo { details } => Ask::Undo { details: stay(details) },
        other => other.clone(),
    };
    Operation { ask, ..operation.clone() }
}

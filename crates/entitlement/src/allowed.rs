//! What is allowed now, and why the rest is not: told by admission itself, never by a second
//! copy of it.

use crate::admit::{Asking, check_resume, check_undo};
use crate::{
    Command, Details, EndRequest, Entitlement, Moment, Party, ProductChange, Rejection, RouteFacts, Status, Update,
    Verb, admit,
};
use alloc::format;
use alloc::vec::Vec;
use ids::OperationId;

/// What a reseller can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VerbName {
    /// Local fields.
    Update,
    /// productKey, offerKey.
    ProductUpdate,
    /// Suspend, or set a further hold.
    Suspend,
    /// Lift its hold.
    Resume,
    /// Take a planned end back.
    Undo,
    /// Soft end.
    Cancel,
    /// Hard end.
    Revoke,
    /// A fresh activation URL or code.
    ActivationInfo,
}

impl VerbName {
    /// Every verb, in the order of the documents.
    pub const ALL: [VerbName; 8] = [
        Self::Update,
        Self::ProductUpdate,
        Self::Suspend,
        Self::Resume,
        Self::Undo,
        Self::Cancel,
        Self::Revoke,
        Self::ActivationInfo,
    ];

    /// Whether the route offers it at all; local fields concern no merchant.
    #[must_use]
    pub const fn is_offered(self, route: &RouteFacts) -> bool {
        match self {
            Self::Update => true,
            Self::ProductUpdate => route.update,
            Self::Suspend => route.suspend,
            Self::Resume => route.resume,
            Self::Undo => route.undo,
            Self::Cancel => route.cancel,
            Self::Revoke => route.revoke,
            Self::ActivationInfo => route.activation_info,
        }
    }

    /// The word of explain and products.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::ProductUpdate => "productUpdate",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Undo => "undo",
            Self::Cancel => "cancel",
            Self::Revoke => "revoke",
            Self::ActivationInfo => "activationInfo",
        }
    }
}

/// For every verb, whether the reseller may use it now.
#[must_use]
pub fn allowed(e: &Entitlement, route: &RouteFacts, now: Moment) -> Vec<(VerbName, Result<(), Rejection>)> {
    VerbName::ALL.into_iter().map(|verb| (verb, is_allowed(e, verb, route, now))).collect()
}

fn is_allowed(e: &Entitlement, verb: VerbName, route: &RouteFacts, now: Moment) -> Result<(), Rejection> {
    let asking = Asking { e, caller: Party::Reseller, route, now, id: OperationId(0) };
    let ask = |command: Command| admit(e, &command, Party::Reseller, route, now, OperationId(0)).map(|_| ());
    match verb {
        VerbName::Update => ask(Command::Update(other_details(e))),
        VerbName::ProductUpdate => ask(Command::Update(other_product(e))),
        VerbName::Suspend => ask(Command::Update(of_verb(Verb::BenefitsSuspended))),
        // "Back to normal" is dropped where all is normal: that is a yes.
        VerbName::Resume if e.record.status == Status::Active => ask(Command::Update(of_verb(Verb::BenefitsNormal))),
        VerbName::Resume if !route.resume => Err(Rejection::NotOffered),
        VerbName::Resume => check_resume(&asking),
        VerbName::Undo if !route.undo => Err(Rejection::UndoNotSupported),
        VerbName::Undo => check_undo(&asking, Verb::StatusActive),
        VerbName::Cancel => ask(Command::Cancel(EndRequest::default())),
        VerbName::Revoke => ask(Command::Revoke(EndRequest::default())),
        VerbName::ActivationInfo => ask(Command::ActivationInfo),
    }
}

/// Some local field gets another value.
fn other_details(e: &Entitlement) -> Update {
    let other = e.record.external_entitlement_id.as_ref().map_or_else(|| "x".into(), |id| format!("{id}x"));
    let details = Details { external_entitlement_id: Some(Some(other)), ..Details::default() };
    Update { details, ..Update::default() }
}

/// Some other product.
fn other_product(e: &Entitlement) -> Update {
    let product_key = format!("{}x", e.record.product_key);
    let product = ProductChange { product_key, offer_key: e.record.offer_key.clone(), display_name: None };
    Update { product: Some(product), ..Update::default() }
}

fn of_verb(verb: Verb) -> Update {
    Update { verb: Some(verb), ..Update::default() }
}

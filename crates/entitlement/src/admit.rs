//! Admission: what a command may do before a merchant is asked. What is not allowed is refused
//! with a rule, and nothing is sent. Members equal to the current value are dropped before
//! anything is decided; rules are tried in the order of [`Rejection`].

mod end;
mod hold;
mod update;

pub(crate) use hold::{check_resume, check_undo};

use crate::draft::Draft;
use crate::settle::nothing;
use crate::{
    Ask, Command, Decision, Details, Entitlement, LEASE_MS, Moment, Operation, Party, Rejection, Reply, RouteFacts,
    Stage, Status,
};
use ids::OperationId;

/// Decides a command. Planned events due by `now` have been applied before.
///
/// # Errors
/// The first rule, in the order of [`Rejection`], that does not allow it.
pub fn admit(
    e: &Entitlement,
    command: &Command,
    caller: Party,
    route: &RouteFacts,
    now: Moment,
    new_operation: OperationId,
) -> Result<Decision, Rejection> {
    let asking = Asking { e, caller, route, now: now.max(e.last_event_at), id: new_operation };
    if e.unborn {
        return Err(Rejection::OperationInProgress);
    }
    match command {
        Command::Update(update) => asking.update(update),
        Command::Cancel(request) => asking.cancel(request),
        Command::Revoke(request) => asking.revoke(request),
        Command::ActivationInfo => asking.activation_info(),
        Command::Hold(reason) => asking.suspend(reason.as_ref(), Details::default()),
        Command::Release if e.record.status == Status::Active => Ok(nothing()),
        Command::Release => asking.resume(None, Details::default()),
    }
}

/// Who asks for what, and what the rules know.
pub(crate) struct Asking<'a> {
    pub(crate) e: &'a Entitlement,
    pub(crate) caller: Party,
    pub(crate) route: &'a RouteFacts,
    pub(crate) now: Moment,
    pub(crate) id: OperationId,
}

impl<'a> Asking<'a> {
    fn draft(&self) -> Draft<'a> {
        Draft::new(self.e, self.caller, self.now)
    }

    /// The merchant has to be asked first: the intent.
    fn ask(&self, ask: Ask) -> Decision {
        let mut d = self.draft();
        d.open(Operation {
            id: self.id,
            ask,
            by: self.caller,
            stage: Stage::InFlight,
            opened_at: d.now(),
            attempts: 0,
            next_at: Some(d.now().plus_ms(LEASE_MS)),
            deadline: None,
            note: None,
        });
        d.finish(Reply::AskMerchant)
    }

    /// It has not ended.
    fn is_open(&self) -> Result<(), Rejection> {
        if self.e.record.status.is_open() { Ok(()) } else { Err(Rejection::AlreadyEnded) }
    }

    /// No other operation is open: at most one is.
    fn has_turn(&self) -> Result<(), Rejection> {
        if self.e.operation.is_none() { Ok(()) } else { Err(Rejection::OperationInProgress) }
    }

    /// Whose hold the caller sets and lifts: an operator acts for the hub.
    const fn owner(&self) -> Party {
        match self.caller {
            Party::Reseller => Party::Reseller,
            Party::Merchant => Party::Merchant,
            Party::Hub | Party::Operator => Party::Hub,
        }
    }

    const fn offers(is_offered: bool) -> Result<(), Rejection> {
        if is_offered { Ok(()) } else { Err(Rejection::NotOffered) }
    }
}

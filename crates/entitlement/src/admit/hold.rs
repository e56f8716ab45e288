//! Suspend, resume, and undoing an ending: three things that one PATCH member may mean.

use super::Asking;
use crate::extension::{SUSPEND_REASON, write_reason};
use crate::moves::{change_details, lift_hold, set_hold};
use crate::settle::nothing;
use crate::{Ask, Decision, Details, Entitlement, Party, Reason, Rejection, Reply, Status, Verb};
use alloc::boxed::Box;
use alloc::vec::Vec;

impl Asking<'_> {
    /// Sets the caller's hold. The merchant is asked for the first one that is not its own.
    pub(super) fn suspend(&self, reason: Option<&Reason>, details: Details) -> Result<Decision, Rejection> {
        Self::offers(self.route.suspend)?;
        self.check_details(&details)?;
        let mut patch = details.extension_data.clone().flatten().unwrap_or_default();
        write_reason(&mut patch, SUSPEND_REASON, reason);
        self.check_size(&patch)?;
        self.is_open()?;
        if self.sets_nothing_new(reason) {
            return self.details_only(&details);
        }
        self.has_turn()?;
        self.can_be_held()?;
        if self.e.holds.reseller.is_some() || self.e.holds.hub.is_some() {
            return Ok(self.held_here(reason, &details));
        }
        let reason = reason.cloned();
        Ok(self.ask(Ask::Suspend { owner: self.owner(), reason, details: Box::new(details) }))
    }

    /// Lifts the caller's hold. The merchant is asked when the last one that is not its own goes
    /// and it holds nothing itself.
    pub(super) fn resume(&self, reason: Option<&Reason>, details: Details) -> Result<Decision, Rejection> {
        Self::offers(self.route.resume)?;
        self.check_details(&details)?;
        check_resume(self)?;
        let others = [Party::Reseller, Party::Merchant, Party::Hub].into_iter().filter(|party| *party != self.owner());
        if others.into_iter().any(|party| self.e.holds.of(party).is_some()) {
            return Ok(self.lifted_here(reason, &details));
        }
        Ok(self.ask(Ask::Resume { owner: self.owner(), details: Box::new(details) }))
    }

    /// Takes a planned end back; the merchant is always asked.
    pub(super) fn undo(&self, verb: Verb, details: Details) -> Result<Decision, Rejection> {
        if !self.route.undo {
            return Err(Rejection::UndoNotSupported);
        }
        self.check_details(&details)?;
        check_undo(self, verb)?;
        Ok(self.ask(Ask::Undo { details: Box::new(details) }))
    }

    /// Whether "back to normal" means taking an end back, rather than lifting a hold.
    pub(super) fn is_about_undoing(&self, verb: Verb) -> bool {
        match self.e.record.status {
            Status::ActiveEnding => true,
            Status::Suspended => verb == Verb::StatusActive && self.e.ending.is_some(),
            Status::Pending | Status::Active | Status::Cancelled | Status::Revoked | Status::Failed => false,
        }
    }

    fn sets_nothing_new(&self, reason: Option<&Reason>) -> bool {
        let mut data = self.e.record.extension_data.clone();
        write_reason(&mut data, SUSPEND_REASON, reason);
        self.e.holds.of(self.owner()).is_some_and(|hold| reason.is_none() || hold.reason.as_ref() == reason)
            && data == self.e.record.extension_data
    }

    fn details_only(&self, details: &Details) -> Result<Decision, Rejection> {
        if *details == Details::default() {
            return Ok(nothing());
        }
        let mut d = self.draft();
        change_details(&mut d, details);
        Ok(d.finish(Reply::Done))
    }

    fn can_be_held(&self) -> Result<(), Rejection> {
        match self.e.record.status {
            Status::Active | Status::ActiveEnding | Status::Suspended => Ok(()),
            Status::Pending if self.e.pending_update.is_some() => Ok(()),
            Status::Pending | Status::Failed | Status::Cancelled | Status::Revoked => Err(Rejection::NotActive),
        }
    }

    fn held_here(&self, reason: Option<&Reason>, details: &Details) -> Decision {
        let mut d = self.draft();
        set_hold(&mut d, self.owner(), reason.cloned(), Vec::new());
        change_details(&mut d, details);
        d.finish(Reply::Done)
    }

    fn lifted_here(&self, reason: Option<&Reason>, details: &Details) -> Decision {
        let mut d = self.draft();
        lift_hold(&mut d, self.owner(), reason.cloned(), Vec::new());
        change_details(&mut d, details);
        d.finish(Reply::Done)
    }
}

/// Whether the caller's hold may be lifted now.
pub(crate) fn check_resume(asking: &Asking<'_>) -> Result<(), Rejection> {
    asking.is_open()?;
    asking.has_turn()?;
    if asking.e.record.status != Status::Suspended {
        return Err(Rejection::NotSuspended);
    }
    match asking.e.holds.of(asking.owner()) {
        Some(_) => Ok(()),
        None => Err(held_by(asking.e)),
    }
}

/// Whether the planned end may be taken back now.
pub(crate) fn check_undo(asking: &Asking<'_>, verb: Verb) -> Result<(), Rejection> {
    asking.is_open()?;
    asking.has_turn()?;
    let Some(ending) = asking.e.ending.as_ref().filter(|_| asking.e.pending_update.is_none()) else {
        return Err(Rejection::NotEnding);
    };
    if asking.e.record.date_ended.is_some_and(|at| at <= asking.now) {
        return Err(Rejection::NotEnding);
    }
    check_same_side(ending.by, asking.caller)?;
    if asking.e.record.status == Status::Suspended {
        return Err(Rejection::ResumeFirst);
    }
    if ending.resumed_since && verb == Verb::BenefitsNormal {
        return Err(Rejection::UndoNeedsStatus);
    }
    Ok(())
}

/// Who started the end may undo it.
fn check_same_side(by: Party, caller: Party) -> Result<(), Rejection> {
    match (by == Party::Merchant, caller == Party::Merchant) {
        (true, false) => Err(Rejection::EndingByMerchant),
        (false, true) => Err(Rejection::EndingByReseller),
        (true, true) | (false, false) => Ok(()),
    }
}

fn held_by(e: &Entitlement) -> Rejection {
    if e.holds.merchant.is_some() {
        Rejection::HeldByMerchant
    } else if e.holds.reseller.is_some() {
        Rejection::HeldByReseller
    } else {
        Rejection::HeldByHub
    }
}

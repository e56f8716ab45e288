//! Settlement of what a merchant tells by itself. It is total but for the few calls that
//! docs/LIFECYCLE.md section 1 answers with 409. A call that tells what the open operation asked
//! for settles that operation.

mod end;
mod news;

use crate::draft::Draft;
use crate::moves::{Turn, activate, bear, is_never_active, keep_given, lift_hold, roll_back, set_hold};
use crate::settle::{By, consumed, nothing, settle_by};
use crate::{
    Answer, Ask, Decision, Duty, DutyAfter, Entitlement, EventKind, Given, MerchantEvent, Moment, OperationAfter,
    Party, Reason, Refusal, RefusalKind, Rejection, Reply, RouteFacts, Set, Stage, Status, Told,
};
use alloc::boxed::Box;
use alloc::vec::Vec;
use ids::OperationId;

/// Settles what a merchant tells.
///
/// # Errors
/// Where the merchant's own call gets 409. The state is unchanged then; what the hub owes the
/// merchant after such a call says [`owed_after_refusal`].
pub fn told(e: &Entitlement, event: &MerchantEvent, route: &RouteFacts, now: Moment) -> Result<Decision, Rejection> {
    let now = now.max(e.last_event_at);
    let telling = Telling { e, route, now };
    if telling.is_stale(event) {
        return Ok(telling.noted());
    }
    let decision = match &event.what {
        Told::Activated(given) => telling.activated(given),
        Told::Terminated { immediate, at, reason } => Ok(telling.terminated(*immediate, *at, reason.as_ref())),
        Told::Suspended(reason) => telling.suspended(reason.as_ref()),
        Told::Resumed => telling.resumed(),
        Told::Refused(reason) => telling.refused(reason.as_ref()),
        Told::Completed { operation, done } => Ok(telling.completed(*operation, *done)),
        Told::Notified { reason, extension } => Ok(telling.notified(reason.as_ref(), extension)),
        Told::Patched { product, extension, date_expiry, termination_date } => {
            telling.patched(product.as_ref(), extension, *date_expiry, *termination_date)
        }
    }?;
    Ok(telling.remember(decision, event.occurred_at))
}

/// What is owed after [`told`] refused: an activate or resume of what has ended here means that
/// the user has access there, so a terminate goes out. `None` where nothing is owed.
#[must_use]
pub fn owed_after_refusal(e: &Entitlement, event: &MerchantEvent, now: Moment) -> Option<Decision> {
    if e.record.status.is_open() {
        return None;
    }
    match &event.what {
        Told::Activated(_) | Told::Resumed => {
            let mut d = Draft::new(e, Party::Merchant, now);
            d.push(EventKind::Noted, None, Vec::new());
            d.owe(Duty::Terminate { reason: None });
            Some(d.finish(Reply::Done))
        }
        Told::Terminated { .. }
        | Told::Suspended(_)
        | Told::Refused(_)
        | Told::Completed { .. }
        | Told::Notified { .. }
        | Told::Patched { .. } => None,
    }
}

/// One call of a merchant's on its way.
struct Telling<'a> {
    e: &'a Entitlement,
    route: &'a RouteFacts,
    now: Moment,
}

impl<'a> Telling<'a> {
    fn activated(&self, given: &Given) -> Result<Decision, Rejection> {
        if !self.e.record.status.is_open() {
            return Err(Rejection::AlreadyEnded);
        }
        if is_never_active(self.e) && self.asks(|ask| matches!(ask, Ask::Create)) {
            return Ok(self.settled(&Answer::Done(given.clone()), None));
        }
        let mut d = self.draft();
        if self.e.record.status == Status::Pending {
            activate(&mut d, given);
        } else {
            keep_given(&mut d, given);
        }
        Ok(d.finish(Reply::Done))
    }

    fn suspended(&self, reason: Option<&Reason>) -> Result<Decision, Rejection> {
        if !self.e.record.status.is_open() {
            return Ok(self.noted());
        }
        if is_never_active(self.e) {
            return Err(Rejection::NotActive);
        }
        if self.asks(|ask| matches!(ask, Ask::Suspend { .. } | Ask::SuspendAgain)) {
            return Ok(self.settled(&Answer::Done(Given::default()), reason));
        }
        let mut d = self.draft();
        set_hold(&mut d, Party::Merchant, reason.cloned(), Vec::new());
        Ok(d.finish(Reply::Done))
    }

    fn resumed(&self) -> Result<Decision, Rejection> {
        if !self.e.record.status.is_open() {
            return Err(Rejection::AlreadyEnded);
        }
        let mut d = self.draft();
        lift_hold(&mut d, Party::Merchant, None, Vec::new());
        if self.asks(|ask| matches!(ask, Ask::Resume { .. })) {
            return Ok(self.then_settled(d, &Answer::Done(Given::default())));
        }
        if self.e.holds.merchant.is_some() && !d.after.holds.is_empty() {
            // It lifted its own while another remains: it is told to suspend again.
            d.owe(Duty::SuspendAgain);
        }
        Ok(d.finish(Reply::Done))
    }

    fn refused(&self, reason: Option<&Reason>) -> Result<Decision, Rejection> {
        if !self.e.record.status.is_open() {
            return Ok(self.noted());
        }
        let refusal = Answer::Refused(Refusal {
            kind: RefusalKind::RefusedUser,
            message: reason.and_then(|reason| reason.description.clone()),
        });
        if is_never_active(self.e) {
            return Ok(self.refused_first(reason, &refusal));
        }
        if self.e.pending_update.is_some() {
            let mut d = self.draft();
            roll_back(&mut d);
            return Ok(d.finish(Reply::Done));
        }
        match self.e.operation.as_ref().map(|operation| operation.stage) {
            Some(Stage::Queued | Stage::Unknown) => Ok(self.settled(&refusal, reason)),
            Some(Stage::InFlight) | None => Err(Rejection::NotPending),
        }
    }

    fn completed(&self, operation: OperationId, done: bool) -> Decision {
        let stage = self.e.operation.as_ref().filter(|open| open.id == operation).map(|open| open.stage);
        match (stage, done) {
            (Some(_), true) => self.settled(&Answer::Done(Given::default()), None),
            (Some(Stage::Queued | Stage::Unknown), false) => {
                self.settled(&Answer::Refused(Refusal { kind: RefusalKind::RefusedUser, message: None }), None)
            }
            // Its own answer is still to come, or it has long been settled.
            (Some(Stage::InFlight), false) | (None, _) => self.noted(),
        }
    }

    /// Settles the open operation with what the call tells.
    fn settled(&self, answer: &Answer, reason: Option<&Reason>) -> Decision {
        let by = By { party: Party::Merchant, reason: reason.cloned() };
        let decision = settle_by(self.e, answer, self.route, self.now, by);
        self.still_in_flight(decision)
    }

    /// The same after something else has happened.
    fn then_settled(&self, d: Draft<'_>, answer: &Answer) -> Decision {
        let middle = d.after.clone();
        let first = d.finish(Reply::Done);
        let by = By { party: Party::Merchant, reason: None };
        let second = self.still_in_flight(settle_by(&middle, answer, self.route, self.now, by));
        in_turn(first, second)
    }

    /// An operation in flight is closed by its own answer, which may bring ids; what has taken
    /// effect already is taken out of it.
    fn still_in_flight(&self, decision: Decision) -> Decision {
        match &self.e.operation {
            Some(operation) if operation.stage == Stage::InFlight => {
                let operation = consumed(operation);
                Decision { operation: OperationAfter::Open(Box::new(operation)), ..decision }
            }
            Some(_) | None => decision,
        }
    }

    fn draft(&self) -> Draft<'a> {
        let mut d = Draft::new(self.e, Party::Merchant, self.now);
        if self.e.unborn {
            // The merchant knows it, so it has come to be.
            bear(&mut d, Status::Pending, &Given::default(), Turn::Merchant);
        }
        d
    }

    fn asks(&self, wanted: fn(&Ask) -> bool) -> bool {
        self.e.operation.as_ref().is_some_and(|operation| wanted(&operation.ask))
    }

    fn is_stale(&self, event: &MerchantEvent) -> bool {
        match (event.occurred_at, self.e.last_merchant_event_at) {
            (Some(at), Some(last)) => at < last,
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }

    /// Without effect, but kept in the history.
    fn noted(&self) -> Decision {
        if self.e.unborn {
            return nothing();
        }
        let mut d = Draft::new(self.e, Party::Merchant, self.now);
        d.push(EventKind::Noted, None, Vec::new());
        d.finish(Reply::Done)
    }

    /// Remembers when it happened, so that older news has no effect afterwards; what changed
    /// nothing is noted.
    fn remember(&self, decision: Decision, occurred_at: Option<Moment>) -> Decision {
        let mut decision = decision;
        if decision.events.is_empty() {
            decision.events = self.noted().events;
        }
        let last = self.e.last_merchant_event_at;
        let at = occurred_at.map_or(self.now, |at| at.min(self.now));
        let at = last.map_or(at, |last| last.max(at));
        if let Some(event) = decision.events.last_mut() {
            event.sets.push(Set::LastMerchantEventAt(at));
        }
        decision
    }
}

/// Two decisions as one; the second was made on the state after the first.
fn in_turn(first: Decision, second: Decision) -> Decision {
    Decision {
        events: first.events.into_iter().chain(second.events).collect(),
        operation: if second.operation == OperationAfter::Keep { first.operation } else { second.operation },
        duty: if second.duty == DutyAfter::Keep { first.duty } else { second.duty },
        row: second.row,
        reply: second.reply,
    }
}

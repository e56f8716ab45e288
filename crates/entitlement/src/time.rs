//! What time brings: planned events, and what the worker does next. It never calls a merchant.

mod reason;

use crate::draft::Draft;
use crate::moves::{End, end, end_first, is_never_active, roll_back};
use crate::settle::{is_asked_until_confirmed, is_owed_by_hub, nothing, take_back};
use crate::{Ask, Decision, Duty, Entitlement, LEASE_MS, Moment, Operation, Party, Reason, Reply, RouteFacts, Stage};
use alloc::vec::Vec;
use ids::OperationId;

/// The earliest moment at which something has to be done; `None` if nothing is planned. While an
/// operation is in flight everything else waits for it.
#[must_use]
pub fn next_due(e: &Entitlement) -> Option<Moment> {
    let operation = e.operation.as_ref();
    if operation.is_some_and(|operation| operation.stage == Stage::InFlight) {
        return operation.and_then(|operation| operation.next_at);
    }
    let planned = planned(e).into_iter().map(|(at, _)| at);
    let waiting = operation.into_iter().flat_map(|operation| [operation.next_at, operation.deadline]).flatten();
    let owed = e.duty.iter().filter(|_| operation.is_none()).map(|_| e.last_event_at);
    planned.chain(waiting).chain(owed).min()
}

/// Applies all planned events due by `now`, in their order.
#[must_use]
pub fn pass_time(e: &Entitlement, route: &RouteFacts, now: Moment) -> Decision {
    if e.operation.as_ref().is_some_and(|operation| operation.stage == Stage::InFlight) {
        return nothing();
    }
    let mut d = Draft::new(e, Party::Hub, now);
    loop {
        let due = planned(&d.after).into_iter().filter(|(at, _)| *at <= now).min_by_key(|(at, _)| *at);
        let late = deadline_of(&d.after, route).filter(|at| *at <= now);
        match (due, late) {
            (Some((at, plan)), late) if late.is_none_or(|late| at <= late) => carry_out_plan(&mut d, plan, at),
            (_, Some(_)) => give_up(&mut d),
            (_, None) => break,
        }
    }
    stop_waking(&mut d, route, now);
    d.finish(Reply::Done)
}

/// What the worker does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Ask the merchant how the open operation ended.
    Inquire,
    /// Send the open operation again, with the same id.
    Repeat,
    /// The sender's lease ran out: [`crate::outcome_lost`].
    OutcomeLost,
    /// Nothing is open, and a duty waits: [`take_up_duty`].
    Perform,
}

/// What the worker does now about the open operation, or the duty; `None` if it waits for a
/// moment, a call-back or an operator.
#[must_use]
pub fn work_due(e: &Entitlement, route: &RouteFacts, now: Moment) -> Option<Work> {
    let Some(operation) = &e.operation else {
        return e.duty.as_ref().map(|_| Work::Perform);
    };
    let is_due = [operation.next_at, operation.deadline].into_iter().flatten().any(|at| at <= now);
    if !is_due {
        return None;
    }
    match operation.stage {
        Stage::InFlight => Some(Work::OutcomeLost),
        Stage::Queued if is_asked_until_confirmed(&operation.ask) => Some(Work::Repeat),
        Stage::Queued => route.inquiry.then_some(Work::Inquire),
        Stage::Unknown if is_owed_by_hub(&operation.ask) => Some(Work::Repeat),
        Stage::Unknown if route.inquiry => Some(Work::Inquire),
        Stage::Unknown => route.repeatable.then_some(Work::Repeat),
    }
}

/// Makes the duty the open operation, if the turn is free.
#[must_use]
pub fn take_up_duty(e: &Entitlement, id: OperationId, now: Moment) -> Option<Decision> {
    if e.operation.is_some() {
        return None;
    }
    let ask = match e.duty.clone()? {
        Duty::Terminate { reason } => Ask::Terminate { reason },
        Duty::SuspendAgain => Ask::SuspendAgain,
        Duty::UpdateBack => Ask::UpdateBack,
    };
    let mut d = Draft::new(e, Party::Hub, now);
    d.owe_nothing();
    d.open(Operation {
        id,
        ask,
        by: Party::Hub,
        stage: Stage::InFlight,
        opened_at: d.now(),
        attempts: 0,
        next_at: Some(d.now().plus_ms(LEASE_MS)),
        deadline: None,
        note: None,
    });
    Some(d.finish(Reply::AskMerchant))
}

/// What is planned, in the order in which it wins where two fall on one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    Ending,
    Expiry,
    PendingTimeout,
}

/// When time next changes the record by itself; `None` if nothing is planned. What is in flight
/// may delay it.
pub(crate) fn next_planned(e: &Entitlement, route: &RouteFacts) -> Option<Moment> {
    planned(e).into_iter().map(|(at, _)| at).chain(deadline_of(e, route)).min()
}

fn planned(e: &Entitlement) -> Vec<(Moment, Plan)> {
    if !e.record.status.is_open() || e.unborn {
        return Vec::new();
    }
    let ending = e.record.date_ended.filter(|_| e.ending.is_some());
    [(ending, Plan::Ending), (e.record.date_expiry, Plan::Expiry), (e.pending_until, Plan::PendingTimeout)]
        .into_iter()
        .filter_map(|(at, plan)| at.map(|at| (at, plan)))
        .collect()
}

fn carry_out_plan(d: &mut Draft<'_>, plan: Plan, at: Moment) {
    match plan {
        Plan::Ending => reach_end(d, at),
        Plan::Expiry => {
            let reason = Reason::of("CUSTOMER_CANCELLED", "EXPIRED");
            end(d, End::now(at, Some(reason.clone())));
            d.owe(Duty::Terminate { reason: Some(reason) });
        }
        Plan::PendingTimeout => time_out(d, at),
    }
}

/// A date that the merchant gave needs no terminate, unless the merchant may since have been
/// talked out of it.
fn reach_end(d: &mut Draft<'_>, at: Moment) {
    let Some(ending) = d.after.ending.clone() else {
        return;
    };
    let is_undo_open = d.after.operation.as_ref().is_some_and(|operation| matches!(operation.ask, Ask::Undo { .. }));
    let reason = reason::written(&d.after.record.extension_data, &ending.reason_keys);
    end(d, End { writes_reason: false, ..End::now(at, reason.clone()) });
    if !ending.merchant_dated || is_undo_open {
        d.owe(Duty::Terminate { reason });
    }
}

fn time_out(d: &mut Draft<'_>, at: Moment) {
    if is_never_active(&d.after) {
        let reason = Reason::of("ACTIVATION_ROLLBACK", "OTHER");
        end_first(d, End::now(at, Some(reason.clone())));
        d.owe(Duty::Terminate { reason: Some(reason) });
    } else {
        roll_back(d);
        d.owe(Duty::UpdateBack);
    }
}

/// When a queued operation ends as not done: at its deadline, or at the next look after it, where
/// the merchant cannot be asked.
fn deadline_of(e: &Entitlement, route: &RouteFacts) -> Option<Moment> {
    let operation = e.operation.as_ref()?;
    let ends = operation.stage == Stage::Queued && !route.inquiry && !is_asked_until_confirmed(&operation.ask);
    if ends { operation.deadline.or(operation.next_at) } else { None }
}

fn give_up(d: &mut Draft<'_>) {
    if let Some(operation) = d.after.operation.clone() {
        take_back(d, &operation);
        d.close();
    }
}

/// An operation about which nothing can be done by itself wakes nobody.
fn stop_waking(d: &mut Draft<'_>, route: &RouteFacts, now: Moment) {
    let is_stuck = |operation: &Operation| {
        operation.next_at.is_some_and(|at| at <= now) && work_due(&d.after, route, now).is_none()
    };
    if let Some(operation) = d.after.operation.clone().filter(is_stuck) {
        d.open(Operation { next_at: None, ..operation });
    }
}

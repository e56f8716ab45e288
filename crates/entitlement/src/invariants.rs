//! What always holds (docs/LIFECYCLE.md section 8), as far as one state shows it.

use crate::{Ask, Duty, Entitlement, Stage, Status};

/// The first invariant that this state breaks, in words; `None` if it is sound.
#[must_use]
pub fn broken(e: &Entitlement) -> Option<&'static str> {
    let checks: [fn(&Entitlement) -> Option<&'static str>; 5] = [of_birth, of_dates, of_status, of_end, of_operation];
    checks.into_iter().find_map(|check| check(e))
}

fn of_birth(e: &Entitlement) -> Option<&'static str> {
    if !e.unborn {
        return (e.version == 0).then_some("one that came to be has a version");
    }
    let asks_create = e.operation.as_ref().is_some_and(|o| o.stage == Stage::InFlight && o.ask == Ask::Create);
    if e.version != 0 || e.record.status != Status::Pending {
        return Some("an unborn one is PENDING, version 0");
    }
    (!asks_create).then_some("an unborn one has its create in flight")
}

fn of_dates(e: &Entitlement) -> Option<&'static str> {
    let record = &e.record;
    let status = record.status;
    if record.date_ended.is_some() != (!status.is_open() || e.ending.is_some()) {
        return Some("dateEnded is set if and only if ended or ending");
    }
    if matches!(status, Status::Active | Status::ActiveEnding | Status::Suspended) && record.date_activated.is_none() {
        return Some("what is or was active has dateActivated");
    }
    if status == Status::Suspended && record.date_suspended.is_none() {
        return Some("what is SUSPENDED has dateSuspended");
    }
    let dates = [
        Some(record.date_last_updated),
        record.date_activated,
        record.date_ended,
        record.date_suspended,
        record.date_resumed,
        record.date_expiry,
    ];
    dates.into_iter().flatten().any(|at| at != at.whole_second()).then_some("dates of the record are whole seconds")
}

fn of_status(e: &Entitlement) -> Option<&'static str> {
    let status = e.record.status;
    if (status == Status::Suspended) == e.holds.is_empty() {
        return Some("SUSPENDED if and only if somebody holds it");
    }
    if (status == Status::ActiveEnding && e.ending.is_none()) || (status == Status::Active && e.ending.is_some()) {
        return Some("ACTIVE-ENDING if and only if an active one is ending");
    }
    if e.pending_update.is_some() && status != Status::Pending {
        return Some("an update waits for the user only while PENDING");
    }
    if e.pending_until.is_some() && !matches!(status, Status::Pending | Status::Failed) {
        return Some("the pending time-out runs only while PENDING or FAILED");
    }
    if e.merchants_turn && (status != Status::Pending || e.pending_update.is_some()) {
        return Some("the merchant's turn is told only while PENDING for the first activation");
    }
    if e.ending.is_some() && (status == Status::Failed || (status == Status::Pending && e.pending_update.is_none())) {
        return Some("what was never active is not ending");
    }
    (e.wish.is_some() && status != Status::Failed).then_some("a wish to end is kept only while FAILED")
}

fn of_end(e: &Entitlement) -> Option<&'static str> {
    if e.record.status.is_open() {
        return None;
    }
    if e.ending.is_some() || e.pending_update.is_some() || e.pending_until.is_some() {
        return Some("final is final: nothing is planned");
    }
    if matches!(e.duty, Some(Duty::SuspendAgain | Duty::UpdateBack)) {
        return Some("after the end only a terminate is owed");
    }
    let is_left_over =
        e.operation.as_ref().is_some_and(|o| o.stage != Stage::InFlight && !matches!(o.ask, Ask::Terminate { .. }));
    is_left_over.then_some("after the end only a terminate is queued or unknown")
}

fn of_operation(e: &Entitlement) -> Option<&'static str> {
    if let Some(operation) = &e.operation {
        let is_in_flight = operation.stage == Stage::InFlight;
        if is_in_flight && operation.next_at.is_none() {
            return Some("what is in flight has a lease");
        }
        if operation.deadline.is_some() && operation.stage != Stage::Queued {
            return Some("only what is queued has a deadline");
        }
        if operation.stage == Stage::Queued && operation.deadline.is_none() && operation.next_at.is_none() {
            return Some("what is queued does not wait for ever");
        }
    }
    let is_looked_after = e.operation.as_ref().is_some_and(|o| matches!(o.ask, Ask::Create | Ask::Terminate { .. }))
        || matches!(e.duty, Some(Duty::Terminate { .. }));
    (e.record.status == Status::Failed && !is_looked_after)
        .then_some("FAILED has its create open, or the terminate that a wish asks for")
}

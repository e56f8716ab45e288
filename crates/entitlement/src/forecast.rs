//! What is planned: the events that time will bring if nothing else happens, told by
//! [`pass_time`] itself, never by a second copy of it. Nothing is decided here.

use crate::time::next_planned;
use crate::{Entitlement, Event, Operation, RouteFacts, Stage, carry_out, pass_time};
use alloc::vec::Vec;

/// More than can ever be planned: an end, an expiry, a pending time-out and a queued operation's
/// deadline, each once.
const PLANNED_MAX: usize = 8;

/// The planned events, earliest first. An operation in flight only delays them: they are told as
/// if it were not there.
#[must_use]
pub fn forecast(e: &Entitlement, route: &RouteFacts) -> Vec<Event> {
    let is_waiting = |operation: &Operation| operation.stage != Stage::InFlight;
    let mut state = Entitlement { operation: e.operation.clone().filter(is_waiting), ..e.clone() };
    let mut events = Vec::new();
    for _ in 0..PLANNED_MAX {
        let Some(at) = next_planned(&state, route) else { break };
        let decision = pass_time(&state, route, at);
        let Some(after) = carry_out(&state, &decision) else { break };
        state = after;
        events.extend(decision.events);
    }
    events
}

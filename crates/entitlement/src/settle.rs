//! Settlement of the open operation: a merchant's first answer, an inquiry's or a repeat's. It
//! is total: every status with every ask and every answer has a result, since the merchant has
//! acted. What a merchant tells by itself stands in `told.rs`.

mod done;
mod end;
mod first;
mod open;

pub use open::recovery_delay_ms;
pub(crate) use open::{consumed, is_asked_until_confirmed, is_owed_by_hub, take_back};

use crate::draft::Draft;
use crate::{
    Answer, Ask, Decision, DutyAfter, Entitlement, Moment, Operation, OperationAfter, Party, Reason, Reply, RouteFacts,
    RowAfter, Stage,
};
use alloc::vec::Vec;

/// Settles the open operation with an answer to it.
#[must_use]
pub fn settle(e: &Entitlement, answer: &Answer, route: &RouteFacts, now: Moment) -> Decision {
    let Some(operation) = &e.operation else {
        return nothing();
    };
    // The first answer is the caller's own doing; whatever is found out later is the hub's.
    let by = if operation.stage == Stage::InFlight { operation.by } else { Party::Hub };
    settle_by(e, answer, route, now, By { party: by, reason: None })
}

/// The hub restarted, or the sender's lease ran out, before there was an outcome.
#[must_use]
pub fn outcome_lost(e: &Entitlement, route: &RouteFacts, now: Moment) -> Decision {
    match &e.operation {
        Some(operation) if operation.stage == Stage::InFlight => settle(e, &Answer::Unknown, route, now),
        Some(_) | None => nothing(),
    }
}

/// Who made the outcome known.
pub(crate) struct By {
    pub(crate) party: Party,
    /// The reason given with it.
    pub(crate) reason: Option<Reason>,
}

/// Settles the open operation in somebody's name.
pub(crate) fn settle_by(e: &Entitlement, answer: &Answer, route: &RouteFacts, now: Moment, by: By) -> Decision {
    let Some(operation) = &e.operation else {
        return nothing();
    };
    let settling = Settling {
        d: Draft::new(e, by.party, now),
        operation: Operation { attempts: operation.attempts.saturating_add(1), ..operation.clone() },
        route,
        reason: by.reason,
    };
    settling.settle(answer)
}

/// Nothing changes.
pub(crate) const fn nothing() -> Decision {
    Decision {
        events: Vec::new(),
        operation: OperationAfter::Keep,
        duty: DutyAfter::Keep,
        row: RowAfter::Stays,
        reply: Reply::Done,
    }
}

/// One settlement on its way.
struct Settling<'a> {
    d: Draft<'a>,
    operation: Operation,
    route: &'a RouteFacts,
    reason: Option<Reason>,
}

impl Settling<'_> {
    fn settle(self, answer: &Answer) -> Decision {
        let operation = self.operation.clone();
        if !self.d.after.record.status.is_open() && !matches!(operation.ask, Ask::Terminate { .. }) {
            return self.close(Reply::Done);
        }
        match &operation.ask {
            Ask::Create => self.create(answer),
            Ask::ActivationInfo => self.activation_info(answer),
            Ask::Update { product, details } => self.update(product, details, answer),
            Ask::Suspend { owner, reason, details } => self.suspend(*owner, reason.as_ref(), details, answer),
            Ask::Resume { owner, details } => self.resume(*owner, details, answer),
            Ask::Undo { details } => self.undo(details, answer),
            Ask::Cancel(request) => self.cancel(request, answer),
            Ask::Revoke(request) => self.revoke(request, answer),
            Ask::Terminate { reason } => self.terminate(reason.as_ref(), answer),
            Ask::SuspendAgain | Ask::UpdateBack => self.duty(answer),
        }
    }

    /// The operation ends here.
    fn close(mut self, reply: Reply) -> Decision {
        self.d.close();
        self.d.finish(reply)
    }

    const fn is_first(&self) -> bool {
        matches!(self.operation.stage, Stage::InFlight)
    }
}

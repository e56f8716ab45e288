//! Operations that stay open, queued or unknown, and those that were not done.

use super::Settling;
use crate::draft::Draft;
use crate::extension::{SUSPEND_REASON, without};
use crate::{
    Answer, Ask, Decision, Details, EndRequest, EventKind, JsonObject, Moment, Operation, Refusal, Reply, Set, Stage,
    is_found_out,
};
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// A revoke, or a call the hub owes, that the merchant queued is asked again so often.
const ASKED_AGAIN_MS: i64 = 3_600_000;

/// How long after so many calls of a merchant the next inquiry or repeat comes.
#[must_use]
pub const fn recovery_delay_ms(attempts: u32) -> i64 {
    match attempts {
        0 | 1 => 1_000,
        2 => 5_000,
        3 => 30_000,
        4 => 120_000,
        5 => 600_000,
        6.. => 3_600_000,
    }
}

/// Calls the hub makes by itself, and repeats until they are confirmed.
pub(crate) const fn is_owed_by_hub(ask: &Ask) -> bool {
    match ask {
        Ask::Terminate { .. } | Ask::SuspendAgain | Ask::UpdateBack => true,
        Ask::Create
        | Ask::ActivationInfo
        | Ask::Update { .. }
        | Ask::Suspend { .. }
        | Ask::Resume { .. }
        | Ask::Undo { .. }
        | Ask::Cancel(_)
        | Ask::Revoke(_) => false,
    }
}

/// Queued ones of these have no deadline: they are asked again until the merchant confirms.
pub(crate) const fn is_asked_until_confirmed(ask: &Ask) -> bool {
    match ask {
        Ask::Revoke(_) | Ask::Terminate { .. } | Ask::SuspendAgain | Ask::UpdateBack => true,
        Ask::Create
        | Ask::ActivationInfo
        | Ask::Update { .. }
        | Ask::Suspend { .. }
        | Ask::Resume { .. }
        | Ask::Undo { .. }
        | Ask::Cancel(_) => false,
    }
}

/// The operation without what has taken effect already: local fields, and what a cancel or
/// revoke merged into extensionData.
pub(crate) fn consumed(operation: &Operation) -> Operation {
    let details = Box::new(Details::default());
    let ask = match &operation.ask {
        Ask::Update { product, .. } => Ask::Update { product: product.clone(), details },
        Ask::Suspend { owner, reason, .. } => Ask::Suspend { owner: *owner, reason: reason.clone(), details },
        Ask::Resume { owner, .. } => Ask::Resume { owner: *owner, details },
        Ask::Undo { .. } => Ask::Undo { details },
        Ask::Cancel(request) => Ask::Cancel(Box::new(merged_already(request))),
        Ask::Revoke(request) => Ask::Revoke(Box::new(merged_already(request))),
        Ask::Create => Ask::Create,
        Ask::ActivationInfo => Ask::ActivationInfo,
        Ask::Terminate { reason } => Ask::Terminate { reason: reason.clone() },
        Ask::SuspendAgain => Ask::SuspendAgain,
        Ask::UpdateBack => Ask::UpdateBack,
    };
    Operation { ask, ..operation.clone() }
}

/// The end of an operation that was not done: the reason keys it put into extensionData are
/// taken back. What the hub owed by itself leaves no trace in the record.
pub(crate) fn take_back(d: &mut Draft<'_>, operation: &Operation) {
    if is_owed_by_hub(&operation.ask) {
        return;
    }
    let keys = if operation.stage == Stage::Queued { reason_keys(&operation.ask) } else { Vec::new() };
    let data = without(&d.after.record.extension_data, &keys);
    d.push(EventKind::RequestNotDone, None, Vec::from([Set::ExtensionData(data)]));
}

impl Settling<'_> {
    /// What is the same for every request that changes something: refused, failed, not done,
    /// unknown, or an answer that does not fit.
    pub(super) fn otherwise(self, answer: &Answer) -> Decision {
        match answer {
            Answer::Refused(refusal) => self.refused(refusal),
            Answer::NotDone => self.not_done(Reply::NotDone),
            Answer::CertainFailure(failure) if self.is_first() => self.not_done(Reply::Failed(*failure)),
            Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::Done(_)
            | Answer::UserActs { .. }
            | Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::EndsAt { .. }
            | Answer::Queued(_) => self.unknown(),
        }
    }

    fn refused(self, refusal: &Refusal) -> Decision {
        self.not_done(Reply::Refused(refusal.clone()))
    }

    fn not_done(mut self, reply: Reply) -> Decision {
        if self.is_told_done() {
            return self.close(Reply::Done);
        }
        if !self.is_first() {
            take_back(&mut self.d, &self.operation);
        }
        self.close(reply)
    }

    /// Nobody knows: it stays open, unless a call-back has told already.
    pub(super) fn unknown(self) -> Decision {
        if self.is_told_done() { self.close(Reply::Done) } else { self.wait_unknown() }
    }

    /// Stays open as unknown; what the merchant had queued stays queued.
    pub(super) fn wait_unknown(mut self) -> Decision {
        if self.is_within_deadline() {
            return self.d.finish(Reply::Unknown);
        }
        let stage = if self.operation.stage == Stage::Queued { Stage::Queued } else { Stage::Unknown };
        let next_at = self.next_at(stage);
        self.d.open(Operation { stage, next_at, deadline: None, ..self.operation });
        self.d.finish(Reply::Unknown)
    }

    /// Stays open as queued: until its deadline, or to be asked again.
    pub(super) fn wait_queued(mut self, reply: Reply) -> Decision {
        let now = self.d.now();
        if self.is_within_deadline() {
            return self.d.finish(reply);
        }
        let was_queued = self.operation.stage == Stage::Queued;
        let (next_at, deadline) = match () {
            () if is_asked_until_confirmed(&self.operation.ask) => (Some(now.plus_ms(ASKED_AGAIN_MS)), None),
            () if was_queued => (self.next_at(Stage::Queued), None),
            () => (None, Some(now.plus_s(self.route.queued_deadline_s))),
        };
        let operation = consumed(&self.operation);
        self.d.open(Operation { stage: Stage::Queued, next_at, deadline, ..operation });
        self.d.finish(reply)
    }

    /// A call that overlapped with another one tells nothing new of what is queued: its deadline
    /// stands.
    fn is_within_deadline(&self) -> bool {
        self.operation.stage == Stage::Queued && self.operation.deadline.is_some_and(|at| at > self.d.now())
    }

    fn next_at(&self, stage: Stage) -> Option<Moment> {
        let now = self.d.now();
        if stage == Stage::Queued && is_asked_until_confirmed(&self.operation.ask) {
            return Some(now.plus_ms(ASKED_AGAIN_MS));
        }
        if stage == Stage::Queued {
            // Where the merchant cannot be asked, it then ends as not done.
            return Some(now.plus_ms(recovery_delay_ms(self.operation.attempts)));
        }
        is_found_out(&self.operation, self.route).then(|| now.plus_ms(recovery_delay_ms(self.operation.attempts)))
    }

    /// While it was in flight, a call-back has told what was asked for.
    fn is_told_done(&self) -> bool {
        let e = &self.d.after;
        self.is_first()
            && match &self.operation.ask {
                Ask::Create => !crate::moves::is_never_active(e),
                Ask::Update { product, .. } => {
                    product.product_key == e.record.product_key && product.offer_key == e.record.offer_key
                }
                Ask::Suspend { owner, .. } => e.holds.of(*owner).is_some(),
                Ask::Resume { owner, .. } => e.holds.of(*owner).is_none(),
                Ask::Undo { .. } => e.ending.is_none(),
                Ask::Cancel(_) => e.ending.is_some(),
                Ask::ActivationInfo | Ask::Revoke(_) | Ask::Terminate { .. } | Ask::SuspendAgain | Ask::UpdateBack => {
                    false
                }
            }
    }
}

/// The names under which a queued request has put its reason into extensionData.
fn reason_keys(ask: &Ask) -> Vec<String> {
    match ask {
        Ask::Cancel(request) | Ask::Revoke(request) => request.reason_keys.clone(),
        Ask::Suspend { reason: Some(reason), .. } => {
            crate::extension::write_reason(&mut JsonObject::new(), SUSPEND_REASON, Some(reason))
        }
        Ask::Suspend { reason: None, .. }
        | Ask::Create
        | Ask::ActivationInfo
        | Ask::Update { .. }
        | Ask::Resume { .. }
        | Ask::Undo { .. }
        | Ask::Terminate { .. }
        | Ask::SuspendAgain
        | Ask::UpdateBack => Vec::new(),
    }
}

fn merged_already(request: &EndRequest) -> EndRequest {
    EndRequest { extension: JsonObject::new(), ..request.clone() }
}

//! What the merchant did, or queued, of an update, a hold, an undoing or a duty. Refusals,
//! failures and unknown outcomes are the same for all and stand in `open.rs`.

use super::Settling;
use crate::extension::{SUSPEND_REASON, write_reason};
use crate::moves::{
    change_details, change_product, given_sets, is_never_active, keep_given, lift_hold, set_hold, undo_end,
    update_pending,
};
use crate::{
    Answer, Decision, Details, Duty, EventKind, Given, JsonObject, Party, ProductChange, Reason, Reply, Set, Stage,
    Status,
};

impl Settling<'_> {
    pub(super) fn update(mut self, product: &ProductChange, details: &Details, answer: &Answer) -> Decision {
        match answer {
            Answer::Done(given) => {
                let also = given_sets(&self.d.after, given);
                change_product(&mut self.d, product, details, also);
                self.d.owe_no_update();
                self.close(Reply::Done)
            }
            Answer::UserActs { given, url, expires_at } => {
                let reply = Reply::UserActs { url: url.clone(), expires_at: *expires_at };
                self.update_asks_user(product, details, given, reply)
            }
            Answer::Queued(given) => self.queued(None, details, given),
            Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::EndsAt { .. }
            | Answer::Refused(_)
            | Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::NotDone => self.otherwise(answer),
        }
    }

    fn update_asks_user(mut self, product: &ProductChange, details: &Details, given: &Given, reply: Reply) -> Decision {
        let until = self.route.pending_timeout_s.map(|seconds| self.d.now().plus_s(seconds));
        match self.d.after.record.status {
            Status::Active | Status::ActiveEnding => {
                update_pending(&mut self.d, product, given, until);
                change_details(&mut self.d, details);
                self.d.owe_no_update();
                self.close(reply)
            }
            // It has moved on meanwhile: nobody may wait for a user now, so the update goes back.
            Status::Pending | Status::Suspended | Status::Failed => {
                keep_given(&mut self.d, given);
                change_details(&mut self.d, details);
                self.d.owe(Duty::UpdateBack);
                self.close(Reply::Done)
            }
            Status::Cancelled | Status::Revoked => self.close(Reply::Done),
        }
    }

    pub(super) fn suspend(
        mut self,
        owner: Party,
        reason: Option<&Reason>,
        details: &Details,
        answer: &Answer,
    ) -> Decision {
        match answer {
            Answer::Done(given) => {
                let also = given_sets(&self.d.after, given);
                // A merchant that suspends what was never active has told nothing we could show.
                if !is_never_active(&self.d.after) {
                    let reason = self.why(reason);
                    set_hold(&mut self.d, owner, reason, also);
                }
                keep_given(&mut self.d, given);
                change_details(&mut self.d, details);
                self.close(Reply::Done)
            }
            Answer::Queued(given) => {
                let mut data = self.d.after.record.extension_data.clone();
                write_reason(&mut data, SUSPEND_REASON, reason);
                self.queued(Some((data, reason.cloned())), details, given)
            }
            Answer::UserActs { .. }
            | Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::EndsAt { .. }
            | Answer::Refused(_)
            | Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::NotDone => self.otherwise(answer),
        }
    }

    pub(super) fn resume(mut self, owner: Party, details: &Details, answer: &Answer) -> Decision {
        match answer {
            Answer::Done(given) => {
                let also = given_sets(&self.d.after, given);
                lift_hold(&mut self.d, owner, self.reason.clone(), also);
                if self.d.after.holds.reseller.is_some() || self.d.after.holds.hub.is_some() {
                    // Another hold came meanwhile: the merchant has resumed what is still held.
                    self.d.owe(Duty::SuspendAgain);
                }
                keep_given(&mut self.d, given);
                change_details(&mut self.d, details);
                self.close(Reply::Done)
            }
            Answer::Queued(given) => {
                let data = self.d.after.record.extension_data.clone();
                self.queued(Some((data, None)), details, given)
            }
            Answer::UserActs { .. }
            | Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::EndsAt { .. }
            | Answer::Refused(_)
            | Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::NotDone => self.otherwise(answer),
        }
    }

    pub(super) fn undo(mut self, details: &Details, answer: &Answer) -> Decision {
        match answer {
            Answer::Done(given) => {
                let also = given_sets(&self.d.after, given);
                undo_end(&mut self.d, also);
                keep_given(&mut self.d, given);
                change_details(&mut self.d, details);
                self.close(Reply::Done)
            }
            Answer::Queued(given) => {
                let data = self.d.after.record.extension_data.clone();
                self.queued(Some((data, None)), details, given)
            }
            Answer::UserActs { .. }
            | Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::EndsAt { .. }
            | Answer::Refused(_)
            | Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::NotDone => self.otherwise(answer),
        }
    }

    /// Suspend again, or update back: a refusal ends it, everything else is tried again.
    pub(super) fn duty(mut self, answer: &Answer) -> Decision {
        match answer {
            Answer::Done(given) | Answer::UserActs { given, .. } => {
                keep_given(&mut self.d, given);
                self.close(Reply::Done)
            }
            Answer::Refused(refusal) => self.close(Reply::Refused(refusal.clone())),
            Answer::Queued(_) => self.wait_queued(Reply::Queued),
            Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::EndsAt { .. }
            | Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::NotDone => self.wait_unknown(),
        }
    }

    /// The merchant will confirm. Reason, extra fields and local fields take effect now.
    pub(super) fn queued(
        mut self,
        request: Option<(JsonObject, Option<Reason>)>,
        details: &Details,
        given: &Given,
    ) -> Decision {
        if self.operation.stage != Stage::Queued {
            let (data, reason) = request.unwrap_or((self.d.after.record.extension_data.clone(), None));
            let mut sets = given_sets(&self.d.after, given);
            sets.push(Set::ExtensionData(data));
            self.d.push(EventKind::RequestQueued, reason, sets);
            change_details(&mut self.d, details);
        }
        self.wait_queued(Reply::Queued)
    }

    pub(super) fn why(&self, reason: Option<&Reason>) -> Option<Reason> {
        reason.cloned().or_else(|| self.reason.clone())
    }
}

//! What the merchant did, or queued, of an end: cancel, revoke, and the terminate that the hub
//! owes. Refusals, failures and unknown outcomes stand in `open.rs`.

use super::Settling;
use super::first::given_of;
use crate::extension::{CANCEL_REASON, merged, write_reason};
use crate::moves::{End, end, end_first, given_sets, is_never_active, plan_end};
use crate::{Answer, Decision, Details, EndRequest, Ending, Given, Moment, Reason, Reply, Set};
use alloc::string::String;
use alloc::vec::Vec;

impl Settling<'_> {
    pub(super) fn cancel(self, request: &EndRequest, answer: &Answer) -> Decision {
        let now = self.d.now();
        match answer {
            Answer::Done(given) => self.ended(request, false, given),
            Answer::EndsAt { given, at } if at.whole_second() <= now || is_never_active(&self.d.after) => {
                self.ended(request, false, given)
            }
            Answer::EndsAt { given, at } => self.ends_later(request, *at, given),
            Answer::Queued(given) => self.end_queued(request, given),
            Answer::UserActs { .. }
            | Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::Refused(_)
            | Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::NotDone => self.otherwise(answer),
        }
    }

    pub(super) fn revoke(self, request: &EndRequest, answer: &Answer) -> Decision {
        let now = self.d.now();
        match answer {
            Answer::Done(given) => self.ended(request, true, given),
            Answer::EndsAt { given, at } if at.whole_second() <= now => self.ended(request, true, given),
            Answer::Queued(given) => self.end_queued(request, given),
            // An end in the future is no answer to "at once".
            Answer::EndsAt { .. }
            | Answer::UserActs { .. }
            | Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::Refused(_)
            | Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::NotDone => self.otherwise(answer),
        }
    }

    /// Owed until the merchant confirms or does not know it. On one that is still open (a wish
    /// to end it, kept while FAILED) the confirmation ends it.
    pub(super) fn terminate(mut self, reason: Option<&Reason>, answer: &Answer) -> Decision {
        let now = self.d.now();
        match answer {
            Answer::Done(_) => {}
            Answer::EndsAt { at, .. } if at.whole_second() <= now => {}
            Answer::Queued(_) => return self.wait_queued(Reply::Queued),
            Answer::EndsAt { .. }
            | Answer::UserActs { .. }
            | Answer::Accepted(_)
            | Answer::Code(_)
            | Answer::Refused(_)
            | Answer::CertainFailure(_)
            | Answer::Unknown
            | Answer::NotDone => return self.wait_unknown(),
        }
        if self.d.after.record.status.is_open() {
            let also = given_sets(&self.d.after, &given_of(answer));
            end_first(&mut self.d, End { also, ..End::now(now, reason.cloned()) });
        }
        self.close(Reply::Done)
    }

    fn ended(mut self, request: &EndRequest, revoked: bool, given: &Given) -> Decision {
        let reason = self.why(request.reason.as_ref());
        let also = given_sets(&self.d.after, given);
        // A reason of the reseller's is among the members it sent.
        let writes_reason = request.reason.is_none();
        let extension = request.extension.clone();
        let at = self.d.now();
        end(&mut self.d, End { revoked, at, reason, writes_reason, extension, also });
        self.close(Reply::Done)
    }

    fn ends_later(mut self, request: &EndRequest, at: Moment, given: &Given) -> Decision {
        let mut data = merged(&self.d.after.record.extension_data, &request.extension);
        let mut reason_keys: Vec<String> = request.reason_keys.clone();
        if request.reason.is_none() {
            reason_keys.extend(write_reason(&mut data, CANCEL_REASON, self.reason.as_ref()));
        }
        let mut also = given_sets(&self.d.after, given);
        also.push(Set::ExtensionData(data));
        let by = self.operation.by;
        let ending = Ending { by, merchant_dated: true, reason_keys, resumed_since: false };
        let reason = self.why(request.reason.as_ref());
        plan_end(&mut self.d, at, ending, reason, also);
        self.close(Reply::Done)
    }

    fn end_queued(self, request: &EndRequest, given: &Given) -> Decision {
        let data = merged(&self.d.after.record.extension_data, &request.extension);
        self.queued(Some((data, request.reason.clone())), &Details::default(), given)
    }
}

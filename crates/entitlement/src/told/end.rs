//! A merchant ends it, plans its end, or refuses what was never active.

use super::Telling;
use crate::extension::{CANCEL_REASON, write_reason};
use crate::moves::{End, end_first, is_never_active, plan_end};
use crate::{Answer, Ask, Decision, Ending, Given, Moment, Party, Reason, Reply, Set};
use alloc::vec::Vec;

impl Telling<'_> {
    pub(super) fn terminated(&self, immediate: bool, at: Option<Moment>, reason: Option<&Reason>) -> Decision {
        let later = at.filter(|at| !immediate && at.whole_second() > self.now);
        if !self.e.record.status.is_open() {
            return self.terminated_again();
        }
        // A terminate that confirms a cancel or revoke is that operation's end.
        match self.e.operation.as_ref().map(|operation| &operation.ask) {
            Some(Ask::Cancel(_)) => return self.settled(&cancel_answer(later), reason),
            Some(Ask::Revoke(_)) if later.is_none() || is_never_active(self.e) => {
                return self.settled(&Answer::Done(Given::default()), reason);
            }
            Some(_) | None => {}
        }
        match later {
            Some(later) if !is_never_active(self.e) => self.ends_later(later, reason),
            Some(_) | None => self.ended(immediate, reason),
        }
    }

    /// It has ended here already: a terminate that the hub owed is not needed any more.
    fn terminated_again(&self) -> Decision {
        if self.asks(|ask| matches!(ask, Ask::Terminate { .. })) {
            return self.settled(&Answer::Done(Given::default()), None);
        }
        let mut d = self.draft();
        d.owe_nothing();
        d.finish(Reply::Done)
    }

    fn ended(&self, immediate: bool, reason: Option<&Reason>) -> Decision {
        let mut d = self.draft();
        end_first(&mut d, End { revoked: immediate, ..End::now(self.now, reason.cloned()) });
        d.finish(Reply::Done)
    }

    /// A new date replaces the old; who started the end stays who he is.
    fn ends_later(&self, at: Moment, reason: Option<&Reason>) -> Decision {
        let mut d = self.draft();
        let mut data = d.after.record.extension_data.clone();
        let written = write_reason(&mut data, CANCEL_REASON, reason);
        let mut ending = d.after.ending.clone().unwrap_or(Ending {
            by: Party::Merchant,
            merchant_dated: true,
            reason_keys: Vec::new(),
            resumed_since: false,
        });
        ending.merchant_dated = true;
        ending.reason_keys.extend(written);
        ending.reason_keys.sort();
        ending.reason_keys.dedup();
        plan_end(&mut d, at, ending, reason.cloned(), Vec::from([Set::ExtensionData(data)]));
        d.finish(Reply::Done)
    }

    /// The user declined, or is not eligible: what was never active ends.
    pub(super) fn refused_first(&self, reason: Option<&Reason>, refusal: &Answer) -> Decision {
        if !self.e.unborn && self.asks(|ask| matches!(ask, Ask::Create)) {
            return self.settled(refusal, reason);
        }
        let mut d = self.draft();
        let reason = reason.cloned().unwrap_or_else(|| Reason::of("ACTIVATION_ROLLBACK", "OTHER"));
        end_first(&mut d, End::now(self.now, Some(reason)));
        d.finish(Reply::Done)
    }
}

fn cancel_answer(at: Option<Moment>) -> Answer {
    match at {
        Some(at) => Answer::EndsAt { given: Given::default(), at },
        None => Answer::Done(Given::default()),
    }
}

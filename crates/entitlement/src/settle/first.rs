//! Answers to a create, and to the asking for a fresh activation URL or code.

use super::Settling;
use crate::moves::{End, Turn, activate, bear, end_first, find_pending, is_never_active, keep_given, keep_waiting};
use crate::{Answer, Decision, Duty, EventKind, Given, OperationAfter, Reason, Refusal, Reply, RowAfter, Status};
use alloc::vec::Vec;

impl Settling<'_> {
    pub(super) fn create(mut self, answer: &Answer) -> Decision {
        if self.d.after.unborn {
            return self.unborn(answer);
        }
        if !is_never_active(&self.d.after) {
            // A call-back was faster; it is answered with the state as it is.
            keep_given(&mut self.d, &given_of(answer));
            return self.close(Reply::Done);
        }
        match answer {
            Answer::Done(given) => self.there(given, None, Reply::Done),
            Answer::UserActs { given, url, expires_at } => {
                let reply = Reply::UserActs { url: url.clone(), expires_at: *expires_at };
                self.there(given, Some(Turn::User), reply)
            }
            Answer::Accepted(given) => self.there(given, Some(Turn::without_url(given)), Reply::Waiting),
            Answer::Queued(given) => self.still_pending(given),
            Answer::Refused(refusal) => self.not_there(Some(refusal), Reply::Refused(refusal.clone())),
            Answer::NotDone => self.not_there(None, Reply::NotDone),
            Answer::CertainFailure(failure) if self.is_first() => self.not_there(None, Reply::Failed(*failure)),
            Answer::CertainFailure(_) | Answer::Unknown | Answer::Code(_) | Answer::EndsAt { .. } => self.unknown(),
        }
    }

    fn unborn(mut self, answer: &Answer) -> Decision {
        match answer {
            Answer::Done(given) => self.born(Status::Active, given, Turn::User, Reply::Done),
            Answer::UserActs { given, url, expires_at } => {
                let reply = Reply::UserActs { url: url.clone(), expires_at: *expires_at };
                self.born(Status::Pending, given, Turn::User, reply)
            }
            Answer::Accepted(given) => self.born(Status::Pending, given, Turn::without_url(given), Reply::Waiting),
            Answer::Queued(given) => {
                bear(&mut self.d, Status::Pending, given, Turn::Merchant);
                self.wait_queued(Reply::Waiting)
            }
            Answer::Refused(refusal) => self.came_to_nothing(Reply::Refused(refusal.clone())),
            Answer::CertainFailure(failure) => self.came_to_nothing(Reply::Failed(*failure)),
            Answer::NotDone => self.came_to_nothing(Reply::NotDone),
            Answer::Unknown | Answer::Code(_) | Answer::EndsAt { .. } => {
                bear(&mut self.d, Status::Failed, &Given::default(), Turn::User);
                self.wait_unknown()
            }
        }
    }

    fn born(mut self, status: Status, given: &Given, turn: Turn, reply: Reply) -> Decision {
        bear(&mut self.d, status, given, turn);
        self.close(reply)
    }

    fn came_to_nothing(self, reply: Reply) -> Decision {
        let decision = self.close(reply);
        Decision { operation: OperationAfter::Closed, row: RowAfter::Removed, ..decision }
    }

    /// The merchant has it: active, or waiting for somebody's turn.
    fn there(mut self, given: &Given, waits_for: Option<Turn>, reply: Reply) -> Decision {
        if let Some(wish) = self.d.after.wish.clone() {
            // The end that was asked for meanwhile is now asked of the merchant first.
            keep_given(&mut self.d, given);
            self.d.along(EventKind::Noted, None, Vec::new());
            self.d.owe(Duty::Terminate { reason: wish.reason });
            return self.close(Reply::Unknown);
        }
        match waits_for {
            None => activate(&mut self.d, given),
            Some(turn) if self.d.after.record.status == Status::Failed => find_pending(&mut self.d, given, turn),
            Some(turn) => keep_waiting(&mut self.d, given, turn),
        }
        self.close(reply)
    }

    fn still_pending(mut self, given: &Given) -> Decision {
        if self.d.after.wish.is_some() {
            return self.there(given, Some(Turn::Merchant), Reply::Waiting);
        }
        if self.d.after.record.status == Status::Failed {
            find_pending(&mut self.d, given, Turn::Merchant);
        } else {
            keep_given(&mut self.d, given);
        }
        self.wait_queued(Reply::Waiting)
    }

    /// Refused, or not known there: it ends before it began.
    fn not_there(mut self, refusal: Option<&Refusal>, reply: Reply) -> Decision {
        let said = refusal.and_then(|refusal| refusal.message.clone());
        let reason =
            self.reason.clone().unwrap_or(Reason { description: said, ..Reason::of("ACTIVATION_ROLLBACK", "OTHER") });
        let end = End::now(self.d.now(), Some(reason));
        end_first(&mut self.d, end);
        self.close(reply)
    }

    /// A read by nature: nothing stays open, whatever comes.
    pub(super) fn activation_info(mut self, answer: &Answer) -> Decision {
        let reply = match answer {
            Answer::UserActs { url, expires_at, .. } => Reply::UserActs { url: url.clone(), expires_at: *expires_at },
            Answer::Code(_) => Reply::Done,
            Answer::Done(given) | Answer::Accepted(given) if given.activation_code.is_some() => Reply::Done,
            Answer::Refused(refusal) => Reply::Refused(refusal.clone()),
            Answer::CertainFailure(failure) => Reply::Failed(*failure),
            Answer::Done(_)
            | Answer::Accepted(_)
            | Answer::EndsAt { .. }
            | Answer::Queued(_)
            | Answer::Unknown
            | Answer::NotDone => return self.close(Reply::Unknown),
        };
        keep_given(&mut self.d, &given_of(answer));
        self.close(reply)
    }
}

/// What came along with any answer.
pub(super) fn given_of(answer: &Answer) -> Given {
    match answer {
        Answer::Done(given)
        | Answer::UserActs { given, .. }
        | Answer::Accepted(given)
        | Answer::Code(given)
        | Answer::EndsAt { given, .. }
        | Answer::Queued(given) => given.clone(),
        Answer::Refused(_) | Answer::CertainFailure(_) | Answer::Unknown | Answer::NotDone => Given::default(),
    }
}

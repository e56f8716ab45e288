//! Cancel, revoke, and a fresh activation URL.

use super::Asking;
use crate::extension::merged;
use crate::{Ask, Decision, EndRequest, EventKind, Rejection, Reply, Set, Stage, Status, Wish};
use alloc::boxed::Box;
use alloc::vec::Vec;

impl Asking<'_> {
    pub(super) fn cancel(&self, request: &EndRequest) -> Result<Decision, Rejection> {
        Self::offers(self.route.cancel)?;
        self.check_size(&request.extension)?;
        self.is_open()?;
        if self.e.record.status == Status::Failed {
            return match self.e.wish {
                Some(_) => Err(Rejection::AlreadyEnding),
                None => Ok(self.wish(request, false)),
            };
        }
        self.has_turn()?;
        if self.e.ending.is_some() {
            return Err(Rejection::AlreadyEnding);
        }
        Ok(self.ask(Ask::Cancel(Box::new(request.clone()))))
    }

    /// It supersedes what is queued or unknown; only one in flight has to be waited for.
    pub(super) fn revoke(&self, request: &EndRequest) -> Result<Decision, Rejection> {
        Self::offers(self.route.revoke)?;
        self.check_size(&request.extension)?;
        self.is_open()?;
        if self.e.record.status == Status::Failed {
            return Ok(self.wish(request, true));
        }
        match self.e.operation.as_ref().map(|operation| operation.stage) {
            Some(Stage::InFlight) => Err(Rejection::OperationInProgress),
            Some(Stage::Queued | Stage::Unknown) | None => Ok(self.ask(Ask::Revoke(Box::new(request.clone())))),
        }
    }

    pub(super) fn activation_info(&self) -> Result<Decision, Rejection> {
        Self::offers(self.route.activation_info)?;
        self.is_open()?;
        self.has_turn()?;
        match self.e.record.status {
            Status::Pending => Ok(self.ask(Ask::ActivationInfo)),
            Status::Active
            | Status::ActiveEnding
            | Status::Suspended
            | Status::Failed
            | Status::Cancelled
            | Status::Revoked => Err(Rejection::NotPending),
        }
    }

    /// Kept until the create's outcome is known; a revoke outdoes a cancel.
    fn wish(&self, request: &EndRequest, revoke: bool) -> Decision {
        let mut d = self.draft();
        let older = self.e.wish.as_ref().and_then(|wish| wish.reason.clone());
        let wish = Wish { revoke, reason: request.reason.clone().or(older) };
        let data = merged(&self.e.record.extension_data, &request.extension);
        let sets = Vec::from([Set::Wish(Some(wish)), Set::ExtensionData(data)]);
        d.along_if_changed(EventKind::EndWished, request.reason.clone(), sets);
        d.finish(Reply::Queued)
    }
}

//! Explain: where an entitlement stands, whom it waits for, and what may be done (docs/API.md
//! section 4.11). The facts are the rules' own; here they are gathered, beside it they become a
//! sentence.

mod last_error;
mod operation;
mod sentence;
mod words;

use crate::Hub;
use crate::answer::Answer;
use crate::catalog::Account;
use crate::execute::merchant::ask_word;
use crate::execute::{from_store, not_found};
use entitlement::{Entitlement, Moment, Rejection, RouteFacts, Set, VerbName, allowed, awaited};
use sentence::Situation;
use std::sync::Arc;
use store::{Row, StoredEvent};
use wire::{ErrorAnswer, Explanation, LastError, explain_body};

/// So many ended operations and notifications are looked through for what went wrong last.
const LOOKED_THROUGH_MAX: usize = 50;

impl Hub {
    /// Where an entitlement stands, for programs and for a person on the phone.
    pub(crate) async fn explain(&self, account: &Arc<Account>, id: &str) -> Result<Answer, Box<ErrorAnswer>> {
        let row = self.find(account, id).await?.ok_or_else(not_found)?;
        let route = account.route_of(&row.state.record.merchant_account_key);
        let events = self.happened(&row).await?;
        let last_error = self.last_error(&row, &events).await?;
        let verbs = allowed(&row.state, &route.facts, self.store.now());
        let body = explained(&row.state, &route.facts, &events, &verbs, last_error.as_ref());
        Ok(Answer::plain(200, body))
    }

    async fn last_error(&self, row: &Row, events: &[StoredEvent]) -> Result<Option<LastError>, Box<ErrorAnswer>> {
        let closed = self.store.closed_operations(row.key, LOOKED_THROUGH_MAX).await.map_err(from_store)?;
        let told = self.store.notifications(row.account, Some(row.key), None, LOOKED_THROUGH_MAX);
        Ok(last_error::newest(&row.state, events, &closed, &told.await.map_err(from_store)?))
    }
}

fn explained(
    e: &Entitlement,
    facts: &RouteFacts,
    events: &[StoredEvent],
    verbs: &[(VerbName, Result<(), Rejection>)],
    last_error: Option<&LastError>,
) -> String {
    let turning = events.iter().rev().map(|stored| &stored.event).find(|event| event.sets.iter().any(is_status));
    let since = turning.map_or(e.record.date_created, |event| event.at);
    let sentence = Situation { e, facts, verbs, events, turning, since }.sentence();
    explain_body(&Explanation {
        entitlement: e,
        sentence: &sentence,
        awaited: awaited(e, facts),
        since,
        deadline: deadline(e),
        ends_at: ends_at(e),
        operation_type: e.operation.as_ref().map(|operation| ask_word(&operation.ask)),
        verbs,
        last_error,
    })
}

/// Whether a field change is one of the status: events keep no change that is none.
const fn is_status(set: &Set) -> bool {
    matches!(set, Set::Status(_) | Set::Record(_))
}

/// What is waited for ends by itself: the pending time-out, or a queued operation's deadline.
fn deadline(e: &Entitlement) -> Option<Moment> {
    let queued = e.operation.as_ref().and_then(|operation| operation.deadline);
    [e.pending_until, queued].into_iter().flatten().min()
}

/// While it is open: a planned end or the expiry, whichever comes first.
fn ends_at(e: &Entitlement) -> Option<Moment> {
    let planned = e.record.date_ended.filter(|_| e.ending.is_some());
    [planned, e.record.date_expiry].into_iter().flatten().filter(|_| e.record.status.is_open()).min()
}

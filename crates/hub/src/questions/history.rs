//! History: the stored events of one entitlement folded step by step, and what the rules foretell
//! (docs/API.md section 4.10).

use crate::Hub;
use crate::answer::Answer;
use crate::catalog::Account;
use crate::execute::{from_store, not_found};
use crate::http::state_word;
use entitlement::{Entitlement, Event, apply, born_from, forecast};
use std::collections::HashMap;
use std::sync::Arc;
use store::{Row, StoredEvent, StoredNotification};
use wire::{ErrorAnswer, HistoryBody, HistoryEvent};

/// The newest events shown; `parameters.olderEvents` counts the others.
const EVENTS_MAX: usize = 1_000;

impl Hub {
    /// What happened to an entitlement, and what is planned.
    pub(crate) async fn history(&self, account: &Arc<Account>, id: &str) -> Result<Answer, Box<ErrorAnswer>> {
        let row = self.find(account, id).await?.ok_or_else(not_found)?;
        let happened = self.happened(&row).await?;
        let told = self.store.notifications(account.id, Some(row.key), None, EVENTS_MAX).await.map_err(from_store)?;
        let route = account.route(&row.state.record.merchant_account_key);
        let planned = route.map(|route| forecast(&row.state, &route.facts)).unwrap_or_default();
        Ok(Answer::plain(200, print(&row, &happened, &told, &planned, EVENTS_MAX)))
    }

    /// The events up to the row as it was read: a later one would not agree with it.
    pub(crate) async fn happened(&self, row: &Row) -> Result<Vec<StoredEvent>, Box<ErrorAnswer>> {
        let mut events = self.store.history(row.key, None).await.map_err(from_store)?;
        events.retain(|stored| stored.sequence <= row.last_event);
        Ok(events)
    }
}

/// All that happened, however much it is: the list alone, without an envelope.
pub(crate) fn whole(row: &Row, happened: &[StoredEvent], told: &[StoredNotification]) -> String {
    let body = print(row, happened, told, &[], usize::MAX);
    // Only a member's name can look like this: inside a string its quotation marks are escaped.
    let events = body.split_once("\"events\":").and_then(|(_, rest)| rest.strip_suffix('}'));
    events.unwrap_or("[]").to_owned()
}

fn print(
    row: &Row,
    happened: &[StoredEvent],
    told: &[StoredNotification],
    planned: &[Event],
    events_max: usize,
) -> String {
    let older = happened.len().saturating_sub(events_max);
    let notifications: HashMap<u32, (String, &'static str)> =
        told.iter().map(|one| (one.event, (one.id().to_string(), state_word(one.state)))).collect();
    let mut body = HistoryBody::new(&row.state.record.entitlement_id, older);
    let mut folded: Option<Entitlement> = None;
    for (at, stored) in happened.iter().enumerate() {
        let before = folded.clone();
        let Some(after) = fold_on(&mut folded, &stored.event) else { continue };
        if at >= older {
            let notification = notifications.get(&stored.sequence).map(|(id, state)| (id.as_str(), *state));
            body.push(&HistoryEvent {
                event: &stored.event,
                planned: false,
                before: before.as_ref().map(|before| &*before.record),
                after: &after.record,
                request_id: stored.request.as_deref(),
                notification,
            });
        }
    }
    for event in planned {
        let before = folded.clone();
        let Some(after) = fold_on(&mut folded, event) else { continue };
        let before = before.as_ref().map(|before| &*before.record);
        let (request_id, notification) = (None, None);
        body.push(&HistoryEvent { event, planned: true, before, after: &after.record, request_id, notification });
    }
    body.finish()
}

/// The state with one more event.
fn fold_on<'a>(state: &'a mut Option<Entitlement>, event: &Event) -> Option<&'a Entitlement> {
    match state {
        Some(e) => apply(e, event),
        None => *state = born_from(event),
    }
    state.as_ref()
}

//! Printing a page: every event with the record as its commit left it. A create carries its record;
//! for anything else the row or the history is asked once a page, and kept on from there.

use super::{Answered, Fed};
use crate::Hub;
use entitlement::{Entitlement, Event, NotificationReason, NotifySwitches, apply, born_from, effects};
use ids::EntitlementKey;
use std::collections::HashMap;
use wire::{FeedBody, FeedEvent};

/// What a notification about an event says does not depend on whether one is sent.
const EVERYTHING: NotifySwitches = NotifySwitches { own_changes: true, on_create: true };

impl Hub {
    pub(super) async fn feed_body(&self, cursor: u64, events: &[Fed]) -> Answered<String> {
        let mut body = FeedBody::begin(cursor, events.len());
        let mut states: HashMap<EntitlementKey, Entitlement> = HashMap::new();
        let mut rest = events;
        while let Some((key, first)) = rest.first() {
            let version = first.event.version;
            let is_same = |(other, stored): &&Fed| other == key && stored.event.version == version;
            let (commit, after) = rest.split_at(rest.iter().take_while(is_same).count());
            let state = match kept_on(states.remove(key), commit, after.is_empty()) {
                Some(state) => state,
                None => self.state_at(Some(*key), version).await?,
            };
            for (_, stored) in commit {
                body.push(&FeedEvent {
                    position: stored.position,
                    at: stored.event.at,
                    kind: stored.event.kind,
                    reason: reason(&stored.event, &state, commit.len()),
                    record: &state.record,
                });
            }
            states.insert(*key, state);
            rest = after;
        }
        Ok(body.finish())
    }
}

/// The state after a commit, from the one before it or from its own create; `None` where neither is
/// there, or where the page may end amid the commit.
fn kept_on(before: Option<Entitlement>, commit: &[Fed], may_go_on: bool) -> Option<Entitlement> {
    if may_go_on {
        return None;
    }
    let mut events = commit.iter().map(|(_, stored)| &stored.event);
    let mut state = match before {
        Some(state) => state,
        None => born_from(events.next()?)?,
    };
    events.for_each(|event| apply(&mut state, event));
    Some(state)
}

/// What a notification about the event says. A create is told as it was before what followed it in
/// its commit; nothing else depends on the state.
fn reason(event: &Event, after: &Entitlement, events_of_commit: usize) -> Option<NotificationReason> {
    let born = if events_of_commit > 1 { born_from(event) } else { None };
    effects(born.as_ref().unwrap_or(after), event, EVERYTHING)
}

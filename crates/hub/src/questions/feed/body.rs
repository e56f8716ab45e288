//! Printing a page: every event with the record as its commit left it. A create carries its record;
//! for anything else the row or the history is asked once a page, and kept on from there.

use super::{Answered, Fed};
use crate::Hub;
use entitlement::{Entitlement, Event, NotificationReason, NotifySwitches, apply, born_from, born_of, effects};
use ids::EntitlementKey;
use std::collections::HashMap;
use wire::{FeedBody, FeedEvent};

/// What a notification about an event says does not depend on whether one is sent.
const EVERYTHING: NotifySwitches = NotifySwitches { own_changes: true, on_create: true };

impl Hub {
    pub(super) async fn feed_body(&self, cursor: u64, mut events: Vec<Fed>) -> Answered<String> {
        let mut body = FeedBody::begin(cursor, events.len());
        // States are kept only of what comes again: most entitlements stand on a page once.
        let mut to_come: HashMap<EntitlementKey, usize> = HashMap::with_capacity(events.len());
        events.iter().for_each(|(key, _)| *to_come.entry(*key).or_default() += 1);
        let mut states: HashMap<EntitlementKey, Entitlement> = HashMap::new();
        let mut rest = events.as_mut_slice();
        while let Some((key, first)) = rest.first() {
            let (key, version) = (*key, first.event.version);
            let is_same = |(other, stored): &&Fed| *other == key && stored.event.version == version;
            let same = rest.iter().take_while(is_same).count();
            let (commit, after) = rest.split_at_mut(same);
            let state = match kept_on(states.remove(&key), commit, after.is_empty()) {
                Some(state) => state,
                None => self.state_at(Some(key), version).await?,
            };
            for (_, stored) in commit.iter() {
                body.push(&FeedEvent {
                    position: stored.position,
                    at: stored.event.at,
                    kind: stored.event.kind,
                    reason: reason(&stored.event, &state, commit.len()),
                    record: &state.record,
                });
            }
            if let Some(left) = to_come.get_mut(&key).filter(|left| **left > same) {
                *left -= same;
                states.insert(key, state);
            }
            rest = after;
        }
        Ok(body.finish())
    }
}

/// The state after a commit, from the one before it or from its own create; `None` where neither is
/// there, or where the page may end amid the commit.
fn kept_on(before: Option<Entitlement>, commit: &mut [Fed], may_go_on: bool) -> Option<Entitlement> {
    if may_go_on {
        return None;
    }
    let (mut state, from) = match (before, &mut *commit) {
        (Some(state), _) => (state, 0),
        (None, [(_, only)]) => (born_of(&mut only.event)?, 1),
        (None, many) => (born_from(&many.first()?.1.event)?, 1),
    };
    commit.iter().skip(from).for_each(|(_, stored)| apply(&mut state, &stored.event));
    Some(state)
}

/// What a notification about the event says. A create is told as it was before what followed it in
/// its commit; nothing else depends on the state.
fn reason(event: &Event, after: &Entitlement, events_of_commit: usize) -> Option<NotificationReason> {
    let born = if events_of_commit > 1 { born_from(event) } else { None };
    effects(born.as_ref().unwrap_or(after), event, EVERYTHING)
}

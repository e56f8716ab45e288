//! Notifications: of each entitlement all that the feed promises, each first attempt only after the one before
//! was taken. The same `webhook-id` again is the same one, and counts once.

use crate::order::is_within;
use crate::recording::{Arrived, Event, Recording};
use crate::verdict::{Kind, Verdict};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) fn check(recording: &Recording, verdict: &mut Verdict) {
    let expected = promised(&recording.afterwards.feed);
    let mut arrived: BTreeMap<&str, Vec<&Arrived>> = BTreeMap::new();
    for one in &recording.afterwards.arrived {
        arrived.entry(one.body["entitlementId"].as_str().unwrap_or_default()).or_default().push(one);
    }
    for (id, events) in expected.iter().filter(|(_, events)| !events.is_empty()) {
        lane(id, events, &arrived.remove(id).unwrap_or_default(), verdict);
    }
    for (id, arrived) in arrived {
        verdict.add(Kind::NotificationWrong, format!("{id}: {} came, none should", arrived.len()));
    }
}

/// What has to come of each entitlement. Who creates is answered, and not told besides: what leaves the record as
/// it was created belongs to the create, until something has changed it.
pub(crate) fn promised(feed: &[Event]) -> BTreeMap<&str, Vec<&Event>> {
    let mut promised: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    let mut created: BTreeMap<&str, Option<&Value>> = BTreeMap::new();
    for event in feed {
        let first = created.entry(&event.entitlement).or_insert(Some(&event.record));
        if *first == Some(&event.record) {
            continue;
        }
        *first = None;
        if !event.notification.is_empty() {
            promised.entry(&event.entitlement).or_default().push(event);
        }
    }
    promised
}

fn lane(id: &str, events: &[&Event], arrived: &[&Arrived], verdict: &mut Verdict) {
    let mut firsts: Vec<&Arrived> = Vec::new();
    let mut taken = 0;
    for one in arrived {
        let sequence = sequence(one);
        match firsts.get(sequence.wrapping_sub(1)) {
            Some(first) if first.id == one.id && first.body == one.body => {}
            Some(first) => {
                verdict.add(Kind::NotificationWrong, format!("{id}: {sequence} is {} and {}", first.id, one.id))
            }
            None if sequence == firsts.len() + 1 && taken == firsts.len() => firsts.push(one),
            None => {
                let what = format!("{id}: {sequence} came when {} had come and {taken} were taken", firsts.len());
                verdict.add(Kind::NotificationOrder, what);
                return;
            }
        }
        if one.taken {
            taken = taken.max(sequence);
        }
    }
    if taken < events.len() {
        verdict.add(Kind::NotificationMissing, format!("{id}: {taken} of {} were taken", events.len()));
    }
    for (one, event) in firsts.iter().zip(events) {
        if !says(one, event) {
            let what = format!("{id}: {} says {}\n    and the feed {event:?}", sequence(one), one.body);
            verdict.add(Kind::NotificationWrong, what);
        }
    }
    if firsts.len() > events.len() {
        verdict.add(Kind::NotificationWrong, format!("{id}: {} came, {} should", firsts.len(), events.len()));
    }
}

fn sequence(one: &Arrived) -> usize {
    one.body["notificationSequence"].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

fn says(one: &Arrived, event: &Event) -> bool {
    let (Some(record), Some(body)) = (event.record.as_object(), one.body.as_object()) else { return false };
    one.body["notificationReason"] == event.notification.as_str() && is_within(record, body)
}

//! Lanes against their notifications: numbers without gaps, the head where it has to be, and each
//! notification telling of an event that obliges it.

use super::finding::At;
use super::{Check, Context};
use entitlement::{NotificationReason, NotifySwitches, apply, born_from, effects};
use ids::TargetId;
use std::collections::{BTreeMap, BTreeSet};
use store::{Examined, ExaminedLane, NotificationState, StoredEvent, StoredNotification};

/// Everything that may be told of is told; what a reseller has switched off is simply not there.
const ALL: NotifySwitches = NotifySwitches { own_changes: true, on_create: true };

/// `history`: none where it was dropped, and nobody can say what it obliged.
pub(super) fn check(examined: &Examined, history: Option<&[StoredEvent]>, context: &Context<'_>, at: &mut At) {
    let Ok(notifications) = &examined.notifications else {
        return;
    };
    let lanes: BTreeMap<TargetId, &ExaminedLane> = examined.lanes.iter().map(|lane| (lane.target, lane)).collect();
    let mut told: BTreeMap<TargetId, Vec<&StoredNotification>> = BTreeMap::new();
    for one in notifications {
        told.entry(one.target).or_default().push(one);
    }
    let targets: BTreeSet<TargetId> = lanes.keys().chain(told.keys()).copied().collect();
    for target in targets {
        let waiting = told.get(&target).map_or(&[][..], Vec::as_slice);
        match lanes.get(&target) {
            None => at.say(Check::Lane, format!("target {} has notifications and no lane", target.0)),
            Some(lane) => of_lane(lane, waiting, first_kept(examined, lane, waiting), context, at),
        }
    }
    if let Some(history) = history {
        of_events(notifications, history, at);
    }
}

/// The number that a lane begins with: the first, or, where older ones were dropped, the first that is there.
fn first_kept(examined: &Examined, lane: &ExaminedLane, told: &[&StoredNotification]) -> u32 {
    if examined.notifications_were_dropped { told.first().map_or(lane.next, |one| one.sequence) } else { 1 }
}

fn of_lane(lane: &ExaminedLane, told: &[&StoredNotification], first: u32, context: &Context<'_>, at: &mut At) {
    let name = format!("the lane to target {}", lane.target.0);
    let mut last = first.saturating_sub(1);
    for one in told {
        let sequence = one.sequence;
        let is_restored = || context.restorations.iter().any(|one| one.lane_floor == sequence);
        if sequence != last + 1 && !is_restored() {
            at.say(Check::Lane, format!("{name} has number {sequence} after {last}"));
        }
        last = sequence;
    }
    let next = lane.next;
    at.say_if(
        (told.is_empty() && first == 1) || next != last.saturating_add(1),
        Check::Lane,
        format!("{name} gives out {next} next, its last notification is {last}"),
    );
    let first_waiting = told.iter().find(|one| one.state == NotificationState::Waiting).map(|one| one.sequence);
    let (head, due) = (lane.head, first_waiting.unwrap_or(next));
    at.say_if(head != due, Check::Lane, format!("{name} stands at {head}, the first that waits is {due}"));
    let waits_behind = told.iter().filter(|one| one.sequence > due).all(|one| one.state == NotificationState::Waiting);
    at.say_if(!waits_behind, Check::Lane, format!("{name} has sent one behind number {due}, which waits"));
    let is_due = lane.attempt_at.is_some();
    at.say_if(
        is_due != first_waiting.is_some(),
        Check::Lane,
        if is_due {
            format!("{name} has a moment to send at, and nothing waits")
        } else {
            format!("{name} has number {due} waiting and no moment to send it")
        },
    );
}

fn of_events(notifications: &[StoredNotification], history: &[StoredEvent], at: &mut At) {
    let obliged = obliged(history);
    for one in notifications {
        let name = format!("notification {}", one.id());
        match obliged.get(&one.event) {
            None => at.say(Check::Notification, format!("{name} tells of event {}, which is not there", one.event)),
            Some((version, _)) if *version != one.version => {
                let what = format!("{name} shows version {}, its event made version {version}", one.version);
                at.say(Check::Notification, what);
            }
            Some((_, reason)) if *reason != Some(one.reason) => {
                let what = format!("{name} says {}, which its event does not", one.reason.as_str());
                at.say(Check::Notification, what);
            }
            Some(_) => {}
        }
    }
}

/// By event: its version, and what it obliges at most.
fn obliged(history: &[StoredEvent]) -> BTreeMap<u32, (u32, Option<NotificationReason>)> {
    let mut obliged = BTreeMap::new();
    let Some((first, rest)) = history.split_first() else {
        return obliged;
    };
    let Some(mut state) = born_from(&first.event) else {
        return obliged;
    };
    obliged.insert(first.sequence, (first.event.version, effects(&state, &first.event, ALL)));
    for stored in rest {
        apply(&mut state, &stored.event);
        obliged.insert(stored.sequence, (stored.event.version, effects(&state, &stored.event, ALL)));
    }
    obliged
}

//! Holds: SUSPENDED exactly while there is one.

use super::{roll_back, status_when_running};
use crate::draft::Draft;
use crate::extension::{SUSPEND_REASON, write_reason};
use crate::{Duty, Ending, EventKind, Hold, Party, Reason, Set, Status};
use alloc::vec::Vec;

/// Sets a party's hold, or replaces its reason; without a new reason the old one stays.
pub(crate) fn set_hold(d: &mut Draft<'_>, owner: Party, reason: Option<Reason>, also: Vec<Set>) {
    if d.after.pending_update.is_some() {
        roll_back(d);
        d.owe(Duty::UpdateBack);
    }
    let old = d.after.holds.of(owner);
    let hold = Hold {
        since: old.map_or(d.now(), |hold| hold.since),
        reason: reason.clone().or_else(|| old.and_then(|hold| hold.reason.clone())),
    };
    let mut data = d.after.record.extension_data.clone();
    write_reason(&mut data, SUSPEND_REASON, reason.as_ref());
    let mut sets = also;
    sets.extend([Set::Hold(owner, Some(hold)), Set::ExtensionData(data)]);
    if d.after.holds.is_empty() {
        sets.extend([Set::Status(Status::Suspended), Set::DateSuspended(d.today())]);
        d.push(EventKind::Suspended, reason, sets);
    } else {
        d.along_if_changed(EventKind::HoldChanged, reason, sets);
    }
}

/// Lifts a party's hold; the last one resumes.
pub(crate) fn lift_hold(d: &mut Draft<'_>, owner: Party, reason: Option<Reason>, also: Vec<Set>) {
    if d.after.holds.of(owner).is_none() {
        return;
    }
    let mut sets = also;
    sets.push(Set::Hold(owner, None));
    if is_last(d, owner) {
        sets.extend([Set::Status(status_when_running(&d.after)), Set::DateResumed(d.today())]);
        let resumed_since = d.after.ending.clone().map(|ending| Ending { resumed_since: true, ..ending });
        sets.push(Set::Ending(resumed_since));
        d.push(EventKind::Resumed, reason, sets);
    } else {
        d.push(EventKind::HoldChanged, reason, sets);
    }
}

fn is_last(d: &Draft<'_>, owner: Party) -> bool {
    [Party::Reseller, Party::Merchant, Party::Hub]
        .into_iter()
        .all(|other| other == owner || d.after.holds.of(other).is_none())
}

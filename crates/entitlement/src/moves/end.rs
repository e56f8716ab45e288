//! Ends: at once, planned, and taken back.

use super::roll_back;
use crate::draft::Draft;
use crate::extension::{CANCEL_REASON, merged, without, write_reason};
use crate::{Duty, Ending, EventKind, Holds, JsonObject, Moment, Reason, Set, Stage, Status};
use alloc::vec::Vec;

/// An end at once.
pub(crate) struct End {
    /// REVOKED instead of CANCELLED.
    pub(crate) revoked: bool,
    /// The date shown.
    pub(crate) at: Moment,
    /// Why.
    pub(crate) reason: Option<Reason>,
    /// The reason is written into extensionData: endings by merchant or hub. A reseller's own
    /// stands there already, under the names it sent.
    pub(crate) writes_reason: bool,
    /// Merged into extensionData.
    pub(crate) extension: JsonObject,
    /// What else changes along with it.
    pub(crate) also: Vec<Set>,
}

impl End {
    /// An end now, by merchant or hub.
    pub(crate) fn now(at: Moment, reason: Option<Reason>) -> Self {
        Self { revoked: false, at, reason, writes_reason: true, extension: JsonObject::new(), also: Vec::new() }
    }
}

/// Ends it. What was planned, held or pending goes, and so does an open operation, unless it is
/// in flight: that one is closed by its own answer.
pub(crate) fn end(d: &mut Draft<'_>, end: End) {
    roll_back(d);
    let mut data = merged(&d.after.record.extension_data, &end.extension);
    if end.writes_reason {
        write_reason(&mut data, CANCEL_REASON, end.reason.as_ref());
    }
    let mut sets = end.also;
    sets.push(Set::ExtensionData(data));
    let status = if end.revoked { Status::Revoked } else { Status::Cancelled };
    sets.extend([
        Set::Status(status),
        Set::DateEnded(Some(end.at.whole_second())),
        Set::Holds(Holds::default()),
        Set::Ending(None),
        Set::PendingUntil(None),
        Set::MerchantsTurn(false),
        Set::Wish(None),
    ]);
    let kind = if end.revoked { EventKind::Revoked } else { EventKind::Cancelled };
    d.push(kind, end.reason, sets);
    if d.after.operation.as_ref().is_some_and(|operation| operation.stage != Stage::InFlight) {
        d.close();
    }
    d.owe_nothing();
}

/// Ends one that was never active: a wish kept since its create failed decides how, and why.
pub(crate) fn end_first(d: &mut Draft<'_>, given: End) {
    let Some(wish) = d.after.wish.clone() else {
        return end(d, given);
    };
    let (reason, writes_reason) = match wish.reason {
        Some(reason) => (Some(reason), false),
        None => (given.reason, given.writes_reason),
    };
    end(d, End { revoked: wish.revoke, reason, writes_reason, ..given });
}

/// Plans an end, or moves its date; nothing where it stands there so already.
pub(crate) fn plan_end(d: &mut Draft<'_>, at: Moment, ending: Ending, reason: Option<Reason>, also: Vec<Set>) {
    if d.after.pending_update.is_some() {
        roll_back(d);
        d.owe(Duty::UpdateBack);
    }
    let mut sets = also;
    if d.after.record.status == Status::Active {
        sets.push(Set::Status(Status::ActiveEnding));
    }
    sets.extend([Set::DateEnded(Some(at.whole_second())), Set::Ending(Some(ending))]);
    d.push_if_changed(EventKind::EndingPlanned, reason, sets);
}

/// Takes a planned end back, and the reason keys that came with it.
pub(crate) fn undo_end(d: &mut Draft<'_>, also: Vec<Set>) {
    let Some(ending) = d.after.ending.clone() else {
        return;
    };
    let mut sets = also;
    if d.after.record.status == Status::ActiveEnding {
        sets.push(Set::Status(Status::Active));
    }
    let data = without(&d.after.record.extension_data, &ending.reason_keys);
    sets.extend([Set::DateEnded(None), Set::Ending(None), Set::ExtensionData(data)]);
    d.push(EventKind::EndingUndone, None, sets);
}

//! From a decision to a change: the row after it, its due moment and slot, the notifications its
//! events oblige. One place, for requests and workers alike.

use super::merchant::ask_word;
use crate::catalog::{Account, Route};
use crate::refusal;
use entitlement::{
    Decision, Entitlement, Event, Moment, NotificationReason, NotifySwitches, Reply, RowAfter, Set, carry_out_telling,
    effects, next_due,
};
use ids::{AccountId, EntitlementKey, OperationId, RouteId, TargetId};
use merchants::Promise;
use store::{AuditEntry, Change, ClaimChange, ClosedOperation, NewCallback, Notice, Row, RowChange};
use wire::{NOTIFICATION_FORM, NOTIFICATION_REASON_FIELD, Switches};

/// A change in the making: one or more decisions about one entitlement, to be committed at once.
pub(crate) struct Draft {
    /// The row's place; its state stands in `before` and `after`.
    place: Place,
    /// The state that lies in the store; `None` for a new row.
    before: Option<Entitlement>,
    /// `None` once a create came to nothing.
    after: Option<Entitlement>,
    events: Vec<Event>,
    notices: Vec<Notice>,
    callbacks: Vec<NewCallback>,
    closed: Option<ClosedOperation>,
    audit: Option<Box<AuditEntry>>,
    /// One word for what ends the stored operation, where its own answer does not.
    overtaken_by: &'static str,
}

/// A row without its state.
struct Place {
    key: EntitlementKey,
    account: AccountId,
    route: RouteId,
    own_id: Option<String>,
    slot: Option<u32>,
    revision: u32,
    last_event: u32,
}

impl Draft {
    /// A change of a stored row.
    pub(crate) fn of(row: Row) -> Self {
        let Row { key, account, route, own_id, slot, revision, last_event, due_at: _, state } = row;
        let place = Place { key, account, route, own_id, slot, revision, last_event };
        Self::at(place, Some(state.clone()), state)
    }

    fn at(place: Place, before: Option<Entitlement>, state: Entitlement) -> Self {
        Self {
            place,
            before,
            after: Some(state),
            events: Vec::new(),
            notices: Vec::new(),
            callbacks: Vec::new(),
            closed: None,
            audit: None,
            overtaken_by: "",
        }
    }

    /// A new row; its state is the create's intent.
    pub(crate) fn new_row(
        key: EntitlementKey,
        account: &Account,
        route: &Route,
        own_id: Option<String>,
        slot: u32,
        state: Entitlement,
    ) -> Self {
        let (account, route, slot) = (account.id, route.id, Some(slot));
        let place = Place { key, account, route, own_id, slot, revision: 0, last_event: 0 };
        Self::at(place, None, state)
    }

    /// The state as it will be; `None` once a create came to nothing.
    pub(crate) fn state(&self) -> Option<&Entitlement> {
        self.after.as_ref()
    }

    /// The operation that will be open.
    pub(crate) fn operation(&self) -> Option<OperationId> {
        self.after.as_ref()?.operation.as_ref().map(|operation| operation.id)
    }

    /// The entitlement's key.
    pub(crate) fn key(&self) -> EntitlementKey {
        self.place.key
    }

    /// The notifications it obliges, in their order.
    pub(crate) fn told(&self) -> Vec<NotificationReason> {
        self.notices.iter().map(|notice| notice.reason).collect()
    }

    /// Whether there is nothing to commit.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.before.is_some() && self.after == self.before
    }

    /// Adds a decision.
    pub(crate) fn decide(&mut self, decision: &Decision, account: &Account) {
        if self.after.is_some() {
            self.carry_out(decision, account);
            self.events.extend(decision.events.iter().cloned());
        }
    }

    /// Adds a decision that nobody needs afterwards, but for its reply: its events are not copied.
    pub(crate) fn take(&mut self, decision: Decision, account: &Account) -> Reply {
        if self.after.is_some() {
            self.carry_out(&decision, account);
            self.events.extend(decision.events);
        }
        decision.reply
    }

    /// Adds what the test merchant promised.
    pub(crate) fn promise(&mut self, promises: Vec<Promise>) {
        let key = self.place.key;
        self.callbacks.extend(promises.into_iter().map(|promise| NewCallback {
            key,
            at: promise.at,
            says: promise.says,
        }));
    }

    /// Writes down who did it, where it was an operator.
    pub(crate) fn audit(&mut self, entry: AuditEntry) {
        self.audit = Some(Box::new(entry));
    }

    /// Keeps an ended operation for operators and late repeats.
    pub(crate) fn close(&mut self, closed: ClosedOperation) {
        self.closed = Some(closed);
    }

    /// Moves the row to another slot (its customer changed).
    pub(crate) fn take_slot(&mut self, slot: u32) {
        self.place.slot = Some(slot);
    }

    /// The change.
    pub(crate) fn finish(self, at: Moment, claim: ClaimChange, request: Option<String>) -> Change {
        let empty = self.is_empty();
        let closed = self.closed.clone().or_else(|| self.overtaken(at));
        let account = self.place.account;
        let audit = self.audit.map(|entry| {
            // In the audit an entitlement is told by its status.
            let status = |state: &Entitlement| state.record.status.to_string();
            Box::new(AuditEntry {
                before: self.before.as_ref().map(status),
                after: self.after.as_ref().map(status),
                ..*entry
            })
        });
        let stored = self.before.is_some();
        let row = match (self.after, stored) {
            (_, true) if empty => RowChange::None,
            (Some(state), true) => RowChange::Update(Box::new(row_after(self.place, state, self.events.len()))),
            (Some(state), false) => RowChange::Insert(Box::new(row_after(self.place, state, self.events.len()))),
            (None, true) => RowChange::Remove { key: self.place.key, revision: self.place.revision },
            (None, false) => RowChange::None,
        };
        let wakes_lanes = stored && changes_url(&self.events);
        Change {
            account,
            at,
            claim,
            row,
            events: self.events,
            request,
            notices: self.notices,
            callbacks: self.callbacks,
            callback_done: None,
            wakes_lanes,
            closed,
            audit,
        }
    }

    /// The stored operation, if it is over: it is kept for operators, whatever ended it.
    fn overtaken(&self, at: Moment) -> Option<ClosedOperation> {
        let over = self.before.as_ref()?.operation.as_ref()?;
        let open = self.after.as_ref().and_then(|after| after.operation.as_ref());
        open.is_none_or(|open| open.id != over.id).then(|| ClosedOperation {
            id: over.id,
            key: self.place.key,
            kind: ask_word(&over.ask).to_owned(),
            outcome: self.overtaken_by.to_owned(),
            opened_at: over.opened_at,
            closed_at: at,
        })
    }

    /// The state after a decision; every event obliges its notification.
    fn carry_out(&mut self, decision: &Decision, account: &Account) {
        let Some(before) = self.after.take() else {
            return;
        };
        let switches = NotifySwitches {
            own_changes: account.switches.notify_own_changes,
            on_create: account.switches.notify_on_create,
        };
        let reason_field = own_reason_field(&account.switches);
        let (mut at, notices) = (self.events.len(), &mut self.notices);
        let after = carry_out_telling(before, decision, |after, event| {
            let has_target = after.record.notification_url.is_some() || account.default_url.is_some();
            let reason = effects(after, event, switches).filter(|_| has_target);
            notices.extend(reason.map(|reason| Notice {
                target: TargetId::OWN,
                event: at,
                reason,
                form: NOTIFICATION_FORM,
                reason_field: reason_field.clone(),
                not_before: None,
            }));
            at += 1;
        });
        debug_assert!(decision.row == RowAfter::Removed || after.is_some());
        self.after = after;
        self.overtaken_by = reply_word(&decision.reply);
    }
}

/// The member that carries the reason, where it is not the usual one.
fn own_reason_field(switches: &Switches) -> Option<String> {
    let field = switches.notification_reason_field.as_ref();
    (field != NOTIFICATION_REASON_FIELD).then(|| field.to_owned())
}

fn changes_url(events: &[Event]) -> bool {
    events.iter().flat_map(|event| &event.sets).any(|set| matches!(set, Set::NotificationUrl(_)))
}

fn row_after(before: Place, state: Entitlement, new_events: usize) -> Row {
    let Place { key, account, route, own_id, slot, revision, last_event } = before;
    let open = state.record.status.is_open();
    Row {
        key,
        account,
        route,
        own_id,
        slot: slot.filter(|_| open),
        revision: revision + 1,
        last_event: last_event + u32::try_from(new_events).unwrap_or(u32::MAX),
        due_at: next_due(&state),
        state,
    }
}

/// One word for how an operation ended that its own answer did not end.
fn reply_word(reply: &Reply) -> &'static str {
    match reply {
        Reply::Refused(refused) => refusal::refused(refused, &Switches::default()).rule,
        Reply::Failed(failure) => refusal::failed(*failure).rule,
        Reply::NotDone => refusal::not_done().rule,
        Reply::AskMerchant => "superseded",
        Reply::Done | Reply::Waiting | Reply::Queued | Reply::UserActs { .. } | Reply::Unknown => "overtaken",
    }
}

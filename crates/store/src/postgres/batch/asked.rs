//! What the look asks: columns, each list in the order in which rows are held.

use super::Entry;
use crate::postgres::values::{Id, Value, number};
use crate::{ClaimChange, RowChange};
use ids::{RequestIdentity, parse_uuid};

/// Columns of what is asked.
#[derive(Debug, Default)]
pub(super) struct Asked<'a> {
    pub(super) waiting: Waiting<'a>,
    /// Of rows that are changed, ascending.
    pub(super) keys: Vec<Id>,
    /// That are carried out, ascending.
    pub(super) callbacks: Vec<i64>,
    pub(super) taken: Taken<'a>,
    pub(super) adds_to_audit: bool,
}

/// Claims that are answered or freed, in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Waiting<'a> {
    places: Vec<i64>,
    homes: Vec<i64>,
    identities: Vec<&'a str>,
}

/// What must be free.
#[derive(Debug, Default)]
pub(super) struct Taken<'a> {
    places: Vec<i64>,
    /// Of the identities.
    homes: Vec<i64>,
    identities: Vec<Option<&'a str>>,
    new_keys: Vec<Option<Id>>,
    public_ids: Vec<Option<&'a str>>,
    own_keys: Vec<Option<Id>>,
    live: Vec<bool>,
    owners: Vec<Option<i64>>,
    customers: Vec<Option<&'a str>>,
    routes: Vec<Option<i64>>,
    slots: Vec<Option<i64>>,
    keys: Vec<Option<Id>>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(entries: &[Entry<'a>]) -> Self {
        let mut asked = Self::default();
        let mut waiting = Vec::new();
        for (place, entry) in (0_i64..).zip(entries) {
            let change = &entry.prepared.change;
            if let ClaimChange::Answer(_) | ClaimChange::Free(_) = &change.claim
                && let Some(identity) = change.claim.identity()
            {
                waiting.push((entry.home_of(identity), identity.as_str(), place));
            }
            asked.keys.extend(expected(&change.row).map(|(key, _)| Id::from(key)));
            asked.callbacks.extend(change.callback_done.map(number));
            asked.adds_to_audit |= change.audit.is_some();
            asked.taken.push(place, *entry);
        }
        waiting.sort_unstable();
        for (home, identity, place) in waiting {
            asked.waiting.places.push(place);
            asked.waiting.homes.push(home);
            asked.waiting.identities.push(identity);
        }
        asked.keys.sort_unstable();
        asked.callbacks.sort_unstable();
        asked
    }
}

impl Waiting<'_> {
    pub(super) const fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn values(&self) -> Vec<Value<'_>> {
        vec![&self.places, &self.homes, &self.identities]
    }
}

impl<'a> Taken<'a> {
    fn push(&mut self, place: i64, entry: Entry<'a>) {
        let change = &entry.prepared.change;
        let new = match &change.row {
            RowChange::Insert(row) => Some(row),
            RowChange::None | RowChange::Update(_) | RowChange::Remove { .. } => None,
        };
        let own_id = new.and_then(|row| row.own_id.as_deref());
        // Only what wants a slot may find it occupied.
        let row = change.row().filter(|row| row.slot.is_some());
        self.places.push(place);
        let identity = match &change.claim {
            ClaimChange::Insert(claim) => Some(&claim.identity),
            ClaimChange::None
            | ClaimChange::Answer(_)
            | ClaimChange::AnswerOf(..)
            | ClaimChange::Free(_)
            | ClaimChange::FreeOf(_) => None,
        };
        self.homes.push(identity.map_or(0, |identity| entry.home_of(identity)));
        self.identities.push(identity.map(RequestIdentity::as_str));
        self.new_keys.push(new.map(|row| row.key.into()));
        self.public_ids.push(new.map(|_| own_id.unwrap_or(&entry.prepared.key)));
        self.own_keys.push(own_id.and_then(parse_uuid).map(Id));
        self.live.push(entry.account.live);
        self.owners.push(row.map(|row| row.account.0.into()));
        self.customers.push(row.map(|row| row.state.record.customer_identifier.as_str()));
        self.routes.push(row.map(|row| row.route.0.into()));
        self.slots.push(row.and_then(|row| row.slot).map(i64::from));
        self.keys.push(row.map(|row| row.key.into()));
    }

    pub(super) fn values(&self) -> Vec<Value<'_>> {
        let Self { places, homes, identities, new_keys, public_ids, own_keys, .. } = self;
        let Self { live, owners, customers, routes, slots, keys, .. } = self;
        vec![places, homes, identities, new_keys, public_ids, own_keys, live, owners, customers, routes, slots, keys]
    }
}

/// Which revision a change expects to find.
pub(super) fn expected(change: &RowChange) -> Option<(ids::EntitlementKey, u32)> {
    match change {
        RowChange::None | RowChange::Insert(_) => None,
        RowChange::Update(row) => Some((row.key, row.revision.saturating_sub(1))),
        RowChange::Remove { key, revision } => Some((*key, *revision)),
    }
}

//! A change made ready for an engine, on the caller's thread.

use crate::codec;
use crate::{Change, Rewriting, RowChange, StoreError};
use ids::{EntitlementKey, parse_uuid};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A change with its texts printed, on the caller's thread: who writes it only binds them.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) change: Change,
    /// The row's key as it is shown.
    pub(crate) key: String,
    /// What of the row has no column.
    pub(crate) rest: String,
    /// The field changes of each event.
    pub(crate) sets: Vec<String>,
}

impl Prepared {
    pub(crate) fn new(change: Change) -> Result<Self, StoreError> {
        let row = change.row();
        let events = u32::try_from(change.events.len()).unwrap_or(u32::MAX);
        let sound = row.map_or(events == 0, |row| row.last_event >= events)
            && change.notices.iter().all(|notice| notice.event < change.events.len());
        if !sound {
            return Err(StoreError::Unreadable("a change whose events, notices and row do not fit".into()));
        }
        let key = row.map(|row| row.key.to_string()).unwrap_or_default();
        let sets = change.events.iter().map(|event| codec::sets_text(&event.sets, &key)).collect();
        let rest = row.map(|row| codec::rest_text(&row.state)).unwrap_or_default();
        Ok(Self { change, key, rest, sets })
    }

    /// Entitlement, slot, identity and call-back, hashed: what a batch may hold once.
    pub(crate) fn keys(&self) -> Vec<u64> {
        let change = &self.change;
        let mut keys = Vec::with_capacity(4);
        if let Some(row) = change.row() {
            keys.push(hash((1, row.key)));
            if row.slot.is_some() {
                keys.push(hash((2, row.account, row.route, &row.state.record.customer_identifier)));
            }
            if let Some(id) = &row.own_id {
                keys.push(hash((3, id)));
                // It may be the key of another one.
                keys.extend(parse_uuid(id).map(|key| hash((1, EntitlementKey(key)))));
            }
        }
        keys.extend(change.callback_done.map(|id| hash((5, id))));
        if let RowChange::Remove { key, .. } = &change.row {
            keys.push(hash((1, *key)));
        }
        if let Some(identity) = change.claim.identity() {
            keys.push(hash((4, change.account, identity)));
        }
        keys
    }
}

/// The same of a rewriting.
pub(crate) fn keys_of(rewriting: &Rewriting) -> Vec<u64> {
    let entitlements = rewriting.entitlements.iter().map(|one| hash((1, one.row.key)));
    let claims = rewriting.claims.iter().map(|claim| hash((4, rewriting.account, &claim.identity)));
    entitlements.chain(claims).collect()
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

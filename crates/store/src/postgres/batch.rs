//! One transaction with many changes. First a look at everything that could stand in a change's way,
//! holding the rows that are changed; then all that passed is written and committed. Two round trips,
//! whatever the number.
//!
//! **What decides.** That a change conflicts is said by what the look found: rows that are committed.
//! That it succeeds is said by the database alone: inserts are plain, so that a key that was taken since
//! the look breaks the whole transaction off, and the batch is tried again, where the look then finds
//! whose it is. Rows that are changed are held from the look on, and their revisions compared. So a look
//! that finds nothing decides nothing, and READ COMMITTED is enough.
//!
//! **Whole or not at all.** A change that conflicts has written nothing: only those that passed every
//! check are written. A batch holds at most one change for each key (`Prepared::keys`), so that none of
//! them needs to see another.
//!
//! **Order.** Every batch takes rows in one order: claims, entitlements, call-backs, the audit, new
//! entitlements by slot, own ids, lanes, accounts; each sorted by its key. What is out of order all the same (two
//! removals crossing two own ids) PostgreSQL finds and breaks off, and the batch is tried again.
//!
//! **Positions.** Events get their places in the feed at the very end: the account's row is held from
//! there through COMMIT, and PostgreSQL shows a transaction to others before it lets go of its rows. So
//! whoever gets the next positions commits later, and whoever can read position n can read all below it.

mod asked;
mod beside;
mod claims;
mod entitlements;
mod events;
mod handed;
mod lanes;
mod look;
mod write;

pub(super) use handed::Leased;
pub(super) use look::{Checked, Looked, Number, look};
pub(super) use write::{Step, write};

use super::facts::Account;
use crate::Restoration;
use crate::prepared::Prepared;
use ids::{EntitlementKey, RequestIdentity};
use std::collections::HashMap;

/// A change in a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) prepared: &'a Prepared,
    pub(super) account: Account,
    /// Where the entitlement that it makes or changes is at home.
    pub(super) home: i64,
    /// Where it was before, once the look has told it: another one where somebody else is the customer now.
    pub(super) was_at: i64,
    /// The last restoration that the store went through.
    pub(super) restored: Option<Restoration>,
    /// Lanes that it finds empty are leased until then, in real time: they are handed over.
    pub(super) lease_until_ms: Option<i64>,
}

impl Entry<'_> {
    /// The same, once the look has found where what it changes is at home: where its customer is from now on.
    pub(super) fn at_home(self, found: &HashMap<u128, i64>) -> Self {
        let change = &self.prepared.change;
        let Some(was_at) = asked::expected(&change.row).and_then(|(key, _)| found.get(&key.0)).copied() else {
            return self;
        };
        let home = change.row().map_or(was_at, |row| self.account.homes.of(&row.state.record.customer_identifier));
        Self { home, was_at, ..self }
    }

    /// Of a request identity.
    fn home_of(&self, identity: &RequestIdentity) -> i64 {
        self.account.homes.of(identity.as_str())
    }

    /// Of the row that it leaves behind.
    pub(super) fn key(&self) -> Option<EntitlementKey> {
        self.prepared.change.row().map(|row| row.key)
    }
}

//! Events of a batch, and their positions in the feeds.

use super::Entry;
use crate::codec;
use crate::postgres::pipeline::Pipeline;
use crate::postgres::values::{Day, Id, Value};
use std::collections::BTreeMap;
use tokio_postgres::Error;

/// Columns of new events.
#[derive(Debug)]
pub(super) struct Events<'a> {
    today: Day,
    columns: Columns<'a>,
}

#[derive(Debug, Default)]
struct Columns<'a> {
    /// Of each account: how many positions it needs. In the order in which accounts are held.
    needed: BTreeMap<i64, i64>,
    heads: (Vec<i64>, Vec<i64>),
    accounts: Vec<i64>,
    homes: Vec<i64>,
    /// How far before the account's last position it stands; none where it gets no position.
    back: Vec<Option<i64>>,
    keys: Vec<Id>,
    sequences: Vec<i64>,
    versions: Vec<i64>,
    at: Vec<i64>,
    by: Vec<&'static str>,
    kinds: Vec<&'static str>,
    reasons: Vec<Option<String>>,
    requests: Vec<Option<&'a str>>,
    sets: Vec<&'a str>,
}

/// Accounts are held in their order, which moving them does not promise, until the end of the transaction:
/// whoever numbers next commits later. Where a day begins in a feed it is marked. OFFSET 0: all are held,
/// whatever is marked.
const HOLD_AND_MARK: &str = "INSERT INTO feed_mark (account, first, day) \
     SELECT a.id, a.position + 1, $2 FROM unnest($1::bigint[]) AS i(id) \
     CROSS JOIN LATERAL (SELECT id, position, day FROM account WHERE id = i.id OFFSET 0 FOR NO KEY UPDATE) a \
     WHERE a.day < $2::date ON CONFLICT DO NOTHING";

/// The day never goes back, whatever the clocks of servers say: so a feed's positions come by their days.
const MOVE_HEADS: &str = "UPDATE account a SET position = a.position + i.needed, day = greatest(a.day, $3) \
     FROM unnest($1::bigint[], $2::bigint[]) AS i(id, needed) WHERE a.id = i.id";

/// The heads are moved already, so that places are counted backwards from them.
const INSERT: &str = "INSERT INTO event (account, position, key, sequence, version, at, day, by, kind, reason, \
         request, sets, home) \
     SELECT i.account, a.position - i.back, i.key, i.sequence, i.version, i.at, greatest(a.day, $13), i.by, i.kind, \
         i.reason, i.request, i.sets, i.home \
     FROM unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], \
         $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[]) \
         AS i(account, back, key, sequence, version, at, by, kind, reason, request, sets, home) \
     CROSS JOIN LATERAL (SELECT position, day FROM account WHERE id = i.account OFFSET 0) a";

impl<'a> Events<'a> {
    pub(super) fn of(entries: &[Entry<'a>], today: Day) -> Self {
        let mut columns = Columns::default();
        for entry in entries {
            columns.push(*entry);
        }
        for (back, account) in columns.back.iter_mut().zip(&columns.accounts) {
            let needed = columns.needed.get(account).copied().unwrap_or(0);
            // So far it was the place, from 1 on.
            *back = back.map(|place| needed - place);
        }
        columns.heads = columns.needed.iter().unzip();
        Self { today, columns }
    }

    pub(super) async fn add_to<'p>(&'p self, pipeline: &mut Pipeline<'p>) -> Result<(), Error> {
        let (accounts, needed) = &self.columns.heads;
        if !accounts.is_empty() {
            pipeline.add(HOLD_AND_MARK, vec![accounts, &self.today]).await?;
            pipeline.add(MOVE_HEADS, vec![accounts, needed, &self.today]).await?;
        }
        if !self.columns.keys.is_empty() {
            pipeline.add(INSERT, [self.columns.values(), vec![&self.today as _]].concat()).await?;
        }
        Ok(())
    }
}

impl<'a> Columns<'a> {
    fn push(&mut self, entry: Entry<'a>) {
        let change = &entry.prepared.change;
        let Some(row) = change.row() else {
            return;
        };
        // Both fit: `Prepared::new` has looked.
        let first = i64::from(row.last_event) + 1 - change.events.len() as i64;
        for (sequence, (event, sets)) in (first..).zip(change.events.iter().zip(&entry.prepared.sets)) {
            let account = i64::from(change.account.0);
            self.accounts.push(account);
            self.homes.push(entry.home);
            self.back.push(event.changes_record().then(|| {
                let needed = self.needed.entry(account).or_default();
                *needed += 1;
                *needed
            }));
            self.keys.push(row.key.into());
            self.sequences.push(sequence);
            self.versions.push(event.version.into());
            self.at.push(event.at.0);
            self.by.push(codec::party_word(event.by));
            self.kinds.push(codec::kind_word(event.kind));
            self.reasons.push(event.reason.as_ref().map(codec::reason_text));
            self.requests.push(change.request.as_deref());
            self.sets.push(sets);
        }
    }

    fn values(&self) -> Vec<Value<'_>> {
        let Self { accounts, homes, back, keys, sequences, versions, at, by, kinds, reasons, requests, sets, .. } =
            self;
        vec![accounts, back, keys, sequences, versions, at, by, kinds, reasons, requests, sets, homes]
    }
}

//! Call-backs of a batch, operations that ended, and what operators did.

use super::Entry;
use crate::AuditChain;
use crate::postgres::administration::{APPEND, Entries};
use crate::postgres::pipeline::Pipeline;
use crate::postgres::values::{Id, Value, number};
use tokio_postgres::Error;

/// What else happens.
#[derive(Debug, Default)]
pub(super) struct Beside<'a> {
    done: Vec<i64>,
    promised: Promised<'a>,
    ended: Ended<'a>,
    audit: Entries<'a>,
}

/// Columns of call-backs.
#[derive(Debug, Default)]
struct Promised<'a> {
    homes: Vec<i64>,
    keys: Vec<Id>,
    at: Vec<i64>,
    says: Vec<&'a str>,
}

/// Columns of operations that ended.
#[derive(Debug, Default)]
struct Ended<'a> {
    ids: Vec<Id>,
    homes: Vec<i64>,
    keys: Vec<Id>,
    kinds: Vec<&'a str>,
    outcomes: Vec<&'a str>,
    opened_at: Vec<i64>,
    closed_at: Vec<i64>,
}

/// They are there and held.
const CARRY_OUT: &str = "DELETE FROM callback WHERE id = ANY ($1)";

/// Whoever promises one need not change the entitlement, and then has not looked where it is at home.
const PROMISE: &str = "INSERT INTO callback (home, key, at, says) SELECT coalesce(e.home, i.home), i.key, i.at, i.says \
     FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::text[]) AS i(home, key, at, says) \
     LEFT JOIN LATERAL (SELECT home FROM entitlement WHERE key = i.key OFFSET 0) e ON true";

/// A change that is committed again after an unknown outcome brings the same operation again.
const END: &str = "INSERT INTO operation (id, home, key, kind, outcome, opened_at, closed_at) \
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::text[], $6::bigint[], $7::bigint[]) \
     ON CONFLICT DO NOTHING";

impl<'a> Beside<'a> {
    /// `end`: where the audit ends.
    pub(super) fn of(entries: &[Entry<'a>], mut end: AuditChain) -> Self {
        let mut beside = Self::default();
        for entry in entries {
            let change = &entry.prepared.change;
            beside.done.extend(change.callback_done.map(number));
            for callback in &change.callbacks {
                beside.promised.homes.push(entry.home);
                beside.promised.keys.push(callback.key.into());
                beside.promised.at.push(callback.at.0);
                beside.promised.says.push(&callback.says);
            }
            if let Some(closed) = &change.closed {
                beside.ended.ids.push(Id(closed.id.0));
                beside.ended.homes.push(entry.home);
                beside.ended.keys.push(closed.key.into());
                beside.ended.kinds.push(&closed.kind);
                beside.ended.outcomes.push(&closed.outcome);
                beside.ended.opened_at.push(closed.opened_at.0);
                beside.ended.closed_at.push(closed.closed_at.0);
            }
            if let Some(entry) = &change.audit {
                beside.audit.add(&mut end, entry);
            }
        }
        beside
    }

    pub(super) async fn add_to<'p>(&'p self, pipeline: &mut Pipeline<'p>) -> Result<(), Error> {
        if !self.done.is_empty() {
            pipeline.add(CARRY_OUT, vec![&self.done]).await?;
        }
        let Promised { homes, keys, at, says } = &self.promised;
        if !keys.is_empty() {
            pipeline.add(PROMISE, vec![homes, keys, at, says]).await?;
        }
        if !self.ended.ids.is_empty() {
            pipeline.add(END, self.ended.values()).await?;
        }
        if !self.audit.is_empty() {
            pipeline.add(APPEND, self.audit.values()).await?;
        }
        Ok(())
    }
}

impl Ended<'_> {
    fn values(&self) -> Vec<Value<'_>> {
        let Self { ids, homes, keys, kinds, outcomes, opened_at, closed_at } = self;
        vec![ids, homes, keys, kinds, outcomes, opened_at, closed_at]
    }
}

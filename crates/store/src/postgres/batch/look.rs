//! The look: what stands in the way of each change.

use super::Entry;
use super::asked::{Asked, expected};
use crate::postgres::administration::{AUDIT_END, HOLD_AUDIT, audit_end};
use crate::postgres::connect::Connection;
use crate::postgres::fault::Fault;
use crate::postgres::pipeline::Pipeline;
use crate::postgres::values::{Day, Id, count, get, number};
use crate::{AuditChain, Cause, Change, ClaimChange};
use std::collections::{HashMap, HashSet};
use tokio_postgres::Row;

/// What the look found.
#[derive(Debug)]
pub(in crate::postgres) enum Looked {
    /// The batch is durable already: an earlier COMMIT of it went through, though its answer was lost.
    Durable,
    /// What stands in the way.
    Checked(Checked),
}

#[derive(Debug)]
pub(in crate::postgres) struct Checked {
    /// The first check that each change fails, if it fails one.
    pub(in crate::postgres) causes: Vec<Option<Cause>>,
    pub(in crate::postgres) stands: Stands,
    /// Of the entitlements that are changed.
    pub(in crate::postgres) homes: HashMap<u128, i64>,
}

/// Where the transaction stands in what all share.
#[derive(Debug, Clone, Copy)]
pub(in crate::postgres) struct Stands {
    /// The end of the audit, where a change adds to it.
    pub(in crate::postgres) audit: AuditChain,
    /// The day that the batch is written on.
    pub(in crate::postgres) today: Day,
}

/// Notes the batch's number: no row where that number, or a later one, is durable. A transaction of an
/// earlier try that is not over yet is waited for.
const NUMBER: &str = "INSERT INTO committer AS c (id, batch, at) VALUES ($1, $2, now()) \
     ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, at = excluded.at WHERE c.batch < excluded.batch \
     RETURNING today()";

const WAITING_CLAIMS: &str = "SELECT i.place, c.operation, c.http IS NULL \
     FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS i(place, home, identity) \
     CROSS JOIN LATERAL (SELECT operation, http FROM claim \
         WHERE home = i.home AND identity = i.identity FOR UPDATE) c";

const REVISIONS: &str = "SELECT e.key, e.revision, e.home FROM unnest($1::uuid[]) AS i(key) \
     CROSS JOIN LATERAL (SELECT key, revision, home FROM entitlement WHERE key = i.key FOR UPDATE) e";

const CALLBACKS: &str = "SELECT c.id FROM unnest($1::bigint[]) AS i(id) \
     CROSS JOIN LATERAL (SELECT id FROM callback WHERE id = i.id FOR UPDATE) c";

/// OFFSET 0 keeps each of them a look-up by key for each change, whatever the tables' sizes are thought
/// to be.
const TAKEN: &str = "SELECT * FROM (SELECT i.place, \
         EXISTS (SELECT FROM claim c WHERE c.home = i.home AND c.identity = i.identity OFFSET 0) AS claimed, \
         EXISTS (SELECT FROM entitlement e WHERE e.key = i.new_key OFFSET 0) \
         OR EXISTS (SELECT FROM own_id o WHERE o.id = i.public_id AND o.live = i.live OFFSET 0) \
         OR EXISTS (SELECT FROM entitlement e WHERE e.key = i.own_key AND e.live = i.live OFFSET 0) AS used, \
         EXISTS (SELECT FROM entitlement e WHERE e.account = i.owner AND e.customer = i.customer \
             AND e.route = i.route AND e.slot = i.slot AND e.key <> i.key OFFSET 0) AS occupied \
         FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::uuid[], $5::text[], $6::uuid[], $7::boolean[], \
             $8::bigint[], $9::text[], $10::bigint[], $11::bigint[], $12::uuid[]) AS i(place, home, identity, \
             new_key, public_id, own_key, live, owner, customer, route, slot, key) OFFSET 0) found \
     WHERE claimed OR used OR occupied";

/// Which batch of which committer it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::postgres) struct Number {
    pub(in crate::postgres) committer: Id,
    pub(in crate::postgres) batch: i64,
}

/// Begins the transaction and looks.
pub(in crate::postgres) async fn look(
    connection: &Connection,
    number: &Number,
    entries: &[Entry<'_>],
) -> Result<Looked, Fault> {
    let asked = Asked::of(entries);
    let mut pipeline = Pipeline::new(connection);
    pipeline.add("BEGIN", Vec::new()).await?;
    let numbered = pipeline.add(NUMBER, vec![&number.committer, &number.batch]).await?;
    let waiting =
        if asked.waiting.is_empty() { None } else { Some(pipeline.add(WAITING_CLAIMS, asked.waiting.values()).await?) };
    let revisions = if asked.keys.is_empty() { None } else { Some(pipeline.add(REVISIONS, vec![&asked.keys]).await?) };
    let callbacks =
        if asked.callbacks.is_empty() { None } else { Some(pipeline.add(CALLBACKS, vec![&asked.callbacks]).await?) };
    let taken = pipeline.add(TAKEN, asked.taken.values()).await?;
    let audit = if asked.adds_to_audit {
        pipeline.add(HOLD_AUDIT, Vec::new()).await?;
        Some(pipeline.add(AUDIT_END, Vec::new()).await?)
    } else {
        None
    };
    let answers = pipeline.run().await.map_err(|broken| Fault::from(broken.error))?;
    let rows = |step: Option<usize>| step.and_then(|step| answers.get(step)).map_or(&[][..], Vec::as_slice);
    let Some(numbered) = rows(Some(numbered)).first() else {
        return Ok(Looked::Durable);
    };
    let found = Found {
        waiting: read_waiting(rows(waiting))?,
        rows: read_rows(rows(revisions))?,
        callbacks: rows(callbacks).iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?,
        taken: read_taken(rows(Some(taken)), entries.len())?,
    };
    let causes = entries.iter().enumerate().map(|(at, entry)| found.cause(at, &entry.prepared.change)).collect();
    let stands = Stands { audit: audit_end(rows(audit))?, today: get(numbered, 0)? };
    let homes = found.rows.into_iter().map(|(key, (_, home))| (key, home)).collect();
    Ok(Looked::Checked(Checked { causes, stands, homes }))
}

/// What was found.
struct Found {
    /// By place: the operation each claim is bound to, and whether it waits for its answer.
    waiting: HashMap<usize, (Option<Id>, bool)>,
    /// By key: the revision, and the home.
    rows: HashMap<u128, (u32, i64)>,
    callbacks: HashSet<i64>,
    /// By place.
    taken: Vec<Occupied>,
}

/// What was not free.
#[derive(Debug, Clone, Copy, Default)]
struct Occupied {
    identity: bool,
    id: bool,
    slot: bool,
}

impl Found {
    /// The checks in their order.
    fn cause(&self, at: usize, change: &Change) -> Option<Cause> {
        let taken = self.taken.get(at).copied().unwrap_or_default();
        if taken.identity || self.is_no_claim_for(at, change) {
            return Some(Cause::Claim);
        }
        if let Some((key, revision)) = expected(&change.row)
            && self.rows.get(&key.0).is_none_or(|(found, _)| *found != revision)
        {
            return Some(Cause::Revision);
        }
        if taken.id {
            return Some(Cause::Id);
        }
        if taken.slot {
            return Some(Cause::Slot);
        }
        let is_gone = |id| !self.callbacks.contains(&number(id));
        change.callback_done.is_some_and(is_gone).then_some(Cause::Callback)
    }

    /// An answer needs its claim, bound to the same operation and waiting.
    fn is_no_claim_for(&self, at: usize, change: &Change) -> bool {
        let ClaimChange::Answer(claim) = &change.claim else {
            return false;
        };
        let operation = claim.operation.map(|id| Id(id.0));
        self.waiting.get(&at) != Some(&(operation, true))
    }
}

fn read_waiting(rows: &[Row]) -> Result<HashMap<usize, (Option<Id>, bool)>, Fault> {
    rows.iter().map(|row| Ok((count(row, 0)?, (get(row, 1)?, get(row, 2)?)))).collect()
}

fn read_rows(rows: &[Row]) -> Result<HashMap<u128, (u32, i64)>, Fault> {
    rows.iter().map(|row| Ok((get::<Id>(row, 0)?.0, (count(row, 1)?, get(row, 2)?)))).collect()
}

fn read_taken(rows: &[Row], entries: usize) -> Result<Vec<Occupied>, Fault> {
    let mut taken = vec![Occupied::default(); entries];
    for row in rows {
        if let Some(place) = taken.get_mut(count::<usize>(row, 0)?) {
            *place = Occupied { identity: get(row, 1)?, id: get(row, 2)?, slot: get(row, 3)? };
        }
    }
    Ok(taken)
}

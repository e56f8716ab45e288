//! What usually comes of an attempt: it was delivered, and nothing follows in its lane. One statement for any number
//! of them; whatever is otherwise is left to `settling`.
//!
//! Their transaction is not waited for on the disk. Where it is lost in a crash, the lane is leased still, and its
//! notification is sent again when the lease has run out: at least once, as ever. What comes after it in the lane
//! is committed later, and no commit is durable before those that were made before it: so nothing is sent
//! before the one in front of it is settled durably.

use super::connect::Purpose;
use super::connections::Connections;
use super::fault::Fault;
use super::pipeline::Pipeline;
use super::values::{Id, Value, get};
use crate::{LaneOutcome, LaneResult};
use std::collections::{HashMap, HashSet};

/// Rows are taken in the order of the lanes. Where somebody else was at a lane meanwhile, its place is not found.
const DELIVERED: &str = "WITH moved AS (UPDATE lane l \
         SET head = l.next, attempt_at = NULL, failures = 0, lease_until_ms = 0 \
         FROM (SELECT i.sequence, i.status, i.at, t.place \
             FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::integer[], $6::bigint[]) \
                 AS i(key, target, sequence, fence, status, at) \
             CROSS JOIN LATERAL (SELECT ctid AS place FROM lane \
                 WHERE key = i.key AND target = i.target AND fence = i.fence AND head = i.sequence \
                 AND next = i.sequence + 1 AND lease_until_ms <> 0 AND parked_since IS NULL FOR UPDATE) t) x \
         WHERE l.ctid = x.place RETURNING l.key, l.target, l.head_day AS day, x.sequence, x.status, x.at) \
     UPDATE notification n SET state = 'delivered', attempts = n.attempts + 1, last_status = x.status, \
         last_error = NULL, done_at = x.at \
     FROM (SELECT m.*, t.place FROM moved m \
         CROSS JOIN LATERAL (SELECT ctid AS place FROM notification \
             WHERE key = m.key AND target = m.target AND sequence = m.sequence AND day = m.day OFFSET 0) t \
         OFFSET 0) x \
     WHERE n.ctid = x.place AND n.day = x.day RETURNING n.key, n.target";

type Lane = (Id, i64);

fn lane(result: &LaneResult) -> Lane {
    (result.key.into(), result.target.0.into())
}

/// Settles those that it can; returns the others.
pub(super) async fn settle(connections: &Connections, results: Vec<LaneResult>) -> Vec<LaneResult> {
    let mut of_lane: HashMap<Lane, usize> = HashMap::new();
    for result in &results {
        *of_lane.entry(lane(result)).or_default() += 1;
    }
    let is_usual = |result: &LaneResult| {
        let is_clean = result.outcome == LaneOutcome::Delivered && result.error.is_none();
        is_clean && of_lane.get(&lane(result)) == Some(&1)
    };
    let (mut usual, mut others): (Vec<_>, Vec<_>) = results.into_iter().partition(is_usual);
    if usual.is_empty() {
        return others;
    }
    usual.sort_by_key(lane);
    // What fails here is done as if it had not been tried.
    let settled = write(connections, &usual).await.unwrap_or_default();
    others.extend(usual.into_iter().filter(|result| !settled.contains(&lane(result))));
    others
}

async fn write(connections: &Connections, usual: &[LaneResult]) -> Result<HashSet<Lane>, Fault> {
    let keys: Vec<Id> = usual.iter().map(|result| result.key.into()).collect();
    let targets: Vec<i64> = usual.iter().map(|result| result.target.0.into()).collect();
    let sequences: Vec<i64> = usual.iter().map(|result| result.sequence.into()).collect();
    let fences: Vec<i64> = usual.iter().map(|result| result.fence.into()).collect();
    let statuses: Vec<Option<i32>> = usual.iter().map(|result| result.status.map(i32::from)).collect();
    let at: Vec<i64> = usual.iter().map(|result| result.at.0).collect();
    let held = connections.own(Purpose::Keys).await?;
    let mut pipeline = Pipeline::new(&held);
    pipeline.add("BEGIN", Vec::new()).await?;
    pipeline.add("SET LOCAL synchronous_commit = off", Vec::new()).await?;
    let values: Vec<Value<'_>> = vec![&keys, &targets, &sequences, &fences, &statuses, &at];
    let delivered = pipeline.add(DELIVERED, values).await?;
    pipeline.add("COMMIT", Vec::new()).await?;
    let answers = pipeline.run().await.map_err(|broken| Fault::from(broken.error))?;
    let rows = answers.get(delivered).map_or(&[][..], Vec::as_slice);
    let settled = rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect::<Result<_, Fault>>()?;
    held.give_back();
    Ok(settled)
}

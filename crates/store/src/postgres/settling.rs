//! Results of attempts, many at once: their lanes are held, what each result makes of its lane is worked
//! out as in every engine (`lane::settling`), and written. Two round trips for any number.

use super::connect::{Connection, Purpose};
use super::connections::Connections;
use super::fault::Fault;
use super::lanes::END_HOLDS;
use super::pipeline::{Broken, Pipeline};
use super::transactions::transact;
use super::values::{Id, count, count_opt, get, moment_opt};
use crate::codec::state_word;
use crate::lane::{Before, Settled};
use crate::{LaneResult, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_postgres::Row;

/// Settles attempts; results under another fence, or of settled ones, are void.
pub(super) async fn settle(connections: &Connections, results: Vec<LaneResult>) -> Result<(), StoreError> {
    if results.is_empty() {
        return Ok(());
    }
    let results = Arc::new(results);
    transact(connections, Purpose::Keys, move |connection| {
        let results = Arc::clone(&results);
        Box::pin(async move { settle_in(connection, &results).await })
    })
    .await
}

async fn settle_in(connection: &Connection, results: &[LaneResult]) -> Result<(), Fault> {
    let by_lane = by_lane(results);
    let keys: Vec<Id> = by_lane.keys().map(|(key, _)| *key).collect();
    let targets: Vec<i64> = by_lane.keys().map(|(_, target)| *target).collect();
    let mut look = Pipeline::new(connection);
    look.add(HOLD, vec![&keys, &targets]).await?;
    // A statement of its own: it sees what was committed while the lanes were waited for.
    look.add(FOLLOWING, vec![&keys, &targets]).await?;
    let answers = look.run().await.map_err(broken)?;
    let [held, following] = answers.as_slice() else {
        return Err(Fault::Content("an answer of the server is missing".into()));
    };
    let mut written = Written::default();
    let lanes: Vec<_> = by_lane.into_iter().collect();
    let following = following_by_place(following, lanes.len())?;
    for row in held {
        let at = count::<usize>(row, 0)?.checked_sub(1);
        let Some(((lane, results), following)) = at.and_then(|at| lanes.get(at).zip(following.get(at))) else {
            continue;
        };
        if let Some((result, before)) = counting(row, results)? {
            written.add(*lane, result, &before, &before.settled(result, *following));
        }
    }
    written.write(connection).await
}

fn broken(broken: Broken) -> Fault {
    broken.error.into()
}

type Lane = (Id, i64);

/// In the order of lanes; of each lane in the order of results.
fn by_lane(results: &[LaneResult]) -> BTreeMap<Lane, Vec<&LaneResult>> {
    let mut lanes: BTreeMap<Lane, Vec<&LaneResult>> = BTreeMap::new();
    for result in results {
        lanes.entry((result.key.into(), i64::from(result.target.0))).or_default().push(result);
    }
    lanes
}

const HOLD: &str = "SELECT i.place, l.next, l.failures, l.attempt_at, l.woken, l.parked_since, l.fence, l.head \
     FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS i(key, target, place) \
     CROSS JOIN LATERAL (SELECT * FROM lane \
         WHERE key = i.key AND target = i.target AND lease_until_ms <> 0 FOR UPDATE) l";

/// The notification of a lane that comes after its head. There may be a gap before it.
const FOLLOWING: &str = "SELECT i.place, (SELECT min(sequence) FROM notification \
         WHERE key = i.key AND target = i.target AND sequence > l.head) \
     FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS i(key, target, place) \
     CROSS JOIN LATERAL (SELECT head FROM lane WHERE key = i.key AND target = i.target OFFSET 0) l";

/// The first result of a lane that its claim is waiting for: after it the lane is free, and the
/// others are void.
fn counting<'r>(row: &Row, results: &[&'r LaneResult]) -> Result<Option<(&'r LaneResult, Before)>, Fault> {
    let (fence, head): (u32, u32) = (count(row, 6)?, count(row, 7)?);
    let Some(result) = results.iter().find(|result| result.fence == fence && result.sequence == head) else {
        return Ok(None);
    };
    let before = Before {
        next: count(row, 1)?,
        failures: count(row, 2)?,
        attempt_at: moment_opt(row, 3)?,
        woken: get(row, 4)?,
        parked_since: moment_opt(row, 5)?,
    };
    Ok(Some((result, before)))
}

/// By the lane's place, from 0 on.
fn following_by_place(rows: &[Row], lanes: usize) -> Result<Vec<Option<u32>>, Fault> {
    let mut following = vec![None; lanes];
    for row in rows {
        let at = count::<usize>(row, 0)?.checked_sub(1);
        if let Some(place) = at.and_then(|at| following.get_mut(at)) {
            *place = count_opt(row, 1)?;
        }
    }
    Ok(following)
}

/// Columns of what is written.
#[derive(Debug, Default)]
struct Written<'r> {
    keys: Vec<Id>,
    targets: Vec<i64>,
    nexts: Vec<i64>,
    heads: Vec<i64>,
    attempts_at: Vec<Option<i64>>,
    failures: Vec<i64>,
    parked: Vec<Option<i64>>,
    holds: Holds,
    tries: Tries<'r>,
}

/// Lanes that are parked no more.
#[derive(Debug, Default)]
struct Holds {
    keys: Vec<Id>,
    targets: Vec<Option<i64>>,
    nows: Vec<i64>,
}

/// Notifications that an attempt has changed.
#[derive(Debug, Default)]
struct Tries<'r> {
    keys: Vec<Id>,
    targets: Vec<i64>,
    sequences: Vec<i64>,
    states: Vec<&'static str>,
    counts: Vec<i64>,
    statuses: Vec<Option<i32>>,
    errors: Vec<Option<&'r str>>,
    done_at: Vec<Option<i64>>,
}

/// An upsert, though the lane is there and held: a join could be planned the other way round, by
/// reading all lanes.
const MOVE_ON: &str = "INSERT INTO lane AS l (key, target, next, head, attempt_at, failures, parked_since) \
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], \
         $7::bigint[]) \
     ON CONFLICT (key, target) DO UPDATE SET head = excluded.head, attempt_at = excluded.attempt_at, \
         failures = excluded.failures, parked_since = excluded.parked_since, lease_until_ms = 0";

const TRIED: &str = "UPDATE notification n SET state = x.state, attempts = n.attempts + x.counts, \
         last_status = x.status, last_error = x.error, done_at = x.done_at \
     FROM (SELECT i.*, t.place FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], \
             $6::integer[], $7::text[], $8::bigint[]) \
             AS i(key, target, sequence, state, counts, status, error, done_at) \
         CROSS JOIN LATERAL (SELECT ctid AS place FROM notification \
             WHERE key = i.key AND target = i.target AND sequence = i.sequence OFFSET 0) t) x \
     WHERE n.ctid = x.place";

impl<'r> Written<'r> {
    fn add(&mut self, (key, target): Lane, result: &'r LaneResult, before: &Before, settled: &Settled) {
        let after = settled.after;
        self.keys.push(key);
        self.targets.push(target);
        self.nexts.push(before.next.into());
        self.heads.push(after.head.into());
        self.attempts_at.push(after.attempt_at.map(|at| at.0));
        self.failures.push(after.failures.into());
        self.parked.push(after.parked_since.map(|at| at.0));
        if settled.ends_hold {
            self.holds.keys.push(key);
            self.holds.targets.push(Some(target));
            self.holds.nows.push(result.at.0);
        }
        if !settled.tried.changes_nothing() {
            let tries = &mut self.tries;
            tries.keys.push(key);
            tries.targets.push(target);
            tries.sequences.push(result.sequence.into());
            tries.states.push(state_word(settled.tried.state));
            tries.counts.push(settled.tried.counts.into());
            tries.statuses.push(result.status.map(i32::from));
            tries.errors.push(result.error.as_deref());
            tries.done_at.push(settled.tried.done_at(result).map(|at| at.0));
        }
    }

    async fn write(&self, connection: &Connection) -> Result<(), Fault> {
        let mut pipeline = Pipeline::new(connection);
        if !self.holds.keys.is_empty() {
            // Before the lanes forget since when they were parked.
            let Holds { keys, targets, nows } = &self.holds;
            pipeline.add(END_HOLDS, vec![keys, targets, nows]).await?;
        }
        let Self { keys, targets, nexts, heads, attempts_at, failures, parked, .. } = self;
        pipeline.add(MOVE_ON, vec![keys, targets, nexts, heads, attempts_at, failures, parked]).await?;
        let Tries { keys, targets, sequences, states, counts, statuses, errors, done_at } = &self.tries;
        pipeline.add(TRIED, vec![keys, targets, sequences, states, counts, statuses, errors, done_at]).await?;
        pipeline.run().await.map(drop).map_err(broken)
    }
}

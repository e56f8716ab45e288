//! Results of attempts, many at once: their lanes are held, what each result makes of its lane is worked
//! out as in every engine (`lane::settling`), and written. Two round trips for any number.

use super::connect::{Connection, Purpose};
use super::connections::Connections;
use super::delivered;
use super::fault::Fault;
use super::lanes::END_HOLDS;
use super::pipeline::{Broken, Pipeline};
use super::transactions::transact;
use super::values::{Day, Id, Value, count, get, moment_opt};
use crate::codec::state_word;
use crate::lane::{Before, Settled};
use crate::{LaneResult, StoreError};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio_postgres::Row;

/// Settles attempts; results under another fence, or of settled ones, are void. How many lanes go on at once.
pub(super) async fn settle(connections: &Connections, results: Vec<LaneResult>) -> Result<usize, StoreError> {
    let results = delivered::settle(connections, results).await;
    if results.is_empty() {
        return Ok(0);
    }
    let results = Arc::new(results);
    transact(connections, Purpose::Keys, move |connection| {
        let results = Arc::clone(&results);
        Box::pin(async move { settle_in(connection, &results).await })
    })
    .await
}

async fn settle_in(connection: &Connection, results: &[LaneResult]) -> Result<usize, Fault> {
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
            let settled = before.settled(result, following.map(|(sequence, _)| sequence));
            let days = days(row, settled.after.head, *following)?;
            written.add(*lane, result, &before, &settled, &days);
        }
    }
    written.write(connection).await?;
    Ok(written.going_on)
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

const HOLD: &str = "SELECT i.place, l.next, l.failures, l.attempt_at, l.woken, l.parked_since, l.fence, l.head, \
         l.home, l.head_day, l.day \
     FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS i(key, target, place) \
     CROSS JOIN LATERAL (SELECT * FROM lane \
         WHERE key = i.key AND target = i.target AND lease_until_ms <> 0 FOR UPDATE) l";

/// The notification of a lane that comes after its head. There may be a gap before it. With one in the lane, as
/// usual, nothing follows and nothing has to be looked up.
const FOLLOWING: &str = "SELECT i.place, n.sequence, n.day \
     FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS i(key, target, place) \
     CROSS JOIN LATERAL (SELECT head, head_day, day FROM lane \
         WHERE key = i.key AND target = i.target AND head + 1 < next OFFSET 0) l \
     CROSS JOIN LATERAL (SELECT sequence, day FROM notification \
         WHERE key = i.key AND target = i.target AND sequence > l.head AND day BETWEEN l.head_day AND l.day \
         ORDER BY sequence LIMIT 1) n";

/// A notification of a lane, and its day.
type Following = (u32, Day);

/// Where its notifications lie.
#[derive(Debug, Clone, Copy)]
struct Days {
    home: i64,
    /// Of the head that was tried.
    tried: Day,
    /// Of the head from now on.
    head: Day,
    /// The lane's newest.
    newest: Day,
}

fn days(held: &Row, head: u32, following: Option<Following>) -> Result<Days, Fault> {
    let tried = get(held, 9)?;
    let moved_on = following.filter(|(sequence, _)| *sequence == head);
    Ok(Days { home: get(held, 8)?, tried, head: moved_on.map_or(tried, |(_, day)| day), newest: get(held, 10)? })
}

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
fn following_by_place(rows: &[Row], lanes: usize) -> Result<Vec<Option<Following>>, Fault> {
    let mut following = vec![None; lanes];
    for row in rows {
        let at = count::<usize>(row, 0)?.checked_sub(1);
        if let Some(place) = at.and_then(|at| following.get_mut(at)) {
            *place = Some((count(row, 1)?, get(row, 2)?));
        }
    }
    Ok(following)
}

/// Columns of what is written.
#[derive(Debug, Default)]
struct Written<'r> {
    keys: Vec<Id>,
    homes: Vec<i64>,
    targets: Vec<i64>,
    nexts: Vec<i64>,
    heads: Vec<i64>,
    attempts_at: Vec<Option<i64>>,
    failures: Vec<i64>,
    parked: Vec<Option<i64>>,
    head_days: Vec<Day>,
    days: Vec<Day>,
    holds: Holds,
    tries: Tries<'r>,
    going_on: usize,
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
    days: Vec<Day>,
}

/// An upsert, though the lane is there and held: a join could be planned the other way round, by
/// reading all lanes.
const MOVE_ON: &str = "INSERT INTO lane AS l (key, home, target, next, head, attempt_at, failures, \
         parked_since, head_day, day) \
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], \
         $7::bigint[], $8::bigint[], $9::date[], $10::date[]) \
     ON CONFLICT (key, target, home) DO UPDATE SET head = excluded.head, attempt_at = excluded.attempt_at, \
         failures = excluded.failures, parked_since = excluded.parked_since, head_day = excluded.head_day, \
         lease_until_ms = 0";

/// A place is one within the partition of its day.
const TRIED: &str = "UPDATE notification n SET state = x.state, attempts = n.attempts + x.counts, \
         last_status = x.status, last_error = x.error, done_at = x.done_at \
     FROM (SELECT i.*, t.place FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], \
             $6::integer[], $7::text[], $8::bigint[], $9::date[]) \
             AS i(key, target, sequence, state, counts, status, error, done_at, day) \
         CROSS JOIN LATERAL (SELECT ctid AS place FROM notification \
             WHERE key = i.key AND target = i.target AND sequence = i.sequence AND day = i.day OFFSET 0) t \
         OFFSET 0) x \
     WHERE n.ctid = x.place AND n.day = x.day";

impl<'r> Written<'r> {
    fn add(&mut self, (key, target): Lane, result: &'r LaneResult, before: &Before, settled: &Settled, days: &Days) {
        let after = settled.after;
        self.going_on += usize::from(settled.goes_on(result));
        self.keys.push(key);
        self.homes.push(days.home);
        self.head_days.push(days.head);
        self.days.push(days.newest);
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
            tries.days.push(days.tried);
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
        pipeline.add(MOVE_ON, self.values()).await?;
        if !self.tries.keys.is_empty() {
            pipeline.add(TRIED, self.tries.values()).await?;
        }
        pipeline.run().await.map(drop).map_err(broken)
    }

    fn values(&self) -> Vec<Value<'_>> {
        let Self { keys, homes, targets, nexts, heads, attempts_at, failures, parked, head_days, days, .. } = self;
        vec![keys, homes, targets, nexts, heads, attempts_at, failures, parked, head_days, days]
    }
}

impl Tries<'_> {
    fn values(&self) -> Vec<Value<'_>> {
        let Self { keys, targets, sequences, states, counts, statuses, errors, done_at, days } = self;
        vec![keys, targets, sequences, states, counts, statuses, errors, done_at, days]
    }
}

//! Lanes: claimed and settled by workers. Appended to by changes: `batch`. Whoever changes a lane or what
//! waits in it holds the lane's row; whoever needs several takes them in the order of their keys.

use super::connect::{Connection, Purpose};
use super::connections::Connections;
use super::events;
use super::fault::Fault;
use super::looks::Looks;
use super::nodes::is_gone;
use super::notifications::{self, notification_columns};
use super::rows::{self, row_columns};
use super::transactions::transact;
use super::values::{self, Day, Id, Value, bound, count, get, moment};
use crate::clock::StoreClock;
use crate::{Happened, LaneWork, StoreError};
use entitlement::Moment;
use ids::{EntitlementKey, TargetId};
use tokio_postgres::Row;

/// Lanes to be claimed by a moment, with their heads.
pub(super) async fn due(
    connections: &Connections,
    by: Moment,
    limit: usize,
) -> Result<Vec<(Moment, EntitlementKey, TargetId, u32)>, Fault> {
    let sql = "SELECT attempt_at, key, target, head FROM lane WHERE attempt_at <= $1 AND lease_until_ms = 0 \
               ORDER BY attempt_at, key, target LIMIT $2";
    let read = |row: &Row| Ok((moment(row, 0)?, values::key(row, 1)?, TargetId(count(row, 2)?), count(row, 3)?));
    connections.read(sql, &[&by.0, &bound(limit)]).await?.iter().map(read).collect()
}

/// A claimed lane, before its notification and row are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claimed {
    due: Moment,
    key: EntitlementKey,
    target: TargetId,
    head: u32,
    fence: u32,
    failures: u32,
    /// Of the head.
    day: Day,
}

/// Which lanes may be claimed, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    pub(super) now: Moment,
    pub(super) real_now_ms: i64,
    pub(super) lease_ms: i64,
    pub(super) limit: usize,
    /// This process.
    pub(super) holder: Id,
}

/// Lanes in which something waits, leased ones included: by two indexes that are small.
macro_rules! waiting_lanes {
    () => {
        "(SELECT * FROM lane WHERE attempt_at IS NOT NULL AND lease_until_ms = 0 \
          UNION ALL SELECT * FROM lane WHERE attempt_at IS NOT NULL AND lease_until_ms <> 0) l"
    };
}
pub(super) use waiting_lanes;

/// Whose lease has run out is due again.
const FREE_EXPIRED: &str = "UPDATE lane SET lease_until_ms = 0 WHERE ctid = ANY (ARRAY (SELECT ctid FROM lane \
     WHERE lease_until_ms <> 0 AND lease_until_ms <= $1 FOR UPDATE SKIP LOCKED))";

/// Leases due lanes, the longest due first, and raises their fences. What another one holds just now is
/// left to it.
pub(super) async fn claim(
    connections: &Connections,
    (looks, clock): (&Looks, &StoreClock),
    wanted: Wanted,
) -> Result<Vec<Claimed>, Fault> {
    let sql = "UPDATE lane l SET fence = l.fence + 1, lease_until_ms = $3, woken = false, holder = $4 \
               FROM (SELECT ctid AS place FROM lane \
                   WHERE attempt_at <= $1 AND attempt_at >= $2 AND lease_until_ms = 0 \
                   ORDER BY attempt_at LIMIT $5 FOR UPDATE SKIP LOCKED) due \
               WHERE l.ctid = due.place RETURNING l.attempt_at, l.key, l.target, l.head, l.fence, l.failures, \
               l.head_day";
    let until = wanted.real_now_ms.saturating_add(wanted.lease_ms);
    let limit = bound(wanted.limit);
    let begin = looks.begin(&wanted, clock);
    if begin.is_none() {
        connections.execute(FREE_EXPIRED, &[&wanted.real_now_ms]).await?;
    }
    let from = begin.map_or(i64::MIN, |begin| begin.0);
    let values: [Value<'_>; 5] = [&wanted.now.0, &from, &until, &wanted.holder, &limit];
    let rows = connections.returning(sql, &values).await?;
    let mut claimed = rows.iter().map(read_claimed).collect::<Result<Vec<_>, Fault>>()?;
    claimed.sort_by_key(|lane| (lane.due, lane.key, lane.target));
    looks.looked(&wanted, begin, claimed.len() < wanted.limit);
    Ok(claimed)
}

fn read_claimed(row: &Row) -> Result<Claimed, Fault> {
    Ok(Claimed {
        due: moment(row, 0)?,
        key: values::key(row, 1)?,
        target: TargetId(count(row, 2)?),
        head: count(row, 3)?,
        fence: count(row, 4)?,
        failures: count(row, 5)?,
        day: get(row, 6)?,
    })
}

const WORKS: &str = concat!(
    "SELECT ",
    notification_columns!(),
    ", ",
    row_columns!(),
    ", i.place, v.sequence IS NOT NULL, v.reason FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::date[]) \
         WITH ORDINALITY AS i(key, target, head, day, place) \
     CROSS JOIN LATERAL (SELECT * FROM notification \
         WHERE key = i.key AND target = i.target AND sequence = i.head AND day = i.day OFFSET 0) n \
     CROSS JOIN LATERAL (SELECT * FROM entitlement WHERE key = i.key OFFSET 0) e \
     CROSS JOIN LATERAL (SELECT * FROM route WHERE id = e.route OFFSET 0) r \
     LEFT JOIN LATERAL (SELECT sequence, reason FROM event \
         WHERE key = i.key AND sequence = n.event AND day >= e.since OFFSET 0) v ON true ORDER BY i.place"
);

/// Reads what claimed lanes have to send. One that cannot be read does not hold up the others:
/// it comes again when its lease has run out.
pub(super) async fn works(connections: &Connections, claimed: &[Claimed]) -> Result<Vec<LaneWork>, Fault> {
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Id> = claimed.iter().map(|lane| lane.key.into()).collect();
    let targets: Vec<i64> = claimed.iter().map(|lane| i64::from(lane.target.0)).collect();
    let heads: Vec<i64> = claimed.iter().map(|lane| i64::from(lane.head)).collect();
    let days: Vec<Day> = claimed.iter().map(|lane| lane.day).collect();
    let mut works = Vec::with_capacity(claimed.len());
    let mut unreadable = None;
    for row in &connections.read(WORKS, &[&keys, &targets, &heads, &days]).await? {
        match work(row, claimed) {
            Ok(work) => works.push(work),
            Err(Fault::Content(what)) => unreadable = Some(what),
            Err(other) => return Err(other),
        }
    }
    match unreadable {
        Some(what) if works.is_empty() => Err(Fault::Content(what)),
        _ => Ok(works),
    }
}

fn work(row: &Row, claimed: &[Claimed]) -> Result<LaneWork, Fault> {
    let place: usize = count(row, notifications::COLUMNS + rows::COLUMNS)?;
    let lane = place.checked_sub(1).and_then(|at| claimed.get(at));
    let Claimed { key, target, fence, failures, .. } =
        *lane.ok_or_else(|| Fault::Content("a lane that nobody has claimed".into()))?;
    let notification = notifications::read(row)?;
    let beside = notifications::COLUMNS + rows::COLUMNS + 1;
    let why = events::read_reason(row, beside + 1)?;
    let event = get::<bool>(row, beside)?.then_some(Happened { why });
    Ok(LaneWork { key, target, fence, failures, notification, row: rows::read(row, notifications::COLUMNS)?, event })
}

/// Holds all lanes of entitlements, in their order.
pub(super) const HOLD_ALL: &str = "SELECT FROM unnest($1::uuid[]) AS i(key) \
     CROSS JOIN LATERAL (SELECT FROM lane l WHERE l.key = i.key ORDER BY l.target FOR UPDATE) l";

/// Books the time for which parked lanes held what waits in them: of an entitlement's lane, or of all
/// of its lanes where no target is given. A place is one within the partition of its day.
pub(super) const END_HOLDS: &str = "UPDATE notification n \
     SET held_ms = n.held_ms + greatest(0, x.now - greatest(n.committed_at, x.parked_since)) \
     FROM (SELECT i.now, l.parked_since, t.place, t.day \
         FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS i(key, target, now) \
         CROSS JOIN LATERAL (SELECT target, parked_since, head, head_day, day FROM lane \
             WHERE key = i.key AND parked_since IS NOT NULL AND target = coalesce(i.target, target) OFFSET 0) l \
         CROSS JOIN LATERAL (SELECT ctid AS place, day FROM notification \
             WHERE key = i.key AND target = l.target AND sequence >= l.head AND state = 'waiting' \
             AND day BETWEEN l.head_day AND l.day OFFSET 0) t OFFSET 0) x \
     WHERE n.ctid = x.place AND n.day = x.day";

/// Makes what waits in the lanes of entitlements due.
pub(super) const WAKE: &str = "UPDATE lane l SET parked_since = NULL, woken = l.lease_until_ms <> 0, \
         attempt_at = CASE WHEN l.head < l.next THEN least(x.now, coalesce(l.attempt_at, x.now)) END \
     FROM (SELECT i.now, t.place FROM unnest($1::uuid[], $2::bigint[]) AS i(key, now) \
         CROSS JOIN LATERAL (SELECT ctid AS place FROM lane WHERE key = i.key OFFSET 0) t) x \
     WHERE l.ctid = x.place";

/// Makes what waits in the lanes of an entitlement due now.
pub(super) async fn wake(connections: &Connections, key: EntitlementKey, now: Moment) -> Result<(), StoreError> {
    transact(connections, Purpose::Keys, move |connection| Box::pin(wake_in(connection, key, now))).await
}

async fn wake_in(connection: &Connection, key: EntitlementKey, now: Moment) -> Result<(), Fault> {
    let (keys, nows, targets) = ([Id::from(key)].to_vec(), [now.0].to_vec(), [None::<i64>].to_vec());
    connection.query(HOLD_ALL, &[&keys]).await?;
    connection.execute(END_HOLDS, &[&keys, &targets, &nows]).await?;
    connection.execute(WAKE, &[&keys, &nows]).await?;
    Ok(())
}

/// Frees lanes whose lease has run out with another process, or which one holds that was not seen for so long
/// that every attempt it began has ended: it has died. Its own ones a process settles, or frees when it claims.
pub(super) async fn release_left(connections: &Connections, real_now_ms: i64, holder: Id) -> Result<u64, Fault> {
    let sql = concat!(
        "UPDATE lane SET lease_until_ms = 0 WHERE ctid = ANY (ARRAY (SELECT ctid FROM lane \
             WHERE lease_until_ms <> 0 AND holder IS DISTINCT FROM $2 AND (lease_until_ms <= $1 OR EXISTS (\
                 SELECT FROM node WHERE id = lane.holder AND ",
        is_gone!(),
        ")) FOR UPDATE SKIP LOCKED))"
    );
    connections.execute(sql, &[&real_now_ms, &holder]).await
}

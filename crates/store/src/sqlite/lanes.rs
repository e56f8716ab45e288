//! Lanes: appended to by changes, claimed and settled by workers, all on the writer.

use super::events;
use super::fault::Fault;
use super::notifications;
use super::rows::{bytes, key_at};
use super::session::Session;
use crate::lane::{After, Before};
use crate::{LaneResult, LaneWork, Notice};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, TargetId};
use rusqlite::{Connection, OptionalExtension, params};

/// What a notice tells of.
pub(super) struct Told {
    pub(super) account: AccountId,
    pub(super) key: EntitlementKey,
    pub(super) event: u32,
    pub(super) version: u32,
    pub(super) at: Moment,
    /// No lower number is given out: in a restored store one may have been, before.
    pub(super) sequence_least: u32,
}

/// An entitlement's first lane to a target.
pub(super) const INSERT: &str = "INSERT INTO lane (key, target, next, head, attempt_at) VALUES (?1, ?2, ?3, ?4, ?5)";

/// Gives a notice its place in the lane; an empty lane becomes due, a parked one stays parked.
/// An entitlement that is inserted has no lane yet.
pub(super) fn append(session: &mut Session<'_>, notice: &Notice, told: &Told, is_first: bool) -> Result<(), Fault> {
    let connection = session.connection;
    let lane: Option<(u32, bool)> = if is_first { None } else { next_of(connection, notice, told)? };
    let sequence = lane.map_or(1, |(next, _)| next).max(told.sequence_least);
    let next = sequence.saturating_add(1);
    let due = notice.not_before.unwrap_or(told.at).0;
    match lane {
        None => session.inserts.lane.get()?.execute((bytes(told.key), notice.target.0, next, sequence, due))?,
        Some((_, true)) => connection
            .prepare_cached("UPDATE lane SET next = ?3, head = ?4, attempt_at = ?5 WHERE key = ?1 AND target = ?2")?
            .execute((bytes(told.key), notice.target.0, next, sequence, due))?,
        Some((_, false)) => connection
            .prepare_cached("UPDATE lane SET next = ?3 WHERE key = ?1 AND target = ?2")?
            .execute((bytes(told.key), notice.target.0, next))?,
    };
    Ok(notifications::insert(session, notice, told, sequence)?)
}

/// The lane's next number, and whether nothing waits in it.
fn next_of(connection: &Connection, notice: &Notice, told: &Told) -> rusqlite::Result<Option<(u32, bool)>> {
    connection
        .prepare_cached("SELECT next, head = next FROM lane WHERE key = ?1 AND target = ?2")?
        .query_row((bytes(told.key), notice.target.0), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Lanes to be claimed by a moment, with their heads.
pub(super) fn due(
    connection: &Connection,
    by: Moment,
    limit: i64,
) -> Result<Vec<(Moment, EntitlementKey, TargetId, u32)>, Fault> {
    connection
        .prepare_cached(
            "SELECT attempt_at, key, target, head FROM lane INDEXED BY lane_due \
             WHERE attempt_at <= ?1 AND lease_until_ms = 0 ORDER BY attempt_at, key, target LIMIT ?2",
        )?
        .query_and_then((by.0, limit), |row| {
            Ok((Moment(row.get(0)?), key_at(row, 1)?, TargetId(row.get(2)?), row.get(3)?))
        })?
        .collect()
}

/// A claimed lane, before its notification and row are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claimed {
    key: EntitlementKey,
    target: TargetId,
    head: u32,
    fence: u32,
    failures: u32,
}

/// Leases due lanes, the longest due first, and raises their fences.
pub(super) fn claim(
    connection: &Connection,
    now: Moment,
    real_now_ms: i64,
    lease_ms: i64,
    limit: i64,
) -> Result<Vec<Claimed>, Fault> {
    let claimed: Vec<Claimed> = connection
        .prepare_cached(
            "SELECT key, target, head, fence + 1, failures FROM lane INDEXED BY lane_due \
             WHERE attempt_at <= ?1 AND lease_until_ms <= ?2 ORDER BY attempt_at LIMIT ?3",
        )?
        .query_and_then((now.0, real_now_ms, limit), |row| {
            Ok::<_, Fault>(Claimed {
                key: key_at(row, 0)?,
                target: TargetId(row.get(1)?),
                head: row.get(2)?,
                fence: row.get(3)?,
                failures: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut lease = connection.prepare_cached(
        "UPDATE lane SET fence = fence + 1, lease_until_ms = ?3, woken = 0 WHERE key = ?1 AND target = ?2",
    )?;
    for lane in &claimed {
        lease.execute((bytes(lane.key), lane.target.0, real_now_ms.saturating_add(lease_ms)))?;
    }
    drop(lease);
    Ok(claimed)
}

/// Reads what claimed lanes have to send. One that cannot be read does not hold up the others:
/// it comes again when its lease has run out.
pub(super) fn works(connection: &Connection, claimed: &[Claimed]) -> Result<Vec<LaneWork>, Fault> {
    let mut works = Vec::with_capacity(claimed.len());
    let mut unreadable = None;
    for lane in claimed {
        match work(connection, lane) {
            Ok(work) => works.extend(work),
            Err(Fault::Content(what)) => unreadable = Some(what),
            Err(engine @ Fault::Engine(_)) => return Err(engine),
        }
    }
    match unreadable {
        Some(what) if works.is_empty() => Err(Fault::Content(what)),
        _ => Ok(works),
    }
}

fn work(connection: &Connection, lane: &Claimed) -> Result<Option<LaneWork>, Fault> {
    let Claimed { key, target, head, fence, failures } = *lane;
    let id = ids::NotificationId { key, target, sequence: head };
    let Some((notification, row)) = notifications::by_id(connection, id)? else {
        return Ok(None);
    };
    let event = events::happened(connection, key, notification.event)?;
    Ok(Some(LaneWork { key, target, fence, failures, notification, row, event }))
}

/// Settles one attempt; a result under another fence, or of a settled one, is void. Whether the lane goes on at
/// once.
pub(super) fn settle(connection: &Connection, result: &LaneResult) -> Result<bool, Fault> {
    let Some(before) = before(connection, result)? else {
        return Ok(false);
    };
    // With one in the lane, as usual, nothing follows and nothing has to be looked up.
    let following = if result.sequence.saturating_add(1) < before.next {
        notifications::following(connection, result.key, result.target, result.sequence)?
    } else {
        None
    };
    let settled = before.settled(result, following);
    if settled.ends_hold {
        end_hold(connection, result.key, Some(result.target), result.at)?;
    }
    move_on(connection, result, &settled.after)?;
    notifications::tried(connection, result, settled.tried)?;
    Ok(settled.goes_on(result))
}

/// The lane that waits for this very result.
fn before(connection: &Connection, result: &LaneResult) -> rusqlite::Result<Option<Before>> {
    connection
        .prepare_cached(
            "SELECT next, failures, attempt_at, woken, parked_since FROM lane \
             WHERE key = ?1 AND target = ?2 AND fence = ?3 AND head = ?4 AND lease_until_ms <> 0",
        )?
        .query_row((bytes(result.key), result.target.0, result.fence, result.sequence), |row| {
            Ok(Before {
                next: row.get(0)?,
                failures: row.get(1)?,
                attempt_at: row.get::<_, Option<i64>>(2)?.map(Moment),
                woken: row.get(3)?,
                parked_since: row.get::<_, Option<i64>>(4)?.map(Moment),
            })
        })
        .optional()
}

fn move_on(connection: &Connection, result: &LaneResult, after: &After) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE lane SET head = ?3, attempt_at = ?4, failures = ?5, parked_since = ?6, lease_until_ms = 0 \
             WHERE key = ?1 AND target = ?2",
        )?
        .execute(params![
            bytes(result.key),
            result.target.0,
            after.head,
            after.attempt_at.map(|at| at.0),
            after.failures,
            after.parked_since.map(|at| at.0),
        ])
        .map(drop)
}

/// Makes what waits in the lanes of an entitlement due now.
pub(super) fn wake(connection: &Connection, key: EntitlementKey, now: Moment) -> rusqlite::Result<()> {
    end_hold(connection, key, None, now)?;
    connection
        .prepare_cached(
            "UPDATE lane SET parked_since = NULL, woken = lease_until_ms <> 0, \
             attempt_at = CASE WHEN head < next THEN min(?2, coalesce(attempt_at, ?2)) END WHERE key = ?1",
        )?
        .execute((bytes(key), now.0))
        .map(drop)
}

/// Books the time for which a parked lane, or all of an entitlement's, held what waits in them.
fn end_hold(
    connection: &Connection,
    key: EntitlementKey,
    target: Option<TargetId>,
    now: Moment,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE notification SET held_ms = held_ms + max(0, ?2 - max(committed_at, parked_since)) \
             FROM (SELECT target AS held, parked_since FROM lane \
             WHERE key = ?1 AND target = coalesce(?3, target) AND parked_since IS NOT NULL) \
             WHERE key = ?1 AND target = held AND state = 'waiting'",
        )?
        .execute((bytes(key), now.0, target.map(|target| target.0)))
        .map(drop)
}

/// At the start nobody works: what was leased to a process that is gone is free again.
pub(super) fn release_all(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .execute("UPDATE lane SET lease_until_ms = 0 WHERE attempt_at IS NOT NULL AND lease_until_ms <> 0", [])
        .map(drop)
}

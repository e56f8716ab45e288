//! What is due: call-backs of the test merchant, entitlements with a moment, operations in flight.

use super::fault::Fault;
use super::rows::{bytes, key_at};
use crate::{Callback, NewCallback};
use entitlement::Moment;
use ids::EntitlementKey;
use rusqlite::Connection;

pub(super) fn insert(connection: &Connection, callback: &NewCallback) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO callback (key, at, says) VALUES (?1, ?2, ?3)")?
        .execute((bytes(callback.key), callback.at.0, &callback.says))
        .map(drop)
}

pub(super) fn exists(connection: &Connection, id: u64) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM callback WHERE id = ?1")?.exists([number(id)])
}

pub(super) fn remove(connection: &Connection, id: u64) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM callback WHERE id = ?1")?.execute([number(id)]).map(drop)
}

/// Numbers beyond SQLite's own are never given out, so the largest is not there either.
fn number(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

pub(super) fn due(connection: &Connection, by: Moment, limit: i64) -> Result<Vec<Callback>, Fault> {
    connection
        .prepare_cached("SELECT id, key, at, says FROM callback WHERE at <= ?1 ORDER BY at, id LIMIT ?2")?
        .query_and_then((by.0, limit), |row| {
            Ok(Callback {
                id: row.get::<_, i64>(0)?.unsigned_abs(),
                key: key_at(row, 1)?,
                at: Moment(row.get(2)?),
                says: row.get(3)?,
            })
        })?
        .collect()
}

pub(super) fn entitlements_due(
    connection: &Connection,
    by: Moment,
    limit: i64,
) -> Result<Vec<(Moment, EntitlementKey)>, Fault> {
    connection
        .prepare_cached(
            "SELECT due_at, key FROM entitlement INDEXED BY entitlement_due \
             WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2",
        )?
        .query_and_then((by.0, limit), |row| Ok((Moment(row.get(0)?), key_at(row, 1)?)))?
        .collect()
}

/// The earliest of everything with a moment. A leased lane counts once its worker has settled it.
pub(super) fn next(connection: &Connection) -> Result<Option<Moment>, Fault> {
    let at: Option<i64> = connection
        .prepare_cached(
            "SELECT min(at) FROM (
                 SELECT min(due_at) AS at FROM entitlement WHERE due_at IS NOT NULL
                 UNION ALL SELECT min(at) FROM callback
                 UNION ALL SELECT * FROM (
                     SELECT attempt_at FROM lane INDEXED BY lane_due
                     WHERE attempt_at IS NOT NULL AND lease_until_ms = 0 ORDER BY attempt_at LIMIT 1))",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(at.map(Moment))
}

pub(super) fn in_flight(connection: &Connection, limit: i64) -> Result<Vec<EntitlementKey>, Fault> {
    connection
        .prepare_cached(
            "SELECT key FROM entitlement INDEXED BY entitlement_in_flight \
             WHERE in_flight = 1 ORDER BY key LIMIT ?1",
        )?
        .query_and_then([limit], |row| Ok(key_at(row, 0)?))?
        .collect()
}

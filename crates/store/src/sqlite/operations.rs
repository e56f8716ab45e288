//! Operations that ended: kept for explain, operators and late repeats.

use super::fault::Fault;
use super::rows::{bytes, key_at};
use crate::ClosedOperation;
use entitlement::Moment;
use ids::{EntitlementKey, OperationId};
use rusqlite::{Connection, Params};

/// A change that is committed again after an unknown outcome brings the same operation again.
pub(super) fn insert(connection: &Connection, closed: &ClosedOperation) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO operation (id, key, kind, outcome, opened_at, closed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute((
            closed.id.0.to_be_bytes(),
            bytes(closed.key),
            &closed.kind,
            &closed.outcome,
            closed.opened_at.0,
            closed.closed_at.0,
        ))
        .map(drop)
}

pub(super) fn by_id(connection: &Connection, id: OperationId) -> Result<Option<ClosedOperation>, Fault> {
    Ok(list(connection, "WHERE id = ?1", [id.0.to_be_bytes()])?.pop())
}

/// Of one entitlement, newest first.
pub(super) fn of(connection: &Connection, key: EntitlementKey, limit: i64) -> Result<Vec<ClosedOperation>, Fault> {
    list(connection, "WHERE key = ?1 ORDER BY number DESC LIMIT ?2", (bytes(key), limit))
}

fn list(connection: &Connection, rest: &str, params: impl Params) -> Result<Vec<ClosedOperation>, Fault> {
    let sql = format!("SELECT id, key, kind, outcome, opened_at, closed_at FROM operation {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params)?;
    let mut operations = Vec::new();
    while let Some(row) = found.next()? {
        operations.push(ClosedOperation {
            id: OperationId(u128::from_be_bytes(row.get(0)?)),
            key: key_at(row, 1)?,
            kind: row.get(2)?,
            outcome: row.get(3)?,
            opened_at: Moment(row.get(4)?),
            closed_at: Moment(row.get(5)?),
        });
    }
    Ok(operations)
}

//! Request identities with what they point to.

use super::entitlements::bound;
use crate::sqlite::fault::Fault;
use crate::sqlite::rows::{self, key_at};
use crate::{ExaminedClaim, Remembered};
use ids::{AccountId, EntitlementKey, OperationId};
use rusqlite::Connection;

pub(super) fn page(connection: &Connection, after: u64, limit: usize) -> Result<Vec<ExaminedClaim>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.account, c.identity, c.key, c.operation, c.http, c.form, c.version, e.version \
         FROM claim c LEFT JOIN entitlement e ON e.key = c.key WHERE c.id > ?1 ORDER BY c.id LIMIT ?2",
    )?;
    let mut found = statement.query((i64::try_from(after).unwrap_or(i64::MAX), bound(limit)))?;
    let mut claims = Vec::new();
    while let Some(row) = found.next()? {
        claims.push(read(connection, row)?);
    }
    Ok(claims)
}

fn read(connection: &Connection, row: &rusqlite::Row<'_>) -> Result<ExaminedClaim, Fault> {
    let has_key = row.get_ref(3)?.as_blob_or_null().is_ok_and(|blob| blob.is_some());
    let key = if has_key { Some(key_at(row, 3)?) } else { None };
    let is_answered = row.get::<_, Option<u16>>(5)?.is_some();
    let remembers = if !is_answered {
        let operation = row.get::<_, Option<[u8; 16]>>(4)?.map(|id| OperationId(u128::from_be_bytes(id)));
        Remembered::Nothing { operation, is_known: is_known(connection, key, operation)? }
    } else if row.get::<_, Option<u8>>(6)?.is_some() {
        Remembered::Record(row.get::<_, Option<u32>>(7)?.unwrap_or(0))
    } else {
        Remembered::Literal
    };
    Ok(ExaminedClaim {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        account: AccountId(row.get(1)?),
        identity: row.get(2)?,
        key,
        found_version: row.get(8)?,
        remembers,
    })
}

/// Whether the operation is kept as ended, or open at the entitlement. A row that cannot be read has
/// a finding of its own.
fn is_known(
    connection: &Connection,
    key: Option<EntitlementKey>,
    operation: Option<OperationId>,
) -> Result<bool, Fault> {
    let Some(operation) = operation else {
        return Ok(false);
    };
    if connection.prepare_cached("SELECT 1 FROM operation WHERE id = ?1")?.exists([operation.0.to_be_bytes()])? {
        return Ok(true);
    }
    match key.map(|key| rows::by_key(connection, key)) {
        None | Some(Ok(None)) => Ok(false),
        Some(Ok(Some(row))) => Ok(row.state.operation.is_some_and(|open| open.id == operation)),
        Some(Err(Fault::Content(_))) => Ok(true),
        Some(Err(engine @ Fault::Engine(_))) => Err(engine),
    }
}

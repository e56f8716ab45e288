//! What operators change, in one transaction with the audit's entry; and what they ask.

use super::accounts;
use super::fault::Fault;
use super::session::Session;
use crate::{
    Act, Administered, AuditChain, AuditEntry, AuditRecord, CatalogVersion, CredentialRow, ProductUse, SealedSecret,
    Uses,
};
use entitlement::Moment;
use ids::{AccountId, RouteId};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Carries out all acts or none, and writes them down.
pub(super) fn administer(session: &mut Session<'_>, acts: &[Act], entry: &AuditEntry) -> Result<Administered, Fault> {
    let connection = session.connection;
    // First all checks: what fails one has written nothing.
    for act in acts {
        if !is_as_expected(connection, act)? {
            return Ok(Administered::ChangedMeanwhile);
        }
    }
    for act in acts {
        carry_out(connection, act, entry.at)?;
    }
    Ok(Administered::Done(append(connection, entry)?))
}

fn is_as_expected(connection: &Connection, act: &Act) -> Result<bool, Fault> {
    Ok(match act {
        Act::Credential { before, after } => credential(connection, &after.user)? == *before,
        Act::Catalog { before, .. } => accounts::catalog(connection)?.map_or(0, |(version, _)| version) == *before,
        Act::NewSecret { name, .. } => {
            !connection.prepare_cached("SELECT 1 FROM secret WHERE name = ?1")?.exists([name])?
        }
        Act::Secret { .. } => true,
    })
}

fn credential(connection: &Connection, user: &str) -> Result<Option<CredentialRow>, Fault> {
    Ok(accounts::credentials(connection)?.into_iter().find(|row| row.user == user))
}

fn carry_out(connection: &Connection, act: &Act, at: Moment) -> Result<(), Fault> {
    match act {
        Act::Credential { after, .. } => accounts::put_credential(connection, after),
        Act::Catalog { document, .. } => accounts::put_catalog(connection, document, at).map(drop),
        Act::NewSecret { name, sealed } | Act::Secret { name, sealed: Some(sealed) } => {
            connection
                .prepare_cached(
                    "INSERT INTO secret (name, set_at, sealed) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (name) DO UPDATE SET set_at = excluded.set_at, sealed = excluded.sealed",
                )?
                .execute(params![name, at.0, sealed])?;
            Ok(())
        }
        Act::Secret { name, sealed: None } => {
            connection.prepare_cached("DELETE FROM secret WHERE name = ?1")?.execute([name])?;
            Ok(())
        }
    }
}

/// Appends an entry to the audit; returns its number.
pub(super) fn append(connection: &Connection, entry: &AuditEntry) -> Result<u64, Fault> {
    let end = connection
        .prepare_cached("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")?
        .query_row([], |row| Ok(AuditChain { number: count(row, 0)?, hash: row.get(1)? }))
        .optional()?
        .unwrap_or_default();
    let next = end.next(entry);
    let AuditEntry { at, who, act, subject, before, after, note } = entry;
    connection
        .prepare_cached(
            "INSERT INTO audit (number, at, who, act, subject, before, after, note, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![next.number.cast_signed(), at.0, who, act, subject, before, after, note, next.hash])?;
    Ok(next.number)
}

/// The newest entry's number.
pub(super) fn audit_head(connection: &Connection) -> Result<u64, Fault> {
    let sql = "SELECT coalesce(max(number), 0) FROM audit";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))?.cast_unsigned())
}

/// Entries after a number, in order.
pub(super) fn audit(connection: &Connection, after: u64, limit: i64) -> Result<Vec<AuditRecord>, Fault> {
    connection
        .prepare_cached(
            "SELECT number, at, who, act, subject, before, after, note, hash FROM audit \
             WHERE number > ?1 ORDER BY number LIMIT ?2",
        )?
        .query_and_then((after.cast_signed(), limit), |row| Ok(record(row)?))?
        .collect()
}

fn record(row: &Row<'_>) -> rusqlite::Result<AuditRecord> {
    let entry = AuditEntry {
        at: Moment(row.get(1)?),
        who: row.get(2)?,
        act: row.get(3)?,
        subject: row.get(4)?,
        before: row.get(5)?,
        after: row.get(6)?,
        note: row.get(7)?,
    };
    Ok(AuditRecord { number: count(row, 0)?, entry, hash: row.get(8)? })
}

pub(super) fn secrets(connection: &Connection) -> Result<Vec<SealedSecret>, Fault> {
    connection
        .prepare_cached("SELECT name, set_at, sealed FROM secret ORDER BY name")?
        .query_and_then([], |row| {
            Ok(SealedSecret { name: row.get(0)?, set_at: Moment(row.get(1)?), sealed: row.get(2)? })
        })?
        .collect()
}

/// Newest first.
pub(super) fn catalog_versions(connection: &Connection, limit: i64) -> Result<Vec<CatalogVersion>, Fault> {
    connection
        .prepare_cached("SELECT version, at, document FROM catalog_version ORDER BY version DESC LIMIT ?1")?
        .query_and_then([limit], |row| Ok(catalog_at(row)?))?
        .collect()
}

pub(super) fn catalog_version(connection: &Connection, version: u32) -> Result<Option<CatalogVersion>, Fault> {
    Ok(connection
        .prepare_cached("SELECT version, at, document FROM catalog_version WHERE version = ?1")?
        .query_row([version], catalog_at)
        .optional()?)
}

fn catalog_at(row: &Row<'_>) -> rusqlite::Result<CatalogVersion> {
    Ok(CatalogVersion { version: row.get(0)?, at: Moment(row.get(1)?), document: row.get(2)? })
}

/// Walks all open entitlements and all notifications: seconds for millions, on a reader.
pub(super) fn uses(connection: &Connection) -> Result<Uses, Fault> {
    let open = "SELECT e.account, e.route, r.merchant, e.product, e.offer, count(*) FROM entitlement AS e \
                JOIN route AS r ON r.id = e.route WHERE e.slot IS NOT NULL GROUP BY 1, 2, 4, 5 ORDER BY 1, 2, 4, 5";
    let undelivered = "SELECT e.account, e.route, r.merchant, e.product, e.offer, count(*) FROM notification AS n \
                       JOIN entitlement AS e ON e.key = n.key JOIN route AS r ON r.id = e.route \
                       WHERE n.state = 'waiting' GROUP BY 1, 2, 4, 5 ORDER BY 1, 2, 4, 5";
    Ok(Uses { open: product_uses(connection, open)?, undelivered: product_uses(connection, undelivered)? })
}

fn product_uses(connection: &Connection, sql: &str) -> Result<Vec<ProductUse>, Fault> {
    connection
        .prepare_cached(sql)?
        .query_and_then([], |row| {
            Ok(ProductUse {
                account: AccountId(row.get(0)?),
                route: RouteId(row.get(1)?),
                merchant_account_key: row.get(2)?,
                product: row.get(3)?,
                offer: row.get(4)?,
                count: count(row, 5)?,
            })
        })?
        .collect()
}

/// SQLite's numbers have a sign; these never do.
fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get(at).map(i64::cast_unsigned)
}

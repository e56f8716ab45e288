//! What an examination reads, from one file. Each call is one transaction of a reader, broken off where it
//! takes too long.

mod claims;
mod entitlements;
mod health;
mod keys;

use super::beside::SqliteFile;
use super::fault::Fault;
use super::restored;
use crate::examine::add_to_runs;
use crate::{
    Depth, EngineHealth, Examine, Examined, ExaminedAccount, ExaminedClaim, ExaminedKeys, Kept, Restoration,
    StoreFuture, StoreSize,
};
use ids::{AccountId, EntitlementKey};
use rusqlite::Connection;

/// While nobody writes, a look at the whole structure may take this long.
const ALONE_MAX_MS: u64 = 24 * 3_600_000;

impl Examine for SqliteFile {
    fn examine_size(&self) -> StoreFuture<'_, StoreSize> {
        Box::pin(async move { self.readers.read_long(size).await })
    }

    fn examine_entitlements(&self, after: Option<EntitlementKey>, limit: usize) -> StoreFuture<'_, Vec<Examined>> {
        Box::pin(
            async move { self.readers.read_long(move |connection| entitlements::page(connection, after, limit)).await },
        )
    }

    fn examine_accounts(&self) -> StoreFuture<'_, Vec<ExaminedAccount>> {
        Box::pin(async move { self.readers.read_long(accounts).await })
    }

    fn examine_feed(&self, account: AccountId, after: u64, limit: usize) -> StoreFuture<'_, Vec<(u64, u64)>> {
        Box::pin(async move { self.readers.read_long(move |connection| feed(connection, account, after, limit)).await })
    }

    fn examine_claims(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<ExaminedClaim>> {
        Box::pin(async move { self.readers.read_long(move |connection| claims::page(connection, after, limit)).await })
    }

    fn examine_keys(&self, of: Kept, after: Option<EntitlementKey>, limit: usize) -> StoreFuture<'_, ExaminedKeys> {
        Box::pin(
            async move { self.readers.read_long(move |connection| keys::page(connection, of, after, limit)).await },
        )
    }

    fn engine_health(&self, depth: Depth) -> StoreFuture<'_, EngineHealth> {
        Box::pin(async move {
            if self.is_alone {
                self.readers.read_long_within(ALONE_MAX_MS, move |connection| health::of(connection, depth)).await
            } else {
                self.readers.read_long(move |connection| health::of(connection, depth)).await
            }
        })
    }

    fn restorations(&self) -> StoreFuture<'_, Vec<Restoration>> {
        Box::pin(async move { self.readers.read_long(restored::all).await })
    }
}

/// Row numbers ascend, so the last one is an upper bound, and nobody has to count.
fn size(connection: &Connection) -> Result<StoreSize, Fault> {
    let last = |table: &str| -> rusqlite::Result<u64> {
        let sql = format!("SELECT coalesce(max(id), 0) FROM {table}");
        connection.query_row(&sql, [], |row| Ok(row.get::<_, i64>(0)?.unsigned_abs()))
    };
    Ok(StoreSize { entitlements: last("entitlement")?, events: last("event")?, claims: last("claim")? })
}

fn accounts(connection: &Connection) -> Result<Vec<ExaminedAccount>, Fault> {
    connection
        .prepare_cached(
            "SELECT a.id, a.organisation, a.live, a.position, \
             (SELECT coalesce(max(position), 0) FROM event WHERE account = a.id AND position > 0) \
             FROM account a ORDER BY a.id",
        )?
        .query_and_then([], |row| {
            Ok(ExaminedAccount {
                id: AccountId(row.get(0)?),
                organisation: row.get(1)?,
                live: row.get(2)?,
                position: row.get::<_, i64>(3)?.unsigned_abs(),
                last_event: row.get::<_, i64>(4)?.unsigned_abs(),
            })
        })?
        .collect()
}

fn feed(connection: &Connection, account: AccountId, after: u64, limit: usize) -> Result<Vec<(u64, u64)>, Fault> {
    let mut statement = connection
        .prepare_cached("SELECT position FROM event WHERE account = ?1 AND position > ?2 ORDER BY position LIMIT ?3")?;
    let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
    let mut found = statement.query((account.0, after, limit))?;
    let mut runs = Vec::new();
    while let Some(row) = found.next()? {
        add_to_runs(&mut runs, row.get::<_, i64>(0)?.unsigned_abs());
    }
    Ok(runs)
}

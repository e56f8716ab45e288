//! What an examination reads, from one database. Each call is one snapshot; a statement that takes too long
//! is broken off.

mod claims;
mod entitlements;
mod health;

use super::Inner;
use super::connections::Connections;
use super::events::{self, feed_begin};
use super::fault::Fault;
use super::restored;
use super::values::{self, Id, bound, count, get};
use crate::examine::add_to_runs;
use crate::{
    Depth, EngineHealth, Examine, Examined, ExaminedAccount, ExaminedClaim, ExaminedKeys, Kept, Restoration,
    StoreFuture, StoreSize,
};
use ids::{AccountId, EntitlementKey};

impl Examine for Inner {
    fn examine_size(&self) -> StoreFuture<'_, StoreSize> {
        Box::pin(async move { Ok(size(&self.connections).await?) })
    }

    fn examine_entitlements(&self, after: Option<EntitlementKey>, limit: usize) -> StoreFuture<'_, Vec<Examined>> {
        Box::pin(async move { Ok(entitlements::page(&self.connections, after, limit).await?) })
    }

    fn examine_accounts(&self) -> StoreFuture<'_, Vec<ExaminedAccount>> {
        Box::pin(async move { Ok(examined_accounts(&self.connections).await?) })
    }

    fn examine_feed(&self, account: AccountId, after: u64, limit: usize) -> StoreFuture<'_, Vec<(u64, u64)>> {
        Box::pin(async move { Ok(feed(&self.connections, account, after, limit).await?) })
    }

    fn examine_claims(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<ExaminedClaim>> {
        Box::pin(async move { Ok(claims::page(&self.connections, after, limit).await?) })
    }

    fn examine_keys(&self, of: Kept, after: Option<EntitlementKey>, limit: usize) -> StoreFuture<'_, ExaminedKeys> {
        Box::pin(async move { Ok(keys(&self.connections, of, after, limit).await?) })
    }

    fn engine_health(&self, depth: Depth) -> StoreFuture<'_, EngineHealth> {
        Box::pin(async move { Ok(health::of(&self.connections, &self.steps, depth).await?) })
    }

    fn restorations(&self) -> StoreFuture<'_, Vec<Restoration>> {
        Box::pin(async move { Ok(restored::all(&self.connections).await?) })
    }
}

/// As many as PostgreSQL thinks there are: nobody has to count.
async fn size(connections: &Connections) -> Result<StoreSize, Fault> {
    let sql = "SELECT (SELECT coalesce(sum(greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0)), 0) \
                   ::bigint FROM pg_class c WHERE c.oid = to_regclass(t.name) \
                   OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass(t.name))) \
               FROM unnest($1::text[]) WITH ORDINALITY AS t(name, place) ORDER BY t.place";
    let rows = connections.search(sql, &[&["entitlement", "event", "claim"].as_slice()]).await?;
    let of = |at: usize| rows.get(at).map_or(Ok(0), |row| count(row, 0));
    Ok(StoreSize { entitlements: of(0)?, events: of(1)?, claims: of(2)? })
}

async fn examined_accounts(connections: &Connections) -> Result<Vec<ExaminedAccount>, Fault> {
    let sql = "SELECT a.id, a.organisation, a.live, a.position, coalesce((SELECT e.position FROM event e \
               WHERE e.account = a.id AND e.position > 0 ORDER BY e.position DESC LIMIT 1), 0) \
               FROM account a ORDER BY a.id";
    let read = |row: &tokio_postgres::Row| {
        Ok(ExaminedAccount {
            id: AccountId(count(row, 0)?),
            organisation: get(row, 1)?,
            live: get(row, 2)?,
            position: count(row, 3)?,
            last_event: count(row, 4)?,
        })
    };
    connections.search(sql, &[]).await?.iter().map(read).collect()
}

async fn feed(
    connections: &Connections,
    account: AccountId,
    after: u64,
    limit: usize,
) -> Result<Vec<(u64, u64)>, Fault> {
    let floor = "SELECT coalesce(min(first) - 1, 0) FROM feed_mark WHERE account = $1";
    let sql = concat!(
        "SELECT v.position FROM ",
        feed_begin!(),
        " CROSS JOIN LATERAL (SELECT position FROM event \
             WHERE account = $1 AND position > b.after AND day >= b.day ORDER BY position LIMIT $3) v \
         ORDER BY v.position"
    );
    let mut runs = Vec::new();
    let floor: u64 = one(&connections.search(floor, &[&i64::from(account.0)]).await?)?;
    if after < floor {
        // What was dropped with its partition is no gap: it was there.
        runs.push((after + 1, floor));
    }
    for row in &connections.search(sql, &[&i64::from(account.0), &events::after(after), &bound(limit)]).await? {
        add_to_runs(&mut runs, count(row, 0)?);
    }
    Ok(runs)
}

fn one(rows: &[tokio_postgres::Row]) -> Result<u64, Fault> {
    rows.first().map_or(Ok(0), |row| count(row, 0))
}

/// Keys that stand in a table, walked along its index: those without an entitlement are orphans.
macro_rules! keys_of {
    ($table:literal) => {
        concat!(
            "SELECT k.key, EXISTS (SELECT FROM entitlement e WHERE e.key = k.key) FROM \
             (SELECT DISTINCT key FROM ",
            $table,
            " WHERE $1::uuid IS NULL OR key > $1 ORDER BY key LIMIT $2) k ORDER BY k.key"
        )
    };
}

async fn keys(
    connections: &Connections,
    of: Kept,
    after: Option<EntitlementKey>,
    limit: usize,
) -> Result<ExaminedKeys, Fault> {
    let sql = match of {
        Kept::Events => keys_of!("event"),
        Kept::Lanes => keys_of!("lane"),
        Kept::Notifications => keys_of!("notification"),
        Kept::Callbacks => keys_of!("callback"),
    };
    let rows = connections.search(sql, &[&after.map(Id::from), &bound(limit)]).await?;
    let mut page = ExaminedKeys::default();
    for row in &rows {
        let key = values::key(row, 0)?;
        if !get::<bool>(row, 1)? {
            page.orphans.push(key);
        }
        page.last = Some(key);
    }
    if rows.len() < limit {
        page.last = None;
    }
    Ok(page)
}

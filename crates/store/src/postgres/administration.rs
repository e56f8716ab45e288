//! What operators change, in one transaction with the audit's entry; and what they ask.

use super::accounts;
use super::connect::{Connection, Purpose};
use super::connections::Connections;
use super::fault::Fault;
use super::lanes::waiting_lanes;
use super::transactions::transact;
use super::values::{Value, bound, count, count_opt, get, moment, number};
use crate::{
    Act, Administered, AuditChain, AuditEntry, AuditRecord, CatalogVersion, ProductUse, SealedSecret, StoreError, Uses,
};
use entitlement::Moment;
use ids::{AccountId, RouteId};
use std::sync::Arc;
use tokio_postgres::Row;

/// One at a time appends to the audit, from here to the end of its transaction; whoever only reads it
/// does not wait.
pub(super) const HOLD_AUDIT: &str = "LOCK TABLE audit IN EXCLUSIVE MODE";
/// The end of the chain.
pub(super) const AUDIT_END: &str = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
/// One more entry.
pub(super) const APPEND: &str = "INSERT INTO audit (number, at, who, act, subject, before, after, note, hash) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], \
     $8::text[], $9::bytea[])";

/// Carries out all acts or none, and writes them down.
pub(super) async fn administer(
    connections: &Connections,
    acts: Vec<Act>,
    entry: AuditEntry,
) -> Result<Administered, StoreError> {
    let asked = Arc::new((acts, entry));
    transact(connections, Purpose::Keys, move |connection| {
        let asked = Arc::clone(&asked);
        Box::pin(async move { administer_in(connection, &asked.0, &asked.1).await })
    })
    .await
}

async fn administer_in(connection: &Connection, acts: &[Act], entry: &AuditEntry) -> Result<Administered, Fault> {
    // From here on no other operator's acts come between look and change.
    connection.batch(HOLD_AUDIT).await?;
    for act in acts {
        if !is_as_expected(connection, act).await? {
            return Ok(Administered::ChangedMeanwhile);
        }
    }
    for act in acts {
        carry_out(connection, act, entry.at).await?;
    }
    let rows = connection.query(AUDIT_END, &[]).await?;
    let mut end = audit_end(&rows)?;
    let mut entries = Entries::default();
    entries.add(&mut end, entry);
    connection.execute(APPEND, &entries.values()).await?;
    Ok(Administered::Done(end.number))
}

/// Where the chain ends, as [`AUDIT_END`] found it.
pub(super) fn audit_end(rows: &[Row]) -> Result<AuditChain, Fault> {
    let Some(row) = rows.first() else {
        return Ok(AuditChain::default());
    };
    Ok(AuditChain { number: count(row, 0)?, hash: hash(row, 1)? })
}

fn hash(row: &Row, column: usize) -> Result<crate::AuditHash, Fault> {
    let bytes: &[u8] = get(row, column)?;
    bytes.try_into().map_err(|_| Fault::Content("a hash of the audit has another length".into()))
}

/// Columns of new entries.
#[derive(Debug, Default)]
pub(super) struct Entries<'a> {
    numbers: Vec<i64>,
    at: Vec<i64>,
    who: Vec<&'a str>,
    acts: Vec<&'a str>,
    subjects: Vec<&'a str>,
    before: Vec<Option<&'a str>>,
    after: Vec<Option<&'a str>>,
    notes: Vec<Option<&'a str>>,
    hashes: Vec<Vec<u8>>,
}

impl<'a> Entries<'a> {
    pub(super) fn add(&mut self, end: &mut AuditChain, entry: &'a AuditEntry) {
        *end = end.next(entry);
        let AuditEntry { at, who, act, subject, before, after, note } = entry;
        self.numbers.push(number(end.number));
        self.at.push(at.0);
        self.who.push(who);
        self.acts.push(act);
        self.subjects.push(subject);
        self.before.push(before.as_deref());
        self.after.push(after.as_deref());
        self.notes.push(note.as_deref());
        self.hashes.push(end.hash.to_vec());
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    pub(super) fn values(&self) -> Vec<Value<'_>> {
        let Self { numbers, at, who, acts, subjects, before, after, notes, hashes } = self;
        vec![numbers, at, who, acts, subjects, before, after, notes, hashes]
    }
}

async fn is_as_expected(connection: &Connection, act: &Act) -> Result<bool, Fault> {
    Ok(match act {
        Act::Credential { before, after } => accounts::credential(connection, &after.user).await? == *before,
        Act::Catalog { before, .. } => newest_catalog(connection).await? == *before,
        Act::NewSecret { name, .. } => {
            connection.query("SELECT FROM secret WHERE name = $1", &[name]).await?.is_empty()
        }
        Act::Secret { .. } => true,
    })
}

async fn newest_catalog(connection: &Connection) -> Result<u32, Fault> {
    let found = connection.query("SELECT max(version) FROM catalog_version", &[]).await?;
    let newest = found.first().map(|row| count_opt(row, 0)).transpose()?;
    Ok(newest.flatten().unwrap_or(0))
}

async fn carry_out(connection: &Connection, act: &Act, at: Moment) -> Result<(), Fault> {
    match act {
        Act::Credential { after, .. } => accounts::put_credential(connection, after).await?,
        Act::Catalog { before, document } => {
            let sql = "INSERT INTO catalog_version (version, document, at) VALUES ($1, $2, $3)";
            connection.execute(sql, &[&(i64::from(*before) + 1), document, &at.0]).await?;
        }
        Act::NewSecret { name, sealed } | Act::Secret { name, sealed: Some(sealed) } => {
            let sql = "INSERT INTO secret (name, set_at, sealed) VALUES ($1, $2, $3) \
                       ON CONFLICT (name) DO UPDATE SET set_at = excluded.set_at, sealed = excluded.sealed";
            connection.execute(sql, &[name, &at.0, sealed]).await?;
        }
        Act::Secret { name, sealed: None } => {
            connection.execute("DELETE FROM secret WHERE name = $1", &[name]).await?;
        }
    }
    Ok(())
}

/// The newest entry's number.
pub(super) async fn audit_head(connections: &Connections) -> Result<u64, Fault> {
    let found = connections.read("SELECT coalesce(max(number), 0) FROM audit", &[]).await?;
    found.first().map_or(Ok(0), |row| count(row, 0))
}

/// Entries after a number, in order.
pub(super) async fn audit(connections: &Connections, after: u64, limit: usize) -> Result<Vec<AuditRecord>, Fault> {
    let sql = "SELECT number, at, who, act, subject, before, after, note, hash FROM audit WHERE number > $1 \
               ORDER BY number LIMIT $2";
    connections.read(sql, &[&number(after), &bound(limit)]).await?.iter().map(record).collect()
}

fn record(row: &Row) -> Result<AuditRecord, Fault> {
    let entry = AuditEntry {
        at: moment(row, 1)?,
        who: get(row, 2)?,
        act: get(row, 3)?,
        subject: get(row, 4)?,
        before: get(row, 5)?,
        after: get(row, 6)?,
        note: get(row, 7)?,
    };
    Ok(AuditRecord { number: count(row, 0)?, entry, hash: hash(row, 8)? })
}

pub(super) async fn secrets(connections: &Connections) -> Result<Vec<SealedSecret>, Fault> {
    let read = |row: &Row| Ok(SealedSecret { name: get(row, 0)?, set_at: moment(row, 1)?, sealed: get(row, 2)? });
    connections.read("SELECT name, set_at, sealed FROM secret ORDER BY name", &[]).await?.iter().map(read).collect()
}

fn read_catalog(row: &Row) -> Result<CatalogVersion, Fault> {
    Ok(CatalogVersion { version: count(row, 0)?, at: moment(row, 1)?, document: get(row, 2)? })
}

/// Newest first.
pub(super) async fn catalog_versions(connections: &Connections, limit: usize) -> Result<Vec<CatalogVersion>, Fault> {
    let sql = "SELECT version, at, document FROM catalog_version ORDER BY version DESC LIMIT $1";
    connections.read(sql, &[&bound(limit)]).await?.iter().map(read_catalog).collect()
}

pub(super) async fn catalog_version(connections: &Connections, version: u32) -> Result<Option<CatalogVersion>, Fault> {
    let sql = "SELECT version, at, document FROM catalog_version WHERE version = $1";
    connections.read(sql, &[&i64::from(version)]).await?.first().map(read_catalog).transpose()
}

/// Walks all open entitlements, and all lanes in which something waits: seconds for millions.
pub(super) async fn uses(connections: &Connections) -> Result<Uses, Fault> {
    let open = "SELECT e.account, e.route, r.merchant, e.product, e.offer, count(*) FROM entitlement e \
                JOIN route r ON r.id = e.route WHERE e.slot IS NOT NULL \
                GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 4, 5 NULLS FIRST";
    let undelivered = concat!(
        "SELECT e.account, e.route, r.merchant, e.product, e.offer, count(*) \
                       FROM ",
        waiting_lanes!(),
        " \
                       JOIN notification n ON n.key = l.key AND n.target = l.target AND n.sequence >= l.head \
                           AND n.day BETWEEN l.head_day AND l.day \
                       JOIN entitlement e ON e.key = l.key JOIN route r ON r.id = e.route \
                       WHERE n.state = 'waiting' \
                       GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 4, 5 NULLS FIRST"
    );
    let held = connections.own(Purpose::Search).await?;
    // It takes as long as it takes, as on the other engine.
    held.batch("BEGIN; SET LOCAL statement_timeout = 0").await?;
    let (open, undelivered) = (held.query(open, &[]).await?, held.query(undelivered, &[]).await?);
    held.batch("COMMIT").await?;
    held.give_back();
    Ok(Uses { open: product_uses(&open)?, undelivered: product_uses(&undelivered)? })
}

fn product_uses(rows: &[Row]) -> Result<Vec<ProductUse>, Fault> {
    let read = |row: &Row| {
        Ok(ProductUse {
            account: AccountId(count(row, 0)?),
            route: RouteId(count(row, 1)?),
            merchant_account_key: get(row, 2)?,
            product: get(row, 3)?,
            offer: get(row, 4)?,
            count: count(row, 5)?,
        })
    };
    rows.iter().map(read).collect()
}

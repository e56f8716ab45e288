//! The rows of a create, table by table, as the hub writes them for one that is active at once and
//! told of. `cargo test -p xtask` compares the list with the schema, and each run of the figures
//! with what the hub has really written.

use super::super::body::{BANGO, Create, NAME, SHARED};
use anyhow::{Result, ensure};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use serde::Serialize;
use std::path::Path;

/// Rows of a create by table. Tables without are not touched by one.
pub(crate) const ROWS_OF_A_CREATE: [(&str, u64); 5] =
    [("entitlement", 1), ("event", 1), ("claim", 1), ("lane", 1), ("notification", 1)];
/// Tables of the schema that a create does not write to; `account` counts the feed's positions, once
/// a batch.
#[cfg(test)]
const NOT_WRITTEN: [&str; 10] = [
    "account",
    "route",
    "credential",
    "catalog_version",
    "setting",
    "secret",
    "audit",
    "callback",
    "operation",
    "sqlite_sequence",
];

/// The demo account, and its route to the merchant of the load.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    account: i64,
    route: i64,
}

impl Place {
    pub(crate) fn of(connection: &Connection) -> Result<Self> {
        let found = connection.query_row(
            "SELECT account, id FROM route WHERE merchant = 'BANGO_US' ORDER BY id LIMIT 1",
            [],
            |row| Ok(Self { account: row.get(0)?, route: row.get(1)? }),
        );
        Ok(found?)
    }
}

/// The last place in the account's feed.
pub(crate) fn position(connection: &Connection, place: Place) -> Result<i64> {
    Ok(connection.query_row("SELECT position FROM account WHERE id = ?1", [place.account], |row| row.get(0))?)
}

/// A UUIDv7 of milliseconds and a counter (60 bits); its random part is derived from them.
pub(crate) const fn key_of(ticks: u64) -> u128 {
    let (time, counter) = (ticks >> 12, ticks & 0xfff);
    let spread = ticks.wrapping_mul(0x9e37_79b9_7f4a_7c15) & 0x3fff_ffff_ffff_ffff;
    ((time as u128) << 80) | (0x7 << 76) | ((counter as u128) << 64) | (0b10 << 62) | spread as u128
}

/// A key as it is shown.
pub(crate) fn id_text(key: u128) -> String {
    let hex = format!("{key:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The rows of one create, their texts printed.
pub(crate) struct NewRows {
    place: Place,
    key: [u8; 16],
    customer: String,
    product: String,
    identity: String,
    rest: String,
    sets: String,
    now: i64,
}

#[derive(Serialize)]
struct Rest<'a> {
    activated: i64,
    name: &'a str,
    url: Option<&'a str>,
    shared: &'a str,
    bango: &'a str,
    #[serde(rename = "eventAt")]
    event_at: i64,
}

#[derive(Serialize)]
struct Record<'a> {
    status: &'a str,
    created: i64,
    activated: i64,
    customer: &'a str,
    merchant: &'a str,
    product: &'a str,
    name: &'a str,
    url: Option<&'a str>,
    shared: &'a str,
    bango: &'a str,
}

impl NewRows {
    pub(crate) fn new(place: Place, key: u128, create: &Create, identity: &str, now: i64) -> Self {
        let second = now - now.rem_euclid(1_000);
        let url = create.notification_url.as_deref();
        let rest = Rest { activated: second, name: NAME, url, shared: SHARED, bango: BANGO, event_at: now };
        let record = Record {
            status: "ACTIVE",
            created: second,
            activated: second,
            customer: &create.customer_identifier,
            merchant: &create.merchant_account_key,
            product: &create.product_key,
            name: NAME,
            url,
            shared: SHARED,
            bango: BANGO,
        };
        let sets = [("record", record)];
        Self {
            place,
            key: key.to_be_bytes(),
            // Both are texts and numbers: they are always printed.
            rest: serde_json::to_string(&rest).unwrap_or_default(),
            sets: serde_json::to_string(&sets).unwrap_or_default(),
            customer: create.customer_identifier.clone(),
            product: create.product_key.clone(),
            identity: identity.to_owned(),
            now,
        }
    }
}

/// The statements of a create, prepared once.
pub(crate) struct Statements<'c> {
    begin: CachedStatement<'c>,
    entitlement: CachedStatement<'c>,
    event: CachedStatement<'c>,
    claim: CachedStatement<'c>,
    lane: CachedStatement<'c>,
    notification: CachedStatement<'c>,
    position: CachedStatement<'c>,
    commit: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            begin: connection.prepare_cached("BEGIN IMMEDIATE")?,
            entitlement: connection.prepare_cached(
                "INSERT INTO entitlement (key, account, live, route, customer, slot, status, product, created_at, \
                 updated_at, revision, version, last_event, unborn, in_flight, rest) \
                 VALUES (?1, ?2, 0, ?3, ?4, 1, 'ACTIVE', ?5, ?6, ?6, 1, 1, 1, 0, 0, ?7)",
            )?,
            event: connection.prepare_cached(
                "INSERT INTO event (account, position, key, sequence, version, at, by, kind, request, sets) \
                 VALUES (?1, ?2, ?3, 1, 1, ?4, 'RESELLER', 'created', ?5, ?6)",
            )?,
            claim: connection.prepare_cached(
                "INSERT INTO claim (account, identity, fingerprint, key, at, http, form, code, version) \
                 VALUES (?1, ?2, ?3, ?4, ?5, 200, 1, 0, 1)",
            )?,
            lane: connection.prepare_cached(
                "INSERT INTO lane (key, target, next, head, attempt_at) VALUES (?1, 0, 2, 1 + ?3, ?2)",
            )?,
            notification: connection.prepare_cached(
                "INSERT INTO notification (account, key, target, sequence, event, version, reason, form, \
                 committed_at, state, attempts, last_status, done_at) \
                 VALUES (?1, ?2, 0, 1, 1, 1, 'ACTIVATION_SUCCESS', 1, ?3, ?4, ?5, ?6, ?7)",
            )?,
            position: connection.prepare_cached("UPDATE account SET position = ?2 WHERE id = ?1")?,
            commit: connection.prepare_cached("COMMIT")?,
        })
    }

    pub(crate) fn begin(&mut self) -> Result<()> {
        self.begin.execute([])?;
        Ok(())
    }

    /// A create whose notification waits.
    pub(crate) fn insert(&mut self, rows: &NewRows, position: i64) -> Result<()> {
        self.insert_as(rows, position, false)
    }

    /// One that has been told of long ago.
    pub(crate) fn insert_delivered(&mut self, rows: &NewRows, position: i64) -> Result<()> {
        self.insert_as(rows, position, true)
    }

    fn insert_as(&mut self, rows: &NewRows, position: i64, delivered: bool) -> Result<()> {
        let NewRows { place: Place { account, route }, key, customer, product, identity, rest, sets, now } = rows;
        let second = now - now.rem_euclid(1_000);
        self.entitlement.execute(params![key, account, route, customer, product, second, rest])?;
        self.event.execute(params![account, position, key, now, identity, sets])?;
        self.claim.execute(params![account, identity, key, key, now])?;
        self.lane.execute(params![key, (!delivered).then_some(now), delivered])?;
        let done = delivered.then_some(now);
        let state = if delivered { "delivered" } else { "waiting" };
        self.notification.execute(params![account, key, now, state, delivered, delivered.then_some(200), done])?;
        Ok(())
    }

    pub(crate) fn commit(&mut self, place: Place, position: i64) -> Result<()> {
        self.position.execute((place.account, position))?;
        self.commit.execute([])?;
        Ok(())
    }
}

/// Both files have for each create the same rows, as often as the list says, and the same schema;
/// and the widths of what they hold differ by less than a tenth.
pub(crate) fn compare(hub: &Path, prototype: &Path) -> Result<()> {
    let (hub, prototype) = (Connection::open(hub)?, Connection::open(prototype)?);
    ensure!(schema(&hub)? == schema(&prototype)?, "hub and prototype have different schemas");
    for (name, file) in [("hub", &hub), ("prototype", &prototype)] {
        let creates = count(file, "entitlement")?;
        for (table, rows) in ROWS_OF_A_CREATE {
            let found = count(file, table)?;
            ensure!(found == creates * rows, "the {name} has {found} rows in {table} for {creates} creates");
        }
    }
    for (table, _) in ROWS_OF_A_CREATE {
        let (a, b) = (width(&hub, table)?, width(&prototype, table)?);
        println!("  bytes a row of {table:14} hub {a:6.1}   prototype {b:6.1}");
        ensure!((a - b).abs() < a / 10.0, "rows of {table} differ in width");
    }
    Ok(())
}

fn count(connection: &Connection, table: &str) -> Result<u64> {
    let count: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

/// Bytes of the values of the newest rows, on average.
fn width(connection: &Connection, table: &str) -> Result<f64> {
    let names = columns(connection, table)?;
    let lengths: Vec<String> = names.iter().map(|name| format!("coalesce(length(CAST({name} AS BLOB)), 0)")).collect();
    let sql = format!("SELECT avg({}) FROM (SELECT * FROM {table} LIMIT 10000)", lengths.join(" + "));
    Ok(connection.query_row(&sql, [], |row| row.get::<_, Option<f64>>(0)).optional()?.flatten().unwrap_or(0.0))
}

fn columns(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<rusqlite::Result<_>>()?)
}

fn schema(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")?;
    let texts = statement.query_map([], |row| row.get(0))?;
    Ok(texts.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_row_list_names_every_table_and_its_statements_fit_the_schema() {
        let connection = Connection::open_in_memory().unwrap();
        let folder = crate::shell::root().join("crates/store/src/sqlite/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        assert!(files.len() >= 3, "the migrations are elsewhere");
        for file in files {
            connection.execute_batch(&std::fs::read_to_string(file).unwrap()).unwrap();
        }
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        let tables: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        for table in &tables {
            let written = ROWS_OF_A_CREATE.iter().any(|(name, _)| name == table);
            assert!(written != NOT_WRITTEN.contains(&table.as_str()), "{table} stands in one of the two lists");
        }
        assert_eq!(tables.len(), ROWS_OF_A_CREATE.len() + NOT_WRITTEN.len());
        Statements::new(&connection).unwrap();
    }
}

//! Millions of entitlements in a file, offline: the rows of creates that have been told of long ago,
//! of customers and identities spread at random. Without fsync and with the random indexes built
//! afterwards, in their order.

use super::body::Create;
use super::prototype::now_ms;
use super::prototype::rows::{NewRows, Place, Statements, id_text, key_of, position};
use anyhow::{Context, Result};
use rusqlite::Connection;
use std::path::Path;

/// Creates in one transaction.
const BATCH: u64 = 50_000;
/// Of so many ids one is given back, for reading.
const ID_OF: u64 = 25;
/// Milliseconds between two creates: 5 million in about a day.
const APART_MS: i64 = 17;

/// Fills a file that a hub has made and closed; returns some of the ids.
pub(super) fn fill(file: &Path, count: u64) -> Result<Vec<String>> {
    let connection = Connection::open(file)?;
    connection.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1048576;
         PRAGMA locking_mode = EXCLUSIVE;",
    )?;
    let place = Place::of(&connection)?;
    let dropped = drop_random_indexes(&connection)?;
    let mut ids = Vec::new();
    {
        let mut statements = Statements::new(&connection)?;
        let (mut at, first) = (position(&connection, place)?, now_ms() - APART_MS * i64::try_from(count)?);
        for number in 0..count {
            if number % BATCH == 0 {
                statements.begin()?;
            }
            at += 1;
            let now = first + APART_MS * i64::try_from(number)?;
            let key = key_of(now.unsigned_abs() << 12);
            statements.insert_delivered(&rows(place, key, number, now), at)?;
            if number % ID_OF == 0 {
                ids.push(id_text(key));
            }
            if number % BATCH == BATCH - 1 || number + 1 == count {
                statements.commit(place, at)?;
            }
        }
    }
    for sql in dropped {
        connection.execute_batch(&sql).with_context(|| sql.clone())?;
    }
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;")?;
    Ok(ids)
}

/// The indexes that would be written at random places, to be made again when all rows are there.
fn drop_random_indexes(connection: &Connection) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for name in ["entitlement_by_slot", "claim_by_identity"] {
        let sql: String =
            connection.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [name], |row| row.get(0))?;
        connection.execute_batch(&format!("DROP INDEX {name}"))?;
        texts.push(sql);
    }
    Ok(texts)
}

fn rows(place: Place, key: u128, number: u64, now: i64) -> NewRows {
    let spread = |salt: u64| number.wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let create = Create {
        customer_identifier: format!("{:016x}-filled00", spread(1)),
        merchant_account_key: "BANGO_US".to_owned(),
        product_key: "MUSIC_NOW".to_owned(),
        notification_url: Some("http://127.0.0.1:9/notified".to_owned()),
    };
    NewRows::new(place, key, &create, &format!("{:016x}-filled01", spread(2)), now)
}

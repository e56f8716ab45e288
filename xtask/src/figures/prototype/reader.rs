//! The prototype's look-up: a row by its key, and its route, each connection used by one request at a
//! time. It takes a snapshot for each read, as SQLite does by itself.

use super::super::body::{Answer, Create};
use anyhow::Result;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub(super) struct Readers {
    file: PathBuf,
    kept: Mutex<Vec<Connection>>,
}

const QUERY: &str = "SELECT e.customer, r.merchant, e.product, e.status, e.rest \
     FROM entitlement e CROSS JOIN route r ON r.id = e.route WHERE e.key = ?1";

impl Readers {
    pub(super) fn new(file: &Path) -> Self {
        Self { file: file.to_owned(), kept: Mutex::default() }
    }

    pub(super) fn read(&self, id: &str) -> Result<Option<Answer>> {
        let Some(key) = key_of(id) else { return Ok(None) };
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => self.open()?,
        };
        let answer = look_up(&connection, id, key)?;
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(answer)
    }

    fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.execute_batch("PRAGMA cache_size = -8192")?;
        Ok(connection)
    }
}

fn key_of(id: &str) -> Option<[u8; 16]> {
    let hex: String = id.split('-').collect();
    u128::from_str_radix(&hex, 16).ok().map(u128::to_be_bytes)
}

fn look_up(connection: &Connection, id: &str, key: [u8; 16]) -> Result<Option<Answer>> {
    let mut statement = connection.prepare_cached(QUERY)?;
    let found = statement.query_row([key], |row| {
        let create = Create {
            customer_identifier: row.get(0)?,
            merchant_account_key: row.get(1)?,
            product_key: row.get(2)?,
            notification_url: None,
        };
        Ok((create, row.get::<_, String>(3)?, row.get::<_, String>(4)?))
    });
    let Some((create, status, rest)) = found.optional()? else { return Ok(None) };
    Ok(Some(Answer::read(id, status, create, serde_json::from_str(&rest)?)))
}

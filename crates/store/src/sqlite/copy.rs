//! An end of a copy in one data file, owned as a hub owns it: nobody else has it meanwhile. Statements are
//! made of the tables' columns; they run beside the runtime's threads, so that both ends work at once.

use super::fault::Fault;
use super::file::{self, Lock};
use super::{OpenError, connect, migrations};
use crate::clock::Clock;
use crate::copy::marker::{IDENTITY, MARKER, Marker, OWN_SETTINGS};
use crate::copy::record::{Key, Record, Value, in_words};
use crate::copy::table::{Column, Kind, Table};
use crate::copy::{CopyError, EndFuture, Role, Sink, Source};
use crate::{StoreError, codec::Unreadable};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params_from_iter};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The page cache of either end.
const CACHE_MIB: u32 = 128;

/// Nothing but the marker has to be on the disk before the end, and batches carry theirs: what a power cut
/// takes is copied again. The log is copied back seldom.
const FAST: &str = "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16384;";
/// The end of a copy is on the disk, and everything before it.
const DURABLE: &str = "PRAGMA synchronous = FULL;";

/// A data file as an end.
#[derive(Debug)]
pub(crate) struct SqliteEnd {
    place: String,
    /// Taken out when the end is dropped.
    connection: Arc<Mutex<Option<Connection>>>,
    _lock: Lock,
}

impl SqliteEnd {
    pub(crate) fn open(path: &Path, role: Role) -> Result<Self, CopyError> {
        let place = path.display().to_string();
        if role == Role::From && !path.exists() {
            return Err(CopyError::NoStore(place));
        }
        let lock = file::take(path)?;
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => OpenError::NotOurs { path: path.into() },
            _ => OpenError::Engine { path: path.into(), doing: "connecting", message: error.to_string() },
        };
        let mut connection = connect::writer(path, CACHE_MIB, None).map_err(failed)?;
        migrations::migrate(&mut connection, path, Clock::system().read())?;
        connection.execute_batch(FAST).map_err(failed)?;
        Ok(Self { place, connection: Arc::new(Mutex::new(Some(connection))), _lock: lock })
    }

    /// Off the runtime's threads. Whoever hangs up breaks nothing off.
    fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> EndFuture<'_, T> {
        let connection = Arc::clone(&self.connection);
        let done = tokio::task::spawn_blocking(move || {
            let mut held = connection.lock().unwrap_or_else(PoisonError::into_inner);
            held.as_mut().map_or_else(|| Err(Fault::Content("it is closed".into())), work)
        });
        Box::pin(async move {
            let failed = |message| CopyError::Engine { place: self.place.clone(), message };
            match done.await {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(fault)) => Err(failed(StoreError::from(fault).to_string())),
                Err(error) => Err(failed(error.to_string())),
            }
        })
    }
}

impl Drop for SqliteEnd {
    fn drop(&mut self) {
        // A batch that is still being written is waited for: the lock must not be free before.
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        // What cannot be copied back now stays in the log.
        let _ = connection.map(|it| it.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    }
}

impl Source for SqliteEnd {
    fn place(&self) -> &str {
        &self.place
    }

    fn identity(&mut self) -> EndFuture<'_, String> {
        self.run(|connection| {
            let sql = "INSERT INTO setting (name, value) VALUES (?1, CAST(lower(hex(randomblob(16))) AS BLOB)) \
                       ON CONFLICT (name) DO UPDATE SET value = value RETURNING value";
            let value: Vec<u8> = connection.query_row(sql, [IDENTITY], |row| row.get(0))?;
            Ok(String::from_utf8_lossy(&value).into_owned())
        })
    }

    fn marker(&mut self) -> EndFuture<'_, Option<Marker>> {
        self.run(|connection| {
            let Some(value) = unfinished(connection)? else {
                return Ok(None);
            };
            let marker = Marker::read(&String::from_utf8_lossy(&value));
            marker.map(Some).ok_or_else(|| Fault::Content(format!("the setting {MARKER} cannot be read")))
        })
    }

    fn size(&mut self, table: Table) -> EndFuture<'_, u64> {
        self.run(move |connection| {
            // By the last inner number, or by one that is about as high.
            let of = match table {
                Table::Lane => "entitlement",
                Table::Notification => "event",
                other => other.name(),
            };
            let sql = format!("SELECT coalesce(max(rowid), 0) FROM {of}");
            Ok(connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
        })
    }

    fn page(&mut self, table: Table, after: Option<Key>, limit: usize) -> EndFuture<'_, Vec<Record>> {
        self.run(move |connection| {
            let sql = select(table, after.is_some());
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = Value::Number(i64::try_from(limit).unwrap_or(i64::MAX));
            let values = after.iter().flatten().chain([&limit]).map(Bound);
            let mut rows = statement.query(params_from_iter(values))?;
            let mut records = Vec::new();
            while let Some(row) = rows.next()? {
                records.push(read(table, table.columns(), row)?);
            }
            Ok(records)
        })
    }

    fn last(&mut self, table: Table) -> EndFuture<'_, Option<Key>> {
        self.run(move |connection| {
            let (columns, order) = (names(table, key(table), ""), names(table, key(table), " DESC"));
            let sql =
                format!("SELECT {columns} FROM {} {} ORDER BY {order} LIMIT 1", table.name(), own(table, "WHERE"));
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            rows.next()?.map(|row| read(table, key(table), row).map(|record| record.0)).transpose()
        })
    }

    fn counter(&mut self, table: Table) -> EndFuture<'_, i64> {
        self.run(move |connection| {
            let sql = match table {
                Table::Callback => {
                    "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'callback'".to_owned()
                }
                other => format!("SELECT coalesce(max(rowid), 0) FROM {}", other.name()),
            };
            Ok(connection.query_row(&sql, [], |row| row.get(0))?)
        })
    }
}

impl Sink for SqliteEnd {
    fn put(&mut self, table: Table, records: Vec<Record>, marker: Marker) -> EndFuture<'_, ()> {
        self.run(move |connection| {
            let transaction = connection.transaction()?;
            {
                let mut insert = transaction.prepare_cached(&insert(table))?;
                for record in &records {
                    insert
                        .execute(params_from_iter(record.0.iter().map(Bound)))
                        .map_err(|error| Fault::Content(format!("{}: {error}", in_words(table, record.key(table)))))?;
                }
            }
            super::accounts::put_setting(&transaction, MARKER, marker.print().as_bytes())?;
            Ok(transaction.commit()?)
        })
    }

    /// Numbers go on behind the highest that is there; where they are never given twice, behind a note.
    fn raise(&mut self, table: Table, counter: i64) -> EndFuture<'_, ()> {
        self.run(move |connection| {
            if table == Table::Callback {
                let noted = "UPDATE sqlite_sequence SET seq = max(seq, ?1) WHERE name = 'callback'";
                if connection.execute(noted, [counter])? == 0 {
                    connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('callback', ?1)", [counter])?;
                }
            }
            Ok(())
        })
    }

    fn finish(&mut self) -> EndFuture<'_, ()> {
        self.run(|connection| {
            connection.execute_batch(DURABLE)?;
            Ok(connection.execute("DELETE FROM setting WHERE name = ?1", [MARKER]).map(drop)?)
        })
    }
}

/// The note of a copy that is not finished.
fn unfinished(connection: &Connection) -> Result<Option<Vec<u8>>, Fault> {
    let sql = "SELECT value FROM setting WHERE name = ?1";
    Ok(connection.query_row(sql, [MARKER], |row| row.get(0)).optional()?)
}

/// Such a file is no store yet.
pub(super) fn refuse_unfinished(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    match unfinished(connection) {
        Ok(None) => Ok(()),
        Ok(Some(value)) => Err(OpenError::Unfinished { path: path.into(), from: Marker::source_in(&value) }),
        Err(fault) => {
            let message = StoreError::from(fault).to_string();
            Err(OpenError::Engine { path: path.into(), doing: "looking for an unfinished copy", message })
        }
    }
}

fn key(table: Table) -> &'static [Column] {
    table.columns().get(..table.key_columns()).unwrap_or_default()
}

/// How a column is called in the file.
fn called(table: Table, column: &'static str) -> &'static str {
    match (table, column) {
        (Table::Claim, "number") => "id",
        (_, other) => other,
    }
}

fn names(table: Table, columns: &[Column], behind: &str) -> String {
    let named = columns.iter().map(|(column, _)| format!("\"{}\"{behind}", called(table, column)));
    named.collect::<Vec<_>>().join(", ")
}

/// Leaves out the settings that belong to their place.
fn own(table: Table, word: &str) -> String {
    let [marker, identity] = OWN_SETTINGS;
    if table == Table::Setting { format!("{word} name NOT IN ('{marker}', '{identity}')") } else { String::new() }
}

fn select(table: Table, goes_on: bool) -> String {
    let (all, keys) = (names(table, table.columns(), ""), names(table, key(table), ""));
    let behind = if goes_on {
        format!("WHERE ({keys}) > ({}) {}", holes(table.key_columns()), own(table, "AND"))
    } else {
        own(table, "WHERE")
    };
    format!("SELECT {all} FROM {} {behind} ORDER BY {keys} LIMIT ?", table.name())
}

fn insert(table: Table) -> String {
    let columns = table.columns();
    format!("INSERT INTO {} ({}) VALUES ({})", table.name(), names(table, columns, ""), holes(columns.len()))
}

fn holes(count: usize) -> String {
    vec!["?"; count].join(", ")
}

fn read(table: Table, columns: &[Column], row: &Row<'_>) -> Result<Record, Fault> {
    let mut values = Vec::with_capacity(columns.len());
    for (at, (column, kind)) in columns.iter().enumerate() {
        let found = value(row.get_ref(at)?, *kind).map_err(|what| {
            let key = values.get(..table.key_columns()).unwrap_or_default();
            Unreadable::new(format!("{}: {column} {what}", in_words(table, key)))
        })?;
        values.push(found);
    }
    Ok(Record(values))
}

fn value(found: ValueRef<'_>, kind: Kind) -> Result<Value, &'static str> {
    Ok(match (found, kind) {
        (ValueRef::Null, _) => Value::Null,
        (ValueRef::Integer(number), Kind::Number) => Value::Number(number),
        (ValueRef::Integer(number), Kind::Flag) => Value::Flag(number != 0),
        (ValueRef::Text(text), Kind::Text) => Value::Text(String::from_utf8(text.to_vec()).map_err(|_| "is no UTF-8")?),
        (ValueRef::Blob(bytes), Kind::Bytes) => Value::Bytes(bytes.to_vec()),
        (ValueRef::Blob(bytes), Kind::Id) => Value::Id(bytes.try_into().map_err(|_| "is no id of 16 bytes")?),
        _ => return Err("is of another kind than it should be"),
    })
}

/// A value as SQLite takes it.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Number(number) => ValueRef::Integer(*number),
            Value::Flag(flag) => ValueRef::Integer((*flag).into()),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Id(id) => ValueRef::Blob(id),
        }))
    }
}

//! An end of a copy in one database. While it is open a lock keeps hubs and other copies from opening the
//! database, and none that has it open already is there. Everything that a change of the schema concerns
//! stands in `copy/statements` and `copy/added`.

mod added;
mod statements;
mod values;

use super::connect::{Connection, Connector, Purpose};
use super::fault::said;
use super::migrations::{self, Migrating};
use super::{PostgresOpenError, PostgresOptions, partitions};
use crate::StoreError;
use crate::clock::{Clock, Stopwatch};
use crate::copy::marker::{IDENTITY, MARKER, Marker};
use crate::copy::record::{Key, Record, Value, in_words};
use crate::copy::table::Table;
use crate::copy::{CopyError, EndFuture, Role, Sink, Source};
use added::Filling;
use statements::Statements;
use std::collections::{BTreeMap, HashMap};
use std::pin::pin;
use std::time::Duration;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::{Error, Row, Statement};
use values::Cell;

/// "ENTC": the lock's name in the database, beside that of migrations.
const LOCK: i64 = 0x454e_5443;

/// The server takes some time to forget the connections of a hub that has just stopped.
const SESSIONS_GONE_WITHIN_MS: u64 = 5_000;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// Whether a copy is at work here, or has been left unfinished.
const STATE: &str = "SELECT pg_try_advisory_xact_lock_shared($1), (SELECT value FROM setting WHERE name = $2)";

/// A database as an end.
#[derive(Debug)]
pub(crate) struct PostgresEnd {
    connection: Connection,
    place: String,
    /// By organisation: homes of the accounts that are copied here; others get one.
    homes: BTreeMap<String, u16>,
    prepared: HashMap<Table, Prepared>,
}

/// The statements of a table, as this database prepared them.
#[derive(Debug, Clone)]
struct Prepared {
    first: Statement,
    next: Statement,
    last: Statement,
    written: Statement,
    copy_in: String,
}

impl PostgresEnd {
    pub(crate) async fn open(options: &PostgresOptions, role: Role) -> Result<Self, CopyError> {
        // Pages and batches take as long as they take.
        let options = PostgresOptions { statement_timeout: Duration::ZERO, ..options.clone() };
        let connector = Connector::new(&options)?;
        let place = connector.place.clone();
        let connected = connector.connect(Purpose::Keys).await;
        let connection = connected
            .map_err(|error| PostgresOpenError::Unreachable { place: place.clone(), message: said(&error) })?;
        let end = Self { connection, place, homes: options.homes.clone(), prepared: HashMap::new() };
        if role == Role::From && !end.holds_a_store().await? {
            return Err(CopyError::NoStore(end.place));
        }
        let steps = migrations::known(&options);
        let migrating = Migrating { connection: &end.connection, place: &end.place, steps: &steps };
        migrating.open(Clock::system().read(), None).await?;
        end.lock().await?;
        end.wait_for_quiet().await?;
        if role == Role::To {
            end.make_partitions().await?;
        }
        Ok(end)
    }

    fn failed(&self, error: &Error) -> CopyError {
        CopyError::Engine { place: self.place.clone(), message: said(error) }
    }

    async fn query(&self, sql: &'static str, values: &[super::values::Value<'_>]) -> Result<Vec<Row>, CopyError> {
        self.connection.query(sql, values).await.map_err(|error| self.failed(&error))
    }

    /// The first column of the first row.
    async fn one<T: for<'r> tokio_postgres::types::FromSql<'r>>(
        &self,
        sql: &'static str,
        values: &[super::values::Value<'_>],
    ) -> Result<Option<T>, CopyError> {
        let rows = self.query(sql, values).await?;
        rows.first().map(|row| row.try_get(0)).transpose().map_err(|error| self.failed(&error))
    }

    async fn holds_a_store(&self) -> Result<bool, CopyError> {
        Ok(self.one("SELECT to_regclass('schema_version') IS NOT NULL", &[]).await?.unwrap_or(false))
    }

    /// Held as long as the connection: no hub opens the database, and no other copy.
    async fn lock(&self) -> Result<(), CopyError> {
        if self.one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?.unwrap_or(false) {
            return Ok(());
        }
        Err(CopyError::BeingCopied { place: self.place.clone() })
    }

    /// Whoever opened it before the lock was taken can be seen now.
    async fn wait_for_quiet(&self) -> Result<(), CopyError> {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'entitle' AND pid <> pg_backend_pid()";
        let watch = Stopwatch::start();
        loop {
            let sessions: i64 = self.one(sql, &[]).await?.unwrap_or(0);
            if sessions == 0 {
                return Ok(());
            }
            if watch.elapsed_ms() > SESSIONS_GONE_WITHIN_MS {
                return Err(CopyError::InUse { place: self.place.clone(), sessions });
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn make_partitions(&self) -> Result<(), CopyError> {
        let failed = |fault| CopyError::Engine {
            place: self.place.clone(),
            message: format!("making partitions: {}", StoreError::from(fault)),
        };
        partitions::make(&self.connection).await.map_err(failed)
    }

    async fn prepared(&mut self, table: Table) -> Result<Prepared, CopyError> {
        if let Some(prepared) = self.prepared.get(&table) {
            return Ok(prepared.clone());
        }
        let Statements { first, next, last, written, copy_in } = Statements::of(table);
        let prepare = async |sql: &str| self.connection.prepare(sql).await.map_err(|error| self.failed(&error));
        let (first, next, last) = (prepare(&first).await?, prepare(&next).await?, prepare(&last).await?);
        let prepared = Prepared { first, next, last, written: prepare(&written).await?, copy_in };
        self.prepared.insert(table, prepared.clone());
        Ok(prepared)
    }

    async fn read_page(
        &mut self,
        table: Table,
        after: Option<&[Value]>,
        limit: usize,
    ) -> Result<Vec<Record>, CopyError> {
        let Prepared { first, next, .. } = self.prepared(table).await?;
        let limit = super::values::bound(limit);
        let key = values::cells(after.unwrap_or_default());
        let mut values: Vec<super::values::Value<'_>> = key.iter().map(|cell| cell as _).collect();
        values.push(&limit);
        let statement = if after.is_some() { &next } else { &first };
        let rows = self.connection.send(statement, &values).await.map_err(|error| self.failed(&error))?;
        rows.iter().map(|row| values::record(table, table.columns(), row)).collect()
    }

    async fn write(&mut self, table: Table, records: &[Record], marker: &Marker) -> Result<(), CopyError> {
        let copy_in = self.prepared(table).await?;
        for record in records {
            values::refuse_what_cannot_lie_here(table, record, copy_in.first.columns())?;
        }
        // What a crash of the server takes is copied again: page and marker go together.
        let begin = "BEGIN; SET LOCAL synchronous_commit = off";
        self.connection.batch(begin).await.map_err(|error| self.failed(&error))?;
        let written = self.write_in(table, records, &copy_in, marker).await;
        let end = if written.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = self.connection.batch(end).await.map_err(|error| self.failed(&error));
        written.and(ended)
    }

    async fn write_in(
        &self,
        table: Table,
        records: &[Record],
        prepared: &Prepared,
        marker: &Marker,
    ) -> Result<(), CopyError> {
        if !records.is_empty() {
            let filling = Filling::of(&self.connection, table, records, &self.homes).await;
            let filling = filling.map_err(|error| self.failed(&error))?;
            let rows = records.iter().map(|record| filling.row(record)).collect();
            let copied = self.copy_in(&prepared.copy_in, &prepared.written, rows).await;
            copied.map_err(|error| self.refused(table, &records.iter().collect::<Vec<_>>(), &error))?;
            let texts: Vec<_> = records.iter().filter_map(|record| filling.text_row(record)).collect();
            let copied = self.copy_beside_in((statements::TEXTS_IN, statements::TEXTS), texts).await;
            copied.map_err(|error| self.failed(&error))?;
        }
        if table == Table::Entitlement {
            let (named, own_ids): (Vec<_>, _) =
                records.iter().filter_map(|record| Some((record, Filling::own_id_row(record)?))).unzip();
            let copied = self.copy_beside_in((statements::OWN_IDS_IN, statements::OWN_IDS), own_ids).await;
            copied.map_err(|error| self.refused(table, &named, &error))?;
        }
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.query(sql, &[&MARKER, &marker.print().as_bytes()]).await.map(drop)
    }

    async fn copy_in(&self, sql: &str, written: &Statement, rows: Vec<Vec<Cell<'_>>>) -> Result<(), Error> {
        let types: Vec<_> = written.columns().iter().map(|column| column.type_().clone()).collect();
        let mut writer = pin!(BinaryCopyInWriter::new(self.connection.copy_in(sql).await?, &types));
        for row in rows {
            writer.as_mut().write_raw(row).await?;
        }
        writer.finish().await.map(drop)
    }

    /// What lies in a table beside that of the records: the statement that takes it, and one of its columns.
    async fn copy_beside_in(
        &self,
        (copy_in, columns): (&str, &'static str),
        rows: Vec<Vec<Cell<'_>>>,
    ) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let written = self.connection.statement(columns).await?;
        self.copy_in(copy_in, &written, rows).await
    }

    /// PostgreSQL tells the line of what it does not take.
    fn refused(&self, table: Table, records: &[&Record], error: &Error) -> CopyError {
        let place = error.as_db_error().and_then(|error| error.where_()).and_then(values::line);
        match place.and_then(|line| records.get(line.checked_sub(1)?)) {
            Some(record) => CopyError::Record { record: in_words(table, record.key(table)), why: said(error) },
            None => self.failed(error),
        }
    }
}

impl Source for PostgresEnd {
    fn place(&self) -> &str {
        &self.place
    }

    fn identity(&mut self) -> EndFuture<'_, String> {
        Box::pin(async move {
            let sql = "INSERT INTO setting AS s (name, value) VALUES \
                       ($1, convert_to(replace(gen_random_uuid()::text, '-', ''), 'UTF8')) \
                       ON CONFLICT (name) DO UPDATE SET value = s.value RETURNING convert_from(value, 'UTF8')";
            Ok(self.one(sql, &[&IDENTITY]).await?.unwrap_or_default())
        })
    }

    fn marker(&mut self) -> EndFuture<'_, Option<Marker>> {
        Box::pin(async move {
            let found: Option<Vec<u8>> = self.one("SELECT value FROM setting WHERE name = $1", &[&MARKER]).await?;
            let Some(value) = found else {
                return Ok(None);
            };
            let message = || format!("the setting {MARKER} cannot be read");
            let marker = Marker::read(&String::from_utf8_lossy(&value));
            marker.map(Some).ok_or_else(|| CopyError::Engine { place: self.place.clone(), message: message() })
        })
    }

    fn size(&mut self, table: Table) -> EndFuture<'_, u64> {
        Box::pin(async move {
            let size: Option<i64> = self.one(statements::SIZE, &[&table.name()]).await?;
            Ok(size.unwrap_or(0).unsigned_abs())
        })
    }

    fn page(&mut self, table: Table, after: Option<Key>, limit: usize) -> EndFuture<'_, Vec<Record>> {
        Box::pin(async move { self.read_page(table, after.as_deref(), limit).await })
    }

    fn last(&mut self, table: Table) -> EndFuture<'_, Option<Key>> {
        Box::pin(async move {
            let Prepared { last, .. } = self.prepared(table).await?;
            let rows = self.connection.send(&last, &[]).await.map_err(|error| self.failed(&error))?;
            let key = table.columns().get(..table.key_columns()).unwrap_or_default();
            rows.first().map(|row| values::record(table, key, row).map(|record| record.0)).transpose()
        })
    }

    fn counter(&mut self, table: Table) -> EndFuture<'_, i64> {
        Box::pin(async move {
            let sequence = statements::sequence(table);
            Ok(self.one(statements::COUNTER, &[&sequence.0, &sequence.1]).await?.unwrap_or(0))
        })
    }
}

impl Sink for PostgresEnd {
    fn put(&mut self, table: Table, records: Vec<Record>, marker: Marker) -> EndFuture<'_, ()> {
        Box::pin(async move { self.write(table, &records, &marker).await })
    }

    fn raise(&mut self, table: Table, counter: i64) -> EndFuture<'_, ()> {
        Box::pin(async move {
            let last = self.last(table).await?.and_then(|key| key.first()?.number()).unwrap_or(0).max(counter);
            if last > 0 {
                let sequence = statements::sequence(table);
                self.query(statements::RAISE, &[&sequence.0, &sequence.1, &last]).await?;
            }
            Ok(())
        })
    }

    fn finish(&mut self) -> EndFuture<'_, ()> {
        Box::pin(async move {
            self.query(statements::MARK_FEEDS, &[]).await?;
            // So that the first searches are planned by what is there.
            self.connection.batch("ANALYZE").await.map_err(|error| self.failed(&error))?;
            self.query("DELETE FROM setting WHERE name = $1", &[&MARKER]).await.map(drop)
        })
    }
}

/// No hub opens a database that is being copied, or that holds an unfinished copy.
pub(super) async fn refuse_copies(connection: &Connection, place: &str) -> Result<(), PostgresOpenError> {
    let failed = |error: Error| PostgresOpenError::Engine {
        place: place.to_owned(),
        doing: "looking for copies",
        message: said(&error),
    };
    let rows = connection.query(STATE, &[&LOCK, &MARKER]).await.map_err(failed)?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    if let Some(value) = row.try_get::<_, Option<&[u8]>>(1).map_err(failed)? {
        return Err(PostgresOpenError::Unfinished { place: place.to_owned(), from: Marker::source_in(value) });
    }
    if row.try_get(0).map_err(failed)? {
        return Ok(());
    }
    Err(PostgresOpenError::Copying { place: place.to_owned() })
}

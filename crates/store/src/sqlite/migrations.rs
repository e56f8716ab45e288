//! The schema, from the first day on by numbered migrations. Each is applied once, in one
//! transaction with the note that it was; its text never changes afterwards.

use super::OpenError;
use super::fault::Fault;
use crate::migration::{Migration, fingerprint};
use entitlement::Moment;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "tables", text: include_str!("migrations/0001_tables.sql") },
    Migration {
        number: 2,
        name: "notification reason field",
        text: include_str!("migrations/0002_notification_reason_field.sql"),
    },
    Migration {
        number: 3,
        name: "operations of an entitlement",
        text: include_str!("migrations/0003_operations_of_an_entitlement.sql"),
    },
    Migration { number: 4, name: "operators", text: include_str!("migrations/0004_operators.sql") },
    Migration { number: 5, name: "watching", text: include_str!("migrations/0005_watching.sql") },
];

/// "ENTL", so that `file` and we know our own files.
const APPLICATION_ID: i64 = 0x454e_544c;

/// The schema that this program makes.
pub(super) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// The schema of a file; `None` where it is not one of ours.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    let id: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Ok(None);
    }
    connection.query_row("SELECT max(number) FROM schema_version", [], |row| row.get(0))
}

/// An empty store in memory, to compare a schema with.
pub(super) fn fresh() -> Result<Connection, Fault> {
    let mut connection = Connection::open_in_memory()?;
    migrate(&mut connection, Path::new(":memory:"), Moment(0)).map_err(|error| Fault::Content(error.to_string()))?;
    Ok(connection)
}

/// Brings the file to the newest schema; refuses what it does not understand.
pub(super) fn migrate(connection: &mut Connection, path: &Path, now: Moment) -> Result<(), OpenError> {
    let engine = |doing| {
        move |error: rusqlite::Error| OpenError::Engine { path: path.into(), doing, message: error.to_string() }
    };
    if !is_ours(connection).map_err(engine("reading the header"))? {
        return Err(OpenError::NotOurs { path: path.into() });
    }
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(engine("beginning the migration"))?;
    transaction
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION_ID};
             CREATE TABLE IF NOT EXISTS schema_version (
                 number INTEGER PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied_at INTEGER NOT NULL
             ) STRICT;"
        ))
        .map_err(engine("reading the schema version"))?;
    refuse_newer(&transaction, path, engine)?;
    for migration in MIGRATIONS {
        apply(&transaction, path, migration, now, engine)?;
    }
    transaction.commit().map_err(engine("committing the migration"))
}

fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i64 = match connection.query_row("PRAGMA application_id", [], |row| row.get(0)) {
        Err(rusqlite::Error::SqliteFailure(failure, _)) if failure.code == rusqlite::ErrorCode::NotADatabase => {
            return Ok(false);
        }
        other => other?,
    };
    let empty = || connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0));
    Ok(id == APPLICATION_ID || (id == 0 && empty()?))
}

fn refuse_newer<E: FnOnce(rusqlite::Error) -> OpenError>(
    connection: &Connection,
    path: &Path,
    engine: impl Fn(&'static str) -> E,
) -> Result<(), OpenError> {
    let found: i64 = connection
        .query_row("SELECT coalesce(max(number), 0) FROM schema_version", [], |row| row.get(0))
        .map_err(engine("reading the schema version"))?;
    let known = newest();
    if found > known {
        return Err(OpenError::Newer { path: path.into(), found, known });
    }
    Ok(())
}

fn apply<E: FnOnce(rusqlite::Error) -> OpenError>(
    connection: &Connection,
    path: &Path,
    migration: &Migration,
    now: Moment,
    engine: impl Fn(&'static str) -> E,
) -> Result<(), OpenError> {
    let Migration { number, name, text } = *migration;
    let applied: Option<String> = connection
        .query_row("SELECT hash FROM schema_version WHERE number = ?1", [number], |row| row.get(0))
        .optional()
        .map_err(engine("reading the schema version"))?;
    match applied {
        Some(hash) if hash == fingerprint(text) => Ok(()),
        Some(_) => Err(OpenError::Changed { path: path.into(), number, name: name.into() }),
        None => {
            connection.execute_batch(text).map_err(engine("applying a migration"))?;
            connection
                .execute(
                    "INSERT INTO schema_version (number, name, hash, applied_at) VALUES (?1, ?2, ?3, ?4)",
                    params![number, name, fingerprint(text), now.0],
                )
                .map(drop)
                .map_err(engine("noting a migration"))
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_ascend_without_gaps() {
        crate::migration::check_numbers(super::MIGRATIONS);
    }
}

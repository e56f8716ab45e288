//! The schema, by numbered migrations, as in the embedded engine. All of them in one transaction, under
//! a lock that lets one process at a time look and change.

use super::connect::Connection;
use super::fault::said;
use super::options::PostgresOpenError;
use crate::migration::{Migration, fingerprint};
use entitlement::Moment;
use tokio_postgres::Error;

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "tables", text: include_str!("migrations/0001_tables.sql") },
    Migration { number: 2, name: "nodes", text: include_str!("migrations/0002_nodes.sql") },
];

/// "ENTL": the lock's name in the database.
const LOCK: i64 = 0x454e_544c;

/// The first PostgreSQL that makes random ids without an extension.
const SERVER_MIN: i32 = 13;

/// Makes the table that notes them.
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    number bigint PRIMARY KEY, name text NOT NULL, hash text NOT NULL, applied_at bigint NOT NULL)";

/// The schema that this program makes.
pub(super) fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |migration| migration.number)
}

/// Everything that makes the newest schema of nothing.
pub(super) fn all() -> String {
    MIGRATIONS.iter().fold(format!("{VERSIONS};\n"), |all, migration| all + migration.text)
}

/// Brings the database to the newest schema; refuses what it does not understand.
pub(super) async fn migrate(connection: &Connection, place: &str, now: Moment) -> Result<(), PostgresOpenError> {
    let migrating = Migrating { connection, place };
    migrating.refuse_old_servers().await?;
    migrating.refuse_other_encodings().await?;
    // Others may be at it, for as long as it takes.
    let begin = "BEGIN; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0";
    connection.batch(begin).await.map_err(migrating.failed("beginning the migration"))?;
    let migrated = migrating.bring_to_newest(now).await;
    let end = if migrated.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.batch(end).await.map_err(migrating.failed("committing the migration"));
    migrated.and(ended)
}

struct Migrating<'a> {
    connection: &'a Connection,
    place: &'a str,
}

impl Migrating<'_> {
    fn failed(&self, doing: &'static str) -> impl Fn(Error) -> PostgresOpenError {
        let place = self.place.to_owned();
        move |error| PostgresOpenError::Engine { place: place.clone(), doing, message: said(&error) }
    }

    async fn one<T: for<'r> tokio_postgres::types::FromSql<'r>>(
        &self,
        sql: &'static str,
    ) -> Result<Option<T>, PostgresOpenError> {
        let failed = self.failed("reading the schema version");
        let rows = self.connection.query(sql, &[]).await.map_err(&failed)?;
        rows.first().map(|row| row.try_get(0).map_err(&failed)).transpose()
    }

    async fn refuse_old_servers(&self) -> Result<(), PostgresOpenError> {
        let found: i32 = self.one("SELECT current_setting('server_version_num')::integer").await?.unwrap_or(0);
        if found >= SERVER_MIN * 10_000 {
            return Ok(());
        }
        Err(PostgresOpenError::TooOld { place: self.place.to_owned(), found: found / 10_000, known: SERVER_MIN })
    }

    async fn refuse_other_encodings(&self) -> Result<(), PostgresOpenError> {
        let encoding: String = self.one("SELECT current_setting('server_encoding')").await?.unwrap_or_default();
        if encoding == "UTF8" {
            return Ok(());
        }
        Err(PostgresOpenError::Encoding { place: self.place.to_owned(), encoding })
    }

    async fn bring_to_newest(&self, now: Moment) -> Result<(), PostgresOpenError> {
        let failed = self.failed("reading the schema version");
        self.connection.query("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(&failed)?;
        if !self.is_ours().await? {
            return Err(PostgresOpenError::NotOurs { place: self.place.to_owned() });
        }
        self.connection.batch(VERSIONS).await.map_err(&failed)?;
        self.refuse_newer().await?;
        for migration in MIGRATIONS {
            self.apply(migration, now).await?;
        }
        Ok(())
    }

    /// Whether it notes our migrations, or holds nothing.
    async fn is_ours(&self) -> Result<bool, PostgresOpenError> {
        let ours = self
            .one(
                "SELECT to_regclass('schema_version') IS NOT NULL OR NOT EXISTS (\
                     SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r')",
            )
            .await?;
        Ok(ours.unwrap_or(false))
    }

    async fn refuse_newer(&self) -> Result<(), PostgresOpenError> {
        let found: i64 = self.one("SELECT coalesce(max(number), 0) FROM schema_version").await?.unwrap_or(0);
        let known = newest();
        if found > known {
            return Err(PostgresOpenError::Newer { place: self.place.to_owned(), found, known });
        }
        Ok(())
    }

    async fn apply(&self, migration: &Migration, now: Moment) -> Result<(), PostgresOpenError> {
        let Migration { number, name, text } = *migration;
        let failed = self.failed("reading the schema version");
        let sql = "SELECT hash FROM schema_version WHERE number = $1";
        let applied = self.connection.query(sql, &[&number]).await.map_err(&failed)?;
        let applied: Option<String> = applied.first().map(|row| row.try_get(0)).transpose().map_err(&failed)?;
        match applied {
            Some(hash) if hash == fingerprint(text) => Ok(()),
            Some(_) => Err(PostgresOpenError::Changed { place: self.place.to_owned(), number, name: name.into() }),
            None => {
                self.connection.batch(text).await.map_err(self.failed("applying a migration"))?;
                let sql = "INSERT INTO schema_version (number, name, hash, applied_at) VALUES ($1, $2, $3, $4)";
                let noted = self.connection.query(sql, &[&number, &name, &fingerprint(text), &now.0]).await;
                noted.map(drop).map_err(self.failed("noting a migration"))
            }
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

//! How steps are applied to a database: which of them, under which locks, how often.

use super::{Noted, SchemaStep, StepKind, StepWork, VERSIONS, newest};
use crate::clock::Stopwatch;
use crate::postgres::connect::Connection;
use crate::postgres::fault::{Fault, Meaning, said};
use crate::postgres::keeper;
use crate::postgres::options::PostgresOpenError;
use crate::postgres::values::Id;
use entitlement::Moment;
use std::time::Duration;
use tokio_postgres::Error;

/// "ENTL": the lock's name in the database. One process at a time looks at the schema and changes it.
const LOCK: i64 = 0x454e_544c;

/// The first PostgreSQL that makes random ids without an extension.
const SERVER_MIN: i32 = 13;

/// How long a step waits for a lock: whoever commits may wait behind it for as long.
const LOCK_PATIENCE: &str = "BEGIN; SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = 0";
/// How often it tries: with the pauses, for about a minute.
const TRIES_MAX: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);
/// Who changes the schema is waited for so long; an index of a big table takes longer.
const HELD_BY_OTHERS_MAX_MS: u64 = 120_000;
/// Between two looks whether another process is done.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// A program counts as alive for so long after its last sign.
const ALIVE: &str = "SELECT min(schema) FROM program WHERE at > now() - interval '1 minute'";

/// A database and what a program knows of its schema.
pub(in crate::postgres) struct Migrating<'a> {
    pub(in crate::postgres) connection: &'a Connection,
    pub(in crate::postgres) place: &'a str,
    pub(in crate::postgres) steps: &'a [SchemaStep],
}

type Opened<T> = Result<T, PostgresOpenError>;

impl Migrating<'_> {
    /// Applies every step that only expands. A program that opens the store is known to be alive before anybody
    /// else may look at the schema: no step takes away what it rests on.
    pub(in crate::postgres) async fn open(&self, now: Moment, program: Option<Id>) -> Opened<()> {
        self.apply_all(now, false, program).await.map(drop)
    }

    /// Applies every step, those included that take away what older programs rest on. The steps that were
    /// applied.
    pub(in crate::postgres) async fn migrate(&self, now: Moment) -> Opened<Vec<SchemaStep>> {
        self.apply_all(now, true, None).await
    }

    /// Applies every step that may be; refuses what it does not understand.
    async fn apply_all(&self, now: Moment, contracts: bool, program: Option<Id>) -> Opened<Vec<SchemaStep>> {
        self.refuse_old_servers().await?;
        self.refuse_other_encodings().await?;
        self.hold().await?;
        let mut migrated = self.bring_up(now, contracts).await;
        if let (Ok(_), Some(program)) = (&migrated, program) {
            let signed = keeper::sign(self.connection, program, newest(self.steps)).await;
            migrated = migrated.and_then(|applied| signed.map(|()| applied).map_err(self.failed("signing on")));
        }
        // Where this fails the connection is gone, and the lock with it.
        let let_go = self.connection.query("SELECT pg_advisory_unlock($1)", &[&LOCK]).await;
        let applied = migrated?;
        let_go.map_err(self.failed("letting go of the schema"))?;
        Ok(applied)
    }

    fn failed<E: Into<Fault>>(&self, doing: &'static str) -> impl Fn(E) -> PostgresOpenError {
        let place = self.place.to_owned();
        move |error| {
            let message = match error.into() {
                Fault::Engine(error) => said(&error),
                Fault::Content(what) => what,
                Fault::Refused(error) => error.to_string(),
            };
            PostgresOpenError::Engine { place: place.clone(), doing, message }
        }
    }

    async fn one<T: for<'r> tokio_postgres::types::FromSql<'r>>(&self, sql: &'static str) -> Opened<Option<T>> {
        let failed = self.failed::<Error>("reading the schema version");
        let rows = self.connection.query(sql, &[]).await.map_err(&failed)?;
        rows.first().map(|row| row.try_get(0).map_err(&failed)).transpose()
    }

    async fn refuse_old_servers(&self) -> Opened<()> {
        let found: i32 = self.one("SELECT current_setting('server_version_num')::integer").await?.unwrap_or(0);
        if found >= SERVER_MIN * 10_000 {
            return Ok(());
        }
        Err(PostgresOpenError::TooOld { place: self.place.to_owned(), found: found / 10_000, known: SERVER_MIN })
    }

    async fn refuse_other_encodings(&self) -> Opened<()> {
        let encoding: String = self.one("SELECT current_setting('server_encoding')").await?.unwrap_or_default();
        if encoding == "UTF8" {
            return Ok(());
        }
        Err(PostgresOpenError::Encoding { place: self.place.to_owned(), encoding })
    }

    /// Asks again and again: a statement that waited would have a snapshot, and whoever builds an index
    /// waits for all of those.
    async fn hold(&self) -> Opened<()> {
        let failed = self.failed::<Error>("waiting for another process");
        let watch = Stopwatch::start();
        while watch.elapsed_ms() < HELD_BY_OTHERS_MAX_MS {
            let rows = self.connection.query("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await.map_err(&failed)?;
            if rows.first().map(|row| row.try_get(0)).transpose().map_err(&failed)? == Some(true) {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        Err(PostgresOpenError::Changing { place: self.place.to_owned() })
    }

    async fn bring_up(&self, now: Moment, contracts: bool) -> Opened<Vec<SchemaStep>> {
        if !self.is_ours().await? {
            return Err(PostgresOpenError::NotOurs { place: self.place.to_owned() });
        }
        self.connection.batch(VERSIONS).await.map_err(self.failed("reading the schema version"))?;
        let noted = Noted::all(self.connection).await.map_err(self.failed("reading the schema version"))?;
        self.refuse_newer(&noted)?;
        self.refuse_changed(&noted)?;
        let mut applied = Vec::new();
        for step in self.steps.iter().filter(|step| !noted.iter().any(|noted| noted.number == step.number)) {
            match step.kind {
                StepKind::Expand => {}
                StepKind::Contract if contracts => self.refuse_older_programs(step).await?,
                StepKind::Contract => continue,
            }
            self.apply(step, now).await?;
            applied.push(*step);
        }
        Ok(applied)
    }

    /// Whether it notes our migrations, or holds nothing.
    async fn is_ours(&self) -> Opened<bool> {
        let ours = self
            .one(
                "SELECT to_regclass('schema_version') IS NOT NULL OR NOT EXISTS (SELECT FROM pg_class \
                 WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p'))",
            )
            .await?;
        Ok(ours.unwrap_or(false))
    }

    /// What expands only, an older program need not know.
    fn refuse_newer(&self, noted: &[Noted]) -> Opened<()> {
        let known = newest(self.steps);
        match noted.iter().rfind(|noted| noted.number > known && noted.is_contract) {
            Some(noted) => Err(PostgresOpenError::Newer { place: self.place.to_owned(), found: noted.number, known }),
            None => Ok(()),
        }
    }

    fn refuse_changed(&self, noted: &[Noted]) -> Opened<()> {
        for noted in noted {
            if let Some(step) = self.steps.iter().find(|step| step.number == noted.number && step.hash() != noted.hash)
            {
                let (number, name) = (step.number, step.name.to_owned());
                return Err(PostgresOpenError::Changed { place: self.place.to_owned(), number, name });
            }
        }
        Ok(())
    }

    async fn refuse_older_programs(&self, step: &SchemaStep) -> Opened<()> {
        let oldest: Option<i64> = self.one::<Option<i64>>(ALIVE).await?.flatten();
        match oldest {
            Some(known) if known < step.number => Err(PostgresOpenError::OlderPrograms {
                place: self.place.to_owned(),
                number: step.number,
                name: step.name.to_owned(),
                known,
            }),
            Some(_) | None => Ok(()),
        }
    }

    async fn apply(&self, step: &SchemaStep, now: Moment) -> Opened<()> {
        let mut left = TRIES_MAX;
        loop {
            left -= 1;
            let applied = match step.work {
                StepWork::Statements(text) => self.carry_out(step, text, now).await,
                StepWork::Index { name, statement } => self.build(step, name, statement, now).await,
            };
            match applied {
                Err(error) if left > 0 && is_worth_another(&error) => tokio::time::sleep(PAUSE).await,
                applied => return applied.map_err(self.failed("applying a migration")),
            }
        }
    }

    async fn carry_out(&self, step: &SchemaStep, text: &str, now: Moment) -> Result<(), Error> {
        self.connection.batch(LOCK_PATIENCE).await?;
        let carried_out = async {
            self.connection.batch(text).await?;
            self.note(step, now).await?;
            self.connection.batch("COMMIT").await
        };
        let carried_out = carried_out.await;
        if carried_out.is_err() {
            // Where this fails, too, the first failure says why.
            let _ = self.connection.batch("ROLLBACK").await;
        }
        carried_out
    }

    /// It may have been broken off, before the index was whole or before it was noted.
    async fn build(&self, step: &SchemaStep, name: &str, statement: &str, now: Moment) -> Result<(), Error> {
        let sql = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)";
        let found = self.connection.query(sql, &[&name]).await?;
        let is_whole = found.first().map(|row| row.try_get(0)).transpose()?;
        // It waits for transactions that are under way: for as long as they take, with nobody behind it.
        self.connection.batch("SET statement_timeout = 0; SET lock_timeout = 0").await?;
        if is_whole == Some(false) {
            self.connection.batch(&format!("DROP INDEX CONCURRENTLY {name}")).await?;
        }
        if is_whole != Some(true) {
            self.connection.batch(statement).await?;
        }
        self.note(step, now).await
    }

    async fn note(&self, step: &SchemaStep, now: Moment) -> Result<(), Error> {
        let sql = "INSERT INTO schema_version (number, name, hash, applied_at, kind) VALUES ($1, $2, $3, $4, $5)";
        let SchemaStep { number, name, .. } = step;
        self.connection.query(sql, &[number, name, &step.hash(), &now.0, &step.kind_word()]).await.map(drop)
    }
}

fn is_worth_another(error: &Error) -> bool {
    Meaning::of(error) == Meaning::Again
}

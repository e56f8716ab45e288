//! Partitions of what grows without end: made ahead of time, dropped whole when they are outdated. Whoever
//! commits into a day that has none makes it (`committer`): no commit is refused for it.
//!
//! **Why none for the rest.** A default partition would take what has no other, too; but making any other
//! then locks and reads it, against everybody who writes, and what it once took stays in it. Here a day
//! without a partition is an error that nothing was written by, and is mended in some milliseconds.
//!
//! **Locks.** A partition is made beside its table and then attached, which nobody who reads or writes waits
//! for. Dropping needs the whole table for a moment: it waits for that [`DROP_PATIENCE`] at most, during which
//! others wait behind it, and is else left for the next time.

mod outdated;

pub(super) use outdated::{EVENTS_KEPT_FROM, NOTIFICATIONS_KEPT_FROM, drop_outdated};

use super::connect::Connection;
use super::fault::Fault;
use super::values::{Value, get};
use std::fmt::Write as _;

/// A table in partitions.
#[derive(Debug)]
struct Growing {
    table: &'static str,
    /// What a partition holds, in PostgreSQL's words.
    span: &'static str,
    /// How many are made ahead: processes may all be gone for as long before one is made on demand.
    ahead: i32,
    /// Settings of a partition.
    with: &'static str,
}

/// Histories and notifications are kept for months or years: partitions of a month are few and still small
/// beside the whole. Texts of answers are kept for days.
const GROWING: [Growing; 3] = [
    Growing { table: "notification", span: "month", ahead: 3, with: " WITH (fillfactor = 80)" },
    Growing { table: "event", span: "month", ahead: 3, with: "" },
    Growing { table: "answer", span: "week", ahead: 4, with: "" },
];

/// "ENTP": one process at a time makes or drops partitions.
const LOCK: i64 = 0x454e_5450;

/// Whoever makes partitions waits for others so long.
const MAKE_PATIENCE: &str = "SET LOCAL lock_timeout = '2s'";
/// Whoever drops one, and whoever comes behind him, waits so long.
const DROP_PATIENCE: &str = "SET LOCAL lock_timeout = '100ms'";

/// Spans from today on that have no partition. A partition is named by its first day. The catalog is read as
/// a table: a look-up by name may be answered from before what another process has just made.
const MISSING: &str = "SELECT name, first::date::text, (first + span)::date::text FROM (\
         SELECT s AS first, ('1 ' || $2)::interval AS span, $1 || to_char(s, '_YYYYMMDD') AS name \
         FROM generate_series(date_trunc($2, today()::timestamp), today() + $3 * ('1 ' || $2)::interval, \
             ('1 ' || $2)::interval) s) spans \
     WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.relname = name \
         AND c.relnamespace = current_schema()::regnamespace) ORDER BY name";

/// Makes what is missing, from today on. Where nothing is, nothing is locked.
pub(super) async fn make(connection: &Connection) -> Result<(), Fault> {
    if statements(connection).await?.is_empty() {
        return Ok(());
    }
    connection.batch("BEGIN").await?;
    let made = make_in(connection).await;
    connection.batch(if made.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    made
}

async fn make_in(connection: &Connection) -> Result<(), Fault> {
    connection.batch(MAKE_PATIENCE).await?;
    connection.query("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    // Once more: another process may have been at it.
    let statements = statements(connection).await?;
    connection.batch(&statements).await?;
    Ok(())
}

/// What makes them.
async fn statements(connection: &Connection) -> Result<String, Fault> {
    let mut statements = String::new();
    for Growing { table, span, ahead, with } in &GROWING {
        let values: [Value<'_>; 3] = [table, span, &f64::from(*ahead)];
        for row in &connection.query(MISSING, &values).await? {
            let (name, first, end): (&str, &str, &str) = (get(row, 0)?, get(row, 1)?, get(row, 2)?);
            // Writing into a text cannot fail.
            let _ = writeln!(
                statements,
                "CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING GENERATED){with}; \
                 ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{end}');"
            );
        }
    }
    Ok(statements)
}

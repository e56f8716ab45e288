//! Partitions whose time is over. What is still needed of one is carried on into a later one first, a page
//! at a time; then it is dropped whole.
//!
//! **Histories.** An entitlement that is open, or has an event in a later partition, keeps its whole history:
//! its events are moved to today's partition, as they are. So a history is whole or, long after the end of its
//! entitlement, gone; it never begins in the middle. In a feed, what is carried on counts as dropped: a feed
//! begins at its first mark.
//!
//! **Notifications.** What still waits is moved, with its lane's days; what was delivered or given up goes.
//!
//! **What was dropped is noted** with it: by that an examination tells it from what is missing.
//!
//! **Texts of answers** go as soon as no claim names their days: claims are forgotten by themselves.

use super::{DROP_PATIENCE, LOCK};
use crate::postgres::connect::{Connection, Purpose};
use crate::postgres::connections::Connections;
use crate::postgres::fault::Fault;
use crate::postgres::lanes::{HOLD_ALL, waiting_lanes};
use crate::postgres::values::{Day, Id, Value, get};

/// Entitlements whose events are moved in one transaction.
const PAGE: i64 = 500;

/// A partition from its first day to the one after its last.
#[derive(Debug)]
struct Span {
    name: String,
    first: Day,
    end: Day,
    /// The first day of the partition that follows; where nobody committed for long, it is a later one.
    next: Day,
}

/// Partitions of a table ($1) that end at a day ($2) or before.
const ENDED: &str = "SELECT name, first, last, coalesce(next, last) \
     FROM (SELECT name, first, last, lead(first) OVER (ORDER BY first) AS next FROM (SELECT c.relname::text AS name, \
         (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \\(''([0-9-]+)'))[1]::date AS first, \
         (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''([0-9-]+)'))[1]::date AS last \
         FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass($1)) spans) \
         in_order \
     WHERE last <= $2 ORDER BY first";

/// Drops what is outdated. `history_months`: for how long histories and notifications are kept; none: for
/// ever. What cannot be done now is left for the next time.
pub(in crate::postgres) async fn drop_outdated(
    connections: &Connections,
    history_months: Option<u16>,
) -> Result<(), Fault> {
    let held = connections.own(Purpose::Search).await?;
    let alone = held.query("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await?;
    if alone.first().map(|row| get(row, 0)).transpose()? != Some(true) {
        held.give_back();
        return Ok(());
    }
    // Where it fails the connection is closed, and the lock with it.
    drop_answers(&held).await?;
    if let Some(months) = history_months {
        drop_histories(&held, months).await?;
    }
    held.query("SELECT pg_advisory_unlock($1)", &[&LOCK]).await?;
    held.give_back();
    Ok(())
}

async fn drop_answers(connection: &Connection) -> Result<(), Fault> {
    // A transaction that began yesterday may still be at it.
    let yesterday = day(connection, "SELECT today() - 1", &[]).await?;
    for span in ended(connection, "answer", yesterday).await? {
        let needed = "SELECT FROM claim WHERE answered_on >= $1 AND answered_on < $2 LIMIT 1";
        if connection.query(needed, &[&span.first, &span.end]).await?.is_empty() {
            drop_whole(connection, &span).await?;
        }
    }
    Ok(())
}

async fn drop_histories(connection: &Connection, months: u16) -> Result<(), Fault> {
    let sql = "SELECT (date_trunc('month', today()::timestamp) - $1 * interval '1 month')::date";
    let by = day(connection, sql, &[&f64::from(months)]).await?;
    // Notifications are printed from histories: they go first.
    for span in ended(connection, "notification", by).await? {
        carry_waiting(connection, &span).await?;
        drop_whole(connection, &span).await?;
    }
    for span in ended(connection, "event", by).await? {
        carry_needed(connection, &span).await?;
        drop_whole(connection, &span).await?;
    }
    Ok(())
}

async fn day(connection: &Connection, sql: &'static str, values: &[Value<'_>]) -> Result<Day, Fault> {
    let rows = connection.query(sql, values).await?;
    rows.first().map_or_else(|| Err(Fault::Content("there is no day".into())), |row| get(row, 0))
}

async fn ended(connection: &Connection, table: &'static str, by: Day) -> Result<Vec<Span>, Fault> {
    let read = |row: &tokio_postgres::Row| {
        Ok(Span { name: get(row, 0)?, first: get(row, 1)?, end: get(row, 2)?, next: get(row, 3)? })
    };
    connection.query(ENDED, &[&table, &by]).await?.iter().map(read).collect()
}

/// An account whose last event is dropped keeps a mark behind it, so that its feed is known to begin there.
const LAST_MARKS: &str = "INSERT INTO feed_mark (account, first, day) \
     SELECT id, position + 1, day FROM account WHERE day < $1 AND position > 0 ON CONFLICT DO NOTHING";
const OLD_MARKS: &str = "DELETE FROM feed_mark m WHERE m.day < $1 \
     AND EXISTS (SELECT FROM feed_mark l WHERE l.account = m.account AND l.first > m.first)";

/// Among the settings: the first day of what is kept of a table whose partitions are dropped.
const KEPT_FROM: &str = "INSERT INTO setting AS s (name, value) VALUES ($1, convert_to($2::date::text, 'UTF8')) \
     ON CONFLICT (name) DO UPDATE SET value = greatest(s.value, excluded.value)";
/// The names of those settings.
pub(in crate::postgres) const EVENTS_KEPT_FROM: &str = "kept_from.event";
pub(in crate::postgres) const NOTIFICATIONS_KEPT_FROM: &str = "kept_from.notification";

async fn drop_whole(connection: &Connection, span: &Span) -> Result<(), Fault> {
    connection.batch("BEGIN").await?;
    let dropped = drop_in(connection, span).await;
    connection.batch(if dropped.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
    dropped
}

async fn drop_in(connection: &Connection, span: &Span) -> Result<(), Fault> {
    connection.batch(DROP_PATIENCE).await?;
    if span.name.starts_with("event_") {
        connection.execute(LAST_MARKS, &[&span.end]).await?;
        connection.execute(OLD_MARKS, &[&span.end]).await?;
        connection.execute(KEPT_FROM, &[&EVENTS_KEPT_FROM, &span.end]).await?;
    } else if span.name.starts_with("notification_") {
        connection.execute(KEPT_FROM, &[&NOTIFICATIONS_KEPT_FROM, &span.end]).await?;
    }
    // Made by this program, and found in the catalog.
    connection.batch(&format!("DROP TABLE {}", span.name)).await?;
    Ok(())
}

const KEYS: &str = "SELECT DISTINCT key FROM event WHERE day >= $1 AND day < $2 \
     AND ($3::uuid IS NULL OR key > $3) ORDER BY key LIMIT $4";

/// Moves the events of entitlements that need their history.
const CARRY: &str = "UPDATE event v SET day = today() WHERE v.day >= $1 AND v.day < $2 AND v.key = ANY ($3) \
     AND (EXISTS (SELECT FROM entitlement e WHERE e.key = v.key AND e.status NOT IN ('CANCELLED', 'REVOKED')) \
         OR EXISTS (SELECT FROM event l WHERE l.key = v.key AND l.day >= $2))";

async fn carry_needed(connection: &Connection, span: &Span) -> Result<(), Fault> {
    let mut after: Option<Id> = None;
    loop {
        let rows = connection.query(KEYS, &[&span.first, &span.end, &after, &PAGE]).await?;
        let keys = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Id>, Fault>>()?;
        after = match keys.last() {
            Some(last) => Some(*last),
            None => return Ok(()),
        };
        connection.execute(CARRY, &[&span.first, &span.end, &keys]).await?;
    }
}

/// Lanes whose head lies there.
const HEADS: &str =
    concat!("SELECT DISTINCT key FROM ", waiting_lanes!(), " WHERE head_day < $1 ORDER BY key LIMIT $2");

const MOVE_WAITING: &str = "UPDATE notification SET day = $3 \
     WHERE day >= $1 AND day < $2 AND key = ANY ($4) AND state = 'waiting'";
const MOVE_HEADS: &str = "UPDATE lane SET head_day = $1, day = greatest(day, $1) \
     WHERE key = ANY ($2) AND head_day < $1 AND attempt_at IS NOT NULL";

/// Into the partition that follows: in the order of a lane no day comes before its head's.
async fn carry_waiting(connection: &Connection, span: &Span) -> Result<(), Fault> {
    loop {
        let rows = connection.query(HEADS, &[&span.end, &PAGE]).await?;
        let keys = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Id>, Fault>>()?;
        if keys.is_empty() {
            return Ok(());
        }
        connection.batch("BEGIN").await?;
        let carried = carry_waiting_of(connection, span, &keys).await;
        connection.batch(if carried.is_ok() { "COMMIT" } else { "ROLLBACK" }).await?;
        carried?;
    }
}

async fn carry_waiting_of(connection: &Connection, span: &Span, keys: &Vec<Id>) -> Result<(), Fault> {
    connection.query(HOLD_ALL, &[keys]).await?;
    connection.execute(MOVE_WAITING, &[&span.first, &span.end, &span.next, keys]).await?;
    connection.execute(MOVE_HEADS, &[&span.next, keys]).await?;
    Ok(())
}

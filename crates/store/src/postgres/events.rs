//! Histories and feeds.

use super::connections::Connections;
use super::fault::Fault;
use super::values::{self, Id, bound, count, get, moment, number};
use crate::StoredEvent;
use crate::codec::{self, known};
use entitlement::{Event, Reason};
use ids::{AccountId, EntitlementKey};
use tokio_postgres::Row;

/// An event, in the order [`read`] takes it.
macro_rules! event_columns {
    () => {
        "key, sequence, position, version, at, by, kind, reason, request, sets"
    };
}
pub(super) use event_columns;

pub(super) fn read(row: &Row) -> Result<(EntitlementKey, StoredEvent), Fault> {
    let key = values::key(row, 0)?;
    let sequence: u32 = count(row, 1)?;
    let event = read_event(row, key).map_err(|fault| match fault {
        Fault::Content(what) => Fault::Content(format!("event {sequence} of {key}: {what}")),
        other => other,
    })?;
    // Negative: the feed does not go there any more (docs/decisions/0036).
    let position = get::<Option<i64>>(row, 2)?.unwrap_or(0);
    Ok((key, StoredEvent { sequence, position: position.unsigned_abs(), request: get(row, 8)?, event }))
}

fn read_event(row: &Row, key: EntitlementKey) -> Result<Event, Fault> {
    Ok(Event {
        at: moment(row, 4)?,
        by: known("actor", get(row, 5)?, codec::party_of)?,
        kind: known("kind", get(row, 6)?, codec::kind_of)?,
        reason: read_reason(row, 7)?,
        version: count(row, 3)?,
        sets: codec::read_sets(get(row, 9)?, &key.to_string())?,
    })
}

/// Why it happened, where that was said.
pub(super) fn read_reason(row: &Row, column: usize) -> Result<Option<Reason>, Fault> {
    Ok(get::<Option<&str>>(row, column)?.map(codec::read_reason).transpose()?)
}

pub(super) async fn history(
    connections: &Connections,
    key: EntitlementKey,
    up_to_version: Option<u32>,
) -> Result<Vec<StoredEvent>, Fault> {
    let sql = concat!(
        "SELECT ",
        event_columns!(),
        " FROM (SELECT since FROM entitlement WHERE key = $1 OFFSET 0) e CROSS JOIN LATERAL \
         (SELECT * FROM event WHERE key = $1 AND version <= $2 AND day >= e.since OFFSET 0) v ORDER BY sequence"
    );
    let version = i64::from(up_to_version.unwrap_or(u32::MAX));
    let found = connections.read(sql, &[&Id::from(key), &version]).await?;
    found.iter().map(|row| read(row).map(|(_, event)| event)).collect()
}

/// Where a feed ($1) is read on from, after a position ($2): not from days before, and not from what is
/// dropped. Of the latter, histories may have some that they need; the feed has not.
macro_rules! feed_begin {
    () => {
        "(SELECT greatest($2, coalesce((SELECT min(first) - 1 FROM feed_mark WHERE account = $1), 0)) AS after, \
          coalesce((SELECT m.day FROM feed_mark m WHERE m.account = $1 AND m.first <= $2 + 1 \
              ORDER BY m.first DESC LIMIT 1), '-infinity') AS day OFFSET 0) b"
    };
}
pub(super) use feed_begin;

/// A position after which a feed is read: one that has another after it.
pub(super) fn after(position: u64) -> i64 {
    number(position).min(i64::MAX - 1)
}

pub(super) async fn feed(
    connections: &Connections,
    account: AccountId,
    after: u64,
    limit: usize,
) -> Result<Vec<(EntitlementKey, StoredEvent)>, Fault> {
    let sql = concat!(
        "SELECT ",
        event_columns!(),
        " FROM ",
        feed_begin!(),
        " CROSS JOIN LATERAL (SELECT * FROM event \
             WHERE account = $1 AND position > b.after AND day >= b.day ORDER BY position LIMIT $3) v ORDER BY position"
    );
    let found = connections.read(sql, &[&i64::from(account.0), &self::after(after), &bound(limit)]).await?;
    found.iter().map(read).collect()
}

pub(super) async fn feed_head(connections: &Connections, account: AccountId) -> Result<u64, Fault> {
    let sql = "SELECT position FROM account WHERE id = $1";
    let found = connections.read(sql, &[&i64::from(account.0)]).await?;
    found.first().map_or(Ok(0), |row| count(row, 0))
}

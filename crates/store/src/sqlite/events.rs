//! Histories and feeds.

use super::fault::Fault;
use super::rows::{bytes, key_at};
use super::session::Session;
use crate::codec::{self, Unreadable, known};
use crate::{Happened, StoredEvent};
use entitlement::{Event, Moment, Reason};
use ids::{AccountId, EntitlementKey};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, params};

/// One event on its way in.
pub(super) struct NewEvent<'a> {
    pub(super) account: AccountId,
    pub(super) key: EntitlementKey,
    pub(super) sequence: u32,
    pub(super) event: &'a Event,
    pub(super) request: Option<&'a str>,
    /// The field changes, printed.
    pub(super) sets: &'a str,
}

/// One event of an entitlement's history.
pub(super) const INSERT: &str = "INSERT INTO event (account, position, key, sequence, version, at, by, kind, \
     reason, request, sets) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

pub(super) fn insert(session: &mut Session<'_>, new: &NewEvent<'_>) -> Result<(), Fault> {
    let event = new.event;
    let position = if event.changes_record() { Some(session.next_position(new.account)?) } else { None };
    session.inserts.event.get()?.execute(params![
        new.account.0,
        position,
        bytes(new.key),
        new.sequence,
        event.version,
        event.at.0,
        codec::party_word(event.by),
        codec::kind_word(event.kind),
        event.reason.as_ref().map(codec::reason_text),
        new.request,
        new.sets,
    ])?;
    Ok(())
}

const COLUMNS: &str = "key, sequence, position, version, at, by, kind, reason, request, sets";

fn read(row: &rusqlite::Row<'_>) -> Result<(EntitlementKey, StoredEvent), Fault> {
    let key = key_at(row, 0)?;
    let sequence: u32 = row.get(1)?;
    let event = read_event(row, key).map_err(|fault| match fault {
        Fault::Content(what) => Fault::Content(format!("event {sequence} of {key}: {what}")),
        engine @ Fault::Engine(_) => engine,
    })?;
    // Negative: the feed does not go there any more (docs/decisions/0036).
    let position = row.get::<_, Option<i64>>(2)?.unwrap_or(0);
    Ok((key, StoredEvent { sequence, position: position.unsigned_abs(), request: row.get(8)?, event }))
}

fn read_event(row: &rusqlite::Row<'_>, key: EntitlementKey) -> Result<Event, Fault> {
    let text = |column| text_at(row, column);
    Ok(Event {
        at: Moment(row.get(4)?),
        by: known("actor", text(5)?, codec::party_of)?,
        kind: known("kind", text(6)?, codec::kind_of)?,
        reason: reason_at(row, 7)?,
        version: row.get(3)?,
        sets: codec::read_sets(text(9)?, &key.to_string())?,
    })
}

fn reason_at(row: &rusqlite::Row<'_>, column: usize) -> Result<Option<Reason>, Fault> {
    Ok(row.get_ref(column)?.as_str_or_null().map_err(unreadable)?.map(codec::read_reason).transpose()?)
}

/// What one event says beside the record; none where the history does not have it.
pub(super) fn happened(connection: &Connection, key: EntitlementKey, sequence: u32) -> Result<Option<Happened>, Fault> {
    let sql = "SELECT reason FROM event WHERE key = ?1 AND sequence = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query((bytes(key), sequence))?;
    found.next()?.map(|row| Ok(Happened { why: reason_at(row, 0)? })).transpose()
}

/// The text of a column, where it lies.
fn text_at<'r>(row: &'r rusqlite::Row<'_>, column: usize) -> Result<&'r str, Fault> {
    Ok(row.get_ref(column)?.as_str().map_err(unreadable)?)
}

fn unreadable(error: FromSqlError) -> Unreadable {
    Unreadable::new(error.to_string())
}

pub(super) fn history(
    connection: &Connection,
    key: EntitlementKey,
    up_to_version: Option<u32>,
) -> Result<Vec<StoredEvent>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE key = ?1 AND version <= ?2 ORDER BY sequence");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query((bytes(key), up_to_version.unwrap_or(u32::MAX)))?;
    let mut events = Vec::new();
    while let Some(row) = found.next()? {
        events.push(read(row)?.1);
    }
    Ok(events)
}

pub(super) fn feed(
    connection: &Connection,
    account: AccountId,
    after: u64,
    limit: usize,
) -> Result<Vec<(EntitlementKey, StoredEvent)>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM event WHERE account = ?1 AND position > ?2 ORDER BY position LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
    let mut found = statement.query((account.0, after, limit))?;
    let mut events = Vec::new();
    while let Some(row) = found.next()? {
        events.push(read(row)?);
    }
    Ok(events)
}

pub(super) fn feed_head(connection: &Connection, account: AccountId) -> Result<u64, Fault> {
    let position: Option<i64> = connection
        .prepare_cached("SELECT max(position) FROM account WHERE id = ?1")?
        .query_row([account.0], |row| row.get(0))?;
    Ok(position.unwrap_or(0).unsigned_abs())
}

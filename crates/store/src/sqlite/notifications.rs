//! Notifications: inserted with their change, marked at each attempt, read by operators.

use super::fault::Fault;
use super::lanes::Told;
use super::rows::{self, bytes, key_at};
use super::session::Session;
use crate::codec::{self, known};
use crate::lane::Tried;
use crate::{LaneResult, Notice, NotificationState, Row, StoredNotification};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, NotificationId, TargetId};
use rusqlite::{Connection, Params, params};

/// A notification that waits.
pub(super) const INSERT: &str = "INSERT INTO notification (account, key, target, sequence, event, version, \
     reason, form, committed_at, state, reason_field) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'waiting', ?10)";

pub(super) fn insert(session: &mut Session<'_>, notice: &Notice, told: &Told, sequence: u32) -> rusqlite::Result<()> {
    session
        .inserts
        .notification
        .get()?
        .execute(params![
            told.account.0,
            bytes(told.key),
            notice.target.0,
            sequence,
            told.event,
            told.version,
            codec::reason_word(notice.reason),
            notice.form,
            told.at.0,
            notice.reason_field,
        ])
        .map(drop)
}

pub(super) fn tried(connection: &Connection, result: &LaneResult, tried: Tried) -> rusqlite::Result<()> {
    if tried.changes_nothing() {
        return Ok(());
    }
    connection
        .prepare_cached(
            "UPDATE notification SET state = ?4, attempts = attempts + ?5, last_status = ?6, last_error = ?7, \
             done_at = ?8 WHERE key = ?1 AND target = ?2 AND sequence = ?3",
        )?
        .execute(params![
            bytes(result.key),
            result.target.0,
            result.sequence,
            codec::state_word(tried.state),
            tried.counts,
            result.status,
            result.error,
            tried.done_at(result).map(|at| at.0),
        ])
        .map(drop)
}

const COLUMNS: &str = "key, target, sequence, event, version, reason, form, committed_at, state, attempts, \
                       last_status, last_error, done_at, held_ms, reason_field";

fn read(row: &rusqlite::Row<'_>) -> Result<StoredNotification, Fault> {
    let (reason, state): (String, String) = (row.get(5)?, row.get(8)?);
    Ok(StoredNotification {
        key: key_at(row, 0)?,
        target: TargetId(row.get(1)?),
        sequence: row.get(2)?,
        event: row.get(3)?,
        version: row.get(4)?,
        reason: known("notification reason", &reason, codec::reason_of)?,
        form: row.get(6)?,
        committed_at: Moment(row.get(7)?),
        state: known("notification state", &state, codec::state_of)?,
        attempts: row.get(9)?,
        last_status: row.get(10)?,
        last_error: row.get(11)?,
        done_at: row.get::<_, Option<i64>>(12)?.map(Moment),
        held_ms: row.get(13)?,
        reason_field: row.get(14)?,
    })
}

fn list(connection: &Connection, rest: &str, params: impl Params) -> Result<Vec<StoredNotification>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM notification {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = statement.query(params)?;
    let mut notifications = Vec::new();
    while let Some(row) = found.next()? {
        notifications.push(read(row)?);
    }
    Ok(notifications)
}

/// Everything of one entitlement, by target and sequence.
pub(super) fn all_of(connection: &Connection, key: EntitlementKey) -> Result<Vec<StoredNotification>, Fault> {
    list(connection, "WHERE key = ?1 ORDER BY target, sequence", [bytes(key)])
}

/// The notification of a lane that comes after `sequence`. There may be a gap before it: a restored
/// store goes on with higher numbers.
pub(super) fn following(
    connection: &Connection,
    key: EntitlementKey,
    target: TargetId,
    sequence: u32,
) -> rusqlite::Result<Option<u32>> {
    connection
        .prepare_cached("SELECT min(sequence) FROM notification WHERE key = ?1 AND target = ?2 AND sequence > ?3")?
        .query_row((bytes(key), target.0, sequence), |row| row.get(0))
}

/// Of one entitlement of the account or of all, in one state or in any; newest first.
pub(super) fn newest(
    connection: &Connection,
    account: AccountId,
    key: Option<EntitlementKey>,
    state: Option<NotificationState>,
    limit: i64,
) -> Result<Vec<StoredNotification>, Fault> {
    let state = state.map(codec::state_word);
    match key {
        Some(key) => list(
            connection,
            "WHERE key = ?1 AND +account = ?2 AND (?3 IS NULL OR state = ?3) \
             ORDER BY committed_at DESC, event DESC, sequence DESC, target LIMIT ?4",
            (bytes(key), account.0, state, limit),
        ),
        None => list(
            connection,
            "INDEXED BY notification_by_commit WHERE account = ?1 AND (?2 IS NULL OR state = ?2) \
             ORDER BY committed_at DESC, key DESC, event DESC, sequence DESC, target LIMIT ?3",
            (account.0, state, limit),
        ),
    }
}

/// One with its entitlement.
pub(super) fn by_id(connection: &Connection, id: NotificationId) -> Result<Option<(StoredNotification, Row)>, Fault> {
    let found = list(
        connection,
        "WHERE key = ?1 AND target = ?2 AND sequence = ?3",
        (bytes(id.key), id.target.0, id.sequence),
    )?;
    let Some(notification) = found.into_iter().next() else {
        return Ok(None);
    };
    Ok(rows::by_key(connection, id.key)?.map(|row| (notification, row)))
}

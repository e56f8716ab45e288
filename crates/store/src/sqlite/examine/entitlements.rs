//! Entitlements with everything that hangs on them. What cannot be read is said in words, and
//! concerns its entitlement only.

use crate::codec;
use crate::sqlite::fault::{Fault, Meaning};
use crate::sqlite::rows::{bytes, key_at};
use crate::sqlite::{events, notifications, rows};
use crate::{Examined, ExaminedLane, Row};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, TargetId, parse_uuid};
use rusqlite::{Connection, OptionalExtension};

/// What the page's own query says of an entitlement.
struct Head {
    key: EntitlementKey,
    account: AccountId,
    live: bool,
    stage: u8,
    own_id: Option<String>,
    account_live: Option<bool>,
    route_account: Option<AccountId>,
}

pub(super) fn page(
    connection: &Connection,
    after: Option<EntitlementKey>,
    limit: usize,
) -> Result<Vec<Examined>, Fault> {
    heads(connection, after, limit)?.into_iter().map(|head| examined(connection, head)).collect()
}

fn heads(connection: &Connection, after: Option<EntitlementKey>, limit: usize) -> Result<Vec<Head>, Fault> {
    connection
        .prepare_cached(
            "SELECT e.key, e.account, e.live, e.in_flight, e.own_id, a.live, r.account FROM entitlement e \
             LEFT JOIN account a ON a.id = e.account LEFT JOIN route r ON r.id = e.route \
             WHERE e.key > ?1 ORDER BY e.key LIMIT ?2",
        )?
        // The empty key lies before all others.
        .query_and_then((after.map_or(Vec::new(), |key| bytes(key).to_vec()), bound(limit)), |row| {
            Ok(Head {
                key: key_at(row, 0)?,
                account: AccountId(row.get(1)?),
                live: row.get(2)?,
                stage: row.get(3)?,
                own_id: row.get(4)?,
                account_live: row.get(5)?,
                route_account: row.get::<_, Option<u32>>(6)?.map(AccountId),
            })
        })?
        .collect()
}

fn examined(connection: &Connection, head: Head) -> Result<Examined, Fault> {
    let key = head.key;
    let row = in_words(rows::by_key(connection, key))?;
    Ok(Examined {
        key,
        live: head.live,
        stage: codec::stage_of(head.stage),
        account_live: head.account_live,
        route_account: head.route_account,
        history: in_words(events::history(connection, key, None))?,
        lanes: lanes(connection, key)?,
        notifications: in_words(notifications::all_of(connection, key))?,
        // Where this cannot be read, the history or the notifications cannot either.
        booked_elsewhere: in_words(booked_elsewhere(connection, key, head.account))?.unwrap_or(0),
        own_id_is_a_key: own_id_is_a_key(connection, &head)?,
        operation_has_ended: match &row {
            Ok(Some(row)) => operation_has_ended(connection, row)?,
            Ok(None) | Err(_) => false,
        },
        // A file keeps everything.
        history_was_dropped: false,
        notifications_were_dropped: false,
        row,
    })
}

/// What makes no sense, or lies in a broken page, is a result of the examination; what the engine cannot do
/// ends it.
fn in_words<T>(read: Result<T, Fault>) -> Result<Result<T, String>, Fault> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Content(what)) => Ok(Err(what)),
        Err(Fault::Engine(error)) if Meaning::of(&error) == Meaning::Broken => Ok(Err(error.to_string())),
        Err(engine @ Fault::Engine(_)) => Err(engine),
    }
}

fn lanes(connection: &Connection, key: EntitlementKey) -> Result<Vec<ExaminedLane>, Fault> {
    connection
        .prepare_cached("SELECT target, next, head, attempt_at FROM lane WHERE key = ?1 ORDER BY target")?
        .query_and_then([bytes(key)], |row| {
            Ok(ExaminedLane {
                target: TargetId(row.get(0)?),
                next: row.get(1)?,
                head: row.get(2)?,
                attempt_at: row.get::<_, Option<i64>>(3)?.map(Moment),
            })
        })?
        .collect()
}

fn booked_elsewhere(connection: &Connection, key: EntitlementKey, account: AccountId) -> Result<u32, Fault> {
    Ok(connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM event WHERE key = ?1 AND account <> ?2) \
             + (SELECT count(*) FROM notification WHERE key = ?1 AND account <> ?2)",
        )?
        .query_row((bytes(key), account.0), |row| row.get(0))?)
}

fn own_id_is_a_key(connection: &Connection, head: &Head) -> Result<bool, Fault> {
    let Some(other) = head.own_id.as_deref().and_then(parse_uuid) else {
        return Ok(false);
    };
    Ok(connection.prepare_cached("SELECT 1 FROM entitlement WHERE key = ?1 AND live = ?2 AND key <> ?3")?.exists((
        other.to_be_bytes(),
        head.live,
        bytes(head.key),
    ))?)
}

fn operation_has_ended(connection: &Connection, row: &Row) -> Result<bool, Fault> {
    let Some(operation) = &row.state.operation else {
        return Ok(false);
    };
    Ok(connection
        .prepare_cached("SELECT 1 FROM operation WHERE id = ?1")?
        .query_row([operation.id.0.to_be_bytes()], |_| Ok(()))
        .optional()?
        .is_some())
}

/// A limit as SQLite takes it.
pub(super) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

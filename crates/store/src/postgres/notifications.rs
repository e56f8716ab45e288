//! Notifications as operators and workers read them. They are written with their lanes.

use super::connections::Connections;
use super::fault::Fault;
use super::rows::{self, row_columns};
use super::values::{self, Id, bound, count, get, moment, moment_opt};
use crate::codec::{self, known};
use crate::{NotificationState, Row, StoredNotification};
use ids::{AccountId, EntitlementKey, NotificationId, TargetId};

/// A notification, in the order [`read`] takes it.
macro_rules! notification_columns {
    () => {
        "n.key, n.target, n.sequence, n.event, n.version, n.reason, n.form, n.committed_at, n.state, n.attempts, \
         n.last_status, n.last_error, n.done_at, n.held_ms, n.reason_field"
    };
}
pub(super) use notification_columns;

/// How many columns those are.
pub(super) const COLUMNS: usize = 15;

pub(super) fn read(row: &tokio_postgres::Row) -> Result<StoredNotification, Fault> {
    let out_of_range = |_| Fault::Content("a form or a status is out of range".into());
    let status = get::<Option<i32>>(row, 10)?;
    Ok(StoredNotification {
        key: values::key(row, 0)?,
        target: TargetId(count(row, 1)?),
        sequence: count(row, 2)?,
        event: count(row, 3)?,
        version: count(row, 4)?,
        reason: known("notification reason", get(row, 5)?, codec::reason_of)?,
        form: u8::try_from(get::<i16>(row, 6)?).map_err(out_of_range)?,
        committed_at: moment(row, 7)?,
        state: known("notification state", get(row, 8)?, codec::state_of)?,
        attempts: count(row, 9)?,
        last_status: status.map(u16::try_from).transpose().map_err(out_of_range)?,
        last_error: get(row, 11)?,
        done_at: moment_opt(row, 12)?,
        held_ms: get(row, 13)?,
        reason_field: get(row, 14)?,
    })
}

/// Of one entitlement of the account or of all, in one state or in any; newest first.
pub(super) async fn newest(
    connections: &Connections,
    account: AccountId,
    key: Option<EntitlementKey>,
    state: Option<NotificationState>,
    limit: usize,
) -> Result<Vec<StoredNotification>, Fault> {
    let (account, state, limit) = (i64::from(account.0), state.map(codec::state_word), bound(limit));
    let found = match key {
        Some(key) => {
            let sql = concat!(
                "SELECT ",
                notification_columns!(),
                " FROM notification n WHERE n.key = $1 AND n.account = $2 AND ($3::text IS NULL OR n.state = $3) \
                 AND n.day >= (SELECT since FROM entitlement WHERE key = $1 AND account = $2) \
                 ORDER BY n.committed_at DESC, n.event DESC, n.sequence DESC, n.target LIMIT $4"
            );
            connections.search(sql, &[&Id::from(key), &account, &state, &limit]).await?
        }
        None => {
            let sql = concat!(
                "SELECT ",
                notification_columns!(),
                " FROM notification n WHERE n.account = $1 AND ($2::text IS NULL OR n.state = $2) \
                 ORDER BY n.committed_at DESC, n.key DESC, n.event DESC, n.sequence DESC, n.target LIMIT $3"
            );
            connections.search(sql, &[&account, &state, &limit]).await?
        }
    };
    found.iter().map(read).collect()
}

/// One with its entitlement.
pub(super) async fn by_id(
    connections: &Connections,
    id: NotificationId,
) -> Result<Option<(StoredNotification, Row)>, Fault> {
    let sql = concat!(
        "SELECT ",
        notification_columns!(),
        ", ",
        row_columns!(),
        " FROM (SELECT * FROM entitlement WHERE key = $1 OFFSET 0) e JOIN route r ON r.id = e.route \
         CROSS JOIN LATERAL (SELECT * FROM notification \
             WHERE key = $1 AND target = $2 AND sequence = $3 AND day >= e.since OFFSET 0) n"
    );
    let values: [values::Value<'_>; 3] = [&Id::from(id.key), &i64::from(id.target.0), &i64::from(id.sequence)];
    let found = connections.read(sql, &values).await?;
    found.first().map(|row| Ok((read(row)?, rows::read(row, COLUMNS)?))).transpose()
}

//! Entitlements with everything that hangs on them, a page in one snapshot. What cannot be read is said in
//! words, and concerns its entitlement only.

use crate::codec;
use crate::postgres::connect::{Connection, Purpose};
use crate::postgres::connections::Connections;
use crate::postgres::events::{self, event_columns};
use crate::postgres::fault::Fault;
use crate::postgres::notifications::{self, notification_columns};
use crate::postgres::partitions::{EVENTS_KEPT_FROM, NOTIFICATIONS_KEPT_FROM};
use crate::postgres::rows::{self, row_columns};
use crate::postgres::values::{self, Id, bound, count, count_opt, get, moment_opt};
use crate::{Examined, ExaminedLane, StoredEvent};
use ids::{AccountId, EntitlementKey, TargetId, parse_uuid};
use std::collections::{BTreeMap, HashSet};
use tokio_postgres::Row;

const HEADS: &str = concat!(
    "SELECT ",
    row_columns!(),
    ", e.live, e.in_flight, a.live, r.account, \
     (SELECT count(*) FROM event v WHERE v.key = e.key AND (v.account, v.home) <> (e.account, e.home)) \
     + (SELECT count(*) FROM notification n WHERE n.key = e.key AND (n.account, n.home) <> (e.account, e.home)), a.id, \
     e.since < (SELECT convert_from(value, 'UTF8')::date FROM setting WHERE name = $3), \
     e.since < (SELECT convert_from(value, 'UTF8')::date FROM setting WHERE name = $4) \
     FROM entitlement e LEFT JOIN account a ON a.id = e.account LEFT JOIN route r ON r.id = e.route \
     WHERE $1::uuid IS NULL OR e.key > $1 ORDER BY e.key LIMIT $2"
);

const HISTORIES: &str = concat!("SELECT ", event_columns!(), " FROM event WHERE key = ANY ($1) ORDER BY key, sequence");

const NOTIFICATIONS: &str = concat!(
    "SELECT ",
    notification_columns!(),
    " FROM notification n WHERE n.key = ANY ($1) ORDER BY n.key, n.target, n.sequence"
);

const LANES: &str = "SELECT key, target, next, head, attempt_at FROM lane WHERE key = ANY ($1) ORDER BY key, target";

/// Which of these ids are keys, in which mode.
const KEYS: &str = "SELECT key, live FROM entitlement WHERE key = ANY ($1)";

const ENDED: &str = "SELECT id FROM operation WHERE id = ANY ($1)";

pub(super) async fn page(
    connections: &Connections,
    after: Option<EntitlementKey>,
    limit: usize,
) -> Result<Vec<Examined>, Fault> {
    let held = connections.own(Purpose::Search).await?;
    held.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let page = page_in(&held, after, limit).await?;
    held.batch("COMMIT").await?;
    held.give_back();
    Ok(page)
}

async fn page_in(connection: &Connection, after: Option<EntitlementKey>, limit: usize) -> Result<Vec<Examined>, Fault> {
    let after = after.map(Id::from);
    let heads = connection.query(HEADS, &[&after, &bound(limit), &EVENTS_KEPT_FROM, &NOTIFICATIONS_KEPT_FROM]).await?;
    let mut page = heads.iter().map(head).collect::<Result<Vec<_>, _>>()?;
    let keys: Vec<Id> = page.iter().map(|one| one.key.into()).collect();
    let mut histories = grouped(&connection.query(HISTORIES, &[&keys]).await?, history)?;
    let mut told = grouped(&connection.query(NOTIFICATIONS, &[&keys]).await?, notifications::read)?;
    let mut lanes: BTreeMap<EntitlementKey, Vec<ExaminedLane>> = BTreeMap::new();
    for row in &connection.query(LANES, &[&keys]).await? {
        lanes.entry(values::key(row, 0)?).or_default().push(lane(row)?);
    }
    for one in &mut page {
        one.history = histories.remove(&one.key).unwrap_or_else(|| Ok(Vec::new()));
        one.notifications = told.remove(&one.key).unwrap_or_else(|| Ok(Vec::new()));
        one.lanes = lanes.remove(&one.key).unwrap_or_default();
    }
    look_at_own_ids(connection, &heads, &mut page).await?;
    look_at_operations(connection, &mut page).await?;
    Ok(page)
}

fn head(row: &Row) -> Result<Examined, Fault> {
    let at = rows::COLUMNS;
    let has_route = get::<Option<&str>>(row, at - 1)?.is_some();
    let has_account = get::<Option<i64>>(row, at + 5)?.is_some();
    let found = if has_route && has_account { in_words(rows::read(row, 0).map(Some))? } else { Ok(None) };
    Ok(Examined {
        key: values::key(row, 0)?,
        row: found,
        live: get(row, at)?,
        stage: u8::try_from(get::<i16>(row, at + 1)?).ok().and_then(codec::stage_of),
        account_live: get(row, at + 2)?,
        route_account: count_opt(row, at + 3)?.map(AccountId),
        history: Ok(Vec::new()),
        lanes: Vec::new(),
        notifications: Ok(Vec::new()),
        booked_elsewhere: count(row, at + 4)?,
        own_id_is_a_key: false,
        operation_has_ended: false,
        // NULL where nothing was ever dropped.
        history_was_dropped: get::<Option<bool>>(row, at + 6)? == Some(true),
        notifications_were_dropped: get::<Option<bool>>(row, at + 7)? == Some(true),
    })
}

fn history(row: &Row) -> Result<StoredEvent, Fault> {
    events::read(row).map(|(_, event)| event)
}

fn lane(row: &Row) -> Result<ExaminedLane, Fault> {
    Ok(ExaminedLane {
        target: TargetId(count(row, 1)?),
        next: count(row, 2)?,
        head: count(row, 3)?,
        attempt_at: moment_opt(row, 4)?,
    })
}

/// What is read of each entitlement, or why not all of it can be.
type Grouped<T> = BTreeMap<EntitlementKey, Result<Vec<T>, String>>;

/// By the key in the first column.
fn grouped<T>(rows: &[Row], read: impl Fn(&Row) -> Result<T, Fault>) -> Result<Grouped<T>, Fault> {
    let mut groups: Grouped<T> = BTreeMap::new();
    for row in rows {
        let group = groups.entry(values::key(row, 0)?).or_insert_with(|| Ok(Vec::new()));
        match (in_words(read(row))?, &mut *group) {
            (Ok(value), Ok(values)) => values.push(value),
            (Err(what), Ok(_)) => *group = Err(what),
            // The first fault is told.
            (_, Err(_)) => {}
        }
    }
    Ok(groups)
}

/// What makes no sense is a result of the examination; what the engine cannot do ends it.
fn in_words<T>(read: Result<T, Fault>) -> Result<Result<T, String>, Fault> {
    match read {
        Ok(value) => Ok(Ok(value)),
        Err(Fault::Content(what)) => Ok(Err(what)),
        Err(other) => Err(other),
    }
}

async fn look_at_own_ids(connection: &Connection, heads: &[Row], page: &mut [Examined]) -> Result<(), Fault> {
    let mut own_ids: Vec<Option<Id>> = Vec::with_capacity(heads.len());
    for row in heads {
        own_ids.push(get::<Option<&str>>(row, 3)?.and_then(parse_uuid).map(Id));
    }
    let asked: Vec<Id> = own_ids.iter().copied().flatten().collect();
    if asked.is_empty() {
        return Ok(());
    }
    let mut keys = HashSet::new();
    for row in &connection.query(KEYS, &[&asked]).await? {
        keys.insert((get::<Id>(row, 0)?.0, get::<bool>(row, 1)?));
    }
    for (one, own_id) in page.iter_mut().zip(own_ids) {
        let is_anothers = |id: Id| id.0 != one.key.0 && keys.contains(&(id.0, one.live));
        one.own_id_is_a_key = own_id.is_some_and(is_anothers);
    }
    Ok(())
}

async fn look_at_operations(connection: &Connection, page: &mut [Examined]) -> Result<(), Fault> {
    let open = |one: &Examined| Some(Id(one.row.as_ref().ok()?.as_ref()?.state.operation.as_ref()?.id.0));
    let asked: Vec<Id> = page.iter().filter_map(open).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let mut ended = HashSet::new();
    for row in &connection.query(ENDED, &[&asked]).await? {
        ended.insert(get::<Id>(row, 0)?.0);
    }
    for one in page {
        one.operation_has_ended = open(one).is_some_and(|id| ended.contains(&id.0));
    }
    Ok(())
}

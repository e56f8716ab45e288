//! Entitlement rows as they are read. How they are written stands in `stored`.

use super::fault::Fault;
use crate::codec::{self, Columns, Unreadable};
use crate::{Row, codec::known};
use entitlement::Moment;
use ids::{AccountId, EntitlementKey, RouteId, parse_uuid};
use rusqlite::{Connection, Params};

/// Everything of a row, in the order [`read`] takes it. CROSS JOIN keeps the entitlement outside.
macro_rules! row_query {
    ($($rest:literal),+) => {
        concat!(
            "SELECT e.key, e.account, e.route, e.own_id, e.customer, e.slot, e.status, e.product, e.offer, \
             e.external_id, e.created_at, e.updated_at, e.due_at, e.revision, e.version, e.last_event, \
             e.unborn, e.rest, r.merchant FROM entitlement e",
            $($rest),+
        )
    };
}
pub(super) use row_query;

/// 16 bytes, most significant first: ascending keys are ascending bytes.
pub(super) const fn bytes(key: EntitlementKey) -> [u8; 16] {
    key.0.to_be_bytes()
}

/// A key in a column.
pub(super) fn key_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<EntitlementKey> {
    row.get::<_, [u8; 16]>(column).map(|bytes| EntitlementKey(u128::from_be_bytes(bytes)))
}

pub(super) fn read(row: &rusqlite::Row<'_>) -> Result<Row, Fault> {
    let key = key_at(row, 0)?;
    read_parts(row, key).map_err(|fault| match fault {
        Fault::Content(what) => Fault::Content(format!("entitlement {key}: {what}")),
        engine @ Fault::Engine(_) => engine,
    })
}

fn read_parts(row: &rusqlite::Row<'_>, key: EntitlementKey) -> Result<Row, Fault> {
    let own_id: Option<String> = row.get(3)?;
    let status: String = row.get(6)?;
    let columns = Columns {
        entitlement_id: own_id.clone().unwrap_or_else(|| key.to_string()),
        status: known("status", &status, codec::status_of)?,
        created_at: Moment(row.get(10)?),
        updated_at: Moment(row.get(11)?),
        customer: row.get(4)?,
        merchant: row.get(18)?,
        product: row.get(7)?,
        offer: row.get(8)?,
        external_id: row.get(9)?,
        version: row.get(14)?,
        unborn: row.get(16)?,
    };
    let rest = row.get_ref(17)?.as_str().map_err(|error| Unreadable::new(error.to_string()))?;
    Ok(Row {
        key,
        account: AccountId(row.get(1)?),
        route: RouteId(row.get(2)?),
        own_id,
        slot: row.get(5)?,
        revision: row.get(13)?,
        last_event: row.get(15)?,
        due_at: row.get::<_, Option<i64>>(12)?.map(Moment),
        state: codec::read_entitlement(columns, rest)?,
    })
}

pub(super) fn list(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<Row>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(read(row)?);
    }
    Ok(rows)
}

fn one(connection: &Connection, sql: &str, params: impl Params) -> Result<Option<Row>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut found = statement.query(params)?;
    found.next()?.map(read).transpose()
}

pub(super) fn by_key(connection: &Connection, key: EntitlementKey) -> Result<Option<Row>, Fault> {
    one(connection, row_query!(" CROSS JOIN route r ON r.id = e.route WHERE e.key = ?1"), [bytes(key)])
}

/// By public id: a hub-made key in any letter case, or an own id as written. Within a mode no text is
/// both (the writer sees to that), so that whichever is found first is the one.
pub(super) fn by_id(connection: &Connection, account: AccountId, id: &str) -> Result<Option<Row>, Fault> {
    if let Some(key) = parse_uuid(id) {
        let row = by_key(connection, EntitlementKey(key))?;
        let row = row.filter(|row| row.account == account && row.own_id.is_none());
        if row.is_some() {
            return Ok(row);
        }
    }
    one(
        connection,
        row_query!(
            " CROSS JOIN route r ON r.id = e.route WHERE e.own_id = ?2 AND e.account = ?1 \
             AND e.live = (SELECT live FROM account WHERE id = ?1)"
        ),
        (account.0, id),
    )
}

/// The open ones of a customer on a route, in slot order.
pub(super) fn open(
    connection: &Connection,
    account: AccountId,
    route: RouteId,
    customer: &str,
) -> Result<Vec<Row>, Fault> {
    list(
        connection,
        row_query!(
            " INDEXED BY entitlement_by_slot CROSS JOIN route r ON r.id = e.route WHERE e.account = ?1 \
             AND e.customer = ?2 AND e.route = ?3 AND e.slot IS NOT NULL ORDER BY e.slot"
        ),
        (account.0, customer, route.0),
    )
}

//! Entitlement rows as they are checked and written, inside the writer's transaction.

use super::rows::bytes;
use super::session::Session;
use crate::Row;
use crate::codec::stage_number;
use crate::prepared::Prepared;
use ids::{EntitlementKey, parse_uuid};
use rusqlite::{Connection, OptionalExtension, params};

/// Whether the entitlementId of a new row is used in its mode, as a key or as an own id.
pub(super) fn id_is_used(connection: &Connection, row: &Row, live: bool) -> rusqlite::Result<bool> {
    let exists = connection.prepare_cached("SELECT 1 FROM entitlement WHERE key = ?1")?.exists([bytes(row.key)])?;
    Ok(exists
        || match &row.own_id {
            None => is_own_id(connection, &row.key.to_string(), live)?,
            Some(id) => own_id_is_used(connection, id, live)?,
        })
}

/// Whether an id that a reseller chose is used in the mode, as an own id or as a key.
pub(super) fn own_id_is_used(connection: &Connection, id: &str, live: bool) -> rusqlite::Result<bool> {
    let is_key = |key: u128| {
        connection
            .prepare_cached("SELECT 1 FROM entitlement WHERE key = ?1 AND live = ?2")?
            .exists((key.to_be_bytes(), live))
    };
    Ok(is_own_id(connection, id, live)? || parse_uuid(id).map_or(Ok(false), is_key)?)
}

fn is_own_id(connection: &Connection, id: &str, live: bool) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM entitlement WHERE live = ?1 AND own_id = ?2")?.exists((live, id))
}

/// Whether another entitlement than `row` holds the slot it wants.
pub(super) fn slot_is_taken(connection: &Connection, row: &Row) -> rusqlite::Result<bool> {
    let Some(slot) = row.slot else {
        return Ok(false);
    };
    connection
        .prepare_cached(
            "SELECT 1 FROM entitlement INDEXED BY entitlement_by_slot \
             WHERE account = ?1 AND customer = ?2 AND route = ?3 AND slot = ?4 AND key <> ?5",
        )?
        .exists((row.account.0, &row.state.record.customer_identifier, row.route.0, slot, bytes(row.key)))
}

/// What must be known of a stored row before it is changed.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) revision: u32,
    customer: String,
    slot: Option<u32>,
    external_id: Option<String>,
}

pub(super) fn by_key(connection: &Connection, key: EntitlementKey) -> rusqlite::Result<Option<Stored>> {
    connection
        .prepare_cached("SELECT id, revision, customer, slot, external_id FROM entitlement WHERE key = ?1")?
        .query_row([bytes(key)], |row| {
            Ok(Stored {
                id: row.get(0)?,
                revision: row.get(1)?,
                customer: row.get(2)?,
                slot: row.get(3)?,
                external_id: row.get(4)?,
            })
        })
        .optional()
}

pub(super) fn insert(session: &mut Session<'_>, row: &Row, live: bool, prepared: &Prepared) -> rusqlite::Result<()> {
    match insert_where_free(session, row, live, prepared)? {
        true => Ok(()),
        // Looked for before; what is in the way now is a defect.
        false => Err(rusqlite::Error::StatementChangedRows(0)),
    }
}

/// A row of its own; nothing where a key of the table stands in the way.
pub(super) const INSERT: &str = "INSERT INTO entitlement (key, account, live, route, own_id, customer, slot, \
     status, product, offer, external_id, created_at, updated_at, due_at, revision, version, last_event, unborn, \
     in_flight, rest) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) \
     ON CONFLICT DO NOTHING";

/// Inserts a row. False, and nothing written, where its key, its own id or its slot is used, or its
/// key in text form is somebody's own id.
pub(super) fn insert_where_free(
    session: &mut Session<'_>,
    row: &Row,
    live: bool,
    prepared: &Prepared,
) -> rusqlite::Result<bool> {
    // A look-up of its own: as a condition of the INSERT it would make SQLite put the new row into a
    // temporary table first and keep a journal of the statement, a fifteenth of the writer's time.
    if is_own_id(session.connection, &prepared.key, live)? {
        return Ok(false);
    }
    let record = &row.state.record;
    let inserted = session.inserts.entitlement.get()?.execute(params![
        bytes(row.key),
        row.account.0,
        live,
        row.route.0,
        row.own_id,
        record.customer_identifier,
        row.slot,
        record.status.as_str(),
        record.product_key,
        record.offer_key,
        record.external_entitlement_id,
        record.date_created.0,
        record.date_last_updated.0,
        row.due_at.map(|at| at.0),
        row.revision,
        row.state.version,
        row.last_event,
        row.state.unborn,
        stage_number(&row.state),
        prepared.rest,
    ])?;
    Ok(inserted > 0)
}

/// Writes a row's new values. The slot's index and the external id's are touched only where they
/// change: SQLite rewrites an index for every column that is named, changed or not.
pub(super) fn update(connection: &Connection, stored: &Stored, row: &Row, rest: &str) -> rusqlite::Result<()> {
    let record = &row.state.record;
    connection
        .prepare_cached(
            "UPDATE entitlement SET status = ?2, product = ?3, offer = ?4, updated_at = ?5, due_at = ?6, \
             revision = ?7, version = ?8, last_event = ?9, unborn = ?10, in_flight = ?11, rest = ?12 WHERE id = ?1",
        )?
        .execute(params![
            stored.id,
            record.status.as_str(),
            record.product_key,
            record.offer_key,
            record.date_last_updated.0,
            row.due_at.map(|at| at.0),
            row.revision,
            row.state.version,
            row.last_event,
            row.state.unborn,
            stage_number(&row.state),
            rest,
        ])?;
    if stored.customer != record.customer_identifier || stored.slot != row.slot {
        connection.prepare_cached("UPDATE entitlement SET customer = ?2, slot = ?3 WHERE id = ?1")?.execute((
            stored.id,
            &record.customer_identifier,
            row.slot,
        ))?;
    }
    if stored.external_id != record.external_entitlement_id {
        connection
            .prepare_cached("UPDATE entitlement SET external_id = ?2 WHERE id = ?1")?
            .execute((stored.id, &record.external_entitlement_id))?;
    }
    Ok(())
}

pub(super) fn remove(connection: &Connection, stored: &Stored) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM entitlement WHERE id = ?1")?.execute([stored.id]).map(drop)
}

//! Entitlement rows as they are read. How they are written stands in `batch`.

use super::fault::Fault;
use super::values::{self, Id, count, count_opt, get, moment, moment_opt};
use crate::codec::{self, Columns, known};
use crate::{Row, codec::Unreadable};
use ids::{AccountId, EntitlementKey, RouteId};

/// Everything of a row, in the order [`read`] takes it.
macro_rules! row_columns {
    () => {
        "e.key, e.account, e.route, e.own_id, e.customer, e.slot, e.status, e.product, e.offer, e.external_id, \
         e.created_at, e.updated_at, e.due_at, e.revision, e.version, e.last_event, e.unborn, e.rest, r.merchant"
    };
}
pub(super) use row_columns;

/// How many columns those are.
pub(super) const COLUMNS: usize = 19;

/// Reads the columns that begin at `first`.
pub(super) fn read(row: &tokio_postgres::Row, first: usize) -> Result<Row, Fault> {
    let key = values::key(row, first)?;
    read_parts(row, first, key).map_err(|fault| match fault {
        Fault::Content(what) => Fault::Content(format!("entitlement {key}: {what}")),
        other => other,
    })
}

fn read_parts(row: &tokio_postgres::Row, at: usize, key: EntitlementKey) -> Result<Row, Fault> {
    let own_id: Option<String> = get(row, at + 3)?;
    let columns = Columns {
        entitlement_id: own_id.clone().unwrap_or_else(|| key.to_string()),
        status: known("status", get(row, at + 6)?, codec::status_of)?,
        created_at: moment(row, at + 10)?,
        updated_at: moment(row, at + 11)?,
        customer: get(row, at + 4)?,
        merchant: get::<Option<String>>(row, at + 18)?.ok_or_else(|| Unreadable::new("its route is not there"))?,
        product: get(row, at + 7)?,
        offer: get(row, at + 8)?,
        external_id: get(row, at + 9)?,
        version: count(row, at + 14)?,
        unborn: get(row, at + 16)?,
    };
    Ok(Row {
        key,
        account: AccountId(count(row, at + 1)?),
        route: RouteId(count(row, at + 2)?),
        own_id,
        slot: count_opt(row, at + 5)?,
        revision: count(row, at + 13)?,
        last_event: count(row, at + 15)?,
        due_at: moment_opt(row, at + 12)?,
        state: codec::read_entitlement(columns, get(row, at + 17)?)?,
    })
}

/// Reads the columns that begin at `first`, where an outer join may have found nothing.
pub(super) fn read_opt(row: &tokio_postgres::Row, first: usize) -> Result<Option<Row>, Fault> {
    match get::<Option<Id>>(row, first)? {
        Some(_) => read(row, first).map(Some),
        None => Ok(None),
    }
}

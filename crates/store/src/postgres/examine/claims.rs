//! Request identities with what they point to.

use crate::postgres::connections::Connections;
use crate::postgres::fault::Fault;
use crate::postgres::rows::{self, row_columns};
use crate::postgres::values::{Id, bound, count, count_opt, get, number};
use crate::{ExaminedClaim, Remembered};
use ids::{AccountId, EntitlementKey, OperationId};
use tokio_postgres::Row;

const PAGE: &str = concat!(
    "SELECT ",
    row_columns!(),
    ", c.number, account_of(c.home), c.identity, c.key, c.operation, c.http, c.form, c.version, \
     EXISTS (SELECT FROM operation o WHERE o.id = c.operation) \
     FROM (SELECT * FROM claim WHERE number > $1 ORDER BY number LIMIT $2) c \
     LEFT JOIN entitlement e ON e.key = c.key LEFT JOIN route r ON r.id = e.route ORDER BY c.number"
);

pub(super) async fn page(connections: &Connections, after: u64, limit: usize) -> Result<Vec<ExaminedClaim>, Fault> {
    connections.search(PAGE, &[&number(after), &bound(limit)]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<ExaminedClaim, Fault> {
    let at = rows::COLUMNS;
    let is_answered = get::<Option<i32>>(row, at + 5)?.is_some();
    let remembers = if !is_answered {
        let operation = get::<Option<Id>>(row, at + 4)?.map(|id| OperationId(id.0));
        Remembered::Nothing { operation, is_known: is_known(row, operation)? }
    } else if get::<Option<i16>>(row, at + 6)?.is_some() {
        Remembered::Record(count_opt(row, at + 7)?.unwrap_or(0))
    } else {
        Remembered::Literal
    };
    Ok(ExaminedClaim {
        number: count(row, at)?,
        account: AccountId(count(row, at + 1)?),
        identity: get(row, at + 2)?,
        key: get::<Option<Id>>(row, at + 3)?.map(|id| EntitlementKey(id.0)),
        // The entitlement's own.
        found_version: count_opt(row, 14)?,
        remembers,
    })
}

/// Whether the operation is kept as ended, or open at the entitlement. A row that cannot be read has
/// a finding of its own.
fn is_known(row: &Row, operation: Option<OperationId>) -> Result<bool, Fault> {
    let Some(operation) = operation else {
        return Ok(false);
    };
    if get(row, rows::COLUMNS + 8)? {
        return Ok(true);
    }
    match rows::read_opt(row, 0) {
        Ok(None) => Ok(false),
        Ok(Some(found)) => Ok(found.state.operation.is_some_and(|open| open.id == operation)),
        Err(Fault::Content(_)) => Ok(true),
        Err(other) => Err(other),
    }
}

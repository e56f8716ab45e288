//! Operations that ended: kept for explain, operators and late repeats.

use super::connections::Connections;
use super::fault::Fault;
use super::values::{self, Id, bound, get, moment};
use crate::ClosedOperation;
use ids::{EntitlementKey, OperationId};
use tokio_postgres::Row;

fn read(row: &Row) -> Result<ClosedOperation, Fault> {
    Ok(ClosedOperation {
        id: OperationId(get::<Id>(row, 0)?.0),
        key: values::key(row, 1)?,
        kind: get(row, 2)?,
        outcome: get(row, 3)?,
        opened_at: moment(row, 4)?,
        closed_at: moment(row, 5)?,
    })
}

pub(super) async fn by_id(connections: &Connections, id: OperationId) -> Result<Option<ClosedOperation>, Fault> {
    let sql = "SELECT id, key, kind, outcome, opened_at, closed_at FROM operation WHERE id = $1";
    connections.read(sql, &[&Id(id.0)]).await?.first().map(read).transpose()
}

/// Of one entitlement, newest first.
pub(super) async fn of(
    connections: &Connections,
    key: EntitlementKey,
    limit: usize,
) -> Result<Vec<ClosedOperation>, Fault> {
    let sql = "SELECT id, key, kind, outcome, opened_at, closed_at FROM operation WHERE key = $1 \
               ORDER BY number DESC LIMIT $2";
    connections.read(sql, &[&Id::from(key), &bound(limit)]).await?.iter().map(read).collect()
}

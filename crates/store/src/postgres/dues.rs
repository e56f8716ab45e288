//! What is due: call-backs of the test merchant, entitlements with a moment, operations in flight.

use super::connections::Connections;
use super::fault::Fault;
use super::values::{self, bound, count, get, moment, moment_opt};
use crate::Callback;
use entitlement::Moment;
use ids::EntitlementKey;

/// The earliest of everything with a moment. A leased lane counts once its worker has settled it.
pub(super) const NEXT: &str = "SELECT min(at) FROM (\
         (SELECT due_at AS at FROM entitlement WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1) \
         UNION ALL (SELECT at FROM callback ORDER BY at LIMIT 1) \
         UNION ALL (SELECT attempt_at FROM lane WHERE attempt_at IS NOT NULL AND lease_until_ms = 0 \
             ORDER BY attempt_at LIMIT 1)) dues";

pub(super) async fn callbacks(connections: &Connections, by: Moment, limit: usize) -> Result<Vec<Callback>, Fault> {
    let sql = "SELECT id, key, at, says FROM callback WHERE at <= $1 ORDER BY at, id LIMIT $2";
    let read = |row: &tokio_postgres::Row| {
        Ok(Callback { id: count(row, 0)?, key: values::key(row, 1)?, at: moment(row, 2)?, says: get(row, 3)? })
    };
    connections.read(sql, &[&by.0, &bound(limit)]).await?.iter().map(read).collect()
}

pub(super) async fn entitlements(
    connections: &Connections,
    by: Moment,
    limit: usize,
) -> Result<Vec<(Moment, EntitlementKey)>, Fault> {
    let sql = "SELECT due_at, key FROM entitlement WHERE due_at <= $1 ORDER BY due_at, key LIMIT $2";
    let found = connections.read(sql, &[&by.0, &bound(limit)]).await?;
    found.iter().map(|row| Ok((moment(row, 0)?, values::key(row, 1)?))).collect()
}

pub(super) async fn next(connections: &Connections) -> Result<Option<Moment>, Fault> {
    let found = connections.read(NEXT, &[]).await?;
    found.first().map_or(Ok(None), |row| moment_opt(row, 0))
}

pub(super) async fn in_flight(connections: &Connections, limit: usize) -> Result<Vec<EntitlementKey>, Fault> {
    let sql = "SELECT key FROM entitlement WHERE in_flight = 1 ORDER BY key LIMIT $1";
    let found = connections.read(sql, &[&bound(limit)]).await?;
    found.iter().map(|row| values::key(row, 0)).collect()
}

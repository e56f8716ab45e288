//! What is due: call-backs of the test merchant, entitlements with a moment, operations in flight.

use super::connections::Connections;
use super::fault::Fault;
use super::nodes::is_gone;
use super::values::{self, Id, bound, count, get, moment, moment_opt};
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

/// What nobody else has taken, or has not finished in time. What is kept for long enough already is not
/// written again. Two that take the same at once go in the same order, and the second gets what is left.
const TAKE: &str = "WITH found AS MATERIALIZED (\
         SELECT e.due_at, e.key, coalesce(t.holder = $3 AND t.until > now() + interval '5 s', false) AS is_kept \
         FROM entitlement e LEFT JOIN taken t ON t.key = e.key \
         WHERE e.due_at <= $1 AND (t.key IS NULL OR t.holder = $3 OR t.until <= now()) \
         ORDER BY e.due_at, e.key LIMIT $2), \
     new AS (INSERT INTO taken AS t (key, due_at, holder, until) \
         SELECT key, due_at, $3, now() + interval '15 s' FROM found WHERE NOT is_kept \
         ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, holder = excluded.holder, until = excluded.until \
             WHERE t.holder = excluded.holder OR t.until <= now() \
         RETURNING due_at, key) \
     SELECT due_at, key FROM found WHERE is_kept UNION ALL SELECT due_at, key FROM new ORDER BY 1, 2";

pub(super) async fn entitlements(
    connections: &Connections,
    by: Moment,
    limit: usize,
    holder: Id,
) -> Result<Vec<(Moment, EntitlementKey)>, Fault> {
    let found = connections.returning(TAKE, &[&by.0, &bound(limit), &holder]).await?;
    found.iter().map(|row| Ok((moment(row, 0)?, values::key(row, 1)?))).collect()
}

pub(super) async fn next(connections: &Connections) -> Result<Option<Moment>, Fault> {
    let found = connections.read(NEXT, &[]).await?;
    found.first().map_or(Ok(None), |row| moment_opt(row, 0))
}

/// In one look: whoever begins to work after it has nothing in flight in it. Whoever may still be at one of
/// them is not taken for dead by a pause of its network or of its machine.
pub(super) async fn in_flight(
    connections: &Connections,
    limit: usize,
    holder: Id,
) -> Result<Vec<EntitlementKey>, Fault> {
    let sql = concat!(
        "SELECT key FROM entitlement WHERE in_flight = 1 \
         AND NOT EXISTS (SELECT FROM node WHERE id <> $2 AND NOT (",
        is_gone!(),
        ")) ORDER BY key LIMIT $1"
    );
    let found = connections.read(sql, &[&bound(limit), &holder]).await?;
    found.iter().map(|row| values::key(row, 0)).collect()
}

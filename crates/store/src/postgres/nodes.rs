//! The processes that are at work on the database: who is alive, and what they count together. By the
//! server's clock alone. Who is shown as alive decides nothing; who counts as gone, only which work others take
//! over: whatever they then write still has to win against the entitlement's version, or the lane's fence.

use super::connections::Connections;
use super::fault::Fault;
use super::values::{Id, count, get, number};
use crate::{Counted, Node};

/// Whoever was seen within this is shown as alive; each shows itself every second.
macro_rules! is_alive {
    () => {
        "seen_at > now() - interval '5 s'"
    };
}

/// Whoever was not seen for so long is gone: every attempt that it had begun has ended.
macro_rules! is_gone {
    () => {
        "seen_at < now() - interval '15 s'"
    };
}
pub(super) use is_gone;

/// Frees what processes were at. A lane that somebody holds just now is left to its lease.
macro_rules! free_what {
    ($gone:literal) => {
        concat!(
            "WITH gone AS (DELETE FROM node WHERE ",
            $gone,
            " RETURNING id), left_over AS (DELETE FROM taken WHERE holder IN (SELECT id FROM gone)) \
             UPDATE lane SET lease_until_ms = 0 WHERE ctid = ANY (ARRAY (SELECT ctid FROM lane \
                 WHERE lease_until_ms <> 0 AND holder IN (SELECT id FROM gone) FOR UPDATE SKIP LOCKED))"
        )
    };
}

/// This process begins to work. One of the same name before it is gone, two cannot listen at one address: what
/// that one was at is free at once.
pub(super) async fn enter(connections: &Connections, name: &str, holder: Id) -> Result<(), Fault> {
    connections.execute(free_what!("name = $1"), &[&name]).await?;
    show(connections, name, holder).await
}

/// This process is alive.
pub(super) async fn show(connections: &Connections, name: &str, holder: Id) -> Result<(), Fault> {
    let sql = "INSERT INTO node (id, name, version, started_at, seen_at) VALUES ($1, $2, $3, now(), now()) \
               ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at";
    connections.execute(sql, &[&holder, &name, &env!("CARGO_PKG_VERSION")]).await.map(drop)
}

/// This process ends: what it was at is free at once.
pub(super) async fn leave(connections: &Connections, holder: Id) -> Result<(), Fault> {
    connections.execute(free_what!("id = $1"), &[&holder]).await.map(drop)
}

/// What processes have left behind that are long gone.
pub(super) async fn forget(connections: &Connections) -> Result<(), Fault> {
    connections.execute("DELETE FROM taken WHERE until < now() - interval '1 min'", &[]).await?;
    connections.execute("DELETE FROM counted WHERE at < now() - interval '1 h'", &[]).await?;
    connections.execute("DELETE FROM node WHERE seen_at < now() - interval '1 day'", &[]).await.map(drop)
}

/// All that are alive, by their names.
pub(super) async fn alive(connections: &Connections) -> Result<Vec<Node>, Fault> {
    let sql = concat!(
        "SELECT name, version, greatest(0, extract(epoch FROM now() - started_at))::bigint FROM node WHERE ",
        is_alive!(),
        " ORDER BY name, id"
    );
    let read =
        |row: &tokio_postgres::Row| Ok(Node { name: get(row, 0)?, version: get(row, 1)?, for_s: count(row, 2)? });
    connections.read(sql, &[]).await?.iter().map(read).collect()
}

/// Puts down what this process has counted in all; what each of the others has.
pub(super) async fn count_together(
    connections: &Connections,
    counted: Vec<(String, u64)>,
    holder: Id,
) -> Result<Vec<Counted>, Fault> {
    let sql = "WITH mine AS (INSERT INTO counted AS c (name, node, count, at) \
             SELECT x.name, $3, x.count, now() FROM unnest($1::text[], $2::bigint[]) AS x(name, count) \
             ON CONFLICT (name, node) DO UPDATE SET count = excluded.count, at = excluded.at) \
         SELECT name, node, count FROM counted WHERE node <> $3";
    let (names, counts): (Vec<String>, Vec<i64>) =
        counted.into_iter().map(|(name, count)| (name, number(count))).unzip();
    let rows = connections.returning(sql, &[&names, &counts, &holder]).await?;
    let read = |row: &tokio_postgres::Row| {
        let Id(node) = get(row, 1)?;
        Ok(Counted { name: get(row, 0)?, node, count: count(row, 2)? })
    };
    rows.iter().map(read).collect()
}

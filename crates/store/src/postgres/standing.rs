//! How much lies where, for those who watch: by indexes that hold only what is not done, and
//! bounded, so that a hub in trouble is not slowed further by being looked at.

use super::connections::Connections;
use super::dues;
use super::fault::Fault;
use super::lanes::waiting_lanes;
use super::rows::{self, row_columns};
use super::values::{count, moment_opt};
use crate::{Backlog, Standing};
use entitlement::Operation;
use tokio_postgres::Row;

/// Lanes with something to send that are looked at: some tenths of a second.
const LANES_MAX: i64 = 100_000;
/// Dead letters counted.
const DEAD_MAX: i64 = 100_000;
/// Open operations read, of each stage of sending.
const OPERATIONS_MAX: i64 = 10_000;

pub(super) async fn read(connections: &Connections) -> Result<Standing, Fault> {
    let [waiting, retrying, parked] = lanes(connections).await?;
    let dead = number(connections, DEAD, &DEAD_MAX).await?;
    let (operations, all_operations) = operations(connections).await?;
    let lanes = waiting.lanes + retrying.lanes + parked.lanes;
    Ok(Standing {
        data_bytes: one(&connections.search("SELECT pg_database_size(current_database())", &[]).await?)?,
        log_bytes: 0,
        waiting,
        retrying,
        parked,
        dead,
        operations,
        next_due: dues::next(connections).await?,
        is_whole: all_operations && lanes < LANES_MAX.unsigned_abs() && dead < DEAD_MAX.unsigned_abs(),
    })
}

const DEAD: &str = "SELECT count(*) FROM (SELECT FROM notification WHERE is_dead LIMIT $1) dead";

async fn number(connections: &Connections, sql: &'static str, most: &i64) -> Result<u64, Fault> {
    one(&connections.search(sql, &[most]).await?)
}

fn one(rows: &[Row]) -> Result<u64, Fault> {
    rows.first().map_or(Ok(0), |row| count(row, 0))
}

async fn lanes(connections: &Connections) -> Result<[Backlog; 3], Fault> {
    let sql = concat!(
        "SELECT \
         count(*) FILTER (WHERE parked_since IS NULL AND failures = 0), \
         min(committed_at) FILTER (WHERE parked_since IS NULL AND failures = 0), \
         count(*) FILTER (WHERE parked_since IS NULL AND failures > 0), \
         min(committed_at) FILTER (WHERE parked_since IS NULL AND failures > 0), \
         count(*) FILTER (WHERE parked_since IS NOT NULL), \
         min(committed_at) FILTER (WHERE parked_since IS NOT NULL) \
         FROM (SELECT key, target, head, head_day, failures, parked_since FROM ",
        waiting_lanes!(),
        " LIMIT $1) l \
         JOIN notification n ON n.key = l.key AND n.target = l.target AND n.sequence = l.head AND n.day = l.head_day"
    );
    let found = connections.search(sql, &[&LANES_MAX]).await?;
    let Some(row) = found.first() else {
        return Ok([Backlog::default(); 3]);
    };
    let backlog = |at: usize| Ok::<_, Fault>(Backlog { lanes: count(row, at)?, oldest: moment_opt(row, at + 1)? });
    Ok([backlog(0)?, backlog(2)?, backlog(4)?])
}

/// Open operations, and whether these are all.
async fn operations(connections: &Connections) -> Result<(Vec<Operation>, bool), Fault> {
    let in_flight = concat!(
        "SELECT ",
        row_columns!(),
        " FROM entitlement e JOIN route r ON r.id = e.route WHERE e.in_flight = 1 LIMIT $1"
    );
    let waiting = concat!(
        "SELECT ",
        row_columns!(),
        " FROM entitlement e JOIN route r ON r.id = e.route WHERE e.in_flight > 1 LIMIT $1"
    );
    let (mut found, mut all) = (Vec::new(), true);
    for sql in [in_flight, waiting] {
        let rows = connections.search(sql, &[&OPERATIONS_MAX]).await?;
        all = all && rows.len() < usize::try_from(OPERATIONS_MAX).unwrap_or(usize::MAX);
        for row in &rows {
            found.extend(rows::read(row, 0)?.state.operation);
        }
    }
    Ok((found, all))
}

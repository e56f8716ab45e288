//! How much lies where, for those who watch: by indexes that hold only what is not done, and
//! bounded, so that a hub in trouble is not slowed further by being looked at.

use super::fault::Fault;
use super::{callbacks, rows};
use crate::{Backlog, Standing};
use entitlement::{Moment, Operation};
use rusqlite::Connection;

/// Lanes with something to send that are looked at: some tenths of a second.
const LANES_MAX: i64 = 100_000;
/// Dead letters counted.
const DEAD_MAX: i64 = 100_000;
/// Open operations read, of each stage of sending.
const OPERATIONS_MAX: i64 = 10_000;

/// All but the sizes of the files.
pub(super) fn read(connection: &Connection) -> Result<Standing, Fault> {
    let [waiting, retrying, parked] = lanes(connection)?;
    let dead = dead(connection)?;
    let (operations, all_operations) = operations(connection)?;
    let lanes = waiting.lanes + retrying.lanes + parked.lanes;
    let is_whole = all_operations && lanes < LANES_MAX.unsigned_abs() && dead < DEAD_MAX.unsigned_abs();
    let next_due = callbacks::next(connection)?;
    Ok(Standing { waiting, retrying, parked, dead, operations, next_due, is_whole, ..Standing::default() })
}

fn lanes(connection: &Connection) -> rusqlite::Result<[Backlog; 3]> {
    let sql = "SELECT \
         count(*) FILTER (WHERE parked_since IS NULL AND failures = 0), \
         min(committed_at) FILTER (WHERE parked_since IS NULL AND failures = 0), \
         count(*) FILTER (WHERE parked_since IS NULL AND failures > 0), \
         min(committed_at) FILTER (WHERE parked_since IS NULL AND failures > 0), \
         count(*) FILTER (WHERE parked_since IS NOT NULL), \
         min(committed_at) FILTER (WHERE parked_since IS NOT NULL) \
         FROM (SELECT key, target, head, failures, parked_since FROM lane INDEXED BY lane_due \
               WHERE attempt_at IS NOT NULL LIMIT ?1) AS l \
         CROSS JOIN notification AS n ON n.key = l.key AND n.target = l.target AND n.sequence = l.head";
    connection.prepare_cached(sql)?.query_row([LANES_MAX], |row| {
        let backlog = |at: usize| -> rusqlite::Result<Backlog> {
            let lanes: i64 = row.get(at)?;
            Ok(Backlog { lanes: lanes.unsigned_abs(), oldest: row.get::<_, Option<i64>>(at + 1)?.map(Moment) })
        };
        Ok([backlog(0)?, backlog(2)?, backlog(4)?])
    })
}

fn dead(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT count(*) FROM \
         (SELECT 1 FROM notification INDEXED BY notification_dead WHERE state = 'dead' LIMIT ?1)";
    connection.prepare_cached(sql)?.query_row([DEAD_MAX], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}

/// Open operations, and whether these are all.
fn operations(connection: &Connection) -> Result<(Vec<Operation>, bool), Fault> {
    let in_flight = rows::row_query!(
        " INDEXED BY entitlement_in_flight CROSS JOIN route r ON r.id = e.route WHERE e.in_flight = 1 LIMIT ?1"
    );
    let waiting = rows::row_query!(
        " INDEXED BY entitlement_waits_for_merchant CROSS JOIN route r ON r.id = e.route WHERE e.in_flight > 1 LIMIT ?1"
    );
    let (mut found, mut all) = (Vec::new(), true);
    for sql in [in_flight, waiting] {
        let rows = rows::list(connection, sql, [OPERATIONS_MAX])?;
        all = all && rows.len() < usize::try_from(OPERATIONS_MAX).unwrap_or(usize::MAX);
        found.extend(rows.into_iter().filter_map(|row| row.state.operation));
    }
    Ok((found, all))
}

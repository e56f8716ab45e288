//! Lanes that a batch has handed over, read back where nobody said whether it was committed.

use crate::HandedLane;
use crate::postgres::connect::Connection;
use crate::postgres::fault::Fault;
use crate::postgres::values::{self, Id, count};
use ids::TargetId;
use tokio_postgres::Row;

/// Leased to that process until just then: by that batch.
const HANDED: &str = "SELECT l.key, l.target, l.head, l.fence, l.failures FROM unnest($1::uuid[], $2::bigint[]) \
         AS i(key, until) \
     CROSS JOIN LATERAL (SELECT * FROM lane WHERE key = i.key AND lease_until_ms = i.until AND holder = $3 OFFSET 0) l";

/// What a batch would have leased.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Leased {
    keys: Vec<Id>,
    until_ms: Vec<i64>,
}

impl Leased {
    pub(in crate::postgres) fn of(entries: &[super::Entry<'_>]) -> Self {
        let mut leased = Self::default();
        for entry in entries {
            if let (Some(until_ms), Some(key)) = (entry.lease_until_ms, entry.key()) {
                leased.keys.push(key.into());
                leased.until_ms.push(until_ms);
            }
        }
        leased
    }

    /// What it has leased, since it is durable.
    pub(in crate::postgres) async fn found(
        &self,
        connection: &Connection,
        holder: Id,
    ) -> Result<Vec<HandedLane>, Fault> {
        if self.keys.is_empty() {
            return Ok(Vec::new());
        }
        let rows = connection.query(HANDED, &[&self.keys, &self.until_ms, &holder]).await?;
        rows.iter().map(read).collect()
    }
}

/// Key, target, head, fence and failures.
pub(super) fn read(row: &Row) -> Result<HandedLane, Fault> {
    Ok(HandedLane {
        key: values::key(row, 0)?,
        target: TargetId(count(row, 1)?),
        sequence: count(row, 2)?,
        fence: count(row, 3)?,
        failures: count(row, 4)?,
    })
}

//! Millions of entitlements in both databases, as creates write them that were told of long ago: made by the
//! server itself, in steps, customers and identities spread at random.

use super::{BENCH, HUB};
use anyhow::Result;
use cluster::Cluster;
use tokio::time::Instant;

/// Entitlements, unless told otherwise.
const ENTITLEMENTS: u64 = 10_000_000;
/// So many in a transaction.
const STEP: u64 = 250_000;

const FILL: &str = include_str!("fill.sql");

/// Fills both.
pub(super) async fn fill(cluster: &Cluster, count: Option<u64>) -> Result<()> {
    let count = count.unwrap_or(ENTITLEMENTS);
    let begun = Instant::now();
    for database in [HUB, BENCH] {
        for first in (0..count).step_by(usize::try_from(STEP)?) {
            let last = (first + STEP).min(count) - 1;
            let sql = FILL.replace("$first", &first.to_string()).replace("$last", &last.to_string());
            cluster.ask(database, &sql).await;
        }
        cluster.ask(database, "VACUUM ANALYZE").await;
    }
    let size = cluster.ask(HUB, "SELECT pg_database_size(current_database())").await;
    let size: u64 = size.first().map_or(Ok(0), |size| size.parse())?;
    println!(
        "{count} entitlements in each in {:.0} s, {} bytes each",
        begun.elapsed().as_secs_f64(),
        size / count.max(1)
    );
    Ok(())
}

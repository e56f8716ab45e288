//! Hub and pgbench have written the same rows for a create, and as wide ones.

use super::super::prototype::rows::ROWS_OF_A_CREATE;
use super::{BENCH, HUB};
use anyhow::{Context, Result, ensure};
use cluster::Cluster;

/// Fails where they have not.
pub(super) async fn compare(cluster: &Cluster) -> Result<()> {
    println!();
    for (table, rows) in ROWS_OF_A_CREATE {
        let mut widths = Vec::new();
        for database in [HUB, BENCH] {
            let creates = number(cluster, database, "SELECT count(*) FROM entitlement").await?;
            let found = number(cluster, database, &format!("SELECT count(*) FROM {table}")).await?;
            let is_as_listed = (found - creates * rows as f64).abs() < 0.5;
            ensure!(is_as_listed, "{database} has {found} rows in {table} for {creates} creates");
            let width = format!("SELECT avg(pg_column_size(t)) FROM (SELECT * FROM {table} LIMIT 10000) t");
            widths.push(number(cluster, database, &width).await?);
        }
        let [hub, bench] = <[f64; 2]>::try_from(widths).unwrap_or_default();
        println!("  bytes a row of {table:14} hub {hub:6.1}   pgbench {bench:6.1}");
        // A lane that was tried names who tried it.
        ensure!((hub - bench).abs() < hub / 6.0, "rows of {table} differ in width");
    }
    Ok(())
}

async fn number(cluster: &Cluster, database: &str, sql: &str) -> Result<f64> {
    Ok(cluster.ask(database, sql).await.first().context("no number")?.parse()?)
}

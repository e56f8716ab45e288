//! What every process looks after now and then: the clock's offset, which another process may have
//! moved, leases that a dead one has left, and partitions; and that this one is alive.

use super::Inner;
use super::accounts;
use super::connect::{Connection, Purpose};
use super::fault::Fault;
use super::lanes;
use super::migrations;
use super::nodes;
use super::partitions;
use super::values::Id;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How old what another process did may become.
const PERIOD: Duration = Duration::from_secs(1);

/// What is left behind is cleared up every so many periods.
const FORGET_EVERY: u32 = 60;

/// Partitions are looked after in every so manieth of them: they are made months ahead.
const PERIODS_OF_PARTITIONS: u32 = 60;

/// Every so manieth it says that it is alive; who is silent for a minute counts as gone.
const PERIODS_OF_SIGNS: u32 = 10;

/// Looks until the store is closed. What cannot be looked at now is looked at the next time.
pub(super) async fn keep(inner: Arc<Inner>, mut closed: watch::Receiver<bool>) {
    let mut partitions: Option<JoinHandle<()>> = None;
    for period in 1_u32.. {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
        let _ = follow_clock(&inner).await;
        if let Some(name) = &inner.node {
            let _ = nodes::show(&inner.connections, name, inner.holder).await;
        }
        if period.is_multiple_of(FORGET_EVERY) {
            let _ = nodes::forget(&inner.connections).await;
        }
        let _ = lanes::release_left(&inner.connections, inner.clock.real_ms(), inner.holder).await;
        if period.is_multiple_of(PERIODS_OF_SIGNS) {
            let _ = sign_on(&inner).await;
        }
        let is_over = partitions.as_ref().is_none_or(JoinHandle::is_finished);
        if period.is_multiple_of(PERIODS_OF_PARTITIONS) && is_over {
            let inner = Arc::clone(&inner);
            // In a task of its own: histories that are carried on may take long.
            partitions = Some(tokio::spawn(async move { drop(keep_partitions(&inner).await) }));
        }
    }
}

/// Takes over an offset that another process has set. What this process sets meanwhile goes before.
async fn follow_clock(inner: &Inner) -> Result<(), Fault> {
    let known = inner.clock_changes();
    let (offset, resets) = accounts::clock(&inner.connections).await?;
    inner.follow_clock(known, offset, resets);
    Ok(())
}

async fn sign_on(inner: &Inner) -> Result<(), Fault> {
    let held = inner.connections.own(Purpose::Keys).await?;
    sign(&held, inner.holder, migrations::newest(&inner.steps)).await?;
    held.give_back();
    Ok(())
}

/// Says that a program is alive, and how far it knows the schema.
pub(super) async fn sign(connection: &Connection, program: Id, schema: i64) -> Result<(), Fault> {
    let sql = "INSERT INTO program (id, schema, at) VALUES ($1, $2, now()) ON CONFLICT (id) DO UPDATE SET at = now()";
    connection.execute(sql, &[&program, &schema]).await?;
    Ok(())
}

/// Makes them ahead, drops them behind.
pub(super) async fn keep_partitions(inner: &Inner) -> Result<(), Fault> {
    let held = inner.connections.own(Purpose::Keys).await?;
    partitions::make(&held).await?;
    held.give_back();
    partitions::drop_outdated(&inner.connections, inner.history_months).await
}

//! What every process looks after now and then: the clock's offset, which another process may have
//! moved, leases that a dead one has left; and that this one is alive.

use super::Inner;
use super::accounts;
use super::lanes;
use super::nodes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How old what another process did may become.
const PERIOD: Duration = Duration::from_secs(1);

/// What is left behind is cleared up every so many periods.
const FORGET_EVERY: u32 = 60;

/// Looks until the store is closed. What cannot be looked at now is looked at the next time.
pub(super) async fn keep(inner: Arc<Inner>, mut closed: watch::Receiver<bool>) {
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
    }
}

/// Takes over an offset that another process has set. What this process sets meanwhile goes before.
async fn follow_clock(inner: &Inner) -> Result<(), super::fault::Fault> {
    let known = inner.clock_changes();
    let (offset, resets) = accounts::clock(&inner.connections).await?;
    inner.follow_clock(known, offset, resets);
    Ok(())
}

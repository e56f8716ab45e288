//! What every process looks after now and then: the clock's offset, which another process may have
//! moved, and leases that a dead one has left.

use super::Inner;
use super::accounts;
use super::lanes;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How old what another process did may become.
const PERIOD: Duration = Duration::from_secs(1);

/// Looks until the store is closed. What cannot be looked at now is looked at the next time.
pub(super) async fn keep(inner: Arc<Inner>, mut closed: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
        let _ = follow_clock(&inner).await;
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

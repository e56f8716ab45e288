//! The workers: what time brings, what operations still need, and the notifications. They take
//! no input but the store; nothing is lost when they are killed, they begin anew with what is
//! due.

mod attempts;
mod due;
mod endpoints;
mod handing;
mod lanes;
mod pace;
mod replay;
mod sending;
mod under_way;

pub(crate) use attempts::Flight;
pub use attempts::{LANE_ATTEMPT_TIMEOUT_MS, retry_delay_ms};
pub(crate) use due::{claims_settled, settled_operation};
pub(crate) use endpoints::Endpoints;
pub(crate) use handing::Handing;

use crate::{Hub, together};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};
use under_way::UnderWay;

/// Due things are looked for this often; "within 1 s" is the promise (docs/LIFECYCLE.md
/// section 6).
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Running attempts get so long to end when the hub stops.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// The running workers.
pub struct Dispatch {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Dispatch {
    /// Starts the workers. Operations whose sender is gone become unknown first.
    #[must_use]
    pub fn start(hub: &Hub) -> Self {
        let (stop, stopping) = watch::channel(false);
        let due = tokio::spawn(due_worker(hub.clone(), stopping.clone()));
        let follower = tokio::spawn(together::follower(hub.clone(), stopping.clone()));
        let counter = tokio::spawn(together::counter(hub.clone(), stopping.clone()));
        let lanes = tokio::spawn(lanes::worker(hub.clone(), stopping));
        Self { stop, tasks: vec![due, lanes, follower, counter] }
    }

    /// Lets the workers finish what they have begun, at most 8 s.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let end = Instant::now() + STOP_WITHIN;
        for mut task in self.tasks {
            if timeout_at(end, &mut task).await.is_err() {
                // Recovery goes on with it at the next start.
                task.abort();
            }
        }
    }
}

/// Told to stop, or nobody is left to tell.
fn is_stopping(stopping: &watch::Receiver<bool>) -> bool {
    *stopping.borrow() || stopping.has_changed().is_err()
}

async fn due_worker(hub: Hub, mut stopping: watch::Receiver<bool>) {
    hub.outcomes_lost_at_start().await;
    let mut under_way = UnderWay::default();
    // The test clock stands until what is under way has ended.
    let mut clock_stands = None;
    while !is_stopping(&stopping) {
        // While the clock moves, or waits for it, its mover does what is due.
        if let Ok(stands) = hub.clock_moves.try_read() {
            if hub.begin_due(&mut under_way, hub.store.now()).await > 0 {
                continue;
            }
            clock_stands.get_or_insert(stands);
        }
        if under_way.count() == 0 {
            clock_stands = None;
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = under_way.progress() => {}
            _ = stopping.changed() => {}
        }
    }
    while under_way.ended().await.is_some() {}
}

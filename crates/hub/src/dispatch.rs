//! The workers: what time brings, what operations still need, and the notifications. They take
//! no input but the store; nothing is lost when they are killed, they begin anew with what is
//! due.

mod due;
mod lanes;
mod sending;

pub use lanes::{LANE_ATTEMPT_TIMEOUT_MS, retry_delay_ms};

use crate::Hub;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

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
        let lanes = tokio::spawn(lanes::worker(hub.clone(), stopping));
        Self { stop, tasks: vec![due, lanes] }
    }

    /// Lets the workers finish what they have begun, at most 8 s.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = timeout(STOP_WITHIN, task).await;
        }
    }
}

async fn due_worker(hub: Hub, mut stopping: watch::Receiver<bool>) {
    hub.outcomes_lost_at_start().await;
    while !*stopping.borrow() {
        {
            let _clock_stands = hub.clock_moves.read().await;
            while hub.run_due().await > 0 && !*stopping.borrow() {}
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            _ = stopping.changed() => {}
        }
    }
}

//! A hub at work, from its start to its end: listeners, workers, operators; and the order in which they
//! stop, which is the same for the sandbox and for `serve`.

use crate::database::Opened;
use anyhow::{Context, Result, bail};
use hub::{Dispatch, Hub, Operators, Server};
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Everything that runs.
pub(crate) struct Running {
    pub(crate) store: Opened,
    pub(crate) hub: Hub,
    pub(crate) server: Server,
    pub(crate) operators: Vec<Operators>,
    /// Names in the file system that end with it.
    pub(crate) names: Vec<PathBuf>,
}

impl Running {
    /// Works until SIGTERM, Ctrl-C or a fault of the disk; then drains and closes within 10 s.
    ///
    /// # Errors
    /// Where something did not stop cleanly, or the store had to stop.
    pub(crate) async fn until_stopped(self) -> Result<()> {
        let Self { store, hub, server, operators, names } = self;
        let dispatch = Dispatch::start(&hub);
        let (stop, stopping) = watch::channel(false);
        for operators in operators {
            let mut stopping = stopping.clone();
            let hub = hub.clone();
            tokio::spawn(async move { operators.run(hub, async move { drop(stopping.changed().await) }).await });
        }
        // Workers stop while requests are drained, not after them: each may take its 8 s, and both
        // together have to end within 10 s.
        let mut workers = None;
        let stopped = async {
            stopped(&store).await;
            workers = Some(tokio::spawn(dispatch.stop()));
        };
        server.run(hub.clone(), stopped).await;
        let _ = stop.send(true);
        for name in names {
            // What is left over is removed by the next start.
            let _ = std::fs::remove_file(name);
        }
        if let Some(workers) = workers {
            workers.await.context("the workers did not stop cleanly")?;
        }
        hub.flush_traces().await;
        store.store().close().await.context("the store did not close cleanly")?;
        if store.stopped() {
            bail!("the store stopped because of a fault of the disk; see the log. What was answered is safe.");
        }
        Ok(())
    }
}

/// Ready on SIGTERM, Ctrl-C, or when the store has stopped.
async fn stopped(store: &Opened) {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
        why = store.until_stopped() => tracing::error!(why, "the store has stopped"),
    }
}

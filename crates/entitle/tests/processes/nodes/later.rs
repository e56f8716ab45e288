//! A hub of a later version: this one, with a schema that goes further. It runs within the test, on a runtime of
//! its own.

use hub::{Dispatch, Hub, Receivers, SealingKey, Server, open_serving};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use store::{PostgresOptions, PostgresStore, SchemaStep, Store};
use tokio::sync::oneshot;

/// A running one.
pub(crate) struct Later {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Later {
    /// Starts at an address that is free, and is ready when this returns.
    pub(crate) fn start(database: &str, address: SocketAddr, key_file: &Path, steps: &'static [SchemaStep]) -> Self {
        let (options, key) = (options(database, &format!("later, {address}"), steps), key(key_file));
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.unwrap().block_on(serve(options, address, &key, &ready, stopped));
        });
        is_ready.recv().expect("it starts");
        Self { stop, thread }
    }

    pub(crate) fn stop(self) {
        let _ = self.stop.send(());
        self.thread.join().expect("it stops");
    }
}

/// Of a program that knows these steps, too.
pub(crate) fn options(database: &str, node: &str, later_steps: &'static [SchemaStep]) -> PostgresOptions {
    PostgresOptions { node: Some(node.to_owned()), later_steps, ..PostgresOptions::new(database) }
}

async fn serve(
    options: PostgresOptions,
    address: SocketAddr,
    key: &[u8; 32],
    ready: &Sender<()>,
    stopped: oneshot::Receiver<()>,
) {
    let server = Server::bind(address).await.unwrap();
    let store = Arc::new(PostgresStore::open(options).await.unwrap());
    let (sealing, url) = (SealingKey::new(key).unwrap(), format!("http://{address}"));
    let receivers = Receivers::Public(Vec::new());
    let parts = open_serving(store.clone(), sealing, &url, receivers, openapi::document().into()).await.unwrap();
    let hub = Hub::build(parts).await.unwrap();
    let dispatch = Dispatch::start(&hub);
    ready.send(()).unwrap();
    server.run(hub, async { drop(stopped.await) }).await;
    dispatch.stop().await;
    store.close().await.unwrap();
}

fn key(file: &Path) -> [u8; 32] {
    let text = std::fs::read_to_string(file).unwrap();
    let digits = text.trim();
    std::array::from_fn(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap())
}

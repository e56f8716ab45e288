//! The way to the server, with somebody in the middle who cuts it where a test wants: just when the
//! server has committed and says so, or just before it hears of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::AbortHandle;

/// How many of the next COMMITs are cut off where.
#[derive(Debug, Default)]
pub struct Cuts {
    /// The server commits; that it has is not heard.
    pub answers: AtomicUsize,
    /// The server never hears of the statements that lead to COMMIT.
    pub requests: AtomicUsize,
    /// How often it was done.
    pub done: AtomicUsize,
}

impl Cuts {
    fn takes(counter: &AtomicUsize) -> bool {
        counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

/// Stands in the middle until it is dropped.
#[derive(Debug)]
pub struct Wire {
    pub cuts: Arc<Cuts>,
    folder: tempfile::TempDir,
    listening: AbortHandle,
}

impl Wire {
    pub fn to(socket: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let cuts = Arc::<Cuts>::default();
        let shared = Arc::clone(&cuts);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&shared)));
            }
        });
        Self { cuts, folder, listening: listening.abort_handle() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Carries bytes both ways until one side ends or it is cut.
async fn carry(client: UnixStream, server: UnixStream, cuts: Arc<Cuts>) {
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    tokio::select! {
        () = forward(from_client, to_server, |bytes| {
            // The kind of an event, as a text in an array: it goes with the round trip that commits.
            contains(bytes, b"\0\0\0\x07created") && Cuts::takes(&cuts.requests)
        }, &cuts) => {}
        () = forward(from_server, to_client, |bytes| {
            contains(bytes, b"COMMIT\0") && Cuts::takes(&cuts.answers)
        }, &cuts) => {}
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, cuts: impl Fn(&[u8]) -> bool, done: &Cuts) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if cuts(&buffer[..length]) {
            done.done.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|found| found == word)
}

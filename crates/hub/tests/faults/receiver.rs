//! A reseller's receiver behind real HTTP: keeps what came, and fails when it is told to.

use crate::sockets::{answer, never_answer, outside, read};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A notification as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notified {
    pub id: String,
    pub body: String,
}

/// How the receiver takes one.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// Keeps it and answers with this status.
    With(u16),
    /// Keeps it and never answers.
    Silently,
}

#[derive(Default)]
struct Kept {
    came: Vec<Notified>,
    script: VecDeque<Takes>,
}

/// The receiver; it ends with the case it belongs to.
pub struct Receiver {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
    server: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    pub fn open() -> Self {
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let listener = outside().block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let served = Arc::clone(&kept);
        let server = outside().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&served)));
            }
        });
        Self { url, kept, server }
    }

    /// The next one it has no plan for; else 204.
    pub fn next(&self, takes: Takes) {
        self.kept.lock().unwrap().script.push_back(takes);
    }

    pub fn came(&self) -> Vec<Notified> {
        self.kept.lock().unwrap().came.clone()
    }
}

async fn serve(mut stream: TcpStream, kept: Arc<Mutex<Kept>>) {
    let Some(came) = read(&mut stream).await else { return };
    let notified = Notified { id: came.header("webhook-id").unwrap_or_default().to_owned(), body: came.body.clone() };
    let takes = {
        let mut kept = kept.lock().unwrap();
        kept.came.push(notified);
        kept.script.pop_front().unwrap_or(Takes::With(204))
    };
    match takes {
        Takes::With(status) => answer(&mut stream, status, "application/json", "", 0).await,
        Takes::Silently => never_answer(&mut stream).await,
    }
}

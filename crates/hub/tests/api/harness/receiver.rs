//! A server on loopback that keeps what it is sent and answers as it was told: it stands for a
//! reseller's receiver, and for a merchant.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// What is waited for comes sooner, or not at all.
const COMES_WITHIN: Duration = Duration::from_secs(20);

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Method, path and version.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The path, with its query.
    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }
}

/// How to answer.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// That status, a header line (or none), and a body.
    Status(u16, String, String),
    /// As the reply inside, once a permit of the gate is there.
    Behind(Arc<Semaphore>, Box<Reply>),
    /// The connection breaks after the request was read.
    Break,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::Status(status, String::new(), String::new())
    }

    pub(crate) fn body(status: u16, body: &str) -> Self {
        Self::Status(status, String::new(), body.to_owned())
    }

    pub(crate) fn header(status: u16, header: &str) -> Self {
        Self::Status(status, format!("{header}\r\n"), String::new())
    }
}

struct Shared {
    came: watch::Sender<Vec<Request>>,
    replies: Mutex<VecDeque<Reply>>,
}

/// The server; it stops when dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { came: watch::Sender::new(Vec::new()), replies: Mutex::default() });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self { address, shared, task }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The next requests are answered like this, one after the other; later ones with 200.
    pub(crate) fn answer(&self, replies: impl IntoIterator<Item = Reply>) {
        self.shared.replies.lock().unwrap().extend(replies);
    }

    /// Waits until so many have come, and gives all there are.
    pub(crate) async fn took(&self, count: usize) -> Vec<Request> {
        let mut came = self.shared.came.subscribe();
        let waited = timeout(COMES_WITHIN, came.wait_for(|came| came.len() >= count)).await;
        match waited {
            Ok(came) => came.unwrap().clone(),
            Err(_) => panic!("{count} did not come, but {:?}", self.all()),
        }
    }

    /// What has come so far.
    pub(crate) fn all(&self) -> Vec<Request> {
        self.shared.came.borrow().clone()
    }

    /// The reasons of the notifications so far.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let reason = |request: &Request| request.json()["notificationReason"].as_str().unwrap().to_owned();
        self.all().iter().map(reason).collect()
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut buffer = Vec::new();
    while let Some(request) = next_request(&mut stream, &mut buffer).await {
        let reply = shared.replies.lock().unwrap().pop_front().unwrap_or(Reply::status(200));
        shared.came.send_modify(|came| came.push(request));
        let Some(text) = text_of(reply).await else {
            return;
        };
        if stream.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn text_of(reply: Reply) -> Option<String> {
    let mut reply = reply;
    loop {
        match reply {
            Reply::Break => return None,
            Reply::Status(status, header, body) => {
                let length = body.len();
                return Some(format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\n{header}\r\n{body}"));
            }
            Reply::Behind(gate, inner) => {
                gate.acquire().await.ok()?.forget();
                reply = *inner;
            }
        }
    }
}

async fn next_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some((request, length)) = parse(buffer) {
            buffer.drain(..length);
            return Some(request);
        }
        let read = stream.read_buf(buffer).await.ok()?;
        if read == 0 {
            return None;
        }
    }
}

fn parse(bytes: &[u8]) -> Option<(Request, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let request = Request { line, headers, body: Vec::new() };
    let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap_or(0));
    let body = bytes.get(end + 4..end + 4 + length)?.to_vec();
    Some((Request { body, ..request }, end + 4 + length))
}

//! HTTP/1.1 by hand, one request per connection: enough for a merchant and a receiver that are to
//! misbehave in every way. No client here.

use std::sync::OnceLock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

/// The world outside the hub: it goes on while hubs crash.
pub fn outside() -> &'static Runtime {
    static OUTSIDE: OnceLock<Runtime> = OnceLock::new();
    OUTSIDE.get_or_init(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap())
}

/// One request: the path, its headers in lower case, the body.
pub struct Came {
    pub path: String,
    head: String,
    pub body: String,
}

impl Came {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

/// Reads one request; `None` where the client went away before it was whole.
pub async fn read(stream: &mut TcpStream) -> Option<Came> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let came = Came { path: head.split(' ').nth(1)?.to_owned(), head, body: String::new() };
    let length: usize = came.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Came { body: String::from_utf8(bytes[end..end + length].to_vec()).ok()?, ..came })
}

/// Answers and closes. `claimed` more bytes are promised than sent.
pub async fn answer(stream: &mut TcpStream, status: u16, kind: &str, body: &str, claimed: usize) {
    let length = body.len() + claimed;
    let text = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    // Whoever asked may have gone.
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Keeps the connection and says nothing, until the other side gives up.
pub async fn never_answer(stream: &mut TcpStream) {
    let mut nothing = [0; 64];
    while matches!(stream.read(&mut nothing).await, Ok(read) if read > 0) {}
}

//! Receivers of notifications: one that takes the connection and never answers, so that creates are
//! measured with their outbox written and no delivery beside them; and one that answers at once and
//! notes when each notification was there.

use anyhow::Result;
use std::collections::{HashMap, VecDeque};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::Instant;

/// The hub opens at most 64 connections to one receiver; older ones it has given up.
const HELD_MAX: usize = 256;

/// A receiver that hangs.
pub(super) struct Hanging {
    port: u16,
}

impl Hanging {
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        std::thread::spawn(move || {
            let mut held = VecDeque::new();
            for stream in listener.incoming() {
                held.push_back(stream);
                if held.len() > HELD_MAX {
                    held.pop_front();
                }
            }
        });
        Ok(Self { port })
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/notified", self.port)
    }
}

/// What tells the number of the request that a notification comes of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberIn {
    /// A PATCH puts it into the name.
    EntitlementDisplayName,
    /// A create of ascending keys is for a customer of that number.
    CustomerIdentifier,
}

/// When notifications came, by the number of their request.
#[derive(Clone, Default)]
pub(super) struct Arrivals(Arc<Mutex<HashMap<u64, Instant>>>);

impl Arrivals {
    pub(super) fn taken(&self) -> HashMap<u64, Instant> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn note(&self, number: u64, at: Instant) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_insert(at);
    }
}

/// Starts a receiver that answers at once; its port.
pub(super) async fn idle(arrivals: Arrivals, number_in: NumberIn) -> Result<u16> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(receive(stream, arrivals.clone(), number_in));
        }
    });
    Ok(port)
}

/// Requests one after the other; ends with the connection.
async fn receive(mut stream: tokio::net::TcpStream, arrivals: Arrivals, number_in: NumberIn) {
    let mut buffer: Vec<u8> = Vec::with_capacity(8 * 1024);
    loop {
        while let Some(end) = whole_request(&buffer) {
            if let Some(number) = number_in.of(&buffer[..end]) {
                arrivals.note(number, Instant::now());
            }
            buffer.drain(..end);
            if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.is_err() {
                return;
            }
        }
        if !stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
            return;
        }
    }
}

fn whole_request(bytes: &[u8]) -> Option<usize> {
    let head_end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..head_end]).ok()?;
    let length = head
        .lines()
        .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length")))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok())?;
    let end = head_end + 4 + length;
    (bytes.len() >= end).then_some(end)
}

impl NumberIn {
    /// Twelve digits, where the load has put them.
    fn of(self, bytes: &[u8]) -> Option<u64> {
        let (member, begin) = match self {
            Self::EntitlementDisplayName => ("\"entitlementDisplayName\":\"load ", 0),
            Self::CustomerIdentifier => ("\"customerIdentifier\":\"load-", "00000000-".len()),
        };
        let (_, rest) = std::str::from_utf8(bytes).ok()?.split_once(member)?;
        rest.get(begin..begin + 12)?.parse().ok()
    }
}

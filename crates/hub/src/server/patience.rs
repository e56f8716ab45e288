//! Patience with a sender: request headers are there 10 s after their first byte, the first byte
//! 10 s after the connection. hyper would close without a word, or wait for ever where not even
//! the protocol is known; the contract wants a 408 (docs/API.md section 1). And what is no HTTP
//! is answered in an envelope like everything else. Bodies have their own limit, where they are
//! read. With a receiver: an answer that cannot be written is not held for ever. And with nobody: an
//! HTTP/1.1 connection on which nothing happens ends, too; hyper would set a timer for each request.

use super::sending::Open;
use super::stream::Stream;
use super::transport::Transport;
use crate::Hub;
use crate::http::{headers_too_slow, no_http};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Request headers that are not there after so long end the connection.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
/// What every HTTP/2 connection begins with; from there on hyper's own limits count.
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Answers of an HTTP/2 connection are looked at this often at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Requests of one connection, begun and answered.
#[derive(Debug, Default)]
pub(super) struct Requests {
    begun: AtomicU64,
    answered: AtomicU64,
    /// Answers over HTTP/2 that the client has not taken whole.
    pub(super) open: Arc<Open>,
}

impl Requests {
    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn answer(&self) {
        self.answered.fetch_add(1, Ordering::AcqRel);
    }
}

/// A connection that ends where headers are too slow.
pub(super) struct Patient {
    stream: Stream,
    hub: Hub,
    requests: Arc<Requests>,
    /// An answer that cannot be written for so long ends the connection.
    write_within: Duration,
    /// A connection without a request ends after so long.
    idle_within: Duration,
    /// Runs while a write waits.
    writing: Option<Pin<Box<Sleep>>>,
    /// When the answers of an HTTP/2 connection are looked at next.
    next_look: Instant,
    /// Requests begun before the headers that are awaited; `None` while none are.
    awaited: Option<u64>,
    /// Some of the awaited headers have come.
    partial: bool,
    /// Requests answered before the connection fell idle; `None` while it is not.
    idle_after: Option<u64>,
    /// Bytes of HTTP/2's preface seen; `None` where it is another protocol.
    preface: Option<usize>,
    /// When what is awaited has to be there.
    deadline: Instant,
    /// Rings at the deadline or before it, and with every tick, then goes on: to set it anew for each
    /// request would cost more than to hear it for nothing.
    alarm: Pin<Box<Sleep>>,
}

/// The shortest of what is waited for: the alarm never sleeps longer.
fn tick(idle_within: Duration) -> Duration {
    idle_within.min(HEADERS_WITHIN)
}

impl Patient {
    pub(super) fn new(stream: Stream, hub: Hub, requests: Arc<Requests>, transport: &Transport) -> Self {
        Self {
            stream,
            hub,
            requests,
            write_within: transport.write_within,
            idle_within: transport.idle_within,
            writing: None,
            next_look: Instant::now() + LOOK_EVERY,
            awaited: Some(0),
            partial: false,
            idle_after: None,
            preface: Some(0),
            deadline: Instant::now() + HEADERS_WITHIN,
            alarm: Box::pin(sleep(tick(transport.idle_within))),
        }
    }

    fn came(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || self.is_http2(bytes) {
            return;
        }
        let begun = self.requests.begun.load(Ordering::Acquire);
        if self.awaited == Some(begun) {
            self.partial = true;
        } else if begun == self.requests.answered.load(Ordering::Acquire) {
            // The first bytes of the next request on this connection.
            self.awaited = Some(begun);
            self.partial = true;
            self.deadline = Instant::now() + HEADERS_WITHIN;
        }
    }

    /// Once the preface is whole nothing is awaited here any more.
    fn is_http2(&mut self, bytes: &[u8]) -> bool {
        let Some(seen) = self.preface else {
            return false;
        };
        let rest = HTTP2_PREFACE.get(seen..).unwrap_or_default();
        let fits = rest.iter().zip(bytes).all(|(wanted, came)| wanted == came);
        self.preface = fits.then(|| seen.saturating_add(bytes.len()));
        let is_whole = self.preface.is_some_and(|seen| seen >= HTTP2_PREFACE.len());
        if is_whole {
            self.awaited = None;
        }
        is_whole
    }

    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.awaited.is_none() {
            return self.poll_open();
        }
        self.follow_idleness();
        ready!(self.poll_alarm(cx));
        if self.partial {
            self.say(cx, &headers_too_slow(&self.hub));
        }
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// Where no headers are awaited, the deadline is that of a connection on which nothing happens. While
    /// a request is at work it lies ahead. The alarm runs all the same: after an answer hyper does not
    /// look here by itself.
    fn follow_idleness(&mut self) {
        let begun = self.requests.begun.load(Ordering::Acquire);
        if self.awaited == Some(begun) {
            return;
        }
        self.partial = false;
        let is_at_work = begun != self.requests.answered.load(Ordering::Acquire) || self.writing.is_some();
        if is_at_work || self.idle_after != Some(begun) {
            self.idle_after = (!is_at_work).then_some(begun);
            self.deadline = Instant::now() + self.idle_within;
        }
    }

    /// Ready once the deadline has passed. The alarm rings at it or before: a deadline is never nearer
    /// than a tick when it is set.
    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let now = Instant::now();
            if self.deadline <= now {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(self.deadline.min(now + tick(self.idle_within)));
        }
    }

    /// HTTP/2: hyper's pings see to it that this is looked at again.
    fn poll_open(&mut self) -> Poll<io::Result<()>> {
        let now = Instant::now();
        if now < self.next_look {
            return Poll::Pending;
        }
        self.next_look = now + LOOK_EVERY;
        match self.requests.open.has_stood(self.write_within, now) {
            true => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            false => Poll::Pending,
        }
    }

    /// The last words on a connection. Whoever cannot even take this is not waited for.
    fn say(&mut self, cx: &mut Context<'_>, words: &str) {
        let _ = Pin::new(&mut self.stream).poll_write(cx, words.as_bytes());
        let _ = Pin::new(&mut self.stream).poll_flush(cx);
    }

    /// A write, or a time-out where it has waited for too long.
    fn bounded<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.writing = None;
            return polled;
        }
        let within = self.write_within;
        ready!(self.writing.get_or_insert_with(|| Box::pin(sleep(within))).as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Patient {
    /// An answer while headers are awaited: hyper could not read them.
    fn is_hypers_own(&self, bytes: &[u8]) -> bool {
        let begun = self.requests.begun.load(Ordering::Acquire);
        self.awaited == Some(begun) && bytes.starts_with(b"HTTP/1.1 4")
    }

    fn say_no_http(&mut self, cx: &mut Context<'_>, instead_of: usize) -> Poll<io::Result<usize>> {
        self.say(cx, &no_http(&self.hub));
        Poll::Ready(Ok(instead_of))
    }
}

impl AsyncRead for Patient {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                this.came(buffer.filled().get(before..).unwrap_or_default());
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => this.poll_patience(cx),
        }
    }
}

impl AsyncWrite for Patient {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.is_hypers_own(bytes) {
            return this.say_no_http(cx, bytes.len());
        }
        let polled = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.bounded(cx, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if pieces.first().is_some_and(|piece| this.is_hypers_own(piece)) {
            return this.say_no_http(cx, pieces.iter().map(|piece| piece.len()).sum());
        }
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, pieces);
        this.bounded(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_flush(cx);
        this.bounded(cx, polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.bounded(cx, polled)
    }
}

//! The body of an answer on its way to the client. HTTP/2 lets a client take answers as slowly as it
//! likes without the connection standing still, so each says here when a piece of it was taken, and
//! `patience` ends a connection on which one stands for too long. Over HTTP/1.1 the connection
//! itself tells.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// What is handed to an HTTP/2 stream at once; the rest waits until the client has made room.
const PIECE_BYTES: usize = 16 * 1024;

/// The answers of one HTTP/2 connection that have not been taken whole, with the moment a piece of
/// them was taken last. There are no more than there may be streams.
#[derive(Debug, Default)]
pub(super) struct Open {
    moved: Mutex<Moved>,
}

#[derive(Debug, Default)]
struct Moved {
    at: HashMap<u64, Instant>,
    next: u64,
}

impl Open {
    /// Whether an answer has stood still for longer than that.
    pub(super) fn has_stood(&self, within: Duration, now: Instant) -> bool {
        self.moved().at.values().any(|moved| now.saturating_duration_since(*moved) > within)
    }

    fn moved(&self) -> MutexGuard<'_, Moved> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer's body.
#[derive(Debug)]
pub(super) struct Sending {
    body: Full<Bytes>,
    /// What of it has begun and not been taken.
    rest: Bytes,
    /// Where it says that it moves; `None` over HTTP/1.1.
    stream: Option<(Arc<Open>, u64)>,
}

impl Sending {
    /// In one piece.
    pub(super) fn whole(body: Full<Bytes>) -> Self {
        Self { body, rest: Bytes::new(), stream: None }
    }

    /// Piece by piece.
    pub(super) fn watched(body: Full<Bytes>, open: &Arc<Open>) -> Self {
        if body.is_end_stream() {
            return Self::whole(body);
        }
        let mut moved = open.moved();
        let id = moved.next;
        moved.next = id.wrapping_add(1);
        moved.at.insert(id, Instant::now());
        drop(moved);
        Self { body, rest: Bytes::new(), stream: Some((Arc::clone(open), id)) }
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let Some((open, id)) = &this.stream else {
            return Pin::new(&mut this.body).poll_frame(cx);
        };
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => this.rest = frame.into_data().unwrap_or_default(),
                None => return Poll::Ready(None),
            }
        }
        open.moved().at.insert(*id, Instant::now());
        let piece = this.rest.split_to(this.rest.len().min(PIECE_BYTES));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.rest.len() {
            0 => self.body.size_hint(),
            rest => SizeHint::with_exact(rest as u64),
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if let Some((open, id)) = &self.stream {
            open.moved().at.remove(id);
        }
    }
}

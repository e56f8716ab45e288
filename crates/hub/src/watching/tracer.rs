//! Traces: which requests have one, and the queue of finished spans on its way to the collector. A
//! request never waits for it: what does not fit into the queue is dropped and counted.

use super::context::Span;
use super::traceparent::{self, Parent};
use super::{Figures, TraceTo, otlp};
use crate::Hub;
use crate::Receivers;
use crate::outgoing::Outgoing;
use hyper::Uri;
use hyper::header::HeaderMap;
use merchants::{Request, Response};
use prometheus_client::metrics::counter::Counter;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};

/// Finished spans that may wait: a second of a busy hub, about 4 MiB.
const QUEUE_MAX: usize = 16_384;
/// Spans in one request to the collector.
const BATCH_MAX: usize = 512;
/// A batch that does not fill leaves after so long.
const BATCH_WITHIN: Duration = Duration::from_secs(1);
/// The collector answers within this.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// Where OTLP over HTTP takes traces.
const PATH: &str = "/v1/traces";

/// Whose side of a call a span is, by OTLP's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Internal = 1,
    Server = 2,
    Client = 3,
}

/// A span that is over.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) trace: u128,
    pub(super) id: u64,
    pub(super) parent: Option<u64>,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Nanoseconds since 1970.
    pub(super) begun_ns: u64,
    pub(super) ended_ns: u64,
    pub(super) attributes: Vec<(&'static str, String)>,
    pub(super) failed: bool,
}

enum Message {
    Span(Box<Finished>),
    /// Answered when everything before it has been sent.
    Flush(oneshot::Sender<()>),
}

/// The hub's end of the queue.
#[derive(Debug)]
pub(super) struct Tracer {
    queue: mpsc::Sender<Message>,
    permille: u16,
    dropped: Counter,
}

/// One trace, as far as this hub knows it.
pub(super) struct Trace {
    queue: mpsc::Sender<Message>,
    dropped: Counter,
    id: u128,
    root: u64,
    parent: Option<u64>,
    /// Where the next span's id comes from: the root's, and a step.
    next: std::sync::atomic::AtomicU64,
    begun: Instant,
    begun_ns: u64,
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Trace({:032x})", self.id)
    }
}

impl Tracer {
    /// Opens the way to a collector. The task behind it ends when the hub is gone.
    pub(super) fn start(to: &TraceTo, figures: &Figures) -> Result<Self, String> {
        let endpoint = to.endpoint.trim_end_matches('/');
        let is_http = endpoint
            .parse::<Uri>()
            .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some());
        if !is_http {
            return Err(format!("{endpoint} is no URL of a collector; say for example http://127.0.0.1:4318"));
        }
        let (queue, spans) = mpsc::channel(QUEUE_MAX);
        let [dropped, lost] = figures.spans_lost();
        let sender = Sender {
            url: format!("{}{PATH}", endpoint.trim_end_matches(PATH)),
            outgoing: Outgoing::new(Receivers::Anywhere)?,
            sent: figures.spans_sent.clone(),
            lost,
            fails: false,
        };
        tokio::spawn(sender.run(spans));
        Ok(Self { queue, permille: to.permille, dropped })
    }

    /// A request's trace: the caller's where it has one, else one of our own for some of them.
    pub(super) fn begin(&self, hub: &Hub, headers: &HeaderMap) -> Option<Arc<Trace>> {
        let parent = headers.get("traceparent").and_then(|value| traceparent::parse(value.to_str().ok()?));
        let wanted = parent.map_or_else(|| hub.random.permille(1_000) < self.permille, |parent| parent.sampled);
        wanted.then(|| self.trace(hub, parent))
    }

    /// Something that no request began.
    pub(super) fn root(&self, hub: &Hub, name: &'static str) -> Option<Span> {
        let wanted = hub.random.permille(1_000) < self.permille;
        wanted.then(|| {
            let trace = self.trace(hub, None);
            let root = trace.root;
            Span::new(trace, name, root, None)
        })
    }

    fn trace(&self, hub: &Hub, parent: Option<Parent>) -> Arc<Trace> {
        let [high, low, root] = [(); 3].map(|()| hub.random.trace_number());
        let own = (u128::from(high) << 64) | u128::from(low);
        let now_ms = hub.store.now().0 - hub.store.clock_offset_ms();
        Arc::new(Trace {
            queue: self.queue.clone(),
            dropped: self.dropped.clone(),
            id: parent.map_or(own, |parent| parent.trace),
            root,
            parent: parent.map(|parent| parent.span),
            next: std::sync::atomic::AtomicU64::new(root),
            begun: Instant::now(),
            begun_ns: u64::try_from(now_ms).unwrap_or(0).saturating_mul(1_000_000),
        })
    }

    /// Ready once everything so far has been sent, or given up.
    pub(super) async fn flush(&self) {
        let (to, done) = oneshot::channel();
        if self.queue.send(Message::Flush(to)).await.is_ok() {
            let _ = done.await;
        }
    }
}

impl Trace {
    pub(super) const fn id(&self) -> u128 {
        self.id
    }

    pub(super) const fn root(&self) -> u64 {
        self.root
    }

    pub(super) const fn parent(&self) -> Option<u64> {
        self.parent
    }

    /// Ids of one trace differ from each other, which is all they must do; 0 is none.
    pub(super) fn new_id(&self) -> u64 {
        /// An odd step visits every number before it comes back.
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let last = self.next.fetch_add(STEP, std::sync::atomic::Ordering::Relaxed);
        last.wrapping_add(STEP).max(1)
    }

    /// A moment of this process as nanoseconds since 1970.
    pub(super) fn wall_ns(&self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.begun).as_nanos();
        self.begun_ns.saturating_add(u64::try_from(since).unwrap_or(0))
    }

    pub(super) fn finish(&self, span: Finished) {
        if self.queue.try_send(Message::Span(Box::new(span))).is_err() {
            self.dropped.inc();
        }
    }
}

/// The collector's end of the queue.
struct Sender {
    url: String,
    outgoing: Outgoing,
    sent: Counter,
    lost: Counter,
    /// The last batch was lost: said once, not with every batch.
    fails: bool,
}

impl Sender {
    async fn run(mut self, mut spans: mpsc::Receiver<Message>) {
        while let Some(first) = spans.recv().await {
            let (mut batch, mut flushed, mut next) = (Vec::new(), None, Some(first));
            let end = Instant::now() + BATCH_WITHIN;
            while let Some(message) = next.take() {
                match message {
                    Message::Span(span) => batch.push(*span),
                    Message::Flush(to) => flushed = Some(to),
                }
                if batch.len() < BATCH_MAX && flushed.is_none() {
                    next = tokio::time::timeout_at(end, spans.recv()).await.ok().flatten();
                }
            }
            self.send(&batch).await;
            // Whoever waited may have gone.
            let _ = flushed.map(|to| to.send(()));
        }
    }

    async fn send(&mut self, batch: &[Finished]) {
        if batch.is_empty() {
            return;
        }
        let request = Request {
            method: "POST",
            url: self.url.clone(),
            headers: vec![("content-type", "application/json".to_owned())],
            body: otlp::body(batch),
        };
        let end = Instant::now() + SEND_WITHIN;
        let response = timeout(SEND_WITHIN, self.outgoing.ask(&request, end)).await.unwrap_or(Response::Broken);
        let taken = matches!(response, Response::Whole { status: 200..=299, .. });
        let counter = if taken { &self.sent } else { &self.lost };
        counter.inc_by(batch.len() as u64);
        if !taken && !self.fails {
            tracing::warn!(?response, "the collector does not take traces; spans are dropped and counted");
        }
        self.fails = !taken;
    }
}

//! Watching: what the hub tells those who run it. Figures in Prometheus' words, the request that a
//! line of the log belongs to, traces. Not here: what is counted by the store (it counts itself),
//! alerts and dashboards (`deploy/`), and where the figures are shown (the operator interface).

mod context;
mod failures;
mod figures;
mod labels;
mod otlp;
mod process;
mod requests;
mod scrape;
mod snapshot;
mod traceparent;
mod tracer;

pub use context::with_request_id;
pub(crate) use context::{Carried, Context, Span, decided, is_about, span};
pub(crate) use figures::{Checked, Figures, Tried};
pub(crate) use requests::Outcome;
pub(crate) use scrape::{CONTENT_TYPE, Scrape};

use crate::{Hub, HubError};
use hyper::header::HeaderMap;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::time::timeout;
use tracer::Tracer;

/// What has not left for the collector by then is given up when the hub stops.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// All that watching needs to keep.
pub(crate) struct Watching {
    pub(crate) figures: Figures,
    pub(crate) scrape: Scrape,
    failures: failures::FailureLog,
    tracer: OnceLock<Tracer>,
}

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceTo {
    /// The collector's base URL, for example `http://127.0.0.1:4318`; `/v1/traces` is added.
    pub endpoint: String,
    /// So many of a thousand requests are traced, 0 to 1,000, where the caller does not decide.
    pub permille: u16,
}

impl Watching {
    pub(crate) fn new() -> Self {
        Self {
            figures: Figures::new(),
            scrape: Scrape::default(),
            failures: failures::FailureLog::default(),
            tracer: OnceLock::new(),
        }
    }

    /// Whether one more failure may be logged now; the flood itself is counted.
    pub(crate) fn may_log_failure(&self) -> bool {
        self.failures.may_log()
    }
}

impl Hub {
    /// Everything that is counted, as OpenMetrics text for Prometheus. Whoever asks more often than
    /// once a second gets some of it as it was.
    pub async fn metrics_text(&self) -> String {
        scrape::text(self).await
    }

    /// From here on the hub takes no new work: `/readyz` says so, and whoever waits at a feed is
    /// answered. What has begun goes on.
    pub fn drain(&self) {
        self.feed_bells.stop();
    }

    /// Tells those who watch when the certificate that is served ends, in seconds since 1970.
    pub fn certificate_ends(&self, at_s: i64) {
        self.watching.figures.certificate_ends(at_s);
    }

    /// Sends spans of requests to a collector from now on. A second call changes nothing.
    ///
    /// # Errors
    /// Where the endpoint is no http or https URL, or outgoing connections cannot be set up.
    pub fn trace_to(&self, to: &TraceTo) -> Result<(), HubError> {
        let tracer = Tracer::start(to, &self.watching.figures).map_err(HubError::Outgoing)?;
        let _ = self.watching.tracer.set(tracer);
        Ok(())
    }

    /// Waits until the spans so far have left for the collector, at most 2 s.
    pub async fn flush_traces(&self) {
        if let Some(tracer) = self.watching.tracer.get() {
            let _ = timeout(FLUSH_WITHIN, tracer.flush()).await;
        }
    }

    /// What a new request carries through the hub; begins its trace where it is to have one.
    pub(crate) fn begin_context(&self, headers: &HeaderMap) -> Context {
        let id = self.random.request_id();
        let trace = self.watching.tracer.get().and_then(|tracer| tracer.begin(self, headers));
        Context::new(id, trace)
    }

    /// A span of this request; outside of one, the first of a trace of its own.
    pub(crate) fn span_or_root(&self, name: &'static str) -> Option<Span> {
        if context::in_request() {
            // A request that is not traced is not traced in part.
            return span(name);
        }
        self.watching.tracer.get().and_then(|tracer| tracer.root(self, name))
    }
}

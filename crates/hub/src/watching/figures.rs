//! What the hub counts while it works. Handles are kept; where a label is a merchant's key it is
//! looked up, beside a call over the network.

use super::labels::{Build, ByCause, ByResult, MerchantAnswered, OfMerchant};
use super::requests::Requests;
use merchants::Response;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::OnceLock;
use std::time::Duration;

/// Upper bounds of a merchant's answer, in seconds: all tries end within 10 s.
const MERCHANT_SECONDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// Upper bounds from commit to delivery, in seconds: from at once to the last retry after three days.
const LAG_SECONDS: [f64; 13] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0, 3_600.0, 86_400.0];

/// Credentials, by what came of looking at one.
const CHECKS: [&str; 6] = ["accepted", "missing", "malformed", "wrong", "busy", "failing"];
/// Attempts to deliver a notification.
const ATTEMPTS: [&str; 5] = ["delivered", "refused", "gone", "unreachable", "unsendable"];
/// Why spans never reached the collector.
const LOSSES: [&str; 2] = ["queue", "collector"];

/// What came of one attempt to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    /// A 2xx, so long after the commit.
    Delivered {
        /// In milliseconds of the store's clock.
        lag_ms: i64,
    },
    /// Another status.
    Refused,
    /// 410: parked.
    Gone,
    /// No answer.
    Unreachable,
    /// It could not even be made.
    Unsendable,
}

/// What came of looking at a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// It is good.
    Accepted,
    /// There is none.
    Missing,
    /// It is no Basic credential.
    Malformed,
    /// Wrong user or password, or revoked.
    Wrong,
    /// Too many are being checked.
    Busy,
    /// Too many wrong ones came from its address: not checked at all.
    Failing,
}

/// One open connection.
#[derive(Debug)]
pub(crate) struct OpenConnection(Gauge);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Everything that is counted as it happens.
pub(crate) struct Figures {
    pub(super) registry: Registry,
    /// Requests of the public API.
    pub(crate) requests: Requests,
    connections: Gauge,
    connections_refused: Family<ByCause, Counter>,
    checks: [Counter; CHECKS.len()],
    attempts: [Counter; ATTEMPTS.len()],
    lag: Histogram,
    dead: Counter,
    merchant_calls: Family<MerchantAnswered, Counter>,
    merchant_seconds: Family<OfMerchant, Histogram, fn() -> Histogram>,
    pub(super) spans_sent: Counter,
    spans_lost: [Counter; LOSSES.len()],
    certificate_ends: OnceLock<Gauge>,
}

impl Figures {
    pub(super) fn new() -> Self {
        let mut registry = Registry::default();
        let requests = Requests::new(&mut registry);
        let connections = Gauge::default();
        registry.register("entitle_connections_open", "Open connections", connections.clone());
        let connections_refused = Family::<ByCause, Counter>::default();
        let text = "Connections that were not taken, by cause";
        drop(connections_refused.get_or_create(&ByCause { cause: "accept-failed" }));
        registry.register("entitle_connections_refused", text, connections_refused.clone());
        let checks = words(&mut registry, "entitle_credential_checks", "Credentials looked at, by result", &CHECKS);
        let text = "Attempts to deliver a notification, by result";
        let attempts = words(&mut registry, "entitle_notification_attempts", text, &ATTEMPTS);
        let lag = Histogram::new(LAG_SECONDS);
        let text = "From the commit of a change to the delivery of its notification";
        registry.register("entitle_notification_lag_seconds", text, lag.clone());
        let dead = Counter::default();
        registry.register(
            "entitle_notifications_given_up",
            "Notifications dead-lettered since the start",
            dead.clone(),
        );
        let merchant_calls = Family::default();
        let text = "Calls of merchants, every try counted, by merchant and result";
        registry.register("entitle_merchant_calls", text, merchant_calls.clone());
        let merchant_seconds: Family<OfMerchant, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(MERCHANT_SECONDS));
        let text = "How long a merchant took to answer, all quick tries together";
        registry.register("entitle_merchant_call_duration_seconds", text, merchant_seconds.clone());
        let spans_sent = Counter::default();
        registry.register("entitle_trace_spans_sent", "Spans that the collector took", spans_sent.clone());
        let spans_lost = Family::<ByCause, Counter>::default();
        let text = "Spans that were given up, by cause";
        registry.register("entitle_trace_spans_dropped", text, spans_lost.clone());
        let spans_lost = LOSSES.map(|cause| spans_lost.get_or_create_owned(&ByCause { cause }));
        build(&mut registry);
        Self {
            registry,
            requests,
            connections,
            connections_refused,
            checks,
            attempts,
            lag,
            dead,
            merchant_calls,
            merchant_seconds,
            spans_sent,
            spans_lost,
            certificate_ends: OnceLock::new(),
        }
    }

    /// A connection is open for as long as this lives.
    pub(crate) fn open_connection(&self) -> OpenConnection {
        self.connections.inc();
        OpenConnection(self.connections.clone())
    }

    /// A connection was not taken.
    pub(crate) fn connection_refused(&self, cause: &'static str) {
        self.connections_refused.get_or_create(&ByCause { cause }).inc();
    }

    /// When the certificate that is served ends, as seconds since 1970.
    pub(super) fn certificate_ends(&self, at_s: i64) {
        self.certificate_ends.get_or_init(Gauge::default).set(at_s);
    }

    /// The same for the text, where there is a certificate.
    pub(super) fn certificate(&self) -> Option<&Gauge> {
        self.certificate_ends.get()
    }

    /// A credential was looked at.
    pub(crate) fn checked(&self, result: Checked) {
        self.checks[match result {
            Checked::Accepted => 0,
            Checked::Missing => 1,
            Checked::Malformed => 2,
            Checked::Wrong => 3,
            Checked::Busy => 4,
            Checked::Failing => 5,
        }]
        .inc();
    }

    /// A notification was tried.
    pub(crate) fn tried(&self, result: Tried) {
        let at = match result {
            Tried::Delivered { lag_ms } => {
                let lag_ms = u64::try_from(lag_ms).unwrap_or(0);
                self.lag.observe(Duration::from_millis(lag_ms).as_secs_f64());
                0
            }
            Tried::Refused => 1,
            Tried::Gone => 2,
            Tried::Unreachable => 3,
            Tried::Unsendable => 4,
        };
        self.attempts[at].inc();
    }

    /// A notification was given up.
    pub(crate) fn gave_up(&self) {
        self.dead.inc();
    }

    /// A merchant was called once.
    pub(crate) fn merchant_answered(&self, merchant: &str, response: &Response) {
        let labels = MerchantAnswered { merchant: merchant.to_owned(), result: result(response) };
        self.merchant_calls.get_or_create(&labels).inc();
    }

    /// An operation's call ended, its quick tries included.
    pub(crate) fn merchant_took(&self, merchant: &str, time: Duration) {
        let labels = OfMerchant { merchant: merchant.to_owned() };
        self.merchant_seconds.get_or_create(&labels).observe(time.as_secs_f64());
    }

    /// Counters of spans lost: for the queue's end, and for the collector's.
    pub(super) fn spans_lost(&self) -> [Counter; LOSSES.len()] {
        self.spans_lost.clone()
    }
}

/// One counter for each word of a closed list.
fn words<const N: usize>(registry: &mut Registry, name: &str, text: &str, words: &[&'static str; N]) -> [Counter; N] {
    let family = Family::<ByResult, Counter>::default();
    registry.register(name, text, family.clone());
    words.map(|result| family.get_or_create_owned(&ByResult { result }))
}

fn build(registry: &mut Registry) {
    let family = Family::<Build, Gauge>::default();
    family.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
    registry.register("entitle_build_info", "Which program this is; always 1", family);
}

const fn result(response: &Response) -> &'static str {
    match response {
        Response::Whole { status: 401, .. } => "401",
        Response::Whole { status: 429, .. } => "429",
        Response::Whole { status: 200..=299, .. } => "2xx",
        Response::Whole { status: 300..=399, .. } => "3xx",
        Response::Whole { status: 400..=499, .. } => "4xx",
        Response::Whole { .. } => "5xx",
        Response::Broken => "broken",
        Response::NotSent => "not-sent",
    }
}

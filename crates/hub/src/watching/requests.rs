//! Requests counted: what was asked, how it was answered, how long it took. The handles of what
//! usually happens are kept, so that counting costs a few additions and looks nothing up.

use super::context;
use super::labels::{Answered, OfOperation};
use crate::http::Action;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::sync::OnceLock;
use tokio::time::Instant;
use wire::ResponseCode;

/// Upper bounds of durations, in seconds: from a read in memory to the clock's 32 s.
const SECONDS: [f64; 15] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 12.0, 32.0];

/// What operations are called in the figures, by [`operation`].
const WORDS: [&str; 30] = [
    "none",
    "echo",
    "create",
    "read",
    "report",
    "update",
    "cancel",
    "revoke",
    "reactivate",
    "activationInfo",
    "history",
    "explain",
    "products",
    "feed",
    "activatePage",
    "activateChoice",
    "document",
    "openapi",
    "healthz",
    "readyz",
    "metrics",
    "sandboxNotifications",
    "sandboxInbox",
    "sandboxAnswers",
    "sandboxOutbox",
    "sandboxReplay",
    "sandboxClock",
    "sandboxMoveClock",
    "sandboxNext",
    "sandboxReset",
];

/// The place of what has no operation: an unknown path, no HTTP.
pub(super) const NO_OPERATION: usize = 0;

/// An action's place among [`WORDS`].
pub(super) const fn operation(action: &Action) -> usize {
    match action {
        Action::Echo(_) => 1,
        Action::Create => 2,
        Action::Read(_) => 3,
        Action::Report => 4,
        Action::Update => 5,
        Action::Cancel(_) => 6,
        Action::Revoke(_) => 7,
        Action::Reactivate => 8,
        Action::ActivationInfo(_) => 9,
        Action::History(_) => 10,
        Action::Explain(_) => 11,
        Action::Products(_) => 12,
        Action::Feed => 13,
        Action::ActivatePage(_) => 14,
        Action::ActivateChoice(_) => 15,
        Action::Document(_) => 16,
        Action::OpenApi => 17,
        Action::Alive => 18,
        Action::Ready => 19,
        Action::Metrics => 20,
        Action::SandboxNotifications => 21,
        Action::SandboxInbox(_) => 22,
        Action::SandboxAnswers(_) => 23,
        Action::SandboxOutbox => 24,
        Action::SandboxReplay(_) => 25,
        Action::SandboxClock => 26,
        Action::SandboxMoveClock => 27,
        Action::SandboxNext | Action::SandboxForceNext => 28,
        Action::SandboxReset => 29,
    }
}

/// How a request was answered, beside its status. An answer that carries none is a plain `OK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: ResponseCode,
    /// The rule id; empty where nothing was refused.
    pub(crate) rule: &'static str,
}

impl Outcome {
    /// Nothing was refused.
    pub(crate) const OK: Self = Self { code: ResponseCode::Ok, rule: "" };

    /// Of an answer that carries none: a page for people.
    pub(crate) fn of_status(status: u16) -> Self {
        Self { code: ResponseCode::of_status(status).first().copied().unwrap_or(ResponseCode::Ok), rule: "" }
    }
}

/// The counts.
pub(crate) struct Requests {
    answered: Family<Answered, Counter>,
    seconds: Family<OfOperation, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    abandoned: Counter,
    kept: [Kept; WORDS.len()],
}

/// What is counted of an operation, once it has been counted first.
#[derive(Default)]
struct Kept {
    seconds: OnceLock<Histogram>,
    /// 200 OK, 201 OK, 202 OK, 202 CLIENT_ACTION_REQUIRED.
    done: [OnceLock<Counter>; 4],
}

impl Requests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let made = Self {
            answered: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            in_flight: Gauge::default(),
            abandoned: Counter::default(),
            kept: std::array::from_fn(|_| Kept::default()),
        };
        let text = "Requests answered, by operation, HTTP status, responseCode and rule id";
        registry.register("entitle_requests", text, made.answered.clone());
        let text = "From a request's first look to its answer";
        registry.register("entitle_request_duration_seconds", text, made.seconds.clone());
        registry.register("entitle_requests_in_flight", "Requests being answered now", made.in_flight.clone());
        let text = "Requests whose caller hung up before the answer; what they began goes on";
        registry.register("entitle_requests_abandoned", text, made.abandoned.clone());
        made
    }

    /// A request begins.
    pub(crate) fn begin(&self) -> UnderWay<'_> {
        self.in_flight.inc();
        UnderWay { requests: self, begun: Instant::now(), answered: false }
    }

    /// Counts an answer that was given without a request (what is no HTTP).
    pub(crate) fn count_without_request(&self, status: u16, outcome: Outcome) {
        self.count(NO_OPERATION, status, outcome);
    }

    fn count(&self, operation: usize, status: u16, outcome: Outcome) {
        let kept = match (status, outcome) {
            (200, Outcome { code: ResponseCode::Ok, rule: "" }) => Some(0),
            (201, Outcome { code: ResponseCode::Ok, rule: "" }) => Some(1),
            (202, Outcome { code: ResponseCode::Ok, rule: "" }) => Some(2),
            (202, Outcome { code: ResponseCode::ClientActionRequired, rule: "" }) => Some(3),
            _ => None,
        };
        let new = || {
            let (operation, code) = (WORDS[operation], outcome.code.as_str());
            self.answered.get_or_create_owned(&Answered { operation, status, code, rule: outcome.rule })
        };
        match kept {
            Some(at) => self.kept[operation].done[at].get_or_init(new).inc(),
            None => new().inc(),
        };
    }
}

/// A request that is being answered.
pub(crate) struct UnderWay<'a> {
    requests: &'a Requests,
    begun: Instant,
    answered: bool,
}

/// What a request turned out to be: for the line of the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Routed {
    pub(crate) operation: &'static str,
}

impl UnderWay<'_> {
    /// It is answered.
    pub(crate) fn answered(mut self, status: u16, outcome: Outcome) -> Routed {
        self.answered = true;
        let operation = context::operation_now();
        let seconds = || {
            let operation = WORDS[operation];
            self.requests.seconds.get_or_create_owned(&OfOperation { operation })
        };
        self.requests.kept[operation].seconds.get_or_init(seconds).observe(self.begun.elapsed().as_secs_f64());
        self.requests.count(operation, status, outcome);
        self.trace(operation, status, outcome);
        Routed { operation: WORDS[operation] }
    }

    fn trace(&self, operation: usize, status: u16, outcome: Outcome) {
        let Some(trace) = context::trace_now() else {
            return;
        };
        let (root, parent) = (trace.root(), trace.parent());
        let mut span = context::Span::new(trace, WORDS[operation], root, parent).serving(WORDS[operation], self.begun);
        span.note("entitle.operation", WORDS[operation]);
        span.note("http.response.status_code", status.to_string());
        span.note("entitle.response_code", outcome.code.as_str());
        span.note("entitle.rule", outcome.rule);
        context::with_request_id(|id| span.note("entitle.request_id", id.unwrap_or_default()));
        if status >= 500 {
            span.fail();
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.requests.in_flight.dec();
        if !self.answered {
            self.requests.abandoned.inc();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{OPERATIONS, route};
    use hyper::Method;

    #[test]
    fn every_operation_is_counted_under_its_own_word() {
        for listed in OPERATIONS {
            let method = Method::from_bytes(listed.method.as_bytes()).unwrap();
            let action = route(&method, &listed.path.replace(['{', '}'], ""), true).unwrap();
            let word = WORDS[operation(&action)];
            let word = if word == "sandboxNext" && listed.method == "POST" { "sandboxForceNext" } else { word };
            assert!(listed.id.starts_with(word), "{} is counted as {word}", listed.id);
        }
    }

    #[test]
    fn an_answer_is_counted_once_and_a_hang_up_as_one() {
        let mut registry = Registry::default();
        let requests = Requests::new(&mut registry);
        requests.begin().answered(200, Outcome::OK);
        requests.begin().answered(404, Outcome { code: ResponseCode::NotFound, rule: "unknown-path" });
        drop(requests.begin());
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "entitle_requests_total{operation=\"none\",status=\"200\",code=\"OK\",rule=\"\"} 1",
            "entitle_requests_total{operation=\"none\",status=\"404\",code=\"NOT_FOUND\",rule=\"unknown-path\"} 1",
            "entitle_requests_in_flight 0",
            "entitle_requests_abandoned_total 1",
            "entitle_request_duration_seconds_count{operation=\"none\"} 2",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}

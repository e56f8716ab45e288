//! One request from its first byte to its answer: a request id, the route, the action, and an
//! envelope whatever happens, panics included.

use super::authorize::Asker;
use super::guarded::{Guarded, Panicked};
use super::{Action, NoRoute, Received, health, route};
use crate::Hub;
use crate::answer::{Answer, internal_error, unavailable};
use crate::questions::feed_within;
use crate::random::RequestId;
use crate::server::Client;
use crate::watching::{self, Outcome};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};
use wire::{ErrorAnswer, RateLimit, ResponseCode};

/// A request is answered within this; what it began goes on (docs/API.md section 1).
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(12);
/// The test clock may take longer.
const CLOCK_WITHIN: Duration = Duration::from_secs(32);
/// A request that takes its time is looked at this often: a revoked credential's ends within a second.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What every answer is in the end.
pub(crate) type Reply = Response<Full<Bytes>>;

/// Answers one request. A caller who hangs up drops only this future: a change that was handed to
/// the store is committed all the same, and an operation at a merchant runs in a task of its own
/// from its intent on (docs/LIFECYCLE.md section 4).
pub(super) async fn serve(hub: &Hub, request: Received, client: Client, id: RequestId) -> Reply {
    let method = request.method().clone();
    let mut reply = match route(&method, request.uri().path(), hub.sandbox.is_some()) {
        Ok(action) => {
            watching::is_about(&action);
            run(hub, &action, request, client, id).await
        }
        Err(missed) => json(Answer::error(&no_route(missed))),
    };
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        reply.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    reply
}

/// The whole answer, as text, to a request whose headers do not come to their end.
pub(crate) fn headers_too_slow(hub: &Hub) -> String {
    let message = "The headers took longer than 10 s.";
    let error = ErrorAnswer::new(408, ResponseCode::BadRequest, "headers-too-slow", message)
        .with_hint("Nothing was done. Headers end with an empty line; send them in one go.");
    last_words(hub, "408 Request Timeout", &error)
}

/// The same to what is no HTTP.
pub(crate) fn no_http(hub: &Hub) -> String {
    let message = "This is no HTTP request, or its headers are too large.";
    let error = ErrorAnswer::new(400, ResponseCode::BadRequest, "http-invalid", message)
        .with_hint("A request has one line, then headers of at most 64 KiB together, then an empty line.");
    last_words(hub, "400 Bad Request", &error)
}

/// The same to who speaks plain HTTP where TLS is spoken.
pub(crate) fn speaks_tls(hub: &Hub) -> String {
    let error = ErrorAnswer::new(400, ResponseCode::BadRequest, "http-invalid", "This port speaks TLS.").with_hint(
        "Call it with https:// instead of http://. If a password was sent, change it: it went in the clear.",
    );
    last_words(hub, "400 Bad Request", &error)
}

fn last_words(hub: &Hub, status: &str, error: &ErrorAnswer) -> String {
    let request_id = hub.random.request_id();
    let id = request_id.as_str();
    let body = error.body();
    let outcome = Outcome { code: error.code, rule: error.rule };
    hub.watching.figures.requests.count_without_request(error.http, outcome);
    tracing::debug!(request_id = id, status, "answered");
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
         x-request-id: {id}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn run(hub: &Hub, action: &Action, request: Received, client: Client, id: RequestId) -> Reply {
    let within = match action {
        Action::SandboxMoveClock => CLOCK_WITHIN,
        Action::Feed => feed_within(request.uri().query()),
        _ => ANSWER_WITHIN,
    };
    let asker = Asker::new(request.headers(), client);
    let epoch = *hub.credentials_epoch.borrow();
    let end = Instant::now() + within;
    // Gone before anybody else is asked: whoever waits for what this is at, as for a password's check, does it then.
    let acted = {
        let acting = pin!(act(hub, action, request, &asker));
        let mut acting = Guarded(acting);
        loop {
            let look_at = end.min(Instant::now() + LOOK_EVERY);
            match timeout_at(look_at, &mut acting).await {
                Ok(acted) => break Some(acted),
                Err(_) if look_at == end => break None,
                Err(_) => {}
            }
            // It goes on meanwhile: the look may wait for what it is at.
            tokio::select! {
                acted = &mut acting => break Some(acted),
                looked = Box::pin(hub.still_lets_in(&asker, epoch)) => if let Err(refused) = looked {
                    return json(Answer::error(&refused));
                },
            }
        }
    };
    match acted {
        Some(Ok(reply)) => reply,
        None => json(Box::pin(hub.too_late(action, within, &asker)).await),
        Some(Err(Panicked)) => {
            tracing::error!(request_id = id.as_str(), "a request ended in a panic");
            json(Answer::error(&internal_error()))
        }
    }
}

/// The rare arms are boxed, so that a request's task is as small as a read's or a create's.
async fn act(hub: &Hub, action: &Action, request: Received, asker: &Asker) -> Reply {
    match action {
        Action::ActivatePage(token) => Box::pin(hub.activate_page(token)).await,
        Action::ActivateChoice(token) => Box::pin(hub.activate_choice(token, request)).await,
        Action::Alive => health::alive(),
        Action::Ready => Box::pin(hub.ready()).await,
        Action::Metrics => Box::pin(hub.metrics()).await,
        Action::OpenApi => hub.openapi_document(),
        Action::Document(document) => document.reply(),
        Action::SandboxInbox(name) => Box::pin(hub.inbox_receives(name, request)).await,
        Action::SandboxNotifications
        | Action::SandboxClock
        | Action::SandboxMoveClock
        | Action::SandboxReset
        | Action::SandboxNext
        | Action::SandboxForceNext
        | Action::SandboxAnswers(_)
        | Action::SandboxOutbox
        | Action::SandboxReplay(_) => Box::pin(hub.sandbox_action(action, request, asker)).await,
        Action::Echo(_)
        | Action::Create
        | Action::Update
        | Action::Read(_)
        | Action::Report
        | Action::Feed
        | Action::Cancel(_)
        | Action::Revoke(_)
        | Action::Reactivate
        | Action::ActivationInfo(_)
        | Action::History(_)
        | Action::Explain(_)
        | Action::Products(_) => hub.entitlement_action(action, request, asker).await,
    }
}

/// Headers of a usual answer, what hyper adds among them.
const HEADERS_USUAL: usize = 8;

/// An answer as an HTTP response.
pub(crate) fn json(mut answer: Answer) -> Reply {
    let body = std::mem::take(&mut answer.body);
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = StatusCode::from_u16(answer.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let outcome = Outcome { code: answer.code, rule: answer.rule };
    if outcome != Outcome::OK {
        reply.extensions_mut().insert(outcome);
    }
    let headers = reply.headers_mut();
    // Those below, the request's id and its identity.
    headers.reserve(HEADERS_USUAL);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let mut set = |name, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    };
    if let Some(version) = answer.version {
        set(ETAG, &wire::etag(version));
    }
    if let Some(seconds) = answer.retry_after_s {
        set(RETRY_AFTER, &seconds.to_string());
    }
    if let Some(allow) = answer.allow {
        set(ALLOW, allow);
    }
    if let Some(limit) = answer.rate_limit {
        let RateLimit { quota, window_s, left, resets_in_s } = limit;
        set(HeaderName::from_static("ratelimit-policy"), &format!("\"default\";q={quota};w={window_s}"));
        set(HeaderName::from_static("ratelimit"), &format!("\"default\";r={left};t={resets_in_s}"));
    }
    if answer.challenge {
        set(WWW_AUTHENTICATE, "Basic realm=\"Entitle\", charset=\"UTF-8\"");
    }
    if answer.replayed {
        set(HeaderName::from_static("idempotent-replayed"), "true");
    }
    if !answer.ignored_fields.is_empty() {
        set(HeaderName::from_static("ignored-fields"), &answer.ignored_fields.join(", "));
    }
    if let Some(preference) = &answer.preference_applied {
        set(HeaderName::from_static("preference-applied"), preference);
    }
    reply
}

fn no_route(missed: NoRoute) -> ErrorAnswer {
    match missed {
        NoRoute::Path(near) => {
            let answer =
                ErrorAnswer::new(404, ResponseCode::NotFound, "unknown-path", "There is nothing at this path.");
            match near {
                Some(near) => answer.with_hint(format!("The nearest path is {near}.")),
                None => answer,
            }
        }
        NoRoute::Method(allow) => {
            let message = "This path does not answer to this method.";
            let mut answer = ErrorAnswer::new(405, ResponseCode::BadRequest, "wrong-method", message)
                .with_hint(format!("It answers to {allow}."));
            answer.allow = Some(allow);
            answer
        }
    }
}

impl Hub {
    /// Whether a request that takes its time may go on: where credentials have changed since it began,
    /// its own has to hold still. What it began at a merchant goes on in any case.
    async fn still_lets_in(&self, asker: &Asker, epoch: u64) -> Result<(), ErrorAnswer> {
        if !asker.shows_credential() || *self.credentials_epoch.borrow() == epoch {
            return Ok(());
        }
        match self.authorize(asker).await {
            // Nobody could look at it just now: the next look decides.
            Err(refused) if refused.http == 503 => Ok(()),
            looked_at => looked_at.map(drop),
        }
    }

    /// The contract as an OpenAPI document, for everybody.
    fn openapi_document(&self) -> Reply {
        let mut reply = Response::new(Full::new(self.openapi.clone()));
        reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        reply.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        reply
    }

    /// The request's time is over; what it began goes on. The record is shown where it can be.
    async fn too_late(&self, action: &Action, within: Duration, asker: &Asker) -> Answer {
        let message = format!("The answer took longer than {} s; what was begun goes on.", within.as_secs());
        let error = unavailable("deadline", &message, 1)
            .with_hint("Repeat with the same X-RequestIdentifier, or read the entitlement.");
        let id = match action {
            Action::Cancel(id) | Action::Revoke(id) | Action::ActivationInfo(id) | Action::Read(id) => id,
            _ => return Answer::error(&error),
        };
        let Ok(sender) = self.authorize(asker).await else {
            return Answer::error(&error);
        };
        match self.find(&sender.account, id).await {
            Ok(Some(row)) => Answer::unknown(&error, &row.state),
            Ok(None) | Err(_) => Answer::error(&error),
        }
    }
}

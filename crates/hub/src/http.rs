//! The route table, and nothing else: which path and method mean which action.

mod activate;
mod authorize;
pub(crate) mod body;
mod docs;
mod entitlement;
mod forced;
mod guarded;
mod health;
mod operations;
mod outbox;
mod page;
mod prefer;
mod respond;
mod sandbox;
mod watched;

pub(crate) use authorize::Asker;
pub use operations::{OPERATIONS, Operation};
pub(crate) use outbox::{print as notification_line, state_word};
pub(crate) use respond::{headers_too_slow, json, no_http, speaks_tls};
pub(crate) use sandbox::quoted;
pub(crate) use watched::serve;

use docs::{Document, document};
use hyper::body::Incoming;
use hyper::{Method, Request};
use std::borrow::Cow;
use wire::nearest;

/// A request whose body has not been read. Boxed: on its way to who reads it, it moves many times.
pub(crate) type Received = Box<Request<Incoming>>;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Echo(String),
    Create,
    Update,
    Read(String),
    Report,
    Feed,
    Cancel(String),
    Revoke(String),
    Reactivate,
    ActivationInfo(String),
    History(String),
    Explain(String),
    Products(Option<String>),
    ActivatePage(String),
    ActivateChoice(String),
    SandboxNotifications,
    SandboxClock,
    SandboxMoveClock,
    SandboxReset,
    SandboxNext,
    SandboxForceNext,
    SandboxInbox(String),
    SandboxAnswers(String),
    SandboxOutbox,
    SandboxReplay(String),
    Alive,
    Ready,
    Metrics,
    OpenApi,
    Document(&'static Document),
}

impl Action {
    /// Whether it is a read that takes no body.
    pub(crate) const fn is_read(&self) -> bool {
        matches!(
            self,
            Self::Echo(_) | Self::Read(_) | Self::History(_) | Self::Explain(_) | Self::Products(_) | Self::Feed
        )
    }
}

/// Why no action was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoRoute {
    /// The path is unknown; perhaps this one was meant.
    Path(Option<&'static str>),
    /// The path is known; these methods are allowed.
    Method(&'static str),
}

/// More than any path here has.
const SEGMENTS_MAX: usize = 8;

/// Paths named in hints, `{id}` standing for an id.
const PATHS: [&str; 14] = [
    "/v1/echo/{id}",
    "/v1/entitlement",
    "/v1/entitlement/{id}",
    "/v1/entitlement/report",
    "/v1/entitlement/cancel/{id}",
    "/v1/entitlement/revoke/{id}",
    "/v1/entitlement/{id}/activationInfo",
    "/v1/entitlement/{id}/history",
    "/v1/entitlement/{id}/explain",
    "/v1/products",
    "/v1/events",
    "/sandbox/v1/notifications",
    "/sandbox/v1/clock",
    "/sandbox/v1/outbox",
];

/// Finds the action of a path and method. `/v1` may be left out on reseller paths, one trailing
/// slash is accepted, and HEAD is GET.
pub(crate) fn route(method: &Method, path: &str, is_sandbox: bool) -> Result<Action, NoRoute> {
    let method = if method == Method::HEAD { Method::GET } else { method.clone() };
    let segments = segments(path).ok_or(NoRoute::Path(None))?;
    let mut words = [""; SEGMENTS_MAX];
    for (word, segment) in words.iter_mut().zip(&segments) {
        *word = segment;
    }
    // Of a longer path nothing is known, however it goes on.
    let words = &words[..segments.len().min(SEGMENTS_MAX)];
    let found = match words {
        ["sandbox", "v1", rest @ ..] if is_sandbox => sandbox_route(&method, rest),
        ["activate", token] => Some(one_of(
            &method,
            [
                (Method::GET, Action::ActivatePage((*token).into())),
                (Method::POST, Action::ActivateChoice((*token).into())),
            ],
            "GET, POST",
        )),
        ["healthz"] => Some(one_of(&method, [(Method::GET, Action::Alive)], "GET")),
        ["readyz"] => Some(one_of(&method, [(Method::GET, Action::Ready)], "GET")),
        ["metrics"] if is_sandbox => Some(one_of(&method, [(Method::GET, Action::Metrics)], "GET")),
        ["docs", "openapi.json"] => Some(one_of(&method, [(Method::GET, Action::OpenApi)], "GET")),
        ["docs", rest @ ..] => {
            document(rest).map(|found| one_of(&method, [(Method::GET, Action::Document(found))], "GET"))
        }
        ["v1", rest @ ..] | rest => reseller_route(&method, rest),
    };
    found.unwrap_or_else(|| Err(NoRoute::Path(nearest_path(words))))
}

type Routed = Option<Result<Action, NoRoute>>;

fn reseller_route(method: &Method, words: &[&str]) -> Routed {
    let get = |action| Some(one_of(method, [(Method::GET, action)], "GET"));
    let post = |action| Some(one_of(method, [(Method::POST, action)], "POST"));
    match words {
        ["echo", id] => get(Action::Echo((*id).into())),
        ["products"] => get(Action::Products(None)),
        ["products", reseller] => get(Action::Products(Some((*reseller).into()))),
        ["events"] => get(Action::Feed),
        ["entitlement"] => {
            Some(one_of(method, [(Method::POST, Action::Create), (Method::PATCH, Action::Update)], "POST, PATCH"))
        }
        ["entitlement", "report"] => post(Action::Report),
        ["entitlement", "cancel", id] => post(Action::Cancel((*id).into())),
        ["entitlement", "reactivate", _] => post(Action::Reactivate),
        ["entitlement", "revoke", id] => post(Action::Revoke((*id).into())),
        ["entitlement", word, id] | ["entitlement", id, word] if word.eq_ignore_ascii_case("activationInfo") => {
            let action = Action::ActivationInfo((*id).into());
            Some(one_of(method, [(Method::GET, action.clone()), (Method::POST, action)], "GET, POST"))
        }
        ["entitlement", id, "explain"] => get(Action::Explain((*id).into())),
        ["entitlement", id, "history"] => get(Action::History((*id).into())),
        ["entitlement", id] if !is_verb(id) => get(Action::Read((*id).into())),
        _ => None,
    }
}

fn sandbox_route(method: &Method, words: &[&str]) -> Routed {
    match words {
        ["notifications"] => Some(one_of(method, [(Method::GET, Action::SandboxNotifications)], "GET")),
        ["clock"] => Some(one_of(
            method,
            [(Method::GET, Action::SandboxClock), (Method::POST, Action::SandboxMoveClock)],
            "GET, POST",
        )),
        ["next"] => Some(one_of(
            method,
            [(Method::GET, Action::SandboxNext), (Method::POST, Action::SandboxForceNext)],
            "GET, POST",
        )),
        ["reset"] => Some(one_of(method, [(Method::POST, Action::SandboxReset)], "POST")),
        ["inbox", name] => Some(one_of(method, [(Method::POST, Action::SandboxInbox((*name).into()))], "POST")),
        ["inbox", name, "answers"] => {
            Some(one_of(method, [(Method::POST, Action::SandboxAnswers((*name).into()))], "POST"))
        }
        ["outbox"] => Some(one_of(method, [(Method::GET, Action::SandboxOutbox)], "GET")),
        ["outbox", id, "replay"] => Some(one_of(method, [(Method::POST, Action::SandboxReplay((*id).into()))], "POST")),
        _ => None,
    }
}

fn one_of<const N: usize>(
    method: &Method,
    known: [(Method, Action); N],
    allow: &'static str,
) -> Result<Action, NoRoute> {
    known.into_iter().find_map(|(allowed, action)| (allowed == method).then_some(action)).ok_or(NoRoute::Method(allow))
}

/// Words that are never ids (docs/API.md section 3), so that a slip does not read as one.
fn is_verb(word: &str) -> bool {
    ["report", "cancel", "revoke", "reactivate", "suspend", "resume"].iter().any(|verb| word.eq_ignore_ascii_case(verb))
}

/// The decoded segments, without one trailing slash; `None` where they are no text.
pub(crate) fn segments(path: &str) -> Option<Vec<Cow<'_, str>>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').map(decoded).collect()
}

fn decoded(segment: &str) -> Option<Cow<'_, str>> {
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = tail.get(2..)?;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

fn nearest_path(words: &[&str]) -> Option<&'static str> {
    // What has digits, but for the version, is taken for an id; a long one would hide the rest.
    let is_id = |word: &str| word.len() > "v1".len() && word.contains(|c: char| c.is_ascii_digit());
    let shown: Vec<&str> = words.iter().map(|word| if is_id(word) { "{id}" } else { word }).collect();
    let path = format!("/{}", shown.join("/"));
    let documents = docs::all().map(|document| document.path).filter(|_| words.first() == Some(&"docs"));
    nearest(&path, PATHS.into_iter().chain(documents))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_answers_with_and_without_the_version_and_with_one_trailing_slash() {
        for (method, path, action) in [
            (Method::GET, "/echo/7", Action::Echo("7".into())),
            (Method::POST, "/entitlement", Action::Create),
            (Method::PATCH, "/entitlement", Action::Update),
            (Method::GET, "/entitlement/a%2Eb", Action::Read("a.b".into())),
            (Method::POST, "/entitlement/report", Action::Report),
            (Method::POST, "/entitlement/cancel/x", Action::Cancel("x".into())),
            (Method::POST, "/entitlement/revoke/x", Action::Revoke("x".into())),
            (Method::GET, "/events", Action::Feed),
            (Method::GET, "/entitlement/x/ACTIVATIONinfo", Action::ActivationInfo("x".into())),
            (Method::POST, "/entitlement/activationInfo/x", Action::ActivationInfo("x".into())),
            (Method::GET, "/products", Action::Products(None)),
            (Method::GET, "/products/x", Action::Products(Some("x".into()))),
            (Method::GET, "/entitlement/x/explain", Action::Explain("x".into())),
            (Method::GET, "/entitlement/x/history", Action::History("x".into())),
        ] {
            for path in [path.to_owned(), format!("/v1{path}"), format!("/v1{path}/")] {
                assert_eq!(route(&method, &path, false), Ok(action.clone()), "{method} {path}");
            }
        }
    }

    #[test]
    fn a_known_path_names_its_methods_and_an_unknown_one_its_neighbour() {
        assert_eq!(route(&Method::DELETE, "/v1/entitlement", false), Err(NoRoute::Method("POST, PATCH")));
        assert_eq!(route(&Method::GET, "/v1/entitlement/report", false), Err(NoRoute::Method("POST")));
        assert_eq!(route(&Method::POST, "/v1/entitlements", false), Err(NoRoute::Path(Some("/v1/entitlement"))));
        assert!(route(&Method::GET, "/sandbox/v1/clock", false).is_err(), "no sandbox, no clock");
        assert_eq!(route(&Method::GET, "/entitlement/%zz", false), Err(NoRoute::Path(None)));
        assert!(matches!(route(&Method::POST, "/v1/entitlement/suspend/x", false), Err(NoRoute::Path(_))));
        assert!(matches!(route(&Method::GET, "/v1/entitlement/x//", false), Err(NoRoute::Path(_))));
    }
}

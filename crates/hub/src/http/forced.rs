//! Answers of the hub that a test credential asks for (docs/API.md section 8.5): right after
//! authentication, nothing is read and nothing is done.

use super::prefer::{extension, preference};
use super::sandbox::fault;
use super::{NoRoute, route};
use crate::answer::Answer;
use crate::catalog::Account;
use crate::sandbox::Forced;
use crate::{Hub, answer};
use entitlement::{Json, JsonObject};
use hyper::Method;
use hyper::http::request::Parts;
use wire::{ErrorAnswer, RateLimit, ResponseCode, Switches};

/// `Retry-After` of a forced 429 and 503.
const RETRY_AFTER_S: u32 = 1;
/// What a forced 429 says of the limit: the default of `serve`, used up.
const USED_UP: RateLimit = RateLimit { quota: 400, window_s: 2, left: 0, resets_in_s: 2 };
/// `times` of POST /sandbox/v1/next at most.
const TIMES_MAX: u32 = 1_000;

type Answered = Result<Answer, Box<ErrorAnswer>>;

impl Hub {
    /// The answer that is forced on this call, if one is.
    pub(super) fn forced(&self, account: &Account, parts: &Parts) -> Result<Option<Answer>, Box<ErrorAnswer>> {
        let Some(sandbox) = self.sandbox.as_ref().filter(|_| !account.live) else {
            return Ok(None);
        };
        if let Some(status) = preference(&parts.headers, "status") {
            let code = extension(&parts.headers, "responseCode");
            let forced = read(&status, code.as_deref(), ["Prefer", "preference-extension"], &account.switches)?;
            let answer = answer(forced, &format!("Prefer: status={}", forced.http), parts);
            return Ok(Some(Answer { preference_applied: Some(format!("status={}", forced.http)), ..answer }));
        }
        Ok(sandbox.next().take(account.id).map(|forced| answer(forced, "POST /sandbox/v1/next", parts)))
    }

    /// POST /sandbox/v1/next: how the account's next calls of section 4 are answered.
    pub(super) fn force_next(&self, account: &Account, asked: &JsonObject) -> Answered {
        let Some(sandbox) = self.sandbox.as_ref().filter(|_| !account.live) else {
            return Err(Box::new(fault("Authorization", "Live credentials force nothing; use a test credential.")));
        };
        if let Some((name, _)) =
            asked.0.iter().find(|(name, _)| !["status", "responseCode", "times"].contains(&&**name))
        {
            return Err(Box::new(fault(name, "It takes status, responseCode and times.")));
        }
        match times(asked)? {
            0 => sandbox.next().clear(account.id),
            times => {
                let status = match asked.get("status") {
                    Some(Json::Number(status) | Json::String(status)) => status.as_str(),
                    Some(_) | None => "",
                };
                let code = match asked.get("responseCode") {
                    Some(Json::String(code)) => Some(code.as_str()),
                    Some(Json::Null) | None => None,
                    Some(_) => Some(""),
                };
                let forced = read(status, code, ["status", "responseCode"], &account.switches)?;
                sandbox.next().set(account.id, forced, times);
            }
        }
        Ok(self.next_forced(account))
    }

    /// GET /sandbox/v1/next: what is still to be forced.
    pub(super) fn next_forced(&self, account: &Account) -> Answer {
        let next = self.sandbox.as_ref().and_then(|sandbox| sandbox.next().get(account.id));
        let members = next.map_or("\"next\":null".to_owned(), |(forced, times)| {
            let Forced { http, code } = forced;
            format!("\"next\":{{\"status\":{http},\"responseCode\":\"{}\",\"times\":{times}}}", code.as_str())
        });
        Answer::plain(200, super::sandbox::envelope(&members))
    }
}

fn times(asked: &JsonObject) -> Result<u32, Box<ErrorAnswer>> {
    let times = match asked.get("times") {
        None => Some(1),
        Some(Json::Number(times)) => times.parse().ok().filter(|times| *times <= TIMES_MAX),
        Some(_) => None,
    };
    times.ok_or_else(|| Box::new(fault("times", "How many calls, from 1 to 1000; 0 takes it back.")))
}

/// Reads a status and a code that goes with it; `fields` are the names of the two for a fault.
fn read(status: &str, code: Option<&str>, fields: [&str; 2], switches: &Switches) -> Result<Forced, Box<ErrorAnswer>> {
    let http = status.parse::<u16>().ok().filter(|http| (400..=599).contains(http));
    let http =
        http.ok_or_else(|| Box::new(fault(fields[0], "A status from 400 to 599 can be forced, such as 429.")))?;
    let fitting = ResponseCode::of_status(http);
    let code = match code {
        None if http == 409 => Some(switches.conflict_code),
        None => fitting.first().copied(),
        Some(word) => fitting.iter().find(|code| code.as_str() == word).copied(),
    };
    code.map(|code| Forced { http, code }).ok_or_else(|| {
        let words: Vec<&str> = fitting.iter().map(|code| code.as_str()).collect();
        Box::new(fault(fields[1], &format!("With {http} goes {}.", words.join(" or "))))
    })
}

fn answer(forced: Forced, by: &str, parts: &Parts) -> Answer {
    let Forced { http, code } = forced;
    let is_unavailable = code == ResponseCode::ServiceUnavailable;
    let mut error = ErrorAnswer::new(http, code, "forced", message(http, code))
        .with_hint(format!("Forced by {by}; nothing was done."));
    error.retryable |= is_unavailable;
    match http {
        405 => error.allow = allowed(parts.uri.path()),
        429 | 503 => error.retry_after_s = Some(RETRY_AFTER_S),
        _ => {}
    }
    Answer { rate_limit: (http == 429).then_some(USED_UP), ..answer::Answer::error(&error) }
}

/// The methods of a path, as a wrong one would be told.
fn allowed(path: &str) -> Option<&'static str> {
    match route(&Method::TRACE, path, true) {
        Err(NoRoute::Method(allowed)) => Some(allowed),
        Ok(_) | Err(NoRoute::Path(_)) => None,
    }
}

/// What the hub usually says with this status and code.
const fn message(http: u16, code: ResponseCode) -> &'static str {
    match (http, code) {
        (401, _) => "The credential is missing or not accepted.",
        (404, _) => "There is no such entitlement.",
        (405, _) => "This path does not answer to this method.",
        (408, _) => "The body did not arrive within 10 s.",
        (409, ResponseCode::AlreadyExists) => "This entitlementId is used already; ids are never used again.",
        (409, _) => "The entitlement's status does not allow this.",
        (412, _) => "The entitlement has changed since the version named in If-Match.",
        (413, _) => "The body is larger than 256 KiB.",
        (415, _) => "The body is not declared as JSON.",
        (422, ResponseCode::BadRequest) => "This X-RequestIdentifier was used for another request.",
        (422, _) => "This merchant, product or offer is not sold to you.",
        (429, _) => "Too many requests.",
        (_, ResponseCode::InternalError) => "Something went wrong in the hub.",
        (_, ResponseCode::ServiceUnavailable) => "The hub takes no requests now; nothing was done.",
        (_, _) => "Invalid request or the request contains invalid data.",
    }
}

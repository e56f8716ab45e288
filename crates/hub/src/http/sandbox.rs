//! The sandbox's own calls: inbox, notifications, clock, reset (docs/API.md section 8). The outbox
//! has a file of its own.

use super::authorize::Asker;
use super::respond::{Reply, json};
use super::{Action, Received, body, outbox};
use crate::Hub;
use crate::answer::Answer;
use crate::catalog::Account;
use crate::execute::from_store;
use crate::sandbox::Happening;
use entitlement::{Json, JsonObject, Moment};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use jiff::{Span, Timestamp, tz::TimeZone};
use wire::{ErrorAnswer, Fault, ResponseCode, parse_date, print_date};

/// The clock stops before this, like every date (docs/API.md section 3).
const CLOCK_END: &str = "2200-01-01T00:00:00Z";

type Answered = Result<Answer, Box<ErrorAnswer>>;

impl Hub {
    /// A receiver without credential: keeps what came and answers as it was told to.
    pub(super) async fn inbox_receives(&self, name: &str, request: Received) -> Reply {
        let (parts, incoming) = request.into_parts();
        let bytes = match body::read(incoming).await {
            Ok(bytes) => bytes,
            Err(error) => return json(Answer::error(&error)),
        };
        let Some(sandbox) = &self.sandbox else {
            return json(Answer::error(&crate::answer::internal_error()));
        };
        let real_now = Moment(self.store.now().0 - self.store.clock_offset_ms());
        let status = sandbox.inbox().receive(name, &parts.headers, &bytes, real_now, sandbox.webhook_secret());
        json(Answer::plain(status, "{}".to_owned()))
    }

    pub(super) async fn sandbox_action(&self, action: &Action, request: Received, asker: &Asker) -> Reply {
        let (parts, incoming) = request.into_parts();
        let answered = self.sandbox_answer(action, &parts, incoming, asker).await;
        json(answered.unwrap_or_else(|error| Answer::error(&error)))
    }

    async fn sandbox_answer(&self, action: &Action, parts: &Parts, incoming: Incoming, asker: &Asker) -> Answered {
        let (headers, query) = (&parts.headers, parts.uri.query());
        let sender = self.authorize(asker).await?;
        let account = &sender.account;
        let _place = self.load.take(account.id)?;
        let bytes = body::read(incoming).await?;
        let Some(sandbox) = &self.sandbox else {
            return Err(Box::new(crate::answer::internal_error()));
        };
        if *action == Action::SandboxNotifications {
            let (inbox, limit) = inbox_filter(query.unwrap_or(""))?;
            return Ok(Answer::plain(200, sandbox.inbox().list(inbox.as_deref(), limit)));
        }
        if *action == Action::SandboxClock {
            return self.clock_now(account).await;
        }
        if *action == Action::SandboxNext {
            return Ok(self.next_forced(account));
        }
        if *action == Action::SandboxOutbox {
            return self.outbox(account, query.unwrap_or("")).await;
        }
        let asked = body::json(headers, &bytes)?.unwrap_or_default();
        match action {
            Action::SandboxMoveClock => self.clock_moved(account, &asked).await,
            Action::SandboxForceNext => self.force_next(account, &asked),
            Action::SandboxReset => {
                self.reset_sandbox().await.map_err(from_store)?;
                Ok(Answer::plain(200, envelope("\"reset\":true")))
            }
            Action::SandboxAnswers(name) => {
                let (status, times) = answers(&asked)?;
                sandbox.inbox().answer_with(name, status, times);
                let members = format!("\"inbox\":{},\"status\":{status},\"times\":{times}", quoted(name));
                Ok(Answer::plain(200, envelope(&members)))
            }
            Action::SandboxReplay(id) => self.replay_one(account, id).await,
            _ => Err(Box::new(crate::answer::internal_error())),
        }
    }

    async fn clock_now(&self, account: &Account) -> Answered {
        let forecast = self.planned(account.id).await.map_err(from_store)?;
        let lines: Vec<String> = forecast.iter().map(Happening::print_planned).collect();
        let members = format!("{},\"forecast\":[{}]", self.clock_members(), lines.join(","));
        Ok(Answer::plain(200, envelope(&members)))
    }

    async fn clock_moved(&self, account: &Account, asked: &JsonObject) -> Answered {
        let target = match target(asked, self.store.now())? {
            None if self.store.clock_offset_ms() == 0 => self.store.now(),
            None => return Err(Box::new(backwards())),
            Some(target) if target < self.store.now().whole_second() => return Err(Box::new(backwards())),
            Some(target) => target,
        };
        let moved = self.move_clock(target).await.map_err(from_store)?;
        let fired = moved.fired.iter().filter(|happening| happening.account == account.id);
        let fired: Vec<String> = fired.map(Happening::print_fired).collect();
        let members = format!("{},\"fired\":[{}],\"left\":{}", self.clock_members(), fired.join(","), moved.left);
        Ok(Answer::plain(200, envelope(&members)))
    }

    fn clock_members(&self) -> String {
        // To the nearest second: time runs on while the clock moves.
        let offset_s = (self.store.clock_offset_ms() + 500).div_euclid(1_000);
        format!("\"now\":\"{}\",\"offset\":\"PT{offset_s}S\"", print_date(self.store.now()))
    }
}

/// Which inbox, and how many at most.
fn inbox_filter(query: &str) -> Result<(Option<String>, usize), Box<ErrorAnswer>> {
    let (mut inbox, mut shown, mut faults) = (None, outbox::LIMIT, Vec::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "inbox" => inbox = Some(value.into_owned()),
            "limit" => match outbox::limit(&value) {
                Ok(limit) => shown = limit,
                Err(fault) => faults.push(fault),
            },
            unknown => faults.push(outbox::unknown_filter(unknown, &["inbox", "limit"])),
        }
    }
    if faults.is_empty() { Ok((inbox, shown)) } else { Err(Box::new(ErrorAnswer::faults(faults))) }
}

/// Where the clock is to go; `None` for `{"real": true}`.
fn target(asked: &JsonObject, now: Moment) -> Result<Option<Moment>, Box<ErrorAnswer>> {
    let target = match asked.0.as_slice() {
        [(name, Json::String(span))] if name == "advance" => advanced(now, span).map(Some),
        [(name, Json::String(date))] if name == "set" => parse_date(date).map(Some),
        [(name, Json::Bool(true))] if name == "real" => Some(None),
        _ => None,
    };
    let in_time = |target: &Option<Moment>| target.is_none_or(|at| parse_date(CLOCK_END).is_some_and(|end| at < end));
    target.filter(in_time).ok_or_else(|| {
        let name = asked.0.first().map_or("advance", |(name, _)| name.as_str());
        Box::new(fault(
            name,
            "Send one of {\"advance\":\"P40D\"}, {\"set\":\"2030-01-01T00:00:00Z\"}, {\"real\":true}.",
        ))
    })
}

fn advanced(now: Moment, span: &str) -> Option<Moment> {
    let span: Span = span.parse().ok()?;
    let now = Timestamp::from_millisecond(now.0).ok()?.to_zoned(TimeZone::UTC);
    Some(Moment(now.checked_add(span).ok()?.timestamp().as_millisecond()))
}

fn answers(asked: &JsonObject) -> Result<(u16, u32), Box<ErrorAnswer>> {
    let number = |name: &str| match asked.get(name) {
        Some(Json::Number(text)) => text.parse::<u32>().ok(),
        Some(_) | None => None,
    };
    let status = number("status").and_then(|status| u16::try_from(status).ok()).filter(|s| (200..=599).contains(s));
    let status = status.ok_or_else(|| Box::new(fault("status", "An HTTP status from 200 to 599.")))?;
    let times = if asked.get("times").is_none() { Some(1) } else { number("times") };
    let times = times.ok_or_else(|| Box::new(fault("times", "How often, as a whole number.")))?;
    Ok((status, times))
}

pub(super) fn fault(field: &str, hint: &str) -> ErrorAnswer {
    ErrorAnswer::faults(vec![Fault {
        field: field.to_owned(),
        rule: "sandbox-invalid",
        message: format!("{field} parameter is invalid"),
        hint: Some(hint.to_owned()),
    }])
}

fn backwards() -> ErrorAnswer {
    let message = "The test clock never goes backwards.";
    ErrorAnswer::new(409, ResponseCode::NotAvailable, "clock-backwards", message)
        .with_hint("POST /sandbox/v1/reset empties the test data and takes the clock back to real time.")
}

pub(super) fn envelope(members: &str) -> String {
    format!("{{\"responseCode\":\"OK\",\"responseMessage\":\"Success\",\"parameters\":{{}},{members}}}")
}

pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::new();
    wire::push_string(&mut out, text);
    out
}

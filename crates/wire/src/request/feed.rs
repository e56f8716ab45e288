//! Feed: `GET /v1/events?after=&limit=&wait=`.

use super::fields::{Fields, unknown_hint};
use super::switches::Unknown;
use crate::field::names;
use crate::{Fault, Field, Shape, rule};
use entitlement::{Json, JsonObject};
use std::str::FromStr;
use url::form_urlencoded;

/// Most events on a page.
pub const FEED_LIMIT_MAX: usize = 1000;

/// How many there are unless asked otherwise.
const FEED_LIMIT: usize = 100;

/// Longest wait for an event, in seconds: most proxies let a request stand for a minute.
pub const FEED_WAIT_S_MAX: usize = 30;

/// The parameters of a feed, in the contract's order.
pub const FEED_PARAMETERS: [Field; 3] = [
    Field::new("after", Shape::Digits, "events behind this position; from the oldest one unless set").filled(),
    Field::new("limit", Shape::Count(FEED_LIMIT_MAX), "at most so many; 100 unless set").filled(),
    Field::new("wait", Shape::UpTo(FEED_WAIT_S_MAX), "seconds to wait where nothing is there yet; 0 unless set")
        .filled(),
];

/// What a feed asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedRequest {
    /// Events after this position; `None`: from the oldest one kept.
    pub after: Option<u64>,
    /// Page size, 1 to [`FEED_LIMIT_MAX`].
    pub limit: usize,
    /// How long to wait for the first event, 0 to [`FEED_WAIT_S_MAX`].
    pub wait_s: usize,
}

impl FeedRequest {
    /// Reads the query of a feed: what stands behind the `?`.
    ///
    /// # Errors
    /// Every faulty parameter, in the contract's order.
    pub fn parse(query: Option<&str>) -> Result<Self, Vec<Fault>> {
        let mut fields = Fields::new(members(query.unwrap_or_default()));
        let request = Self {
            after: take(&mut fields, "after", |_: &u64| true, cursor_fault),
            limit: take(&mut fields, "limit", |limit| (1..=FEED_LIMIT_MAX).contains(limit), limit_fault)
                .unwrap_or(FEED_LIMIT),
            wait_s: take(&mut fields, "wait", |wait_s| *wait_s <= FEED_WAIT_S_MAX, wait_fault).unwrap_or(0),
        };
        // A parameter that is not understood must never change what is answered, whatever a switch says.
        fields.finish(Unknown::Refuse, |name| match names(&FEED_PARAMETERS).contains(&name) {
            true => format!("{name} stands twice in the query. Send it once."),
            false => unknown_hint(name, &FEED_PARAMETERS),
        })?;
        Ok(request)
    }
}

fn members(query: &str) -> JsonObject {
    let pairs = form_urlencoded::parse(query.as_bytes());
    JsonObject(pairs.map(|(name, value)| (name.into_owned(), Json::String(value.into_owned()))).collect())
}

/// A whole number in digits only, if it is within its bounds.
fn take<T: FromStr>(
    fields: &mut Fields,
    name: &str,
    is_within: impl FnOnce(&T) -> bool,
    fault: impl FnOnce() -> Fault,
) -> Option<T> {
    let Json::String(text) = fields.take(name)? else {
        return None;
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits).filter(is_within);
    fields.keep(number.ok_or_else(fault))
}

fn cursor_fault() -> Fault {
    Fault::invalid("after", rule::CURSOR_INVALID).with_hint(
        "Send parameters.feedCursor of a report or of the page before as it is, \
         or leave after out to begin with the oldest event.",
    )
}

fn limit_fault() -> Fault {
    Fault::invalid("limit", rule::LIMIT_RANGE).with_hint(format!("limit is a whole number from 1 to {FEED_LIMIT_MAX}."))
}

fn wait_fault() -> Fault {
    Fault::invalid("wait", rule::WAIT_RANGE)
        .with_hint(format!("wait is a whole number of seconds from 0 to {FEED_WAIT_S_MAX}."))
}

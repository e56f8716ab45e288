//! The feed: positions without a gap, each version of a record once and in order, and in an order that agrees
//! with what was answered before what.

use crate::order::{Done, done, same_record};
use crate::recording::{Ask, Event, Recording};
use crate::verdict::{Kind, Verdict};
use serde_json::Value;
use std::collections::BTreeMap;

/// The versions of a record as the feed shows them, each with the position that made it: the first is version 1.
type Versions<'r> = Vec<(u64, &'r Value)>;

pub(crate) fn check(recording: &Recording, verdict: &mut Verdict) {
    let feed = &recording.afterwards.feed;
    for pair in feed.windows(2) {
        if let [one, next] = pair
            && next.position != one.position + 1
        {
            verdict.add(Kind::FeedGap, format!("{} follows {}", next.position, one.position));
        }
    }
    let versions = versions(feed);
    let done = done(recording);
    for (id, told) in &recording.afterwards.records {
        let shown = versions.get(id.as_str()).map_or(0, Vec::len);
        if shown != told.version as usize {
            verdict.add(Kind::FeedOrder, format!("{id} has {} versions, the feed shows {shown}", told.version));
        }
    }
    for (id, done) in &done {
        if let Some(versions) = versions.get(id.as_str()) {
            shows_answers(id, done, versions, verdict);
        }
    }
    agrees_with_time(&done, &versions, verdict);
}

/// Several events of one commit show the same record.
fn versions(feed: &[Event]) -> BTreeMap<&str, Versions<'_>> {
    let mut versions: BTreeMap<&str, Versions<'_>> = BTreeMap::new();
    for event in feed {
        let of_this = versions.entry(&event.entitlement).or_default();
        if of_this.last().is_none_or(|(_, record)| *record != &event.record) {
            of_this.push((event.position, &event.record));
        }
    }
    versions
}

fn made_by<'v>(versions: &Versions<'v>, one: &Done<'_>) -> Option<(u64, &'v Value)> {
    versions.get((one.version() as usize).checked_sub(1)?).copied()
}

fn shows_answers(id: &str, done: &[Done<'_>], versions: &Versions<'_>, verdict: &mut Verdict) {
    for one in done {
        let shown = made_by(versions, one).map(|(_, record)| record);
        if !shown.is_some_and(|record| same_record(record, &one.answer.value())) {
            let (identity, body) = (&one.operation.identity, &one.answer.body);
            let what = format!("{id}: {identity} was answered version {}\n    {body}", one.version());
            verdict.add(Kind::FeedOrder, format!("{what}\n    and the feed shows {shown:?}"));
        }
    }
}

/// What began after something was answered has a later position. Only of what changes something for certain.
fn agrees_with_time(
    done: &BTreeMap<String, Vec<Done<'_>>>,
    versions: &BTreeMap<&str, Versions<'_>>,
    verdict: &mut Verdict,
) {
    let mut placed: Vec<(u64, u64, u64, &str)> = Vec::new();
    for (id, done) in done {
        let Some(versions) = versions.get(id.as_str()) else { continue };
        for one in done.iter().filter(|one| changes_for_certain(&one.operation.ask)) {
            if let Some((position, _)) = made_by(versions, one) {
                placed.push((one.operation.begin_us(), one.end, position, &one.operation.identity));
            }
        }
    }
    placed.sort_unstable();
    let mut ends: Vec<(u64, u64)> = placed.iter().map(|(_, end, position, _)| (*end, *position)).collect();
    ends.sort_unstable();
    let mut ends = ends.into_iter().peekable();
    let mut last = 0;
    for (begin, _, position, identity) in placed {
        while let Some((_, before)) = ends.next_if(|(end, _)| *end < begin) {
            last = last.max(before);
        }
        if position < last {
            let what = format!("{identity} has position {position}, and {last} was answered before it began");
            verdict.add(Kind::FeedOrder, what);
        }
    }
}

fn changes_for_certain(ask: &Ask) -> bool {
    matches!(ask, Ask::Create(_) | Ask::Update(_) | Ask::Cancel | Ask::Revoke)
}

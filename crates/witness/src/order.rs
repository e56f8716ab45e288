//! What two answers say about each other: versions go up with time, and what was answered is there afterwards.
//! Less than the search finds, and told in fewer words.

use crate::recording::{Answer, Ask, Operation, Recording, Told};
use crate::verdict::{Kind, Verdict};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An answered operation.
pub(crate) struct Done<'r> {
    pub(crate) operation: &'r Operation,
    pub(crate) end: u64,
    pub(crate) answer: &'r Answer,
}

impl Done<'_> {
    pub(crate) fn version(&self) -> u32 {
        self.answer.version.unwrap_or(0)
    }
}

/// Everything that was done, by entitlement.
pub(crate) fn done(recording: &Recording) -> BTreeMap<String, Vec<Done<'_>>> {
    let mut by_id: BTreeMap<String, Vec<Done<'_>>> = BTreeMap::new();
    for operation in &recording.operations {
        if let Some((end, answer)) = operation.done() {
            by_id.entry(operation.id()).or_default().push(Done { operation, end, answer });
        }
    }
    by_id
}

pub(crate) fn check(recording: &Recording, verdict: &mut Verdict) {
    let done = done(recording);
    for (id, done) in &done {
        goes_up(id, done, verdict);
        match recording.afterwards.records.get(id) {
            Some(told) => is_there(id, done, told, verdict),
            None => verdict.add(Kind::Lost, format!("{id} was answered and is not there")),
        }
    }
    not_doubled(recording, &done, verdict);
}

/// Whatever began after an answer shows its version or a later one.
fn goes_up(id: &str, done: &[Done<'_>], verdict: &mut Verdict) {
    let mut by_begin: Vec<&Done<'_>> = done.iter().collect();
    by_begin.sort_by_key(|one| one.operation.begin_us());
    let mut by_end: Vec<&Done<'_>> = done.iter().collect();
    by_end.sort_by_key(|one| one.end);
    let mut ended = by_end.into_iter().peekable();
    let mut shown = 0;
    for one in by_begin {
        while let Some(before) = ended.next_if(|before| before.end < one.operation.begin_us()) {
            shown = shown.max(before.version());
        }
        if one.version() < shown {
            let kind = if one.operation.is_read() { Kind::Stale } else { Kind::Swapped };
            let identity = &one.operation.identity;
            let what = format!("{id}: {identity} {:?} is at version {}", one.operation.ask, one.version());
            verdict.add(kind, format!("{what}, and {shown} was answered before it began"));
        }
    }
}

fn is_there(id: &str, done: &[Done<'_>], told: &Told, verdict: &mut Verdict) {
    for one in done {
        let is_lost = one.version() > told.version
            || (one.version() == told.version && !same_record(&one.answer.value(), &told.body));
        if is_lost {
            let (identity, answer) = (&one.operation.identity, one.answer);
            verdict.add(Kind::Lost, format!("{id}: {identity} was answered\n    {answer:?}\n    and is {told:?}"));
        }
    }
}

/// No entitlement that nobody made, no version that nobody asked for.
fn not_doubled(recording: &Recording, done: &BTreeMap<String, Vec<Done<'_>>>, verdict: &mut Verdict) {
    let mut asked: BTreeMap<String, u32> = BTreeMap::new();
    let mut unknown_creates: BTreeSet<&str> = BTreeSet::new();
    for operation in recording.operations.iter().filter(|one| !one.is_read()) {
        let is_unknown = operation.settled().is_none();
        if is_unknown && matches!(operation.ask, Ask::Create(_)) {
            unknown_creates.insert(&operation.customer);
        }
        if is_unknown || operation.done().is_some() {
            *asked.entry(operation.id()).or_default() += 1;
        }
    }
    for (id, told) in &recording.afterwards.records {
        let customer = told.body["customerIdentifier"].as_str().unwrap_or_default();
        if !done.contains_key(id) && !unknown_creates.contains(customer) {
            verdict.add(Kind::Doubled, format!("{id} was made, and nobody was told"));
        } else if done.contains_key(id) && told.version > asked.get(id).copied().unwrap_or(0) {
            verdict
                .add(Kind::Doubled, format!("{id} is at version {}, asked for were {:?}", told.version, asked.get(id)));
        }
    }
}

/// What belongs to the answer and not to the record.
const ENVELOPE: [&str; 3] = ["responseCode", "responseMessage", "parameters"];

/// Whether two bodies hold the same record.
pub(crate) fn same_record(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return false };
    let members =
        |of: &serde_json::Map<String, Value>| of.keys().filter(|name| !ENVELOPE.contains(&name.as_str())).count();
    members(one) == members(other) && is_within(one, other)
}

/// Whether all members of a record are in another body.
pub(crate) fn is_within(record: &serde_json::Map<String, Value>, body: &serde_json::Map<String, Value>) -> bool {
    record.iter().all(|(name, value)| ENVELOPE.contains(&name.as_str()) || body.get(name) == Some(value))
}

//! A request identity has one effect at most, and one answer.

use crate::recording::{Answer, Operation, Recording};
use crate::verdict::{Kind, Verdict};
use std::collections::BTreeMap;

pub(crate) fn check(recording: &Recording, verdict: &mut Verdict) {
    for operation in recording.operations.iter().filter(|one| !one.identity.is_empty()) {
        answered_once(operation, verdict);
    }
    effects(recording, verdict);
}

/// Every answer that settles it is the first one, byte by byte.
fn answered_once(operation: &Operation, verdict: &mut Verdict) {
    let Some((_, first)) = operation.settled() else { return };
    let differs =
        |answer: &Answer| (answer.status, answer.version, &answer.body) != (first.status, first.version, &first.body);
    if let Some((_, other)) = operation.finals().find(|(_, answer)| differs(answer)) {
        let identity = &operation.identity;
        verdict.add(Kind::AnsweredTwice, format!("{identity} was answered\n    {first:?}\n    and\n    {other:?}"));
    }
}

/// In all histories an identity stands behind one event of a kind.
fn effects(recording: &Recording, verdict: &mut Verdict) {
    let mut seen: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for (id, events) in &recording.afterwards.histories {
        for event in events.iter().filter(|event| event["planned"] != true) {
            let (identity, word) = (event["requestId"].as_str(), event["event"].as_str());
            let (Some(identity), Some(word)) = (identity, word) else { continue };
            if let Some(other) = seen.insert((identity, word), id) {
                verdict.add(Kind::Doubled, format!("{identity} did {word} on {other} and on {id}"));
            }
        }
    }
}

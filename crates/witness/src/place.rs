//! One customer's entitlements of one product: what is asked of them is decided together, since one of them at
//! most may be open. Whether there is an order that agrees with all answers is searched by `search`.

use crate::machine::{Machine, Move};
use crate::recording::{Ask, Operation, Outcome, Recording};
use crate::search::{self, Found, Interval, Stuck};
use crate::verdict::{Kind, Verdict};
use crate::{Answer, Attempt};
use std::collections::BTreeMap;

/// So many operations around the point where no order goes on are told.
const TOLD_MAX: usize = 12;

/// All that a customer has or had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Place(BTreeMap<String, Machine>);

/// An operation with what is known of it.
struct Known<'r> {
    operation: &'r Operation,
    outcome: Outcome<'r>,
}

pub(crate) fn check(recording: &Recording, verdict: &mut Verdict) {
    let finals = final_reads(recording);
    let mut by_customer: BTreeMap<&str, Vec<Known<'_>>> = BTreeMap::new();
    for operation in recording.operations.iter().chain(&finals) {
        let outcome = operation.outcome();
        if !matches!(outcome, Outcome::Nothing) {
            by_customer.entry(&operation.customer).or_default().push(Known { operation, outcome });
        }
    }
    for (customer, known) in by_customer {
        let intervals: Vec<Interval> = known.iter().map(Known::interval).collect();
        let apply = |at: usize, place: &Place| known.get(at).and_then(|one| place.after(one));
        match search::order(&intervals, Place::default(), apply) {
            Found::Order => {}
            Found::None(stuck) => verdict.add(Kind::NotLinearizable, told(customer, &known, &stuck)),
            Found::TooMany => verdict.add(Kind::Undecided, format!("{customer}: {} operations", known.len())),
        }
    }
}

impl Known<'_> {
    fn interval(&self) -> Interval {
        Interval { begin: self.operation.begin_us(), end: self.operation.settled().map(|(end, _)| end) }
    }
}

impl Place {
    /// After an operation with this outcome; `None` where it cannot have that outcome here.
    fn after(&self, known: &Known<'_>) -> Option<Self> {
        let Known { operation, outcome } = known;
        let (id, moved) = self.moved(operation);
        match (outcome, moved) {
            (Outcome::Done(answer), Move::To(next)) if next.is_shown_by(answer) => Some(self.with(id, next)),
            // What was never answered counts only where it did something.
            (Outcome::Unknown, Move::To(next)) if self.0.get(&id) != Some(&next) => Some(self.with(id, next)),
            (Outcome::Refused(answer), Move::Refused(rule)) if answer.rule() == rule => Some(self.clone()),
            _ => None,
        }
    }

    fn moved(&self, operation: &Operation) -> (String, Move) {
        let mut id = operation.id();
        let Ask::Create(members) = &operation.ask else {
            let moved = self.0.get(&id).map_or(Move::Refused("unknown-entitlement"), |it| it.after(&operation.ask));
            return (id, moved);
        };
        if id.is_empty() {
            id = format!("of {}", operation.identity);
        }
        let moved = if self.0.contains_key(&id) {
            Move::Refused("id-used")
        } else if self.0.values().any(|one| one.status.is_open()) {
            Move::Refused("limit-reached")
        } else {
            Move::To(Machine::new(members.clone()))
        };
        (id, moved)
    }

    fn with(&self, id: String, next: Machine) -> Self {
        let mut place = self.clone();
        place.0.insert(id, next);
        place
    }
}

/// What is read when all is over, as the last operations.
fn final_reads(recording: &Recording) -> Vec<Operation> {
    let last = recording.operations.iter().flat_map(|one| &one.attempts).map(|one| one.end_us).max().unwrap_or(0);
    let read = |(id, told): (&String, &crate::Told)| {
        let body = told.body.to_string();
        let answer = Answer { status: 200, version: Some(told.version), body, replayed: false };
        Operation {
            identity: String::new(),
            customer: told.body["customerIdentifier"].as_str().unwrap_or_default().to_owned(),
            entitlement: id.clone(),
            ask: Ask::Read,
            attempts: vec![Attempt { node: 0, begin_us: last + 1, end_us: last + 2, answer: Some(answer) }],
        }
    };
    recording.afterwards.records.iter().map(read).collect()
}

fn told(customer: &str, known: &[Known<'_>], stuck: &Stuck<Place>) -> String {
    let mut text = format!("{customer}: no order goes on after {} of {} operations; there", stuck.done, known.len());
    for (id, machine) in &stuck.state.0 {
        text.push_str(&format!("\n    {id} is {machine:?}"));
    }
    for one in stuck.next.iter().take(TOLD_MAX).filter_map(|at| known.get(*at)) {
        let Operation { identity, ask, attempts, .. } = one.operation;
        let (begin, id) = (one.operation.begin_us(), one.operation.id());
        text.push_str(&format!("\n    from {begin} {identity} {ask:?} of {id}, {} attempts: ", attempts.len()));
        text.push_str(&match one.outcome {
            Outcome::Done(answer) | Outcome::Refused(answer) => {
                let end = one.operation.settled().map_or(0, |(end, _)| end);
                format!("{} version {:?} until {end}: {}", answer.status, answer.version, answer.body)
            }
            Outcome::Nothing | Outcome::Unknown => "not answered".to_owned(),
        });
    }
    text
}

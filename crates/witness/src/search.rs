//! Is there an order? The search of Wing and Gong with the memory of Lowe: operations are put in order one after
//! the other, each only while nothing that ended before it began is left out, and no situation is looked at
//! twice. What was never answered may be put anywhere behind its begin, or left out.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

/// So many situations are looked at; a recording of some writers needs little more than one for an operation.
const SITUATIONS_MAX: usize = 2_000_000;

/// When an operation was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) begin: u64,
    /// `None`: nobody knows whether it happened.
    pub(crate) end: Option<u64>,
}

/// What the search came to.
#[derive(Debug)]
pub(crate) enum Found<S> {
    /// There is one.
    Order,
    /// There is none; how far it goes.
    None(Stuck<S>),
    /// It was given up.
    TooMany,
}

/// The longest beginning of an order.
#[derive(Debug)]
pub(crate) struct Stuck<S> {
    pub(crate) done: usize,
    pub(crate) state: S,
    /// What could have come next, and did not fit.
    pub(crate) next: Vec<usize>,
}

/// A situation: what is in order already, and what that has led to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Situation<S> {
    /// All answered ones before this are in order ...
    first: usize,
    /// ... and of the others these.
    beyond: BTreeSet<usize>,
    /// Of those without an answer these.
    unanswered: BTreeSet<usize>,
    state: S,
}

/// The operations by their begins, those with an answer and those without.
struct Sorted {
    answered: Vec<(usize, u64, u64)>,
    unanswered: Vec<(usize, u64)>,
}

/// Searches an order of these operations; `apply` says what one makes of a state, `None` where it does not fit.
pub(crate) fn order<S: Clone + Eq + Hash>(
    intervals: &[Interval],
    start: S,
    apply: impl Fn(usize, &S) -> Option<S>,
) -> Found<S> {
    let sorted = Sorted::of(intervals);
    let mut stuck = Stuck { done: 0, state: start.clone(), next: Vec::new() };
    let first = Situation { first: 0, beyond: BTreeSet::new(), unanswered: BTreeSet::new(), state: start };
    let mut open = vec![first];
    let mut seen = HashSet::new();
    while let Some(situation) = open.pop() {
        if situation.first == sorted.answered.len() {
            return Found::Order;
        }
        if seen.len() >= SITUATIONS_MAX {
            return Found::TooMany;
        }
        if !seen.insert(situation.clone()) {
            continue;
        }
        let next = sorted.next(&situation);
        let done = situation.first + situation.beyond.len();
        if done >= stuck.done {
            let next = next.iter().map(|next| sorted.operation(*next)).collect();
            stuck = Stuck { done, state: situation.state.clone(), next };
        }
        // The last one is looked at first: the answered one that ended first.
        for next in next.into_iter().rev() {
            if let Some(state) = apply(sorted.operation(next), &situation.state) {
                open.push(sorted.with(&situation, next, state));
            }
        }
    }
    Found::None(stuck)
}

/// An operation by its place among those with or without an answer.
#[derive(Debug, Clone, Copy)]
enum Next {
    Answered(usize),
    Unanswered(usize),
}

impl Sorted {
    fn of(intervals: &[Interval]) -> Self {
        let all = || intervals.iter().enumerate();
        let mut answered: Vec<_> = all().filter_map(|(at, one)| Some((at, one.begin, one.end?))).collect();
        answered.sort_by_key(|(_, begin, end)| (*begin, *end));
        let unanswered = all().filter(|(_, one)| one.end.is_none()).map(|(at, one)| (at, one.begin));
        Self { answered, unanswered: unanswered.collect() }
    }

    fn operation(&self, next: Next) -> usize {
        match next {
            Next::Answered(at) => self.answered.get(at).map_or(usize::MAX, |(operation, ..)| *operation),
            Next::Unanswered(at) => self.unanswered.get(at).map_or(usize::MAX, |(operation, _)| *operation),
        }
    }

    /// What may come next: whatever began before all that is left had ended.
    fn next<S>(&self, situation: &Situation<S>) -> Vec<Next> {
        let mut end_min = u64::MAX;
        let mut answered = Vec::new();
        for (at, (_, begin, end)) in self.answered.iter().enumerate().skip(situation.first) {
            if *begin > end_min {
                break;
            }
            if !situation.beyond.contains(&at) {
                answered.push((*end, at));
                end_min = end_min.min(*end);
            }
        }
        answered.sort_unstable();
        let fits = |(at, (_, begin)): &(usize, &(usize, u64))| *begin <= end_min && !situation.unanswered.contains(at);
        let unanswered = self.unanswered.iter().enumerate().filter(fits).map(|(at, _)| Next::Unanswered(at));
        answered.into_iter().map(|(_, at)| Next::Answered(at)).chain(unanswered).collect()
    }

    fn with<S: Clone>(&self, situation: &Situation<S>, next: Next, state: S) -> Situation<S> {
        let mut situation = Situation { state, ..situation.clone() };
        match next {
            Next::Answered(at) => {
                situation.beyond.insert(at);
                while situation.beyond.remove(&situation.first) {
                    situation.first += 1;
                }
            }
            Next::Unanswered(at) => {
                situation.unanswered.insert(at);
            }
        }
        situation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A register that is written and read: (begin, end, what it is set to, or what is read).
    enum Act {
        Write(u8),
        Read(u8),
    }

    fn is_right(acts: &[(u64, Option<u64>, Act)]) -> bool {
        let intervals: Vec<Interval> =
            acts.iter().map(|(begin, end, _)| Interval { begin: *begin, end: *end }).collect();
        let apply = |at: usize, state: &u8| match &acts[at].2 {
            Act::Write(value) => Some(*value),
            Act::Read(value) => (value == state).then_some(*state),
        };
        matches!(order(&intervals, 0, apply), Found::Order)
    }

    use Act::{Read, Write};

    #[test]
    fn what_is_under_way_at_once_may_come_in_any_order() {
        assert!(is_right(&[(0, Some(9), Write(1)), (1, Some(8), Write(2)), (10, Some(11), Read(1))]));
        assert!(is_right(&[(0, Some(9), Write(1)), (1, Some(8), Write(2)), (10, Some(11), Read(2))]));
        assert!(is_right(&[(0, Some(9), Write(1)), (1, Some(2), Read(0)), (3, Some(4), Read(1))]));
    }

    #[test]
    fn what_ended_before_comes_before() {
        assert!(!is_right(&[(0, Some(1), Write(1)), (2, Some(3), Write(2)), (4, Some(5), Read(1))]));
        assert!(!is_right(&[(0, Some(1), Write(1)), (2, Some(3), Read(0))]));
        assert!(!is_right(&[(0, Some(9), Write(1)), (1, Some(2), Read(1)), (3, Some(4), Read(0))]));
    }

    #[test]
    fn what_was_not_answered_may_have_happened_late_or_never() {
        assert!(is_right(&[(0, None, Write(1)), (5, Some(6), Read(0)), (7, Some(8), Read(1))]));
        assert!(is_right(&[(0, None, Write(1)), (5, Some(6), Read(0)), (7, Some(8), Read(0))]));
        assert!(!is_right(&[(6, None, Write(1)), (2, Some(3), Read(1))]), "it had not begun");
        assert!(!is_right(&[(0, None, Write(1)), (5, Some(6), Read(1)), (7, Some(8), Read(0))]), "and stays");
    }
}

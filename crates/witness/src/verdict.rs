//! What was found, in words, and how much was looked at.

use crate::recording::{Outcome, Recording};
use std::collections::BTreeSet;
use std::fmt;

/// Kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An answered write is not there, or not as answered.
    Lost,
    /// Something happened twice, or that nobody asked for.
    Doubled,
    /// A read shows less than what was answered before it began.
    Stale,
    /// A write that began after another one was answered comes before it.
    Swapped,
    /// There is no order in which all answers are right.
    NotLinearizable,
    /// Whether there is one was not found out: too many requests at once.
    Undecided,
    /// Two open entitlements where one is the limit.
    SlotTwice,
    /// Two answers under one request identity.
    AnsweredTwice,
    /// Positions of the feed are not 1, 2, 3 …
    FeedGap,
    /// The feed says something else than the answers, or in another order.
    FeedOrder,
    /// A notification did not come.
    NotificationMissing,
    /// One came before the one before it was taken.
    NotificationOrder,
    /// One came that should not, or says something else than the feed.
    NotificationWrong,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which kind.
    pub kind: Kind,
    /// What it is, in words.
    pub what: String,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Writes that were done.
    pub done: usize,
    /// Writes that a rule refused.
    pub refused: usize,
    /// Writes of which nobody knows.
    pub unknown: usize,
    /// Writes that were sent more than once.
    pub repeated: usize,
    /// Of those, answered with the remembered answer: they had taken effect.
    pub had_effect: usize,
    /// Reads.
    pub reads: usize,
    /// Entitlements afterwards.
    pub entitlements: usize,
    /// Events of the feed.
    pub events: usize,
    /// Different notifications.
    pub notifications: usize,
    /// Attempts of them.
    pub arrivals: usize,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// How much was looked at.
    pub counts: Counts,
}

impl Verdict {
    pub(crate) fn of(recording: &Recording) -> Self {
        Self { faults: Vec::new(), counts: Counts::of(recording) }
    }

    pub(crate) fn add(&mut self, kind: Kind, what: impl Into<String>) {
        self.faults.push(Fault { kind, what: what.into() });
    }

    /// How many faults of these kinds there are.
    #[must_use]
    pub fn count(&self, kinds: &[Kind]) -> usize {
        self.faults.iter().filter(|fault| kinds.contains(&fault.kind)).count()
    }

    /// The kinds that were found.
    #[must_use]
    pub fn kinds(&self) -> BTreeSet<Kind> {
        self.faults.iter().map(|fault| fault.kind).collect()
    }
}

impl Counts {
    fn of(recording: &Recording) -> Self {
        let mut counts = Self::default();
        for operation in &recording.operations {
            if operation.is_read() {
                counts.reads += 1;
                continue;
            }
            match operation.outcome() {
                Outcome::Done(_) => counts.done += 1,
                Outcome::Refused(_) => counts.refused += 1,
                Outcome::Nothing => {}
                Outcome::Unknown => counts.unknown += 1,
            }
            counts.repeated += usize::from(operation.attempts.len() > 1);
            counts.had_effect += usize::from(operation.settled().is_some_and(|(_, answer)| answer.replayed));
        }
        let afterwards = &recording.afterwards;
        let different: BTreeSet<&str> = afterwards.arrived.iter().map(|one| one.id.as_str()).collect();
        counts.entitlements = afterwards.records.len();
        counts.events = afterwards.feed.len();
        counts.notifications = different.len();
        counts.arrivals = afterwards.arrived.len();
        counts
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.what)
    }
}

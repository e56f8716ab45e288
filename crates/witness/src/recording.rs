//! What was seen, as plain values: operations with their attempts, and what the hubs say afterwards.

use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that was seen.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// What clients asked, in any order.
    pub operations: Vec<Operation>,
    /// What was found when nothing was going on any more.
    pub afterwards: Afterwards,
}

/// What one client wanted once, however often it had to ask.
#[derive(Debug, Clone)]
pub struct Operation {
    /// X-RequestIdentifier; empty for reads.
    pub identity: String,
    /// Whose entitlement it is: what is limited is counted by it.
    pub customer: String,
    /// Which entitlement; of a create the one it asked for, empty where the hub chooses.
    pub entitlement: String,
    /// What was asked.
    pub ask: Ask,
    /// Every time it was sent.
    pub attempts: Vec<Attempt>,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A new entitlement with these members.
    Create(BTreeMap<String, String>),
    /// Other values of members.
    Update(BTreeMap<String, String>),
    /// `entitlementBenefits` SUSPENDED.
    Suspend,
    /// `entitlementBenefits` NORMAL: resumes, or takes an end back.
    Resume,
    /// A soft end, in the future.
    Cancel,
    /// The end.
    Revoke,
    /// A read by id.
    Read,
}

/// A request and what came of it. Times are microseconds since the recording began.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// Which hub was asked.
    pub node: usize,
    /// Before its first byte was sent.
    pub begin_us: u64,
    /// After the last byte of its answer, or when it was given up.
    pub end_us: u64,
    /// `None`: the connection broke, or nothing came in time.
    pub answer: Option<Answer>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The ETag.
    pub version: Option<u32>,
    /// Byte by byte.
    pub body: String,
    /// It says that it is a remembered one.
    pub replayed: bool,
}

/// What is known of an operation's effect.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'r> {
    /// It was answered with the record.
    Done(&'r Answer),
    /// It was refused by a rule.
    Refused(&'r Answer),
    /// Every attempt was answered, and with that nothing was done.
    Nothing,
    /// It may have happened, may happen still, or not.
    Unknown,
}

/// What the hubs say when nothing is going on any more.
#[derive(Debug, Clone, Default)]
pub struct Afterwards {
    /// Version and record of every entitlement that a report names, read by id.
    pub records: BTreeMap<String, Told>,
    /// The events of its history.
    pub histories: BTreeMap<String, Vec<Value>>,
    /// All events of the feed, as they came.
    pub feed: Vec<Event>,
    /// All notifications, as they came.
    pub arrived: Vec<Arrived>,
}

/// A record, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The ETag.
    pub version: u32,
    /// The body.
    pub body: Value,
}

/// One event of the feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place.
    pub position: u64,
    /// Of which entitlement.
    pub entitlement: String,
    /// What a notification of it says; empty where there is none.
    pub notification: String,
    /// The record as this event left it.
    pub record: Value,
}

/// One attempt of a notification, as a receiver got it.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    /// `webhook-id`.
    pub id: String,
    /// The body.
    pub body: Value,
    /// Whether the receiver answered with success.
    pub taken: bool,
}

/// Rules that say: nothing was done.
const NOTHING_DONE: [&str; 6] = ["store-busy", "store-full", "overloaded", "contended", "rate-limited", IN_PROGRESS];
/// A refusal that another time is none.
const IN_PROGRESS: &str = "operation-in-progress";

impl Answer {
    /// Whether it settles what was asked: a repeat would get the same.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.status < 500
            && ![401, 408, 429].contains(&self.status)
            && (self.is_success() || self.rule() != IN_PROGRESS)
    }

    /// Whether it was done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status < 300
    }

    /// The body as a value; null where it is none.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The rule that refused.
    #[must_use]
    pub fn rule(&self) -> String {
        self.value()["error"]["rule"].as_str().unwrap_or_default().to_owned()
    }

    fn says_nothing_was_done(&self) -> bool {
        NOTHING_DONE.contains(&self.rule().as_str())
    }
}

impl Operation {
    /// What is known of its effect.
    #[must_use]
    pub fn outcome(&self) -> Outcome<'_> {
        match self.settled() {
            Some((_, answer)) if answer.is_success() => Outcome::Done(answer),
            Some((_, answer)) => Outcome::Refused(answer),
            None if self.is_read() || self.attempts.iter().all(Attempt::did_nothing) => Outcome::Nothing,
            None => Outcome::Unknown,
        }
    }

    /// When it was first sent.
    #[must_use]
    pub fn begin_us(&self) -> u64 {
        self.attempts.iter().map(|attempt| attempt.begin_us).min().unwrap_or(0)
    }

    /// When it was settled, and how.
    #[must_use]
    pub fn settled(&self) -> Option<(u64, &Answer)> {
        self.finals().min_by_key(|(end, _)| *end)
    }

    /// Every answer that settles it, with its end.
    pub fn finals(&self) -> impl Iterator<Item = (u64, &Answer)> {
        let answered = self.attempts.iter().filter_map(|attempt| Some((attempt.end_us, attempt.answer.as_ref()?)));
        answered.filter(|(_, answer)| answer.is_final())
    }

    /// The answer of one that was done, with its end.
    #[must_use]
    pub fn done(&self) -> Option<(u64, &Answer)> {
        self.settled().filter(|(_, answer)| answer.is_success())
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.ask == Ask::Read
    }

    /// Which entitlement: of a create the one that the answer names.
    #[must_use]
    pub fn id(&self) -> String {
        match self.done() {
            Some((_, answer)) if self.entitlement.is_empty() => {
                answer.value()["entitlementId"].as_str().unwrap_or_default().to_owned()
            }
            _ => self.entitlement.clone(),
        }
    }
}

impl Attempt {
    fn did_nothing(&self) -> bool {
        self.answer.as_ref().is_some_and(Answer::says_nothing_was_done)
    }
}

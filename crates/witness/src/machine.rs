//! One entitlement as a small machine of registers: its version, its status, and the members that are changed.
//! The rules stand here a second time, on purpose: from docs/LIFECYCLE.md, for a product that is active at once
//! and whose cancel ends it later.

use crate::recording::{Answer, Ask};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where an entitlement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    Active,
    ActiveEnding,
    Suspended,
    Cancelled,
    Revoked,
}

impl Status {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "ACTIVE" => Self::Active,
            "ACTIVE-ENDING" => Self::ActiveEnding,
            "SUSPENDED" => Self::Suspended,
            "CANCELLED" => Self::Cancelled,
            "REVOKED" => Self::Revoked,
            _ => return None,
        })
    }

    pub(crate) const fn is_open(self) -> bool {
        !matches!(self, Self::Cancelled | Self::Revoked)
    }
}

/// An entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Machine {
    pub(crate) version: u32,
    pub(crate) status: Status,
    /// An end is planned.
    is_ending: bool,
    /// It was resumed since: only `status` takes the end back.
    resumed_since: bool,
    members: BTreeMap<String, String>,
}

/// What an operation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Move {
    To(Machine),
    Refused(&'static str),
}

impl Machine {
    pub(crate) fn new(members: BTreeMap<String, String>) -> Self {
        Self { version: 1, status: Status::Active, is_ending: false, resumed_since: false, members }
    }

    /// What the rules make of it.
    pub(crate) fn after(&self, ask: &Ask) -> Move {
        if *ask == Ask::Read {
            return Move::To(self.clone());
        }
        if !self.status.is_open() {
            return Move::Refused("already-ended");
        }
        let mut next = self.clone();
        match (ask, self.status) {
            (Ask::Update(members), _) => next.members.extend(members.clone()),
            (Ask::Suspend, Status::Active | Status::ActiveEnding) => next.status = Status::Suspended,
            (Ask::Resume, Status::Suspended) if self.is_ending => {
                (next.status, next.resumed_since) = (Status::ActiveEnding, true);
            }
            (Ask::Resume, Status::Suspended) => next.status = Status::Active,
            (Ask::Resume, Status::ActiveEnding) if self.resumed_since => return Move::Refused("undo-needs-status"),
            (Ask::Resume, Status::ActiveEnding) => (next.status, next.is_ending) = (Status::Active, false),
            (Ask::Cancel, _) if self.is_ending => return Move::Refused("already-ending"),
            (Ask::Cancel, status) => {
                (next.is_ending, next.resumed_since) = (true, false);
                next.status = if status == Status::Suspended { status } else { Status::ActiveEnding };
            }
            (Ask::Revoke, _) => next.status = Status::Revoked,
            (Ask::Suspend | Ask::Resume | Ask::Create(_) | Ask::Read, _) => {}
        }
        if next != *self {
            next.version += 1;
        }
        Move::To(next)
    }

    /// Whether this is what an answer shows.
    pub(crate) fn is_shown_by(&self, answer: &Answer) -> bool {
        answer.version == Some(self.version) && self.is_in(&answer.value())
    }

    fn is_in(&self, record: &Value) -> bool {
        let status = record["status"].as_str().and_then(Status::read);
        let has_end = self.is_ending || !self.status.is_open();
        status == Some(self.status)
            && has_end != record["dateEnded"].is_null()
            && self.members.iter().all(|(name, value)| record[name].as_str() == Some(value))
    }
}

//! A feed: positions without gaps up to the one that its account says. A restored store goes on
//! behind a gap of its own (docs/decisions/0020); there is no other.

use super::finding::At;
use super::{Check, Finding};
use store::{ExaminedAccount, Restoration};

/// A walk along one feed.
pub(super) struct Walk<'w> {
    account: &'w ExaminedAccount,
    floors: Vec<u64>,
    last: u64,
    events: u64,
    at: At,
}

impl<'w> Walk<'w> {
    pub(super) fn begin(account: &'w ExaminedAccount, restorations: &[Restoration]) -> Self {
        let floors = restorations.iter().map(|restoration| restoration.feed_floor).collect();
        let mut walk = Self { account, floors, last: 0, events: 0, at: At::new(place(account)) };
        let (position, last) = (account.position, account.last_event);
        walk.at.say_if(
            last > position,
            Check::Feed,
            format!("its last event stands at {last}, its account has given out {position}"),
        );
        walk
    }

    /// The position it has come to.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// Events it has passed.
    pub(super) const fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn place(&self) -> String {
        place(self.account)
    }

    /// Takes the next runs; whether there may be more.
    pub(super) fn go_on(&mut self, runs: &[(u64, u64)]) -> bool {
        for (first, last) in runs {
            if *first > self.account.position {
                return false;
            }
            if *first != self.last + 1 && !self.is_floor(first - 1) {
                self.at.say(Check::Feed, format!("positions {} to {} are missing", self.last + 1, first - 1));
            }
            self.last = (*last).min(self.account.position);
            self.events += last - first + 1;
        }
        !runs.is_empty()
    }

    /// What was found.
    pub(super) fn end(mut self) -> Vec<Finding> {
        let position = self.account.position;
        let is_end = self.last == position || self.is_floor(position);
        let missing = self.last + 1;
        self.at.say_if(
            !is_end,
            Check::Feed,
            format!("positions {missing} to {position}, which its account has given out, are missing"),
        );
        self.at.end()
    }

    fn is_floor(&self, position: u64) -> bool {
        self.floors.contains(&position)
    }
}

fn place(account: &ExaminedAccount) -> String {
    let mode = if account.live { "live" } else { "test" };
    format!("the feed of account {} ({}, {mode})", account.id.0, account.organisation)
}

//! When lanes are claimed next: at once where it was quiet, and not more often than pays.

use super::LOOK_EVERY;
use std::time::Duration;
use tokio::time::Instant;

/// Between two claims, unless the one before left some: a dozen lanes at once cost the store hardly more than one.
const CLAIM_EVERY: Duration = Duration::from_millis(4);

pub(super) struct Pace {
    /// The last claim.
    looked: Instant,
    /// It may have left some: what was found filled the room that there was.
    left_some: bool,
    /// No claim before.
    rests_until: Instant,
    /// Then something is due.
    soon: Option<Instant>,
}

impl Pace {
    pub(super) const fn new(now: Instant) -> Self {
        Self { looked: now, left_some: true, rests_until: now, soon: None }
    }

    /// Whether it is worth a look now, for whatever reason one woke up.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.rests_until && (self.left_some || now >= self.look_at())
    }

    /// A claim that began then had so much room, and took up so many.
    pub(super) fn claimed(&mut self, began: Instant, room: usize, taken_up: usize) {
        self.looked = began;
        self.left_some = taken_up >= room;
        self.rests_until = if self.left_some { began } else { began + CLAIM_EVERY };
        let may_have_more = (taken_up > 0).then_some(self.rests_until);
        self.soon = self.soon.filter(|soon| *soon > began).into_iter().chain(may_have_more).min();
    }

    /// Nothing may be claimed just now; what is expected stays so.
    pub(super) fn rests(&mut self, now: Instant) {
        self.rests_until = now + CLAIM_EVERY;
    }

    /// Something is due then.
    pub(super) fn expects(&mut self, at: Instant) {
        self.soon = self.soon.into_iter().chain([at]).min();
    }

    /// When it is worth a look, as far as is known now.
    pub(super) fn look_at(&self) -> Instant {
        let latest = self.looked + LOOK_EVERY;
        self.soon.map_or(latest, |soon| soon.min(latest)).max(self.rests_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn a_few_are_followed_by_a_rest_and_what_leaves_some_by_none() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        assert!(pace.is_due(begin));
        pace.claimed(begin, 128, 3);
        assert!(!pace.is_due(begin + MS));
        assert_eq!(pace.look_at(), begin + CLAIM_EVERY);
        assert!(pace.is_due(begin + CLAIM_EVERY));
        pace.claimed(begin + 4 * MS, 128, 128);
        assert!(pace.is_due(begin + 4 * MS), "it left some");
        assert_eq!(pace.look_at(), begin + 4 * MS);
        pace.claimed(begin + 6 * MS, 128, 0);
        assert_eq!(pace.look_at(), begin + 6 * MS + LOOK_EVERY, "nothing was there");
        pace.expects(begin + 8 * MS);
        assert_eq!(pace.look_at(), begin + 10 * MS, "somebody rang");
    }

    #[test]
    fn while_nothing_may_be_claimed_it_is_not_looked_at_without_a_pause() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        pace.expects(begin);
        pace.rests(begin + MS);
        assert_eq!(pace.look_at(), begin + MS + CLAIM_EVERY);
        assert!(pace.is_due(begin + MS + CLAIM_EVERY), "and then it is, since it is still expected");
    }

    #[test]
    fn what_will_be_due_is_expected_until_then() {
        let begin = Instant::now();
        let mut pace = Pace::new(begin);
        pace.expects(begin + 5 * MS);
        pace.claimed(begin, 128, 0);
        pace.expects(begin + 50 * MS);
        assert_eq!(pace.look_at(), begin + 5 * MS, "whatever else was told meanwhile");
        pace.claimed(begin + 5 * MS, 128, 0);
        assert_eq!(pace.look_at(), begin + 5 * MS + LOOK_EVERY);
    }
}

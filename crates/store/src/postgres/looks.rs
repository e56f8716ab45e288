//! From which moment on due lanes are looked for. Rows and index entries that are outdated stay where they were until
//! the server clears them up, and the entries of lanes that were due lie before those that are: whoever looks from
//! the beginning each time walks past thousands of them for a dozen lanes.

use super::lanes::Wanted;
use crate::clock::StoreClock;
use entitlement::Moment;
use std::sync::{Mutex, PoisonError};

/// It is looked from the beginning so often, for whatever was committed late, was freed or was held by others.
const WHOLE_EVERY_MS: i64 = 200;
/// What is due since so long before the last look that left nothing is looked at again: it was decided then, and
/// committed later.
const LATE_MS: i64 = 250;

/// A time that was read so long ago is still the time.
const NOW_MS: i64 = 1_000;

/// What claims have looked at.
#[derive(Debug, Default)]
pub(super) struct Looks {
    last: Mutex<Option<Last>>,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    /// When it was looked from the beginning, in real time.
    whole_ms: i64,
    /// Nothing that was due by then was left.
    emptied: Option<Moment>,
}

impl Looks {
    /// From when on; `None`: from the beginning.
    pub(super) fn begin(&self, wanted: &Wanted, clock: &StoreClock) -> Option<Moment> {
        let last = self.last().filter(|_| is_now(wanted, clock))?;
        let since_ms = wanted.real_now_ms - last.whole_ms;
        let emptied = last.emptied.filter(|_| (0..WHOLE_EVERY_MS).contains(&since_ms))?;
        Some(emptied.min(wanted.now).plus_ms(-LATE_MS))
    }

    /// It was looked from there on; `left_nothing`: fewer were found than were wanted.
    pub(super) fn looked(&self, wanted: &Wanted, begin: Option<Moment>, left_nothing: bool) {
        let before = self.last();
        let whole_ms = before.filter(|_| begin.is_some()).map_or(wanted.real_now_ms, |last| last.whole_ms);
        let emptied = before.and_then(|last| last.emptied);
        let emptied = if left_nothing { Some(wanted.now) } else { emptied };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Last { whole_ms, emptied });
    }

    fn last(&self) -> Option<Last> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is wanted by the time that it is. A clock that was set knows nothing of late: it stands while
/// everything due is done.
fn is_now(wanted: &Wanted, clock: &StoreClock) -> bool {
    let (read_ms, asked_ms) = (wanted.real_now_ms - wanted.now.0, clock.real_ms() - wanted.real_now_ms);
    clock.offset_ms() == 0 && [read_ms, asked_ms].iter().all(|ago_ms| (0..NOW_MS).contains(ago_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;
    use crate::postgres::values::Id;

    fn wanted(at_ms: i64) -> Wanted {
        Wanted { now: Moment(at_ms), real_now_ms: at_ms, lease_ms: 1, limit: 10, holder: Id(1) }
    }

    #[test]
    fn it_begins_where_nothing_was_left_and_from_the_beginning_now_and_then() {
        let (looks, clock) = (Looks::default(), StoreClock::new(Clock::system(), 0));
        let now = clock.now().0 - 500;
        let look = |after_ms, left_nothing| {
            let wanted = wanted(now + after_ms);
            let begin = looks.begin(&wanted, &clock);
            looks.looked(&wanted, begin, left_nothing);
            begin.map(|begin| begin.0 - now)
        };
        assert_eq!(look(0, false), None, "nothing is known");
        assert_eq!(look(10, true), None, "some were left");
        assert_eq!(look(20, true), Some(10 - LATE_MS));
        assert_eq!(look(30, false), Some(20 - LATE_MS));
        assert_eq!(look(40, false), Some(20 - LATE_MS), "some were left");
        assert_eq!(look(209, true), Some(20 - LATE_MS));
        assert_eq!(look(210, true), None, "now and then");
        assert_eq!(look(409, true), Some(210 - LATE_MS));
        assert_eq!(look(100, true), None, "a clock that went back");
    }

    #[test]
    fn a_clock_that_was_set_is_looked_at_from_the_beginning() {
        let (looks, clock) = (Looks::default(), StoreClock::new(Clock::system(), 0));
        let now = clock.now().0;
        looks.looked(&wanted(now), None, true);
        assert!(looks.begin(&wanted(now), &clock).is_some());
        assert!(looks.begin(&wanted(now + 60_000), &clock).is_none(), "by a moment to come");
        clock.set_offset(1);
        assert!(looks.begin(&wanted(now), &clock).is_none());
    }
}

//! What a store remembers of having been restored from a backup: from where on it counts anew, so
//! that nothing that was given out between the backup and its restoration is given out twice
//! (docs/decisions/0020).

use entitlement::Moment;
use std::fmt::Write as _;

/// The least distance between the floors of two restorations, should the machine's clock have run
/// backwards between them.
const LANES_APART: u32 = 1_000_000;

/// One restoration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restoration {
    /// When, by the store's clock.
    pub at: Moment,
    /// Every feed goes on behind this position.
    pub feed_floor: u64,
    /// Every lane of an entitlement from before goes on with this sequence.
    pub lane_floor: u32,
}

impl Restoration {
    /// The next one. Floors are moments of real time, positions in microseconds and sequences in
    /// seconds since 1970: no feed grows by a million events a second and no lane by one a second
    /// for long, so a floor lies above all that was ever given out, whatever the backup knew of it.
    pub(crate) fn next(real_now: Moment, store_now: Moment, last_position: u64, before: Option<&Self>) -> Self {
        let real_ms = real_now.0.max(0).unsigned_abs();
        let seconds = u32::try_from(real_ms / 1_000).unwrap_or(u32::MAX);
        let lane_least = before.map_or(0, |before| before.lane_floor.saturating_add(LANES_APART));
        Self {
            at: store_now,
            feed_floor: real_ms.saturating_mul(1_000).max(last_position.saturating_add(1)),
            lane_floor: seconds.max(lane_least),
        }
    }

    /// The least sequence for a lane of an entitlement that was created then, in a store whose newest
    /// restoration this is: a lower one may have been given out before.
    pub(crate) fn sequence_least(newest: Option<&Self>, created_at: Moment) -> u32 {
        newest.filter(|restored| created_at <= restored.at).map_or(1, |restored| restored.lane_floor)
    }

    /// One line each, as it lies among the settings.
    pub(crate) fn print(all: &[Self]) -> String {
        all.iter().fold(String::new(), |mut text, Self { at, feed_floor, lane_floor }| {
            let _ = writeln!(text, "{} {feed_floor} {lane_floor}", at.0);
            text
        })
    }

    /// Reads what [`Self::print`] wrote.
    pub(crate) fn read(text: &str) -> Option<Vec<Self>> {
        text.lines()
            .map(|line| {
                let mut words = line.split(' ');
                Some(Self {
                    at: Moment(words.next()?.parse().ok()?),
                    feed_floor: words.next()?.parse().ok()?,
                    lane_floor: words.next()?.parse().ok()?,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_it_prints() {
        let all = [
            Restoration { at: Moment(-1), feed_floor: 1_800_000_000_000_000, lane_floor: 1_800_000_000 },
            Restoration { at: Moment(7), feed_floor: u64::MAX, lane_floor: u32::MAX },
        ];
        assert_eq!(Restoration::read(&Restoration::print(&all)).as_deref(), Some(&all[..]));
        assert_eq!(Restoration::read("1 2"), None);
        assert_eq!(Restoration::read(""), Some(Vec::new()));
    }

    #[test]
    fn floors_lie_above_what_was_given_out_even_where_the_clock_ran_backwards() {
        let first = Restoration::next(Moment(1_800_000_000_000), Moment(5), 17, None);
        assert_eq!(first, Restoration { at: Moment(5), feed_floor: 1_800_000_000_000_000, lane_floor: 1_800_000_000 });
        let again = Restoration::next(Moment(1_700_000_000_000), Moment(5), first.feed_floor + 3, Some(&first));
        assert_eq!((again.feed_floor, again.lane_floor), (first.feed_floor + 4, first.lane_floor + LANES_APART));
    }
}

//! An independent checker. It takes a recording, what clients asked of one or several hubs and what they were
//! answered, with the times; and what the hubs say afterwards: records, histories, the feed, and the
//! notifications that a receiver got. It finds what cannot be, whichever hub did it:
//!
//! - **linearizability** of every customer's entitlements: there is an order of everything that was asked, which
//!   agrees with the times, in which each answer is what the rules make of the answers before (`search`, `place`);
//! - one effect at most of a request identity, and one answer (`identities`);
//! - no two open entitlements of one customer where one is the limit (`slots`);
//! - every answered write is there afterwards (`order`);
//! - the feed has no gap, and agrees with the versions and the times (`feed`);
//! - notifications are complete and in order (`notifications`).
//!
//! It knows the rules from docs/LIFECYCLE.md and not from the hub: no room of the house is used. It asks nobody,
//! has no clock and keeps nothing; who records stands in the room `drill`.

mod feed;
mod identities;
mod machine;
mod notifications;
mod order;
mod place;
mod recording;
mod search;
mod slots;
mod verdict;

pub use recording::{Afterwards, Answer, Arrived, Ask, Attempt, Event, Operation, Outcome, Recording, Told};
pub use verdict::{Counts, Fault, Kind, Verdict};

/// How many notifications a feed promises.
#[must_use]
pub fn promised(feed: &[Event]) -> usize {
    notifications::promised(feed).values().map(Vec::len).sum()
}

/// Everything that is wrong with a recording, and how much was looked at.
#[must_use]
pub fn examine(recording: &Recording) -> Verdict {
    let mut verdict = Verdict::of(recording);
    identities::check(recording, &mut verdict);
    order::check(recording, &mut verdict);
    slots::check(recording, &mut verdict);
    place::check(recording, &mut verdict);
    feed::check(recording, &mut verdict);
    notifications::check(recording, &mut verdict);
    verdict
}

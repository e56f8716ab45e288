//! Concurrent writers on the same entitlements and customers over several hubs, which are killed with SIGKILL at
//! any moment, one after the other.

use super::Place;
use drill::{Random, Steering, Work, pause, work};
use std::time::Duration;

const KILLS: usize = 4;
/// A kill comes so long after the start before ...
const KILL_AFTER_MS: std::ops::Range<u64> = 300..900;
/// ... and the hub is missing for so long.
const MISSING_MS: std::ops::Range<u64> = 50..500;

#[test]
fn two_and_three_hubs_killed_at_random_lose_and_double_nothing() {
    // Both at once: most of the time notifications wait for the lease of a hub that was killed.
    std::thread::scope(|scope| {
        for (name, hubs) in [("nodes-two", 2), ("nodes-three", 3)] {
            scope.spawn(move || check(name, hubs));
        }
    });
}

fn check(name: &str, hubs: usize) {
    let place = Place::new(name, hubs);
    let writing = Work { writers: 8, customers: 12, pause_ms: 2..12, seed: hubs as u64 };
    let steering = Steering::start();
    let addresses = place.hubs.addresses();
    let operations = std::thread::scope(|scope| {
        let writers = scope.spawn(|| work(&addresses, &place.credential, &writing, &steering));
        let ended = steering.ends_when_dropped();
        let mut random = Random::new(hubs as u64 + 40);
        for _ in 0..KILLS {
            pause(random.within(KILL_AFTER_MS));
            let at = random.below(hubs);
            place.hubs.kill(at);
            pause(random.within(MISSING_MS));
            place.hubs.start_again(at);
        }
        pause(Duration::from_millis(500));
        drop(ended);
        writers.join().unwrap()
    });
    let worked_s = steering.clock.seconds();
    let verdict = place.judged(operations);
    let counts = verdict.counts;
    crate::kill::say(&format!("{hubs} hubs, {KILLS} kills, {worked_s:.0} s: {counts:?}"));
    assert!(counts.done > 200 && counts.refused > 10, "{counts:?}: this test proves little");
    assert!(counts.repeated > 0, "{counts:?}: the kills came at the wrong moments");
}

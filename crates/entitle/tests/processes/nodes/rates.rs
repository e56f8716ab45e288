//! The rate of a credential is that of all hubs together.

use super::{Place, database};
use crate::http::{Connection, Request};
use drill::{Clock, pause};
use std::time::Duration;

/// As the catalog below says it.
const PER_SECOND: f64 = 60.0;
const RATE: &str = "{ per_second = 60, burst = 30 }";
/// The burst is over by then, and the hubs have heard of each other.
const FROM_S: f64 = 1.5;
const UNTIL_S: f64 = 6.5;
/// The promise.
const WITHIN: f64 = 0.2;

#[test]
fn two_hubs_keep_one_rate_together() {
    let database = database();
    let ways = vec![database.url.clone(); 2];
    let place = Place::on("nodes-rate", database, &ways, RATE);
    let clock = Clock::start();
    let taken: Vec<(usize, usize)> = std::thread::scope(|scope| {
        let ask = |at: usize| {
            scope.spawn({
                let place = &place;
                move || asked(place, at, &clock)
            })
        };
        let askers: Vec<_> = (0..2).map(ask).collect();
        askers.into_iter().map(|asker| asker.join().unwrap()).collect()
    });
    let (served, refused) = taken.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let expected = PER_SECOND * (UNTIL_S - FROM_S);
    let share = served as f64 / expected;
    assert!((1.0 - WITHIN..=1.0 + WITHIN).contains(&share), "{served} of {expected}, by hub {taken:?}");
    assert!(refused > served, "{taken:?}: hardly more was asked than allowed");
}

/// Asks without end; how many were served within the time that counts, and how many not.
fn asked(place: &Place, at: usize, clock: &Clock) -> (usize, usize) {
    let mut hub = Connection::open_as(place.hubs.addresses()[at], &place.credential).unwrap();
    let (mut served, mut refused) = (0, 0);
    while clock.seconds() < UNTIL_S {
        let status = hub.ask(&Request::get("/v1/echo/1")).unwrap().status;
        if clock.seconds() > FROM_S {
            served += usize::from(status == 200);
            refused += usize::from(status == 429);
        }
        pause(Duration::from_millis(2));
    }
    (served, refused)
}

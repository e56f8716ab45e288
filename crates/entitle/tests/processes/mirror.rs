//! The mirror test: while writers work and the hub is killed with SIGKILL over and over, a mirror
//! builds a copy from the report and the feed, loses its connections and is offline for a while. In
//! the end its copy is what a full report says, record by record.
//!
//! The writers are those of the kill test; the mirror stands in `mirror/copy.rs`, what it is told in
//! `mirror/steering.rs`. This file is the course of the test.

mod copy;
mod steering;

use crate::binary::Binary;
use crate::folder::Folder;
use crate::http::{Connection, Request};
use crate::kill::client::Client;
use crate::kill::journal::Random;
use crate::kill::{assert_quiet, kill_under_load, say};
use crate::reading::{number, object};
use crate::receiver::Receiver;
use copy::{Copy, PAGE};
use std::net::SocketAddr;
use std::thread;
use steering::Steering;

/// How often the hub is killed.
const ROUNDS: usize = 6;
/// In this round the mirror is offline from the start to the kill.
const OFFLINE: usize = 3;
/// Writers at once; each has up to three connections.
const WRITERS: usize = 8;
/// The kill comes so long after the writers have begun.
const KILL_AFTER_MS: std::ops::Range<u64> = 300..900;
/// The clock is moved so often, ten minutes each time, for what happens by itself.
const CLOCK_MOVES_MAX: usize = 12;

#[test]
fn a_mirror_heals_after_kills_lost_connections_and_a_time_offline() {
    let folder = Folder::on_engine("mirror");
    let receiver = Receiver::start();
    let mut random = Random::new(0x0e17_feed);
    let mut writers: Vec<Client> = (0..WRITERS).map(|number| Client::new(number, &receiver.url)).collect();
    let steering = Steering::default();
    let (mirror, whole) = thread::scope(|scope| {
        let mirror = scope.spawn(|| Copy::default().mirror(&steering));
        let _over = steering.over_when_dropped();
        for round in 0..ROUNDS {
            let hub = Binary::start(&folder);
            steering.hub_is_at(hub.address, round != OFFLINE);
            assert_quiet(&kill_under_load(hub, &mut writers, random.within(KILL_AFTER_MS)));
        }
        let hub = Binary::start(&folder);
        steering.hub_is_at(hub.address, true);
        for writer in &mut writers {
            writer.settle(hub.address).expect("the hub lives and answers");
        }
        let_time_do_its_part(hub.address);
        let mut whole = Copy::default();
        whole.begin(&mut Connection::open(hub.address).unwrap()).expect("the hub lives and answers");
        steering.ends_at(whole.position);
        let mirror = mirror.join().expect("the mirror saw what must not be");
        assert_quiet(&hub.kill());
        (mirror, whole)
    });
    say(&format!(
        "mirror test: {ROUNDS} kills, {} events read, {} connections lost, {} events behind at most; {} records, all \
         as the report says",
        mirror.events,
        mirror.lost,
        mirror.behind_most,
        whole.records.len(),
    ));
    for (id, record) in &whole.records {
        assert_eq!(mirror.records.get(id), Some(record), "{id}");
    }
    assert_eq!((mirror.records.len(), mirror.position), (whole.records.len(), whole.position));
    assert!(mirror.lost > ROUNDS, "{} connections lost: the kills had no effect on the mirror", mirror.lost);
    assert!(mirror.behind_most > PAGE, "{} events behind: being offline had no effect", mirror.behind_most);
}

/// What happens by itself within an hour has happened afterwards.
fn let_time_do_its_part(address: SocketAddr) {
    let mut calls = Connection::open(address).unwrap();
    for _ in 0..CLOCK_MOVES_MAX {
        let moved = calls.ask(&Request::post("/sandbox/v1/clock", "{\"advance\":\"PT10M\"}")).unwrap();
        assert_eq!(moved.status, 200, "{}", moved.body);
        if number(&object(&moved.body), "left") == Some(0) {
            return;
        }
    }
    panic!("something stays due");
}

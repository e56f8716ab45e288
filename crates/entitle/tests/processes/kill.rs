//! The kill test: the hub is killed with SIGKILL under load, over and over, on one data file. No
//! answered write may be lost, none doubled, limits hold, and every notification arrives in order.
//!
//! What clients do stands in `kill/client.rs`, what is checked of writes in `kill/writes.rs`, of
//! notifications in `kill/notified.rs`. This file is the course of the test.

pub(crate) mod client;
mod expected;
pub(crate) mod journal;
mod notified;
mod writes;

use crate::binary::Binary;
use crate::folder::Folder;
use crate::http::{Connection, Request};
use crate::reading::{number, object};
use crate::receiver::{Mood, Receiver};
use client::Client;
use expected::Expected;
use journal::Random;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How often it is killed. Fixed, so that a slow machine tests as much as a fast one.
const ROUNDS: usize = 20;
/// Clients at once; each has up to three connections.
const CLIENTS: usize = 8;
/// The kill comes so long after the load has begun ...
const KILL_AFTER_MS: std::ops::Range<u64> = 100..700;
/// ... and never before so many answers of the round.
const ANSWERS_MIN: usize = 40;
/// So long a round may take to bring them.
const ANSWERS_WITHIN_LOOKS: usize = 6_000;
const LOOK: Duration = Duration::from_millis(5);
/// The clock is moved so often, ten minutes each time, for what waits to be sent again.
const CLOCK_MOVES_MAX: usize = 12;
const LOG_LINES_PRINTED: usize = 10;

#[test]
fn killed_under_load_it_loses_and_doubles_nothing_and_tells_everything() {
    let folder = Folder::on_engine("kill");
    let receiver = Receiver::start();
    let mut random = Random::new(0x0e17_1713);
    let mut clients: Vec<Client> = (0..CLIENTS).map(|number| Client::new(number, &receiver.url)).collect();
    for round in 0..ROUNDS {
        receiver.set_mood([Mood::Takes, Mood::Refuses, Mood::Takes, Mood::HangsUp][round % 4]);
        let hub = Binary::start(&folder);
        writes::check_sample(hub.address, &clients, &mut random);
        let log = kill_under_load(hub, &mut clients, random.within(KILL_AFTER_MS));
        assert_quiet(&log);
    }
    receiver.set_mood(Mood::Takes);

    let hub = Binary::start(&folder);
    let secret = wire::WebhookSecret::parse(&hub.printed("Webhooks     signed with")).expect("a printed secret");
    for client in &mut clients {
        client.settle(hub.address).expect("the hub lives and answers");
    }
    let repeated: usize = clients.iter().map(|client| client.repeated).sum();
    let had_effect: usize = clients.iter().map(|client| client.had_effect).sum();

    let mut verdict = writes::Verdict::default();
    let expected = Expected::of(&clients, &mut verdict);
    writes::check_answers(hub.address, &clients, &mut verdict);
    drain(&hub, &receiver, expected.notifications());
    writes::check_entitlements(hub.address, &clients, &expected, &mut verdict);
    let arrived = receiver.arrived();
    let told = notified::check(hub.address, &arrived, &expected, &secret, &mut verdict);
    let log = hub.kill();

    say(&format!(
        "kill test: {ROUNDS} rounds, {} answered writes checked, {} lost, {} doubled; {told} notifications delivered \
         in order",
        verdict.checked,
        verdict.lost.len(),
        verdict.doubled.len(),
    ));
    println!("{repeated} requests were cut off by a kill and repeated; {had_effect} of them had taken effect before");
    println!("{} attempts for {told} notifications", arrived.len());
    verdict.assert_clean();
    assert_quiet(&log);
    assert!(verdict.checked > ROUNDS * ANSWERS_MIN, "only {} writes: this test proves little", verdict.checked);
    assert!(had_effect > 0 && repeated > had_effect, "{had_effect} of {repeated}: the kills came at the wrong moments");
    assert!(arrived.len() > told, "no notification came twice: the bad moods and the kills had no effect");
}

/// All clients at once, until the hub is killed. Gives what the hub had logged.
pub(crate) fn kill_under_load(hub: Binary, clients: &mut [Client], after: Duration) -> String {
    let address = hub.address;
    let answers = AtomicUsize::new(0);
    thread::scope(|scope| {
        for client in clients {
            scope.spawn(|| client.work(address, &answers));
        }
        wait(after, &answers);
        hub.kill()
    })
}

#[expect(clippy::disallowed_methods, reason = "the moment of a kill is a moment, not a fact to await")]
fn wait(after: Duration, answers: &AtomicUsize) {
    // tidy: sleep because the kill has to come at any moment, not at one that the hub has a part in
    thread::sleep(after);
    for _ in 0..ANSWERS_WITHIN_LOOKS {
        if answers.load(Ordering::Relaxed) >= ANSWERS_MIN {
            return;
        }
        // tidy: sleep because a slow machine may need longer for as many answers
        thread::sleep(LOOK);
    }
    panic!("the hub hardly answers: {} answers in this round", answers.load(Ordering::Relaxed));
}

/// Until every notification was taken, the clock is moved on, so that late activations and failed
/// attempts come; then once more, to see that nothing else does.
fn drain(hub: &Binary, receiver: &Receiver, notifications: usize) {
    let mut calls = Connection::open(hub.address).unwrap();
    let mut advance = || {
        let moved = calls.ask(&Request::post("/sandbox/v1/clock", "{\"advance\":\"PT10M\"}")).unwrap();
        assert_eq!(moved.status, 200, "{}", moved.body);
        number(&object(&moved.body), "left").unwrap_or(u32::MAX)
    };
    for _ in 0..CLOCK_MOVES_MAX {
        let left = advance();
        if left == 0 && receiver.taken() >= notifications {
            break;
        }
    }
    advance();
}

/// Being killed is no fault of the hub's: nothing it logs is worth a warning.
pub(crate) fn assert_quiet(log: &str) {
    let first: Vec<&str> = log.lines().take(LOG_LINES_PRINTED).collect();
    assert!(first.is_empty(), "{} lines in the log, first\n{}", log.lines().count(), first.join("\n"));
}

/// Standard output, past the test runner's capture: this is what people want to see.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

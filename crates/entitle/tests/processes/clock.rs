//! The test clock over starts: its offset is stored, and time runs on from it.

use crate::binary::Binary;
use crate::folder::Folder;
use crate::http::{Connection, Request};
use crate::reading::{object, text};

#[test]
fn the_offset_of_the_test_clock_survives_a_kill() {
    let folder = Folder::new("clock");
    let hub = Binary::start(&folder);
    assert!(hub.printed("Clock").ends_with("(real time)"), "{}", hub.text);
    let mut calls = Connection::open(hub.address).unwrap();
    let moved = calls.ask(&Request::post("/sandbox/v1/clock", "{\"advance\":\"P40D\"}")).unwrap();
    assert_eq!(moved.status, 200, "{}", moved.body);
    let before = object(&moved.body);
    // A span of days is one of 86,400 s each; the clock moves between whole milliseconds.
    assert_eq!(text(&before, "offset"), "PT3456000S");
    hub.kill();

    let hub = Binary::start(&folder);
    assert!(hub.printed("Clock").ends_with("(3456000 s ahead of real time)"), "{}", hub.text);
    let mut calls = Connection::open(hub.address).unwrap();
    let after = calls.ask(&Request::get("/sandbox/v1/clock")).unwrap();
    let after = object(&after.body);
    assert_eq!(text(&after, "offset"), "PT3456000S");
    assert!(text(&after, "now") >= text(&before, "now"), "the clock ran backwards: {before:?}, {after:?}");
}

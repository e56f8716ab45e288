//! The test clock over starts: its offset is stored, and time runs on from it.

use crate::binary::Binary;
use crate::folder::Folder;
use crate::http::{Connection, Request};
use crate::reading::{object, text};

#[test]
fn the_offset_of_the_test_clock_survives_a_kill() {
    let folder = Folder::on_engine("clock");
    let hub = Binary::start(&folder);
    assert!(hub.printed("Clock").ends_with("(real time)"), "{}", hub.text);
    let mut calls = Connection::open(hub.address).unwrap();
    let moved = calls.ask(&Request::post("/sandbox/v1/clock", "{\"advance\":\"P40D\"}")).unwrap();
    assert_eq!(moved.status, 200, "{}", moved.body);
    let before = object(&moved.body);
    let offset_s = offset_s(&text(&before, "offset"));
    assert!((3_455_990..=3_456_000).contains(&offset_s), "40 days, less what the move took: {offset_s} s");
    hub.kill();

    let hub = Binary::start(&folder);
    let ahead = format!("({offset_s} s ahead of real time)");
    assert!(hub.printed("Clock").ends_with(&ahead), "{}", hub.text);
    let mut calls = Connection::open(hub.address).unwrap();
    let after = calls.ask(&Request::get("/sandbox/v1/clock")).unwrap();
    let after = object(&after.body);
    assert_eq!(text(&after, "offset"), format!("PT{offset_s}S"));
    assert!(text(&after, "now") >= text(&before, "now"), "the clock ran backwards: {before:?}, {after:?}");
}

fn offset_s(span: &str) -> i64 {
    let seconds = span.strip_prefix("PT").and_then(|rest| rest.strip_suffix('S'));
    seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or_else(|| panic!("{span} is no span of seconds"))
}

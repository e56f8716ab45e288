//! `entitlement show`: a page for each of the lives in a sandbox.

use super::golden::Transcript;
use super::sandbox::Lived;
use crate::binary::run;
use crate::reading::{object, text};

/// Nothing of a page is wider.
const WIDTH: usize = 80;

#[test]
fn every_life_is_shown_as_the_golden_shows_it() {
    let lived = Lived::with_a_life("shows");
    let mut shows = Transcript::with_hub("show", &lived.url());
    for id in ["order-4711", "order-4712", "order-4713", "order-4714"] {
        shows.type_in(&format!("entitlement show {id}"));
    }
    shows.compare();
}

#[test]
fn a_page_is_never_wider_than_a_terminal_and_listings_are_json_when_asked() {
    let mut lived = Lived::new("wide");
    let long = "x".repeat(256);
    let more = format!(
        ",\"notificationUrl\":\"http://127.0.0.1:9/{long}\",\"extensionData\":{{\"{long}\":[\"{long}\",\"\\u001b[31m\"]}}"
    );
    lived.create("order-1", &long, "MUSIC_NOW", &more);
    lived.update(
        "order-1",
        "\"entitlementDisplayName\":\"A name with words, many of them, so that it has to be broken somewhere\"",
    );
    let url = lived.url();
    let shown = run(&["entitlement", "show", "order-1", "--url", &url]);
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    for line in shown.stdout.lines() {
        assert!(line.chars().count() <= WIDTH, "{} columns: {line}", line.chars().count());
        assert!(!line.ends_with(' ') && !line.contains('\u{1b}'), "{line:?}");
    }
    let shown = run(&["entitlement", "show", "order-1", "--url", &url, "--json"]);
    let object = object(shown.stdout.trim_end());
    assert_eq!(text(&object, "entitlement.entitlementId"), "order-1");
    assert_eq!(text(&object, "explain.status"), "ACTIVE");
    assert_eq!(shown.stdout.lines().count(), 1);
}

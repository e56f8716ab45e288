//! The feed: its query, and a page byte by byte.

use crate::sample::{bare_record, date, full_record, told};
use entitlement::{EventKind, NotificationReason, Record};
use wire::{FEED_LIMIT_MAX, FEED_WAIT_S_MAX, FeedBody, FeedEvent, FeedRequest};

const FIRST: FeedRequest = FeedRequest { after: None, limit: 100, wait_s: 0 };

#[test]
fn nothing_asks_for_a_hundred_from_the_oldest_without_waiting() {
    for query in [None, Some(""), Some("&")] {
        assert_eq!(FeedRequest::parse(query), Ok(FIRST), "{query:?}");
    }
}

#[test]
fn every_parameter_is_read_in_any_order() {
    let expected = FeedRequest { after: Some(1_042), limit: 1_000, wait_s: 30 };
    for query in
        ["after=1042&limit=1000&wait=30", "wait=30&&limit=1000&after=1042", "%61fter=10%342&limit=1000&wait=30"]
    {
        assert_eq!(FeedRequest::parse(Some(query)), Ok(expected), "{query}");
    }
    let last = FeedRequest { after: Some(u64::MAX), limit: 1, ..FIRST };
    assert_eq!(FeedRequest::parse(Some("after=18446744073709551615&limit=1&wait=0")), Ok(last));
    assert_eq!((FEED_LIMIT_MAX, FEED_WAIT_S_MAX), (1_000, 30));
}

/// Query, and what is told.
pub(crate) const FAULTS: &[(&str, &[&str])] = &[
    ("after=", &["after cursor-invalid"]),
    ("after=-1", &["after cursor-invalid"]),
    ("after=+1", &["after cursor-invalid"]),
    ("after=0x1", &["after cursor-invalid"]),
    ("after=1.0", &["after cursor-invalid"]),
    ("after=18446744073709551616", &["after cursor-invalid"]),
    ("after=MTcwNDA2NzIwMDAwMC5vd24uMQ", &["after cursor-invalid"]),
    ("limit", &["limit limit-range"]),
    ("limit=0", &["limit limit-range"]),
    ("limit=1001", &["limit limit-range"]),
    ("limit=ten", &["limit limit-range"]),
    ("wait=31", &["wait wait-range"]),
    ("wait=-1", &["wait wait-range"]),
    ("wait=1.5", &["wait wait-range"]),
    ("wait=30s", &["wait wait-range"]),
    ("cursor=1", &["cursor unknown-field"]),
    ("After=1", &["After unknown-field"]),
    ("after=1&after=2", &["after unknown-field"]),
    (
        "from=1&wait=x&limit=x&after=x",
        &["after cursor-invalid", "limit limit-range", "wait wait-range", "from unknown-field"],
    ),
];

#[test]
fn every_fault_is_told() {
    for (query, expected) in FAULTS {
        assert_eq!(told(&FeedRequest::parse(Some(query)).expect_err(query)), *expected, "{query}");
    }
}

#[test]
fn the_hint_of_an_unknown_parameter_names_the_nearest() {
    for (query, hint) in
        [("afer=1", "Is it after?"), ("after=1&after=1", "Send it once."), ("x=1", "after, limit, wait")]
    {
        let faults = FeedRequest::parse(Some(query)).expect_err(query);
        assert!(faults[0].hint.as_deref().is_some_and(|given| given.contains(hint)), "{query}: {faults:?}");
    }
}

fn created(position: u64, record: &Record) -> FeedEvent<'_> {
    let reason = Some(NotificationReason::ActivationSuccess);
    FeedEvent { position, at: date("2024-05-06T07:08:09Z"), kind: EventKind::Created, reason, record }
}

#[test]
fn an_empty_page() {
    assert_eq!(
        FeedBody::begin(7, 0).finish(),
        r#"{"responseCode":"OK","responseMessage":"Success","parameters":{"feedCursor":"7"},"events":[]}"#
    );
}

#[test]
fn a_page_of_two() {
    let (bare, full) = (bare_record(), full_record());
    let mut page = FeedBody::begin(u64::MAX, 2);
    page.push(&created(u64::MAX - 1, &bare));
    let kind = EventKind::EndingPlanned;
    page.push(&FeedEvent { position: u64::MAX, at: date("2024-05-12T23:59:59Z"), kind, reason: None, record: &full });
    let members = |record: &Record| {
        let mut out = String::new();
        wire::push_record(&mut out, record);
        out
    };
    let expected = [
        r#"{"responseCode":"OK","responseMessage":"Success","parameters":{"feedCursor":"18446744073709551615"},"#,
        r#""events":[{"position":18446744073709551614,"at":"2024-05-06T07:08:09Z","entitlementId":"0190-a","#,
        r#""event":"CREATED","notificationReason":"ACTIVATION_SUCCESS","record":{"#,
        &members(&bare),
        r#"}},{"position":18446744073709551615,"at":"2024-05-12T23:59:59Z","entitlementId":"0190-a","#,
        r#""event":"ENDING_PLANNED","notificationReason":null,"record":{"#,
        &members(&full),
        "}}]}",
    ];
    assert_eq!(page.finish(), expected.concat());
}

//! Report: filters, paging, and every fault.

use crate::sample::{date, object, told};
use entitlement::{Moment, Status};
use proptest::prelude::*;
use wire::{REPORT_LIMIT_MAX, ReportRequest, print_cursor};

fn parse(body: &str) -> Result<ReportRequest, Vec<wire::Fault>> {
    ReportRequest::parse(object(body))
}

fn all() -> ReportRequest {
    ReportRequest { limit: REPORT_LIMIT_MAX, ..ReportRequest::default() }
}

#[test]
fn an_empty_body_asks_for_all() {
    assert_eq!(parse("{}"), Ok(all()));
    assert_eq!(REPORT_LIMIT_MAX, 1000);
}

#[test]
fn null_means_any() {
    let body = r#"{"customerIdentifier":null,"entitlementId":null,"externalEntitlementId":null,
        "merchantAccountKey":null,"productKey":null,"offerKey":null,"status":null,
        "updatedSince":null,"createdFrom":null,"createdTo":null,"limit":null,"cursor":null}"#;
    assert_eq!(parse(body), Ok(all()));
}

#[test]
fn every_filter_is_read() {
    let body = r#"{"customerIdentifier":"c","entitlementId":"e","externalEntitlementId":"x",
        "merchantAccountKey":"m","productKey":"p","offerKey":"o",
        "status":["ACTIVE","ACTIVE-ENDING","ACTIVE"],"updatedSince":"2024-01-01T00:00:00Z",
        "createdFrom":"2024-01-02T00:00:00Z","createdTo":"9999-12-31T23:59:59Z","limit":1,
        "cursor":"MTcwNDA2NzIwMDAwMC5vd24uMQ"}"#;
    let expected = ReportRequest {
        customer_identifier: Some("c".into()),
        entitlement_id: Some("e".into()),
        external_entitlement_id: Some("x".into()),
        merchant_account_key: Some("m".into()),
        product_key: Some("p".into()),
        offer_key: Some("o".into()),
        status: vec![Status::Active, Status::ActiveEnding],
        updated_since: Some(date("2024-01-01T00:00:00Z")),
        created_from: Some(date("2024-01-02T00:00:00Z")),
        created_to: Some(date("9999-12-31T23:59:59Z")),
        limit: 1,
        cursor: Some((date("2024-01-01T00:00:00Z"), "own.1".into())),
    };
    assert_eq!(parse(body), Ok(expected));
}

#[test]
fn one_status_needs_no_list() {
    for status in Status::ALL {
        let request = parse(&format!("{{\"status\":\"{status}\"}}")).expect("a status");
        assert_eq!(request.status, [status]);
    }
}

/// Body, and what is told.
pub(crate) const FAULTS: &[(&str, &[&str])] = &[
    (r#"{"customerIdentifier":""}"#, &["customerIdentifier empty"]),
    (r#"{"customerIdentifier":5}"#, &["customerIdentifier type"]),
    (r#"{"entitlementId":"a\n"}"#, &["entitlementId control-character"]),
    (r#"{"externalEntitlementId":"\u0000"}"#, &["externalEntitlementId nul-character"]),
    (r#"{"merchantAccountKey":["BANGO"]}"#, &["merchantAccountKey type"]),
    (r#"{"productKey":""}"#, &["productKey empty"]),
    (r#"{"offerKey":false}"#, &["offerKey type"]),
    (r#"{"status":""}"#, &["status empty"]),
    (r#"{"status":[]}"#, &["status empty"]),
    (r#"{"status":"Active"}"#, &["status status-unknown"]),
    (r#"{"status":["ACTIVE","X","Y"]}"#, &["status status-unknown"]),
    (r#"{"status":["ACTIVE",null]}"#, &["status type"]),
    (r#"{"status":5}"#, &["status type"]),
    (r#"{"updatedSince":"2024-01-01"}"#, &["updatedSince date-format"]),
    (r#"{"updatedSince":1704067200}"#, &["updatedSince type"]),
    (r#"{"createdFrom":""}"#, &["createdFrom empty"]),
    (r#"{"createdTo":"x"}"#, &["createdTo date-format"]),
    (r#"{"createdFrom":"2024-01-01T00:00:00Z","createdTo":"2024-01-01T01:00:00+01:00"}"#, &["createdTo date-order"]),
    (r#"{"limit":0}"#, &["limit limit-range"]),
    (r#"{"limit":1001}"#, &["limit limit-range"]),
    (r#"{"limit":-1}"#, &["limit limit-range"]),
    (r#"{"limit":1.5}"#, &["limit limit-range"]),
    (r#"{"limit":1e2}"#, &["limit limit-range"]),
    (r#"{"limit":99999999999999999999999}"#, &["limit limit-range"]),
    (r#"{"limit":"10"}"#, &["limit type"]),
    (r#"{"cursor":""}"#, &["cursor empty"]),
    (r#"{"cursor":5}"#, &["cursor type"]),
    (r#"{"cursor":"x"}"#, &["cursor cursor-invalid"]),
    (r#"{"cursor":"MTcwNDA2NzIwMDAwMC5vd24uMQ=="}"#, &["cursor cursor-invalid"]),
    (r#"{"cursor":"MTcwNDA2NzIwMDAwMC4"}"#, &["cursor cursor-invalid"]),
    (r#"{"cursor":"KzE3MDQwNjcyMDAwMDAueA"}"#, &["cursor cursor-invalid"]),
    (r#"{"colour":null}"#, &["colour unknown-field"]),
    (
        r#"{"colour":1,"limit":0,"status":"x","customerIdentifier":1}"#,
        &["customerIdentifier type", "status status-unknown", "limit limit-range", "colour unknown-field"],
    ),
];

#[test]
fn every_fault_is_told() {
    for (body, expected) in FAULTS {
        assert_eq!(told(&parse(body).expect_err(body)), *expected, "{body}");
    }
}

#[test]
fn the_bounds_of_a_page() {
    for limit in [1, 500, 1000] {
        let request = parse(&format!("{{\"limit\":{limit}}}")).expect("in bounds");
        assert_eq!(request.limit, limit);
    }
}

proptest! {
    #[test]
    fn a_cursor_reads_back(at in 0_i64..7_258_118_400_000, id in "[A-Za-z0-9._-]{1,64}") {
        let cursor = print_cursor(Moment(at), &id);
        prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        let request = parse(&format!("{{\"cursor\":\"{cursor}\"}}")).expect("a cursor");
        prop_assert_eq!(request.cursor, Some((Moment(at), id)));
    }
}

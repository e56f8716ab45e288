//! Cancel and revoke: the reason, what is merged, and every fault.

use crate::sample::{object, told};
use entitlement::{EndRequest, Reason};
use wire::{Switches, parse_end};

const PATH_ID: &str = "own-1";

fn end(body: &str, revoke: bool) -> Result<EndRequest, Vec<wire::Fault>> {
    parse_end(object(body), PATH_ID, revoke, &Switches::default())
}

/// Body, whether it revokes, and what is told.
pub(crate) const FAULTS: &[(&str, bool, &[&str])] = &[
    (r#"{"cancelReasonCategory":"CUSTOMER_CANCELLED"}"#, false, &["cancelReasonCode reason-incomplete"]),
    (r#"{"cancelReasonCode":"OTHER"}"#, false, &["cancelReasonCategory reason-incomplete"]),
    (
        r#"{"cancelReasonCategory":"CUSTOMER_CANCELLED","cancelReasonCode":null}"#,
        false,
        &["cancelReasonCode reason-incomplete"],
    ),
    (
        r#"{"cancelReasonCategory":"CUSTOMER_CANCELLED","cancelReasonCode":"NOT_RENEVED"}"#,
        false,
        &["cancelReasonCode reason-unknown"],
    ),
    (
        r#"{"cancelReasonCategory":"customer_cancelled","cancelReasonCode":"NOT_RENEWED"}"#,
        true,
        &["cancelReasonCategory reason-unknown"],
    ),
    (
        r#"{"cancelReasonCategory":"","cancelReasonCode":""}"#,
        false,
        &["cancelReasonCategory empty", "cancelReasonCode empty"],
    ),
    (
        r#"{"cancelReasonCategory":1,"cancelReasonCode":"A\n","cancelReasonDescription":[]}"#,
        false,
        &["cancelReasonCategory type", "cancelReasonCode control-character", "cancelReasonDescription type"],
    ),
    (r#"{"cancelReasonDescription":"a\u0000"}"#, false, &["cancelReasonDescription nul-character"]),
    (r#"{"revokeReasonCategory":"REVOKED"}"#, true, &["revokeReasonCode reason-incomplete"]),
    (r#"{"revokeReasonCategory":"REVOKED","revokeReasonCode":"X"}"#, true, &["revokeReasonCode reason-unknown"]),
    (
        r#"{"cancelReasonCategory":"REVOKED","cancelReasonCode":"FRAUD",
            "revokeReasonCategory":"REVOKED","revokeReasonCode":"ERROR"}"#,
        true,
        &["revokeReasonCategory reason-twice"],
    ),
    (r#"{"entitlementId":"own-2"}"#, false, &["entitlementId entitlement-id-mismatch"]),
    (r#"{"entitlementId":"OWN-1"}"#, true, &["entitlementId entitlement-id-mismatch"]),
    (r#"{"entitlementId":1}"#, false, &["entitlementId type"]),
    (r#"{"entitlementId":""}"#, false, &["entitlementId empty"]),
    (r#"{"extensionData":1}"#, false, &["extensionData type"]),
    (r#"{"extensionData":"{"}"#, false, &["extensionData json-invalid"]),
    (r#"{"extensionData":{"a":"\u0000"}}"#, true, &["extensionData.a nul-character"]),
    (r#"{"agent":{"name":"\u0000"}}"#, false, &["agent.name nul-character"]),
    (
        r#"{"agent":"\u0000","extensionData":[],"entitlementId":"x","cancelReasonCode":"OTHER"}"#,
        false,
        &[
            "cancelReasonCategory reason-incomplete",
            "entitlementId entitlement-id-mismatch",
            "extensionData type",
            "agent nul-character",
        ],
    ),
];

#[test]
fn every_fault_is_told() {
    for (body, revoke, expected) in FAULTS {
        assert_eq!(told(&end(body, *revoke).expect_err(body)), *expected, "{body}");
    }
}

#[test]
fn nothing_needs_to_be_said() {
    for body in ["{}", r#"{"entitlementId":"own-1"}"#, r#"{"entitlementId":null,"extensionData":null}"#] {
        for revoke in [false, true] {
            assert_eq!(end(body, revoke), Ok(EndRequest::default()), "{body}");
        }
    }
}

#[test]
fn reason_and_extras_go_into_extension_data_under_the_names_sent() {
    let body = r#"{"cancelReasonCategory":"CUSTOMER_CANCELLED","cancelReasonCode":"NOT_RENEWED",
        "cancelReasonDescription":"did not renew in May","agent":"web","n":1.0}"#;
    for revoke in [false, true] {
        let request = end(body, revoke).expect("in order");
        let mut merged = object(r#"{"channel":"shop-42"}"#);
        merged.merge(&request.extension);
        let mut expected = object(body);
        expected.set("channel", entitlement::Json::String("shop-42".into()));
        assert_eq!(wire::canonical(&merged), wire::canonical(&expected));
        let reason = Reason {
            description: Some("did not renew in May".into()),
            ..Reason::of("CUSTOMER_CANCELLED", "NOT_RENEWED")
        };
        assert_eq!(request.reason, Some(reason));
        let keys = ["cancelReasonCategory", "cancelReasonCode", "cancelReasonDescription"];
        assert_eq!(request.reason_keys, keys);
    }
}

#[test]
fn a_revoke_takes_its_own_names_too() {
    let body = r#"{"revokeReasonCategory":"REVOKED","revokeReasonCode":"ACCOUNT_TERMINATED"}"#;
    let request = end(body, true).expect("in order");
    assert_eq!(request.reason, Some(Reason::of("REVOKED", "ACCOUNT_TERMINATED")));
    assert_eq!(request.extension, object(body));
    assert_eq!(request.reason_keys, ["revokeReasonCategory", "revokeReasonCode"]);
    let cancel = end(body, false).expect("any other member");
    assert_eq!((cancel.reason, cancel.extension), (None, object(body)));
    assert!(cancel.reason_keys.is_empty());
}

#[test]
fn the_same_reason_under_both_names_is_one() {
    let body = r#"{"cancelReasonCategory":"REVOKED","cancelReasonCode":"FRAUD",
        "revokeReasonCategory":"REVOKED","revokeReasonCode":"FRAUD"}"#;
    let request = end(body, true).expect("in order");
    assert_eq!(request.reason, Some(Reason::of("REVOKED", "FRAUD")));
    assert_eq!((request.reason_keys.len(), request.extension), (4, object(body)));
}

#[test]
fn the_category_does_not_decide_between_cancel_and_revoke() {
    for pair in ["REVOKED/FRAUD", "CUSTOMER_CANCELLED/OTHER", "CUSTOMER_CHANGED/OTHER", "ACTIVATION_ROLLBACK/OTHER"] {
        let (category, code) = pair.split_once('/').expect("a pair");
        let body = format!("{{\"cancelReasonCategory\":\"{category}\",\"cancelReasonCode\":\"{code}\"}}");
        for revoke in [false, true] {
            let request = end(&body, revoke).expect(pair);
            assert_eq!(request.reason, Some(Reason::of(category, code)));
        }
    }
}

#[test]
fn a_description_alone_is_a_reason() {
    let request = end(r#"{"cancelReasonDescription":""}"#, false).expect("free text");
    let reason = Reason { description: Some(String::new()), ..Reason::default() };
    assert_eq!(request.reason, Some(reason));
    assert_eq!(request.reason_keys, ["cancelReasonDescription"]);
}

#[test]
fn a_null_reason_member_removes_an_older_one_and_is_no_reason() {
    let request = end(r#"{"cancelReasonDescription":null}"#, false).expect("in order");
    assert_eq!((request.reason, request.reason_keys.len()), (None, 0));
    let mut stored = object(r#"{"cancelReasonDescription":"old","a":1}"#);
    stored.merge(&request.extension);
    assert_eq!(stored, object(r#"{"a":1}"#));
}

#[test]
fn extension_data_is_merged_first_and_the_members_beside_it_over_it() {
    for data in [r#"{"a":1,"b":{"x":1,"y":2},"c":null}"#, r#""{\"a\":1,\"b\":{\"x\":1,\"y\":2},\"c\":null}""#] {
        let body = format!("{{\"a\":2,\"b\":{{\"y\":3}},\"extensionData\":{data}}}");
        let request = end(&body, false).expect("in order");
        assert_eq!(request.extension, object(r#"{"a":2,"b":{"x":1,"y":3},"c":null}"#));
    }
}

#[test]
fn a_uuid_equals_the_path_in_any_letter_case() {
    let path = "019ab3c4-0d5e-7f60-8a7b-9c0d1e2f3a4b";
    let body = format!("{{\"entitlementId\":\"{}\"}}", path.to_uppercase());
    let request = parse_end(object(&body), path, false, &Switches::default());
    assert_eq!(request, Ok(EndRequest::default()));
}

#[test]
fn unknown_pairs_are_answered_with_the_nearest_or_pass_under_the_switch() {
    let body = r#"{"cancelReasonCategory":"CUSTOMER_CANCELLED","cancelReasonCode":"NOT_RENEVED"}"#;
    let faults = end(body, false).expect_err("unknown");
    let hint = faults[0].hint.as_deref().unwrap_or_default();
    assert!(hint.contains("CUSTOMER_CANCELLED/NOT_RENEWED ("), "{hint}");
    let mut switches = Switches::default();
    switches.set("unknownReasons", "accept").expect("a switch");
    let request = parse_end(object(body), PATH_ID, false, &switches).expect("accepted");
    assert_eq!(request.reason, Some(Reason::of("CUSTOMER_CANCELLED", "NOT_RENEVED")));
}

#[test]
fn what_cannot_fit_is_refused_before_the_merge() {
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(33 * 1024));
    assert_eq!(told(&end(&large, false).expect_err("large")), ["extensionData extension-too-large"]);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(31), "]".repeat(31));
    assert_eq!(told(&end(&deep, false).expect_err("deep")), ["extensionData json-too-deep"]);
    let fits = format!("{{\"a\":{}{}}}", "[".repeat(30), "]".repeat(30));
    assert!(end(&fits, false).is_ok());
}

//! Update: both stages, and every fault of every field.

use crate::sample::{NOW, bare_record, changed, date, full_record, object, told};
use entitlement::{Details, Reason, Record, Status, Verb};
use wire::{Fault, Switches, UpdateRequest, UpdateWanted};

const ID_ONLY: &str = r#"{"entitlementId":"0190-a"}"#;

/// Both stages with the default switches, in live mode.
pub(crate) fn update(changes: &str, record: &Record) -> Result<UpdateWanted, Vec<Fault>> {
    let body = changed(ID_ONLY, changes);
    let parsed = UpdateRequest::parse(body, true, &Switches::default())?;
    assert_eq!(parsed.request.entitlement_id(), "0190-a");
    parsed.request.against(record, NOW)
}

pub(crate) fn with_status(status: Status) -> Record {
    Record { status, ..full_record() }
}

/// Faults that show without the row.
pub(crate) const FAULTS: &[(&str, &[&str])] = &[
    (r#"{"entitlementId":"-"}"#, &["entitlementId required"]),
    (r#"{"entitlementId":null}"#, &["entitlementId required"]),
    (r#"{"entitlementId":""}"#, &["entitlementId empty"]),
    (r#"{"entitlementId":7}"#, &["entitlementId type"]),
    (r#"{"entitlementId":"a\u0000"}"#, &["entitlementId nul-character"]),
    (r#"{"productKey":null}"#, &["productKey not-nullable"]),
    (r#"{"productKey":""}"#, &["productKey empty"]),
    (r#"{"productKey":1}"#, &["productKey type"]),
    (r#"{"productKey":"a\r"}"#, &["productKey control-character"]),
    (r#"{"offerKey":""}"#, &["offerKey empty"]),
    (r#"{"offerKey":1}"#, &["offerKey type"]),
    (r#"{"notificationUrl":""}"#, &["notificationUrl empty"]),
    (r#"{"notificationUrl":1}"#, &["notificationUrl type"]),
    (r#"{"notificationUrl":"x"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"http://a.example"}"#, &["notificationUrl url-not-https"]),
    (r#"{"dateExpiry":""}"#, &["dateExpiry empty"]),
    (r#"{"dateExpiry":"2030-01-01"}"#, &["dateExpiry date-format"]),
    (r#"{"dateExpiry":5}"#, &["dateExpiry type"]),
    (r#"{"extensionData":""}"#, &["extensionData json-invalid"]),
    (r#"{"extensionData":7}"#, &["extensionData type"]),
    (r#"{"extensionData":{"a":"\u0000"}}"#, &["extensionData.a nul-character"]),
    (r#"{"customerIdentifier":null}"#, &["customerIdentifier not-nullable"]),
    (r#"{"customerIdentifier":""}"#, &["customerIdentifier empty"]),
    (r#"{"customerIdentifier":5}"#, &["customerIdentifier type"]),
    (r#"{"entitlementDisplayName":""}"#, &["entitlementDisplayName empty"]),
    (r#"{"entitlementDisplayName":5}"#, &["entitlementDisplayName type"]),
    (r#"{"externalEntitlementId":""}"#, &["externalEntitlementId empty"]),
    (r#"{"externalEntitlementId":"\u0001"}"#, &["externalEntitlementId control-character"]),
    (r#"{"entitlementBenefits":""}"#, &["entitlementBenefits empty"]),
    (r#"{"entitlementBenefits":5}"#, &["entitlementBenefits type"]),
    (r#"{"entitlementBenefits":"normal"}"#, &["entitlementBenefits benefits-unknown"]),
    (r#"{"entitlementBenefits":"RESUME"}"#, &["entitlementBenefits benefits-unknown"]),
    (r#"{"status":""}"#, &["status empty"]),
    (r#"{"status":5}"#, &["status type"]),
    (r#"{"status":"active"}"#, &["status status-unknown"]),
    (r#"{"status":"DELETED"}"#, &["status status-unknown"]),
    (
        r#"{"entitlementBenefits":"SUSPENDED","suspendReasonCategory":"REVOKED"}"#,
        &["suspendReasonCode reason-incomplete"],
    ),
    (
        r#"{"entitlementBenefits":"SUSPENDED","suspendReasonCode":"FRAUD"}"#,
        &["suspendReasonCategory reason-incomplete"],
    ),
    (r#"{"suspendReasonCategory":"REVOKED","suspendReasonCode":"X"}"#, &["suspendReasonCode reason-unknown"]),
    (
        r#"{"suspendReasonCategory":"","suspendReasonCode":1,"suspendReasonDescription":"\u0000"}"#,
        &["suspendReasonCategory empty", "suspendReasonCode type", "suspendReasonDescription nul-character"],
    ),
    (r#"{"prodcutKey":"x"}"#, &["prodcutKey unknown-field"]),
    (r#"{"cancelReasonCode":"x"}"#, &["cancelReasonCode unknown-field"]),
    (
        r#"{"zz":1,"status":"x","offerKey":"","productKey":""}"#,
        &["productKey empty", "offerKey empty", "status status-unknown", "zz unknown-field"],
    ),
];

#[test]
fn every_fault_without_the_row_is_told() {
    for (changes, expected) in FAULTS {
        let body = changed(ID_ONLY, changes);
        let faults = UpdateRequest::parse(body, true, &Switches::default()).expect_err(changes);
        assert_eq!(told(&faults), *expected, "{changes}");
    }
}

/// Status of the record, changes, and what is told beside the row.
pub(crate) const FAULTS_BESIDE_THE_ROW: &[(Status, &str, &[&str])] = &[
    (Status::Active, r#"{"status":"PENDING"}"#, &["status read-only"]),
    (Status::Active, r#"{"status":"FAILED"}"#, &["status read-only"]),
    (Status::Active, r#"{"status":"ACTIVE-ENDING"}"#, &["status read-only"]),
    (Status::Active, r#"{"status":"CANCELLED"}"#, &["status status-not-by-update"]),
    (Status::Active, r#"{"status":"REVOKED"}"#, &["status status-not-by-update"]),
    (Status::Cancelled, r#"{"status":"REVOKED"}"#, &["status status-not-by-update"]),
    (Status::Active, r#"{"dateCreated":"2024-05-06T07:08:10Z"}"#, &["dateCreated read-only"]),
    (Status::Active, r#"{"dateActivated":"x"}"#, &["dateActivated read-only"]),
    (Status::Active, r#"{"dateEnded":"2030-01-01T00:00:00Z"}"#, &["dateEnded read-only"]),
    (Status::Active, r#"{"dateSuspended":1}"#, &["dateSuspended read-only"]),
    (Status::Active, r#"{"dateResumed":""}"#, &["dateResumed read-only"]),
    (Status::Active, r#"{"dateLastUpdated":"2024-05-12"}"#, &["dateLastUpdated read-only"]),
    (Status::Active, r#"{"merchantAccountKey":"OTHER"}"#, &["merchantAccountKey read-only"]),
    (Status::Active, r#"{"activationCode":"XK-13"}"#, &["activationCode read-only"]),
    (Status::Active, r#"{"sharedCustomerId":"s-2"}"#, &["sharedCustomerId read-only"]),
    (Status::Active, r#"{"bangoUserId":1234567890}"#, &["bangoUserId read-only"]),
    (Status::Active, r#"{"merchantEntitlementId":"x"}"#, &["merchantEntitlementId read-only"]),
    (Status::Active, r#"{"financeData":{"price":9.91,"currency":"EUR"}}"#, &["financeData read-only"]),
    (Status::Active, r#"{"financeData":{}}"#, &["financeData read-only"]),
    (Status::Active, r#"{"dateExpiry":"2024-05-06T07:08:09Z"}"#, &["dateExpiry date-not-future"]),
    (Status::Active, r#"{"dateExpiry":"2200-01-01T00:00:00Z"}"#, &["dateExpiry date-too-far"]),
    (
        Status::Active,
        r#"{"productKey":"P2","entitlementBenefits":"SUSPENDED"}"#,
        &["entitlementBenefits one-operation"],
    ),
    (Status::Active, r#"{"offerKey":null,"entitlementBenefits":"NORMAL"}"#, &["entitlementBenefits one-operation"]),
    (Status::Active, r#"{"productKey":"P2","status":"SUSPENDED"}"#, &["status one-operation"]),
    (Status::ActiveEnding, r#"{"status":"ACTIVE","entitlementBenefits":"SUSPENDED"}"#, &["status one-operation"]),
    (Status::Active, r#"{"status":"SUSPENDED","entitlementBenefits":"NORMAL"}"#, &["status one-operation"]),
    (Status::Active, r#"{"suspendReasonDescription":"x"}"#, &["suspendReasonCategory reason-without-suspend"]),
    (
        Status::Suspended,
        r#"{"entitlementBenefits":"NORMAL","suspendReasonDescription":"x"}"#,
        &["suspendReasonCategory reason-without-suspend"],
    ),
    (
        Status::Active,
        r#"{"bangoUserId":"1","dateCreated":"x","status":"REVOKED","dateExpiry":"2020-01-01T00:00:00Z"}"#,
        &[
            "dateExpiry date-not-future",
            "status status-not-by-update",
            "dateCreated read-only",
            "bangoUserId read-only",
        ],
    ),
];

#[test]
fn every_fault_beside_the_row_is_told() {
    for (status, changes, expected) in FAULTS_BESIDE_THE_ROW {
        let faults = update(changes, &with_status(*status)).expect_err(changes);
        assert_eq!(told(&faults), *expected, "{changes}");
    }
}

#[test]
fn hints_name_the_right_call() {
    for (status, call) in [("CANCELLED", "/cancel/"), ("REVOKED", "/revoke/"), ("ACTIVE-ENDING", "/cancel/")] {
        let faults = update(&format!("{{\"status\":\"{status}\"}}"), &bare_record()).expect_err(status);
        assert!(faults[0].hint.as_deref().is_some_and(|hint| hint.contains(call)), "{status}");
    }
}

#[test]
fn every_field_changes() {
    let changes = r#"{"productKey":"P2","offerKey":"TRIAL","notificationUrl":"https://b.example/",
        "dateExpiry":"2030-01-01T01:00:00+01:00","extensionData":{"channel":null,"new":1},
        "customerIdentifier":"c2","entitlementDisplayName":"New","externalEntitlementId":"e2"}"#;
    let expected = UpdateWanted {
        product_key: Some("P2".into()),
        offer_key: Some(Some("TRIAL".into())),
        details: Details {
            customer_identifier: Some("c2".into()),
            notification_url: Some(Some("https://b.example/".into())),
            date_expiry: Some(Some(date("2030-01-01T00:00:00Z"))),
            extension_data: Some(Some(object(r#"{"channel":null,"new":1}"#))),
            entitlement_display_name: Some(Some("New".into())),
            external_entitlement_id: Some(Some("e2".into())),
        },
        verb: None,
        reason: None,
    };
    assert_eq!(update(changes, &full_record()), Ok(expected));
}

const CLEARING: &str = r#"{"offerKey":null,"notificationUrl":null,"dateExpiry":null,
    "extensionData":null,"entitlementDisplayName":null,"externalEntitlementId":null}"#;

#[test]
fn null_clears_what_is_there() {
    let expected = UpdateWanted {
        offer_key: Some(None),
        details: Details {
            notification_url: Some(None),
            date_expiry: Some(None),
            extension_data: Some(None),
            entitlement_display_name: Some(None),
            external_entitlement_id: Some(None),
            ..Details::default()
        },
        ..UpdateWanted::default()
    };
    assert_eq!(update(CLEARING, &full_record()), Ok(expected));
    assert_eq!(update(CLEARING, &bare_record()), Ok(UpdateWanted::default()));
}

#[test]
fn the_switch_lets_null_mean_not_sent() {
    let mut switches = Switches::default();
    switches.set("nullInUpdate", "skip").expect("a switch");
    let mut body = changed(ID_ONLY, CLEARING);
    body.merge(&object("{}"));
    body.set("productKey", entitlement::Json::Null);
    body.set("customerIdentifier", entitlement::Json::Null);
    let parsed = UpdateRequest::parse(body, true, &switches).expect("in order");
    let wanted = parsed.request.against(&full_record(), NOW);
    assert_eq!(wanted, Ok(UpdateWanted::default()));
    assert!(parsed.ignored_fields.is_empty());
}

#[test]
fn null_says_nothing_where_nothing_can_be_cleared() {
    let changes = r#"{"status":null,"entitlementBenefits":null,"suspendReasonCategory":null,
        "suspendReasonCode":null,"suspendReasonDescription":null,"dateCreated":null,
        "merchantAccountKey":null,"activationCode":null,"financeData":null,"bangoUserId":null}"#;
    assert_eq!(update(changes, &full_record()), Ok(UpdateWanted::default()));
}

/// Status of the record, changes, and the verb they come to.
const VERBS: &[(Status, &str, Option<Verb>)] = &[
    (Status::Active, r#"{"entitlementBenefits":"SUSPENDED"}"#, Some(Verb::BenefitsSuspended)),
    (Status::Active, r#"{"entitlementBenefits":"SUSPEND"}"#, Some(Verb::BenefitsSuspended)),
    (Status::Suspended, r#"{"entitlementBenefits":"NONE"}"#, Some(Verb::BenefitsSuspended)),
    (Status::Suspended, r#"{"entitlementBenefits":"NORMAL"}"#, Some(Verb::BenefitsNormal)),
    (Status::Active, r#"{"entitlementBenefits":"NORMAL"}"#, Some(Verb::BenefitsNormal)),
    (Status::Active, r#"{"status":"SUSPENDED"}"#, Some(Verb::StatusSuspended)),
    (Status::Suspended, r#"{"status":"SUSPENDED"}"#, None),
    (Status::ActiveEnding, r#"{"status":"ACTIVE"}"#, Some(Verb::StatusActive)),
    (Status::Active, r#"{"status":"ACTIVE"}"#, None),
    (Status::Cancelled, r#"{"status":"CANCELLED"}"#, None),
    (Status::Active, r#"{"status":"SUSPENDED","entitlementBenefits":"NONE"}"#, Some(Verb::BenefitsSuspended)),
    (Status::Suspended, r#"{"status":"ACTIVE","entitlementBenefits":"NORMAL"}"#, Some(Verb::StatusActive)),
    (Status::Active, r#"{"status":"ACTIVE","entitlementBenefits":"SUSPENDED"}"#, Some(Verb::BenefitsSuspended)),
];

#[test]
fn benefits_and_status_come_to_one_verb() {
    for (status, changes, verb) in VERBS {
        let wanted = update(changes, &with_status(*status)).expect(changes);
        assert_eq!(wanted, UpdateWanted { verb: *verb, ..UpdateWanted::default() }, "{changes}");
    }
}

#[test]
fn a_verb_goes_with_local_fields_and_with_an_unchanged_product() {
    let changes =
        r#"{"status":"SUSPENDED","externalEntitlementId":"e2","productKey":"BangoMusic","offerKey":"BUNDLE"}"#;
    let wanted = update(changes, &with_status(Status::Active)).expect("in order");
    assert_eq!(wanted.verb, Some(Verb::StatusSuspended));
    assert_eq!(wanted.details.external_entitlement_id, Some(Some("e2".into())));
    assert_eq!((wanted.product_key, wanted.offer_key), (None, None));
}

#[test]
fn a_suspend_carries_its_reason() {
    let changes = r#"{"entitlementBenefits":"SUSPENDED","suspendReasonCategory":"REVOKED",
        "suspendReasonCode":"FRAUD","suspendReasonDescription":""}"#;
    let wanted = update(changes, &with_status(Status::Active)).expect("in order");
    let expected = Reason { description: Some(String::new()), ..Reason::of("REVOKED", "FRAUD") };
    assert_eq!(wanted.reason, Some(expected));
}

#[test]
fn a_repeated_suspend_by_status_changes_nothing_whatever_its_reason() {
    let changes = r#"{"status":"SUSPENDED","suspendReasonDescription":"again"}"#;
    let wanted = update(changes, &with_status(Status::Suspended));
    assert_eq!(wanted, Ok(UpdateWanted::default()));
}

#[test]
fn unknown_reasons_pass_under_the_switch() {
    let mut switches = Switches::default();
    switches.set("unknownReasons", "accept").expect("a switch");
    let body =
        changed(ID_ONLY, r#"{"entitlementBenefits":"NONE","suspendReasonCategory":"X","suspendReasonCode":"Y"}"#);
    let parsed = UpdateRequest::parse(body, true, &switches).expect("in order");
    let wanted = parsed.request.against(&with_status(Status::Active), NOW).expect("in order");
    assert_eq!(wanted.reason, Some(Reason::of("X", "Y")));
}

#[test]
fn extension_data_is_measured_after_the_merge() {
    let full = format!("{{\"a\":\"{}\"}}", "x".repeat(32 * 1024 - 8));
    let record = Record { extension_data: object(&full), ..full_record() };
    let tell = |data: &str| update(&format!("{{\"extensionData\":{data}}}"), &record);
    let faults = tell(r#"{"b":1}"#).expect_err("one member too many");
    assert_eq!(told(&faults), ["extensionData extension-too-large"]);
    assert!(tell(r#"{"b":1,"a":null}"#).is_ok());
    assert!(tell(&full).is_ok_and(|wanted| wanted == UpdateWanted::default()));
    let huge = format!("{{\"b\":\"{}\"}}", "x".repeat(100 * 1024));
    assert_eq!(told(&tell(&huge).expect_err("huge")), ["extensionData extension-too-large"]);
}

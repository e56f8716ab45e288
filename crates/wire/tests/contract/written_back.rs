//! A record that was read and is written back changes nothing, as one whole and member by member.

use crate::sample::{NOW, bare_record, full_record, object};
use crate::update::{update, with_status};
use entitlement::{Json, JsonObject, Record, Status};
use wire::{ResponseCode, Switches, UpdateRequest, UpdateWanted};

fn answer(record: &Record) -> JsonObject {
    let code = ResponseCode::ClientActionRequired;
    let parameters = wire::action_parameters("https://m.example/", None);
    object(&wire::record_body(1, code, Some(&parameters), record).expect("form 1"))
}

fn write_back(body: JsonObject, record: &Record) -> UpdateWanted {
    for null_in_update in ["clear", "skip"] {
        let mut switches = Switches::default();
        switches.set("nullInUpdate", null_in_update).expect("a switch");
        let parsed = UpdateRequest::parse(body.clone(), true, &switches).expect("in order");
        assert!(parsed.ignored_fields.is_empty());
        let wanted = parsed.request.against(record, NOW).expect("in order");
        if wanted != UpdateWanted::default() {
            return wanted;
        }
    }
    UpdateWanted::default()
}

#[test]
fn a_whole_answer_changes_nothing_in_any_status() {
    for status in Status::ALL {
        for record in [Record { status, ..bare_record() }, Record { status, ..full_record() }] {
            assert_eq!(write_back(answer(&record), &record), UpdateWanted::default(), "{status}");
        }
    }
}

#[test]
fn an_error_that_carried_the_record_changes_nothing() {
    let record = full_record();
    let error = wire::ErrorAnswer::new(503, ResponseCode::ServiceUnavailable, "unknown-outcome", "x");
    let body = object(&error.body_with_record(&record));
    assert_eq!(write_back(body, &record), UpdateWanted::default());
}

#[test]
fn one_change_among_everything_is_the_only_one() {
    let record = with_status(Status::Active);
    let mut body = answer(&record);
    body.set("externalEntitlementId", Json::String("e2".into()));
    let wanted = write_back(body, &record);
    assert_eq!(wanted.details.external_entitlement_id, Some(Some("e2".into())));
    let rest = UpdateWanted { details: entitlement::Details::default(), ..wanted };
    assert_eq!(rest, UpdateWanted::default());
}

/// Other ways of writing the full record's values.
const OTHERWISE: &[&str] = &[
    r#"{"dateExpiry":"2024-05-01T02:00:00.9+02:00"}"#,
    r#"{"dateCreated":"2024-05-06T09:08:09.123+02:00"}"#,
    r#"{"dateEnded":"2024-06-06t08:00:00z"}"#,
    r#"{"notificationUrl":"https://***@acme.example/notify?ref=8812"}"#,
    r#"{"notificationUrl":"https://user:secret@acme.example/notify?ref=8812"}"#,
    r#"{"notificationUrl":"https://***@acme.example/elsewhere"}"#,
    r#"{"extensionData":{}}"#,
    r#"{"extensionData":{"channel":"shop-42"}}"#,
    r#"{"extensionData":{"missing":null,"in":{"missing":null}}}"#,
    r#"{"extensionData":{"in":{"b":[1,{"x":null,"y":1}]},"n":0.10}}"#,
    r#"{"extensionData":"{\"n\":0.10}"}"#,
    r#"{"financeData":{"currency":"EUR","price":9.9}}"#,
];

#[test]
fn the_same_value_written_otherwise_changes_nothing() {
    for changes in OTHERWISE {
        assert_eq!(update(changes, &full_record()), Ok(UpdateWanted::default()), "{changes}");
    }
}

/// What looks much the same and is another value.
const CHANGED: &[&str] = &[
    r#"{"extensionData":{"n":0.1}}"#,
    r#"{"extensionData":{"n":"0.10"}}"#,
    r#"{"extensionData":{"in":{"b":[1]}}}"#,
    r#"{"extensionData":{"in":{"b":[1,{"y":null,"x":1}]}}}"#,
    r#"{"extensionData":{"channel":null}}"#,
    r#"{"customerIdentifier":"+441632960123 "}"#,
    r#"{"productKey":"bangomusic"}"#,
    r#"{"notificationUrl":"https://user:secret@acme.example/notify?ref=8813"}"#,
    r#"{"entitlementDisplayName":"Bango \"Music\""}"#,
];

#[test]
fn another_value_is_a_change() {
    for changes in CHANGED {
        let wanted = update(changes, &full_record()).expect(changes);
        assert_ne!(wanted, UpdateWanted::default(), "{changes}");
    }
}

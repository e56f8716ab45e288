//! Answers that are no success.

use crate::sample::bare_record;
use wire::{ErrorAnswer, Fault, JsonFault, LIMIT_MESSAGE, Origin, ResponseCode};

#[test]
fn all_faults_in_one_answer() {
    let answer = ErrorAnswer::faults(vec![
        Fault::required("customerIdentifier"),
        Fault::invalid("extensionData.a", "nul-character").with_hint("Remove \"it\"."),
    ]);
    let expected = concat!(
        r#"{"responseCode":"BAD_REQUEST","responseMessage":"customerIdentifier parameter is required; "#,
        r#"extensionData.a parameter is invalid","parameters":{},"error":{"origin":"RESELLER","#,
        r#""field":"customerIdentifier","rule":"required","hint":null,"retryable":false,"fields":["#,
        r#"{"field":"customerIdentifier","rule":"required","message":"customerIdentifier parameter is required"},"#,
        r#"{"field":"extensionData.a","rule":"nul-character","message":"extensionData.a parameter is invalid","#,
        r#""hint":"Remove \"it\"."}]}}"#,
    );
    assert_eq!(answer.body(), expected);
    assert_eq!((answer.http, answer.code), (400, ResponseCode::BadRequest));
}

#[test]
fn an_answer_without_fields() {
    let answer = ErrorAnswer::new(405, ResponseCode::BadRequest, "method", "No PUT here.")
        .with_allow("GET, POST")
        .with_field("method")
        .with_hint("Send GET or POST.");
    let expected = concat!(
        r#"{"responseCode":"BAD_REQUEST","responseMessage":"No PUT here.","parameters":{},"#,
        r#""error":{"origin":"RESELLER","field":"method","rule":"method","hint":"Send GET or POST.","#,
        r#""retryable":false,"fields":[]}}"#,
    );
    assert_eq!(answer.body(), expected);
    assert_eq!(answer.allow, Some("GET, POST"));
}

#[test]
fn a_503_carries_the_record_beside_its_error() {
    let code = ResponseCode::ServiceUnavailable;
    let answer = ErrorAnswer::new(503, code, "unknown-outcome", "Nobody knows.").with_retry_after_s(5);
    let mut members = String::new();
    wire::push_record(&mut members, &bare_record());
    let expected = format!(
        concat!(
            r#"{{"responseCode":"SERVICE_UNAVAILABLE","responseMessage":"Nobody knows.","parameters":{{}},"#,
            r#"{},"error":{{"origin":"HUB","field":null,"rule":"unknown-outcome","hint":null,"#,
            r#""retryable":true,"fields":[]}}}}"#,
        ),
        members
    );
    assert_eq!(answer.body_with_record(&bare_record()), expected);
    assert_eq!(answer.retry_after_s, Some(5));
}

#[test]
fn origin_and_retryable_follow_the_status_unless_said() {
    let of = |http| ErrorAnswer::new(http, ResponseCode::BadRequest, "x", "x");
    for (http, origin, retryable) in [
        (400, Origin::Reseller, false),
        (408, Origin::Reseller, true),
        (409, Origin::Reseller, false),
        (429, Origin::Reseller, true),
        (500, Origin::Hub, true),
        (503, Origin::Hub, true),
    ] {
        assert_eq!((of(http).origin, of(http).retryable), (origin, retryable), "{http}");
    }
    let said = of(422).with_origin(Origin::Merchant).with_retryable(true);
    assert_eq!((said.origin.as_str(), said.retryable), ("MERCHANT", true));
    assert!(of(409).with_retry_after_s(1).retryable);
}

#[test]
fn the_limit_message_is_the_public_one() {
    assert_eq!(
        LIMIT_MESSAGE,
        "Invalid request or the request contains invalid data. \
         Maximum number of subscriptions for user reached"
    );
}

#[test]
fn json_faults_name_the_body_or_the_name_that_stands_twice() {
    for (fault, field, rule, piece) in [
        (JsonFault::NotUtf8 { at: 7 }, "body", "utf8-invalid", "byte 7"),
        (JsonFault::NotJson { at: 9, problem: "a colon" }, "body", "json-invalid", "a colon at byte 9"),
        (JsonFault::NotAnObject, "body", "json-not-object", "{\"name\": value"),
        (JsonFault::TooDeep { at: 5 }, "body", "json-too-deep", "32 deep"),
        (JsonFault::DuplicateKey("a.b".into()), "a.b", "json-duplicate-key", "twice"),
    ] {
        let fault = Fault::from(fault);
        assert_eq!((fault.field.as_str(), fault.rule), (field, rule));
        assert!(fault.hint.as_deref().is_some_and(|hint| hint.contains(piece)), "{fault:?}");
    }
}

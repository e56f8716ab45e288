//! Answers, byte by byte. These bytes are promised to replays: a change here is another form.

use crate::sample::{bare_record, date, full_record};
use entitlement::NotificationReason;
use wire::{ANSWER_FORM, DryRun, ResponseCode, dry_run_body, record_body};

const BARE: &str = concat!(
    r#"{"responseCode":"OK","responseMessage":"Success","parameters":{},"#,
    r#""entitlementId":"0190-a","status":"PENDING","dateCreated":"2024-05-06T07:08:09Z","#,
    r#""dateActivated":null,"dateEnded":null,"dateSuspended":null,"dateResumed":null,"#,
    r#""dateLastUpdated":"2024-05-06T07:08:09Z","customerIdentifier":"+441632960123","#,
    r#""merchantAccountKey":"BANGO","productKey":"BangoMusic","offerKey":null,"#,
    r#""activationCode":null,"entitlementDisplayName":null,"dateExpiry":null,"#,
    r#""extensionData":null,"notificationUrl":null,"externalEntitlementId":null,"#,
    r#""sharedCustomerId":"s-1","bangoUserId":"1234567890","merchantEntitlementId":"0190-a","#,
    r#""financeData":null}"#,
);

const FULL: &str = concat!(
    r#"{"responseCode":"CLIENT_ACTION_REQUIRED","#,
    r#""responseMessage":"An action is required in the client.","#,
    r#""parameters":{"action":"NAVIGATE_TO_URL","url":"https://m.example/a?t=1","urlExpiry":"2024-05-07T07:08:09Z"},"#,
    r#""entitlementId":"0190-a","status":"ACTIVE-ENDING","dateCreated":"2024-05-06T07:08:09Z","#,
    r#""dateActivated":"2024-05-06T08:00:00Z","dateEnded":"2024-06-06T08:00:00Z","#,
    r#""dateSuspended":"2024-05-10T00:00:00Z","dateResumed":"2024-05-11T00:00:00Z","#,
    r#""dateLastUpdated":"2024-05-12T23:59:59Z","customerIdentifier":"+441632960123","#,
    r#""merchantAccountKey":"BANGO","productKey":"BangoMusic","offerKey":"BUNDLE","#,
    r#""activationCode":"XK-12","entitlementDisplayName":"Bango \"Music\"\n30 días","#,
    r#""dateExpiry":"2024-05-01T00:00:00Z","#,
    r#""extensionData":{"channel":"shop-42","n":0.10,"in":{"b":[1,{"y":1,"x":null}]}},"#,
    r#""notificationUrl":"https://***@acme.example/notify?ref=8812","#,
    r#""externalEntitlementId":"ext/1","sharedCustomerId":"s-1","bangoUserId":"1234567890","#,
    r#""merchantEntitlementId":"m-77","financeData":{"price":9.90,"currency":"EUR"}}"#,
);

#[test]
fn form_1_of_a_bare_record() {
    let body = record_body(1, ResponseCode::Ok, None, &bare_record());
    assert_eq!(body.as_deref(), Some(BARE));
}

#[test]
fn form_1_of_a_full_record_with_an_action() {
    let expires_at = Some(date("2024-05-07T07:08:09Z"));
    let parameters = wire::action_parameters("https://m.example/a?t=1", expires_at);
    let code = ResponseCode::ClientActionRequired;
    let body = record_body(1, code, Some(&parameters), &full_record());
    assert_eq!(body.as_deref(), Some(FULL));
}

#[test]
fn a_dry_run_prints_null_for_what_nobody_can_know_and_names_it() {
    let record = full_record();
    let run = DryRun {
        code: ResponseCode::ClientActionRequired,
        record: &record,
        unknown: &["entitlementId", "merchantEntitlementId"],
        would_notify: &[NotificationReason::ProductUpdate, NotificationReason::MetadataUpdate],
    };
    let parameters = concat!(
        r#""parameters":{"action":"NAVIGATE_TO_URL","url":null,"urlExpiry":null,"assumed":["entitlementId","#,
        r#""merchantEntitlementId","parameters.url","parameters.urlExpiry"],"#,
        r#""wouldNotify":["PRODUCT_UPDATE","METADATA_UPDATE"]}"#,
    );
    let (head, tail) = FULL.split_once(r#""parameters":{"#).unwrap();
    let (_, members) = tail.split_once("},").unwrap();
    let members = members.replace(r#""0190-a""#, "null").replace(r#""m-77""#, "null");
    assert_eq!(dry_run_body(&run), Some(format!("{head}{parameters},{members}")));
    assert_eq!(dry_run_body(&DryRun { code: ResponseCode::BadRequest, ..run }), None);
}

#[test]
fn new_answers_are_form_1_and_others_are_unknown() {
    assert_eq!(ANSWER_FORM, 1);
    for form in [0, 2, 255] {
        assert_eq!(record_body(form, ResponseCode::Ok, None, &bare_record()), None);
    }
}

#[test]
fn only_successes_carry_a_record_like_this() {
    for code in ResponseCode::ALL {
        let is_success = matches!(code, ResponseCode::Ok | ResponseCode::ClientActionRequired);
        let body = record_body(1, code, None, &bare_record());
        assert_eq!(body.is_some(), is_success, "{code:?}");
    }
}

#[test]
fn saved_codes_keep_their_numbers_and_words() {
    let words = "OK CLIENT_ACTION_REQUIRED BAD_REQUEST UNAUTHORIZED NOT_AVAILABLE NOT_FOUND \
        ALREADY_EXISTS CONFLICT TOO_MANY_REQUESTS INTERNAL_ERROR SERVICE_UNAVAILABLE";
    for (index, word) in (0_u8..).zip(words.split(' ').filter(|word| !word.is_empty())) {
        assert_eq!(ResponseCode::from_index(index).map(ResponseCode::as_str), Some(word));
    }
}

#[test]
fn a_url_without_expiry_says_null() {
    assert_eq!(
        wire::action_parameters("https://m.example/\"x\"", None),
        r#"{"action":"NAVIGATE_TO_URL","url":"https://m.example/\"x\"","urlExpiry":null}"#
    );
}

#[test]
fn echo() {
    assert_eq!(
        wire::echo_body("a\"b"),
        r#"{"responseCode":"OK","responseMessage":"Success","parameters":{},"echo":"a\"b"}"#
    );
}

#[test]
fn an_empty_report_is_ok() {
    assert_eq!(
        wire::report_body([].into_iter(), None, 0),
        concat!(
            r#"{"responseCode":"OK","responseMessage":"Success","#,
            r#""parameters":{"nextCursor":null,"feedCursor":"0"},"entitlements":[]}"#
        )
    );
}

#[test]
fn a_report_holds_the_record_of_every_answer() {
    let record = bare_record();
    let mut members = String::new();
    wire::push_record(&mut members, &record);
    assert!(BARE.ends_with(&format!(",{members}}}")));
    let page = wire::report_body([&record, &record].into_iter(), Some("c"), u64::MAX);
    let head = concat!(
        r#"{"responseCode":"OK","responseMessage":"Success","parameters":{"nextCursor":"c","#,
        r#""feedCursor":"18446744073709551615"},"entitlements":["#
    );
    assert_eq!(page, format!("{head}{{{members}}},{{{members}}}]}}"));
}

#[test]
fn every_answer_is_json_that_this_room_reads() {
    for text in [BARE, FULL, &wire::echo_body("\u{0}\u{1f}\u{7f}")] {
        let read = wire::parse_object(text.as_bytes()).expect("JSON");
        let mut again = String::new();
        wire::push_object(&mut again, &read);
        assert_eq!(again, text);
    }
}

#[test]
fn an_etag_is_a_strong_one() {
    assert_eq!(wire::etag(12), "\"12\"");
    assert!(wire::if_match_allows(&wire::etag(12), 12));
}

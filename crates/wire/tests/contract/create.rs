//! Create: what is taken, and every fault of every field.

use crate::sample::{NOW, changed, date, object, told};
use wire::{CreateRequest, Fault, Parsed, Switches};

const LEAST: &str = r#"{"customerIdentifier":"+441632960123","merchantAccountKey":"BANGO","productKey":"BangoMusic"}"#;

fn parse(body: entitlement::JsonObject, live: bool) -> Result<Parsed<CreateRequest>, Vec<Fault>> {
    CreateRequest::parse(body, NOW, live, &Switches::default())
}

fn least() -> CreateRequest {
    CreateRequest {
        customer_identifier: "+441632960123".into(),
        merchant_account_key: "BANGO".into(),
        product_key: "BangoMusic".into(),
        offer_key: None,
        entitlement_id: None,
        notification_url: None,
        date_expiry: None,
        extension_data: None,
        entitlement_display_name: None,
        external_entitlement_id: None,
        extra_information: object("{}"),
    }
}

#[test]
fn the_least_a_create_needs() {
    let parsed = parse(object(LEAST), true).expect("in order");
    assert_eq!(parsed, Parsed { request: least(), ignored_fields: Vec::new() });
}

#[test]
fn everything_a_create_takes() {
    let body = changed(
        LEAST,
        r#"{"offerKey":"BUNDLE","entitlementId":"own-1","notificationUrl":"https://u:p@acme.example/n?r=1#f",
            "dateExpiry":"2030-01-01T02:00:00.5+02:00","extensionData":{"a":1.0,"b":null,"c":{"d":null},"e":[null]},
            "entitlementDisplayName":"Line\nline","externalEntitlementId":"x 1","extraInformation":{"ip":null}}"#,
    );
    let expected = CreateRequest {
        offer_key: Some("BUNDLE".into()),
        entitlement_id: Some("own-1".into()),
        notification_url: Some("https://u:p@acme.example/n?r=1#f".into()),
        date_expiry: Some(date("2030-01-01T00:00:00Z")),
        extension_data: Some(object(r#"{"a":1.0,"c":{},"e":[null]}"#)),
        entitlement_display_name: Some("Line\nline".into()),
        external_entitlement_id: Some("x 1".into()),
        extra_information: object(r#"{"ip":null}"#),
        ..least()
    };
    assert_eq!(parse(body, true).expect("in order").request, expected);
}

#[test]
fn null_and_empty_mean_not_sent_in_optional_fields() {
    for nothing in ["null", "\"\""] {
        let names = [
            "offerKey",
            "entitlementId",
            "notificationUrl",
            "dateExpiry",
            "extensionData",
            "entitlementDisplayName",
            "externalEntitlementId",
            "extraInformation",
        ];
        let members = names.map(|name| format!("\"{name}\":{nothing}"));
        let body = changed(LEAST, &format!("{{{}}}", members.join(",")));
        assert_eq!(parse(body, true).expect("in order").request, least(), "{nothing}");
    }
}

#[test]
fn read_only_members_that_are_null_say_nothing() {
    let body = changed(LEAST, r#"{"activationCode":null,"dateEnded":null,"status":null}"#);
    assert_eq!(parse(body, true).expect("in order").request, least());
}

#[test]
fn extension_data_may_be_a_string_holding_an_object() {
    let body = changed(LEAST, r#"{"extensionData":"{\"a\":0.10,\"b\":null}"}"#);
    let parsed = parse(body, true).expect("in order");
    assert_eq!(parsed.request.extension_data, Some(object(r#"{"a":0.10}"#)));
}

/// Changes of the least create, and what is told of them.
pub(crate) const FAULTS: &[(&str, &[&str])] = &[
    (r#"{"customerIdentifier":"-"}"#, &["customerIdentifier required"]),
    (r#"{"customerIdentifier":null}"#, &["customerIdentifier required"]),
    (r#"{"customerIdentifier":""}"#, &["customerIdentifier empty"]),
    (r#"{"customerIdentifier":441632960123}"#, &["customerIdentifier type"]),
    (r#"{"customerIdentifier":["x"]}"#, &["customerIdentifier type"]),
    (r#"{"customerIdentifier":"a\nb"}"#, &["customerIdentifier control-character"]),
    (r#"{"customerIdentifier":"a\u0085b"}"#, &["customerIdentifier control-character"]),
    (r#"{"customerIdentifier":"a\n\u0000b"}"#, &["customerIdentifier nul-character"]),
    (r#"{"merchantAccountKey":"-"}"#, &["merchantAccountKey required"]),
    (r#"{"merchantAccountKey":""}"#, &["merchantAccountKey empty"]),
    (r#"{"merchantAccountKey":true}"#, &["merchantAccountKey type"]),
    (r#"{"merchantAccountKey":"\u0000"}"#, &["merchantAccountKey nul-character"]),
    (r#"{"productKey":null}"#, &["productKey required"]),
    (r#"{"productKey":""}"#, &["productKey empty"]),
    (r#"{"productKey":{}}"#, &["productKey type"]),
    (r#"{"productKey":"a\tb"}"#, &["productKey control-character"]),
    (r#"{"offerKey":5}"#, &["offerKey type"]),
    (r#"{"offerKey":"\u001f"}"#, &["offerKey control-character"]),
    (r#"{"entitlementId":5}"#, &["entitlementId type"]),
    (r#"{"entitlementId":"a/b"}"#, &["entitlementId entitlement-id-invalid"]),
    (r#"{"entitlementId":"Report"}"#, &["entitlementId entitlement-id-invalid"]),
    (r#"{"entitlementId":"a\u0000"}"#, &["entitlementId nul-character"]),
    (r#"{"notificationUrl":5}"#, &["notificationUrl type"]),
    (r#"{"notificationUrl":"acme.example/n"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"/n"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"//acme.example/n"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"ftp://acme.example/n"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https:acme.example"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https://"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https:///n"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https://?n"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https://a:99999/"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https://a b/"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https://acme.example/ä"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https:\\\\acme.example\\n"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":" https://acme.example"}"#, &["notificationUrl url-invalid"]),
    (r#"{"notificationUrl":"https://acme.example/\n"}"#, &["notificationUrl control-character"]),
    (r#"{"notificationUrl":"https://acme.example/\u0000"}"#, &["notificationUrl nul-character"]),
    (r#"{"notificationUrl":"http://acme.example/n"}"#, &["notificationUrl url-not-https"]),
    (r#"{"notificationUrl":"https://***@acme.example/n"}"#, &["notificationUrl url-masked"]),
    (r#"{"dateExpiry":"2030-01-01"}"#, &["dateExpiry date-format"]),
    (r#"{"dateExpiry":1893456000}"#, &["dateExpiry type"]),
    (r#"{"dateExpiry":"2030-02-30T00:00:00Z"}"#, &["dateExpiry date-format"]),
    (r#"{"dateExpiry":"2030-01-01T00:00:00Z\u0000"}"#, &["dateExpiry nul-character"]),
    (r#"{"dateExpiry":"2024-05-06T07:08:09Z"}"#, &["dateExpiry date-not-future"]),
    (r#"{"dateExpiry":"2200-01-01T00:00:00Z"}"#, &["dateExpiry date-too-far"]),
    (r#"{"extensionData":5}"#, &["extensionData type"]),
    (r#"{"extensionData":[]}"#, &["extensionData type"]),
    (r#"{"extensionData":"x"}"#, &["extensionData json-invalid"]),
    (r#"{"extensionData":"[]"}"#, &["extensionData json-not-object"]),
    (r#"{"extensionData":"{\"a\":{\"b\":1,\"b\":2}}"}"#, &["extensionData.a.b json-duplicate-key"]),
    (
        r#"{"extensionData":{"a":{"b":"\u0000","c":["x",{"d":"\u0000"}]},"e\u0000":1}}"#,
        &[
            "extensionData.a.b nul-character",
            "extensionData.a.c.1.d nul-character",
            "extensionData.e\u{fffd} nul-character",
        ],
    ),
    (r#"{"entitlementDisplayName":5}"#, &["entitlementDisplayName type"]),
    (r#"{"entitlementDisplayName":"a\u0000"}"#, &["entitlementDisplayName nul-character"]),
    (r#"{"externalEntitlementId":false}"#, &["externalEntitlementId type"]),
    (r#"{"externalEntitlementId":"a\u007f"}"#, &["externalEntitlementId control-character"]),
    (r#"{"extraInformation":"{}"}"#, &["extraInformation type"]),
    (r#"{"extraInformation":{"a":["\u0000"]}}"#, &["extraInformation.a.0 nul-character"]),
    (r#"{"custmerIdentifier":"x"}"#, &["custmerIdentifier unknown-field"]),
    (r#"{"status":"ACTIVE"}"#, &["status unknown-field"]),
    (r#"{"":1}"#, &[" unknown-field"]),
    (
        r#"{"zzz":1,"externalEntitlementId":1,"aaa":2,"customerIdentifier":"-","productKey":""}"#,
        &[
            "customerIdentifier required",
            "productKey empty",
            "externalEntitlementId type",
            "zzz unknown-field",
            "aaa unknown-field",
        ],
    ),
];

#[test]
fn every_fault_is_told() {
    for (changes, expected) in FAULTS {
        let faults = parse(changed(LEAST, changes), true).expect_err(changes);
        assert_eq!(told(&faults), *expected, "{changes}");
    }
}

/// Field, characters it takes, and the rule of one more; the filler fits every field.
const LONGEST: &[(&str, usize)] = &[
    ("customerIdentifier", 256),
    ("merchantAccountKey", 128),
    ("productKey", 128),
    ("offerKey", 128),
    ("entitlementId", 64),
    ("externalEntitlementId", 256),
    ("entitlementDisplayName", 256),
];

#[test]
fn lengths_are_characters() {
    for (field, chars_max) in LONGEST {
        let filler = if *field == "entitlementId" { "x" } else { "ä" };
        let body = |count: usize| format!("{{\"{field}\":\"{}\"}}", filler.repeat(count));
        assert!(parse(changed(LEAST, &body(*chars_max)), true).is_ok(), "{field}");
        let faults = parse(changed(LEAST, &body(chars_max + 1)), true).expect_err(field);
        assert_eq!(told(&faults), [format!("{field} too-long")]);
    }
}

#[test]
fn a_notification_url_has_at_most_4096_characters() {
    let body = |count: usize| {
        let url = format!("https://a.example/{}", "x".repeat(count - 18));
        changed(LEAST, &format!("{{\"notificationUrl\":\"{url}\"}}"))
    };
    assert!(parse(body(4096), true).is_ok());
    assert_eq!(told(&parse(body(4097), true).expect_err("long")), ["notificationUrl too-long"]);
}

#[test]
fn extension_data_has_at_most_32_kib_without_its_nulls() {
    let body = |filler: usize, more: &str| {
        let data = format!("{{\"a\":\"{}\"{more}}}", "x".repeat(filler));
        changed(LEAST, &format!("{{\"extensionData\":{data}}}"))
    };
    let fits = 32 * 1024 - r#"{"a":""}"#.len();
    assert!(parse(body(fits, ""), true).is_ok());
    assert!(parse(body(fits, ",\"gone\":null"), true).is_ok());
    for too_large in [body(fits + 1, ""), body(200_000, "")] {
        let faults = parse(too_large, true).expect_err("large");
        assert_eq!(told(&faults), ["extensionData extension-too-large"]);
    }
}

#[test]
fn extension_data_leaves_room_for_the_record_around_it() {
    let nested = |depth: usize| format!("{}1{}", "{\\\"a\\\":".repeat(depth), "}".repeat(depth));
    let body = |depth| changed(LEAST, &format!("{{\"extensionData\":\"{}\"}}", nested(depth)));
    assert!(parse(body(31), true).is_ok());
    for depth in [32, 33] {
        let faults = parse(body(depth), true).expect_err("deep");
        assert_eq!(told(&faults), ["extensionData json-too-deep"]);
    }
}

#[test]
fn test_mode_calls_http_and_loopback_too() {
    for url in ["http://127.0.0.1:9/n", "HTTP://localhost", "https://[::1]:8443/n", "https://xn--e1afmkfd.example"] {
        let body = || changed(LEAST, &format!("{{\"notificationUrl\":\"{url}\"}}"));
        let parsed = parse(body(), false).expect(url);
        assert_eq!(parsed.request.notification_url.as_deref(), Some(url), "kept as given");
        assert_eq!(parse(body(), true).is_ok(), url.starts_with("https"), "{url}");
    }
}

#[test]
fn a_date_expiry_at_now_is_not_later() {
    let at = |now: &str| {
        let body = changed(LEAST, r#"{"dateExpiry":"2030-01-01T00:00:00Z"}"#);
        CreateRequest::parse(body, date(now), true, &Switches::default())
    };
    assert!(at("2029-12-31T23:59:59Z").is_ok());
    assert_eq!(told(&at("2030-01-01T00:00:00Z").expect_err("now")), ["dateExpiry date-not-future"]);
}

#[test]
fn a_date_expiry_one_second_after_now_is_taken() {
    let body = changed(LEAST, r#"{"dateExpiry":"2024-05-06T07:08:10Z"}"#);
    assert!(parse(body, true).is_ok());
    let body = changed(LEAST, r#"{"dateExpiry":"2199-12-31T23:59:59Z"}"#);
    assert!(parse(body, true).is_ok());
}

#[test]
fn the_switch_ignores_unknown_fields_and_names_them() {
    let mut switches = Switches::default();
    switches.set("unknownFields", "ignore").expect("a switch");
    let body = changed(LEAST, r#"{"status":"ACTIVE","zzz":"\u0000","offerKey":"A"}"#);
    let parsed = CreateRequest::parse(body, NOW, true, &switches).expect("in order");
    assert_eq!(parsed.ignored_fields, ["status", "zzz"]);
    assert_eq!(parsed.request, CreateRequest { offer_key: Some("A".into()), ..least() });
}

#[test]
fn only_so_many_unknown_fields_are_named() {
    let members: Vec<String> = (0..1000).map(|n| format!("\"zz{n}\":1")).collect();
    let body = changed(LEAST, &format!("{{{}}}", members.join(",")));
    assert_eq!(parse(body, true).expect_err("unknown").len(), 32);
}

/// Changes, and what the hint has to say.
const HINTS: &[(&str, &str)] = &[
    (r#"{"custmerIdentifier":1}"#, "customerIdentifier?"),
    (r#"{"ProductKey":1}"#, "productKey?"),
    (r#"{"offer":1}"#, "offerKey?"),
    (r#"{"colour":1}"#, "customerIdentifier, merchantAccountKey, productKey"),
    (r#"{"status":"ACTIVE"}"#, "set by the hub"),
    (r#"{"customerIdentifier":5}"#, "double quotes"),
    (r#"{"customerIdentifier":"ab\n"}"#, "Character 3 is a control character"),
    (r#"{"dateExpiry":"tomorrow"}"#, "2030-01-31T12:00:00Z"),
    (r#"{"dateExpiry":"2020-01-01T00:00:00Z"}"#, "2024-05-06T07:08:09Z"),
    (r#"{"notificationUrl":"https://a/{id}"}"#, "`{`"),
];

#[test]
fn hints_say_what_to_do() {
    for (changes, piece) in HINTS {
        let faults = parse(changed(LEAST, changes), true).expect_err(changes);
        let hint = faults[0].hint.clone().unwrap_or_default();
        assert!(hint.contains(piece), "{changes}: {hint}");
    }
}

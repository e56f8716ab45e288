//! JSON: what is read, what is refused, and that printing is the reverse of reading. serde_json
//! is the second opinion.

use entitlement::{EXTENSION_BYTES_MAX, Json, JsonObject, is_extension_too_large};
use proptest::prelude::*;
use wire::{JsonFault, canonical, parse_body, parse_object, push_object};

fn print(object: &JsonObject) -> String {
    let mut out = String::new();
    push_object(&mut out, object);
    out
}

/// As read, printed again; `None` refused.
fn reprint(text: &str) -> Option<String> {
    parse_object(text.as_bytes()).ok().map(|object| print(&object))
}

const KEPT: &[&str] = &[
    "{}",
    r#"{"a":null,"b":true,"c":false}"#,
    r#"{"a":0,"b":-0,"c":0.10,"d":1e400,"e":-1E+9,"f":1.0e-5}"#,
    r#"{"a":123456789012345678901234567890.000000000000000000001}"#,
    r#"{"a":"","":"empty name","ä":"ö","😀":"\u0000\u001f\b\f\n\r\t\"\\"}"#,
    r#"{"a":[],"b":[1,[2,{"c":[]}]],"z":{},"y":{"x":{}}}"#,
    r#"{"b":1,"a":2,"B":3}"#,
];

#[test]
fn keeps_order_numbers_and_text_as_written() {
    for text in KEPT {
        assert_eq!(reprint(text).as_deref(), Some(*text));
    }
}

const CHANGED: &[(&str, &str)] = &[
    (" \t\r\n{ \"a\" : [ 1 , 2 ] } \n", r#"{"a":[1,2]}"#),
    ("\u{feff}{}", "{}"),
    (r#"{"a":"\u0041\/\u00e4\ud83d\ude00\uD83D\uDE00"}"#, "{\"a\":\"A/ä😀😀\"}"),
    (r#"{"a":"\u0000\u007f"}"#, "{\"a\":\"\\u0000\u{7f}\"}"),
    (r#"{"\u0061":1}"#, r#"{"a":1}"#),
];

#[test]
fn decodes_escapes_and_drops_space() {
    for (text, printed) in CHANGED {
        assert_eq!(reprint(text).as_deref(), Some(*printed), "{text}");
    }
}

/// Text, and the byte at which reading stopped.
const NOT_JSON: &[(&str, usize)] = &[
    ("", 0),
    ("   ", 3),
    ("{", 1),
    ("}", 0),
    ("{}}", 2),
    ("{} {}", 3),
    ("{}x", 2),
    ("\u{feff}\u{feff}{}", 3),
    ("\u{feff}{x", 4),
    ("{\"a\"}", 4),
    ("{\"a\":}", 5),
    ("{\"a\":1,}", 7),
    ("{,}", 1),
    ("{\"a\":1 \"b\":2}", 7),
    ("{a:1}", 1),
    ("{'a':1}", 1),
    ("{\"a\":[1,]}", 8),
    ("{\"a\":[1 2]}", 8),
    ("{\"a\":01}", 6),
    ("{\"a\":+1}", 5),
    ("{\"a\":.5}", 5),
    ("{\"a\":1.}", 7),
    ("{\"a\":-}", 6),
    ("{\"a\":1e}", 7),
    ("{\"a\":1e+}", 8),
    ("{\"a\":0x1}", 6),
    ("{\"a\":NaN}", 5),
    ("{\"a\":Infinity}", 5),
    ("{\"a\":True}", 5),
    ("{\"a\":nul}", 5),
    ("{\"a\":nulll}", 9),
    ("{\"a\":\"", 6),
    ("{\"a\":\"x\ny\"}", 7),
    ("{\"a\":\"\u{0}\"}", 6),
    ("{\"a\":\"\\x\"}", 7),
    ("{\"a\":\"\\", 7),
    ("{\"a\":\"\\u12\"}", 8),
    ("{\"a\":\"\\u12g4\"}", 8),
    ("{\"a\":\"\\u+123\"}", 8),
    ("{\"a\":\"\\u", 8),
    ("{\"a\":\"\\ud800\"}", 12),
    ("{\"a\":\"\\udc00\"}", 12),
    ("{\"a\":\"\\ud800x\"}", 12),
    ("{\"a\":\"\\ud800\\n\"}", 12),
    ("{\"a\":\"\\ud800\\ud800\"}", 18),
    ("{\"a\":\"\\ude00\\ud83d\"}", 12),
    ("{\"a\":\"\\ud800\\udbff\"}", 18),
    ("{\"a\":\"\\ud800\\ue000\"}", 18),
    ("{\"a\":1}//", 7),
    ("{/**/}", 1),
    ("{\u{a0}}", 1),
];

#[test]
fn tells_where_it_is_not_json() {
    for (text, place) in NOT_JSON {
        match parse_object(text.as_bytes()) {
            Err(JsonFault::NotJson { at, .. }) => assert_eq!(at, *place, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
        let told = serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}'));
        let doubled = text.starts_with("\u{feff}\u{feff}");
        assert!(told.is_err() || doubled, "serde_json reads {text}");
    }
}

#[test]
fn only_an_object_is_a_body() {
    for text in ["[]", "null", "true", "1", "\"x\"", "[{}]"] {
        assert_eq!(parse_object(text.as_bytes()), Err(JsonFault::NotAnObject), "{text}");
        assert_eq!(parse_body(text.as_bytes()), Err(JsonFault::NotAnObject), "{text}");
    }
}

#[test]
fn an_empty_body_is_none() {
    for text in ["", " ", "\r\n\t", "\u{feff}", "\u{feff} "] {
        assert_eq!(parse_body(text.as_bytes()), Ok(None), "{text:?}");
    }
    assert_eq!(parse_body(b" {} "), Ok(Some(JsonObject::new())));
}

#[test]
fn bytes_that_are_not_utf_8() {
    for (bytes, at) in [
        (&b"\xff{}"[..], 0),
        (b"{\"a\":\"\xc3\x28\"}", 6),
        (b"{\"a\":\"\xed\xa0\x80\"}", 6),
        (b"{\"a\":\"\xc0\x80\"}", 6),
        (b"{\"a\":\"\xe4\"}", 6),
        (b"\xfe\xff\x00{", 0),
    ] {
        assert_eq!(parse_object(bytes), Err(JsonFault::NotUtf8 { at }));
    }
}

#[test]
fn no_name_twice_at_any_depth() {
    for (text, path) in [
        (r#"{"a":1,"a":1}"#, "a"),
        (r#"{"a":1,"\u0061":2}"#, "a"),
        (r#"{"a":{"b":1,"b":2}}"#, "a.b"),
        (r#"{"x":[0,{"b":{"c":1,"d":2,"c":3}}]}"#, "x.b.c"),
        (r#"{"":1,"":2}"#, ""),
    ] {
        let expected = Err(JsonFault::DuplicateKey(path.to_owned()));
        assert_eq!(parse_object(text.as_bytes()), expected, "{text}");
    }
    assert!(reprint(r#"{"a":{"a":[{"a":1},{"a":1}]},"A":1}"#).is_some());
}

#[test]
fn no_name_twice_among_many() {
    let many = |last: &str| {
        let members: Vec<String> = (0..40_000).map(|n| format!("\"k{n}\":{n}")).collect();
        format!("{{{},\"{last}\":1}}", members.join(","))
    };
    assert_eq!(parse_object(many("new").as_bytes()).expect("JSON").0.len(), 40_001);
    for twice in ["k0", "k15", "k16", "k17", "k18", "k39999"] {
        let expected = Err(JsonFault::DuplicateKey(twice.to_owned()));
        assert_eq!(parse_object(many(twice).as_bytes()), expected);
    }
}

#[test]
fn thirty_two_deep_and_no_deeper() {
    let arrays = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for nested in [arrays, objects] {
        assert!(reprint(&nested(32)).is_some());
        let fault = parse_object(nested(33).as_bytes());
        assert!(matches!(fault, Err(JsonFault::TooDeep { .. })), "{fault:?}");
        let fault = parse_object(nested(100_000).as_bytes());
        assert!(matches!(fault, Err(JsonFault::TooDeep { .. })), "no stack is exhausted");
    }
    assert_eq!(parse_object(arrays(33).as_bytes()), Err(JsonFault::TooDeep { at: 36 }));
}

#[test]
fn canonical_sorts_names_at_every_depth_and_nothing_else() {
    for (text, sorted) in [
        ("{}", "{}"),
        (r#"{"b":1,"a":2}"#, r#"{"a":2,"b":1}"#),
        (r#"{"b":[{"d":1,"c":2},3],"a":{"z":0.10,"y":1e3}}"#, r#"{"a":{"y":1e3,"z":0.10},"b":[{"c":2,"d":1},3]}"#),
        (r#"{"a":[2,1]}"#, r#"{"a":[2,1]}"#),
        (r#"{"a":"\u0041\n"}"#, r#"{"a":"A\n"}"#),
        (r#"{"a":1,"B":2,"ä":3}"#, r#"{"B":2,"a":1,"ä":3}"#),
    ] {
        assert_eq!(canonical(&crate::sample::object(text)), sorted);
    }
}

fn any_number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,5})?"
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any_number().prop_map(Json::Number),
        any::<String>().prop_map(Json::String),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
            members(inner).prop_map(Json::Object),
        ]
    })
}

fn members(value: impl Strategy<Value = Json>) -> impl Strategy<Value = JsonObject> {
    prop::collection::btree_map(any::<String>(), value, 0..24)
        .prop_map(|members| JsonObject(members.into_iter().rev().collect()))
}

proptest! {
    #[test]
    fn reading_is_the_reverse_of_printing(object in members(any_json())) {
        let text = print(&object);
        prop_assert_eq!(parse_object(text.as_bytes()), Ok(object.clone()));
        let sorted = canonical(&object);
        let read = parse_object(sorted.as_bytes()).expect("JSON");
        prop_assert_eq!(canonical(&read), sorted);
    }

    /// The rules measure without printing; both have to agree to the byte.
    #[test]
    fn the_rules_measure_what_is_printed(object in members(any_json())) {
        let mut object = object;
        object.remove("filler");
        let with_filler = |length: usize| {
            let mut object = object.clone();
            object.set("filler", Json::String("x".repeat(length)));
            object
        };
        let room = EXTENSION_BYTES_MAX.checked_sub(print(&with_filler(0)).len());
        prop_assume!(room.is_some());
        let fitting = with_filler(room.unwrap_or_default());
        let larger = with_filler(room.unwrap_or_default() + 1);
        prop_assert_eq!(print(&fitting).len(), EXTENSION_BYTES_MAX);
        prop_assert!(!is_extension_too_large(&fitting) && is_extension_too_large(&larger));
    }

    #[test]
    fn what_is_printed_serde_json_reads_as_the_same(text: String) {
        let mut printed = String::new();
        wire::push_string(&mut printed, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&printed).ok(), Some(text));
    }

    /// Pieces of JSON in any order: mostly broken, sometimes not.
    #[test]
    fn agrees_with_serde_json_on_what_is_json(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"",
                "1", "-", "0", ".5", "e-3", "true", "null", " ", "\"", "\\", "\n", "ä",
            ]),
            0..12,
        )
    ) {
        let text = format!("{{\"x\":{}}}", pieces.concat());
        let ours = parse_object(text.as_bytes());
        if matches!(ours, Err(JsonFault::DuplicateKey(_))) {
            return Ok(());
        }
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{}", text);
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes: Vec<u8>) {
        let _ = parse_body(&bytes);
    }
}

//! Printing: compact, numbers as written, and only what JSON demands is escaped.

use entitlement::{Json, JsonObject};

/// Appends a value.
pub fn push_json(out: &mut String, json: &Json) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(text) => out.push_str(text),
        Json::String(text) => push_string(out, text),
        Json::Array(items) => push_array(out, items, push_json),
        Json::Object(object) => push_object(out, object),
    }
}

/// Appends an object, members in their order.
pub fn push_object(out: &mut String, object: &JsonObject) {
    out.push('{');
    for (at, (name, value)) in object.0.iter().enumerate() {
        push_name(out, at, name);
        push_json(out, value);
    }
    out.push('}');
}

/// Appends a string with its quotes.
pub fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain_from..at]);
        plain_from = at + 1;
        push_escape(out, byte);
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}

/// The same value always as the same text: names sorted, numbers as written. For the fingerprint
/// that tells whether a request identity came with the same request.
#[must_use]
pub fn canonical(object: &JsonObject) -> String {
    let mut out = String::with_capacity(256);
    push_sorted_object(&mut out, object);
    out
}

fn push_sorted(out: &mut String, json: &Json) {
    match json {
        Json::Array(items) => push_array(out, items, push_sorted),
        Json::Object(object) => push_sorted_object(out, object),
        plain => push_json(out, plain),
    }
}

fn push_sorted_object(out: &mut String, object: &JsonObject) {
    let mut members: Vec<&(String, Json)> = object.0.iter().collect();
    members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    out.push('{');
    for (at, (name, value)) in members.into_iter().enumerate() {
        push_name(out, at, name);
        push_sorted(out, value);
    }
    out.push('}');
}

fn push_array(out: &mut String, items: &[Json], push: fn(&mut String, &Json)) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push(out, item);
    }
    out.push(']');
}

fn push_name(out: &mut String, at: usize, name: &str) {
    if at > 0 {
        out.push(',');
    }
    push_string(out, name);
    out.push(':');
}

fn push_escape(out: &mut String, byte: u8) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x08 => out.push_str("\\b"),
        0x0c => out.push_str("\\f"),
        control => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(control >> 4)]));
            out.push(char::from(HEX[usize::from(control & 15)]));
        }
    }
}

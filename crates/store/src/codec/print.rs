//! Printing compact JSON straight into a string: absent and empty members cost nothing.

use entitlement::{Json, JsonObject, Moment};
use std::fmt::Write;

/// An object being written.
pub(super) struct Object<'a> {
    pub(super) out: &'a mut String,
    first: bool,
}

impl<'a> Object<'a> {
    /// Writes a whole object.
    pub(super) fn write(out: &'a mut String, members: impl FnOnce(&mut Object<'_>)) {
        out.push('{');
        let mut object = Object { out, first: true };
        members(&mut object);
        object.out.push('}');
    }

    /// Starts a member; its value must follow.
    pub(super) fn name(&mut self, name: &str) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        text(self.out, value);
    }

    pub(super) fn text_opt(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    pub(super) fn int(&mut self, name: &str, value: i64) {
        self.name(name);
        int(self.out, value);
    }

    pub(super) fn moment(&mut self, name: &str, value: Moment) {
        self.int(name, value.0);
    }

    pub(super) fn moment_opt(&mut self, name: &str, value: Option<Moment>) {
        if let Some(value) = value {
            self.moment(name, value);
        }
    }

    /// Written only where true.
    pub(super) fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.name(name);
            self.out.push_str("true");
        }
    }

    /// Written only where it has members.
    pub(super) fn json(&mut self, name: &str, value: &JsonObject) {
        if !value.is_empty() {
            self.name(name);
            json_object(self.out, value);
        }
    }

    /// Written only where there are some.
    pub(super) fn texts(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.name(name);
            list(self.out, values, |out, value| text(out, value));
        }
    }

    pub(super) fn object(&mut self, name: &str, members: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        Object::write(self.out, members);
    }

    pub(super) fn object_opt<T>(&mut self, name: &str, value: Option<&T>, members: impl FnOnce(&mut Object<'_>, &T)) {
        if let Some(value) = value {
            self.object(name, |o| members(o, value));
        }
    }
}

/// An array.
pub(super) fn list<T>(out: &mut String, items: &[T], each: impl Fn(&mut String, &T)) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        each(out, item);
    }
    out.push(']');
}

pub(super) fn int(out: &mut String, value: i64) {
    // Writing into a String does not fail.
    let _ = write!(out, "{value}");
}

pub(super) fn text(out: &mut String, value: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in value.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&value[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
    }
    out.push_str(&value[plain..]);
    out.push('"');
}

pub(super) fn json(out: &mut String, value: &Json) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(number) => out.push_str(number),
        Json::String(string) => text(out, string),
        Json::Array(items) => list(out, items, json),
        Json::Object(object) => json_object(out, object),
    }
}

pub(super) fn json_object(out: &mut String, object: &JsonObject) {
    out.push('{');
    for (at, (name, value)) in object.0.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        text(out, name);
        out.push(':');
        json(out, value);
    }
    out.push('}');
}

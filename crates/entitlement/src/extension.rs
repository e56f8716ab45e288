//! extensionData: its size limit, and the reasons that endings and suspensions write into it.
//! Merging itself stands in `json.rs`.

use crate::{Json, JsonObject, Reason};
use alloc::string::String;
use alloc::vec::Vec;

/// extensionData is at most so large as printed JSON, after a merge: it travels with every
/// answer and notification.
pub const EXTENSION_BYTES_MAX: usize = 32 * 1024;

/// Whether an object, printed without spaces, is larger than [`EXTENSION_BYTES_MAX`].
#[must_use]
pub fn is_extension_too_large(object: &JsonObject) -> bool {
    object_length(object) > EXTENSION_BYTES_MAX
}

/// The three names under which an ending's reason is written.
pub(crate) const CANCEL_REASON: [&str; 3] = ["cancelReasonCategory", "cancelReasonCode", "cancelReasonDescription"];
/// The three names under which a suspension's reason is written.
pub(crate) const SUSPEND_REASON: [&str; 3] = ["suspendReasonCategory", "suspendReasonCode", "suspendReasonDescription"];

/// Writes a reason under its three names, replacing an older one; without a reason nothing is
/// touched. Gives the names written.
pub(crate) fn write_reason(data: &mut JsonObject, names: [&str; 3], reason: Option<&Reason>) -> Vec<String> {
    let Some(reason) = reason else {
        return Vec::new();
    };
    let mut written = Vec::new();
    for (name, part) in names.into_iter().zip([&reason.category, &reason.code, &reason.description]) {
        match part {
            Some(text) => {
                data.set(name, Json::String(text.clone()));
                written.push(name.into());
            }
            None => data.remove(name),
        }
    }
    written
}

/// Takes members out again.
pub(crate) fn without(data: &JsonObject, names: &[String]) -> JsonObject {
    let mut left = data.clone();
    for name in names {
        left.remove(name);
    }
    left
}

/// The object with a merge patch applied.
pub(crate) fn merged(data: &JsonObject, patch: &JsonObject) -> JsonObject {
    let mut after = data.clone();
    after.merge(patch);
    after
}

fn object_length(object: &JsonObject) -> usize {
    let members: usize = object.0.iter().map(|(name, value)| string_length(name) + 1 + json_length(value)).sum();
    members + 2 + object.0.len().saturating_sub(1)
}

fn json_length(value: &Json) -> usize {
    match value {
        Json::Null | Json::Bool(true) => 4,
        Json::Bool(false) => 5,
        Json::Number(text) => text.len(),
        Json::String(text) => string_length(text),
        Json::Array(items) => {
            let inner: usize = items.iter().map(json_length).sum();
            inner + 2 + items.len().saturating_sub(1)
        }
        Json::Object(object) => object_length(object),
    }
}

fn string_length(text: &str) -> usize {
    2 + text.chars().map(char_length).sum::<usize>()
}

fn char_length(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

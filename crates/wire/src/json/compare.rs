//! Comparing and measuring JSON values.

use entitlement::{Json, JsonObject};

/// Whether two values say the same: the order of members does not count, numbers count as written.
pub(crate) fn is_same(a: &Json, b: &Json) -> bool {
    same_by(a, b, |a, b| a == b)
}

/// The same, but numbers count by value: what a client that reads `0.10` and writes `0.1` keeps.
pub(crate) fn is_same_loosely(a: &Json, b: &Json) -> bool {
    same_by(a, b, |a, b| {
        a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a.total_cmp(&b).is_eq())
    })
}

fn same_by(a: &Json, b: &Json, numbers: fn(&str, &str) -> bool) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => numbers(a, b),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_by(a, b, numbers)),
        (Json::Object(a), Json::Object(b)) => {
            a.0.len() == b.0.len()
                && in_order(a)
                    .zip(in_order(b))
                    .all(|((a_name, a), (b_name, b))| a_name == b_name && same_by(a, b, numbers))
        }
        (a, b) => a == b,
    }
}

fn in_order(object: &JsonObject) -> impl Iterator<Item = (&str, &Json)> {
    let mut members: Vec<(&str, &Json)> = object.0.iter().map(|(name, value)| (name.as_str(), value)).collect();
    members.sort_unstable_by_key(|(name, _)| *name);
    members.into_iter()
}

/// Levels of objects and arrays, the outermost counted.
pub(crate) fn depth(object: &JsonObject) -> usize {
    1 + object.0.iter().map(|(_, value)| value_depth(value)).max().unwrap_or(0)
}

fn value_depth(json: &Json) -> usize {
    match json {
        Json::Array(items) => 1 + items.iter().map(value_depth).max().unwrap_or(0),
        Json::Object(object) => depth(object),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => 0,
    }
}

/// The object as RFC 7396 merges it into an empty one: members that are null are gone, inside
/// objects too, not inside arrays.
pub(crate) fn without_nulls(object: &JsonObject) -> JsonObject {
    let kept = object.0.iter().filter_map(|(name, value)| match value {
        Json::Null => None,
        Json::Object(inner) => Some((name.clone(), Json::Object(without_nulls(inner)))),
        other => Some((name.clone(), other.clone())),
    });
    JsonObject(kept.collect())
}

/// The paths of names and strings with U+0000 in them, at most `most`; below `path`, if any.
pub(crate) fn nul_fields(path: &str, object: &JsonObject, most: usize) -> Vec<String> {
    let mut found = Vec::new();
    // The usual answer is none, and needs no paths built.
    if has_nul(object) {
        find_nuls(path, object, most, &mut found);
    }
    found
}

fn has_nul(object: &JsonObject) -> bool {
    let mut members = object.0.iter();
    members.any(|(name, value)| name.contains('\0') || value_has_nul(value))
}

fn value_has_nul(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Object(object) => has_nul(object),
        Json::Array(items) => items.iter().any(value_has_nul),
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}

fn find_nuls(path: &str, object: &JsonObject, most: usize, found: &mut Vec<String>) {
    for (name, value) in &object.0 {
        let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if name.contains('\0') && found.len() < most {
            found.push(inner.clone());
        }
        find_nuls_in_value(&inner, value, most, found);
    }
}

fn find_nuls_in_value(path: &str, json: &Json, most: usize, found: &mut Vec<String>) {
    if found.len() >= most {
        return;
    }
    match json {
        Json::String(text) if text.contains('\0') => found.push(path.to_owned()),
        Json::Object(object) => find_nuls(path, object, most, found),
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                find_nuls_in_value(&format!("{path}.{at}"), item, most, found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

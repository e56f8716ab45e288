//! What tests read out of answers: members of a body, and the record in it byte by byte.

use entitlement::{Json, JsonObject};

/// The body as an object.
pub(crate) fn object(body: &str) -> JsonObject {
    wire::parse_object(body.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?} in {body}"))
}

/// A member that is a string; names of inner ones by dots. Empty where it is absent or null.
pub(crate) fn text(object: &JsonObject, path: &str) -> String {
    match member(object, path) {
        Some(Json::String(text)) => text.clone(),
        Some(_) | None => String::new(),
    }
}

/// A member that is a whole number.
pub(crate) fn number(object: &JsonObject, name: &str) -> Option<u32> {
    match object.get(name) {
        Some(Json::Number(text)) => text.parse().ok(),
        Some(_) | None => None,
    }
}

/// A member that is a list of objects.
pub(crate) fn objects<'o>(object: &'o JsonObject, name: &str) -> Vec<&'o JsonObject> {
    let Some(Json::Array(items)) = object.get(name) else {
        panic!("no list {name} in the answer");
    };
    items.iter().map(as_object).collect()
}

/// The record of an answer or notification: its members stand last, in one fixed order.
pub(crate) fn record(body: &str) -> &str {
    let at = body.find("\"entitlementId\":").unwrap_or_else(|| panic!("no record in {body}"));
    &body[at..]
}

/// Path and query of a URL.
pub(crate) fn path_of(url: &str) -> String {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    after_scheme.find('/').map_or("/", |at| &after_scheme[at..]).to_owned()
}

fn member<'o>(object: &'o JsonObject, path: &str) -> Option<&'o Json> {
    match path.split_once('.') {
        None => object.get(path),
        Some((outer, inner)) => match object.get(outer)? {
            Json::Object(object) => member(object, inner),
            _ => None,
        },
    }
}

fn as_object(json: &Json) -> &JsonObject {
    match json {
        Json::Object(object) => object,
        _ => panic!("a list of objects holds something else"),
    }
}

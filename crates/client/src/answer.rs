//! An answer that is a success: its values, and its members as the hub wrote them.

use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::ops::Index;

/// A success.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub http: u16,
    /// The body, as it came.
    pub text: String,
    body: Value,
}

/// One object of a listing.
#[derive(Debug, Clone)]
pub struct Item {
    /// As the hub wrote it.
    pub text: String,
    value: Value,
}

impl Answer {
    pub(crate) fn new(http: u16, text: String, body: Value) -> Self {
        Self { http, text, body }
    }

    /// The objects of a list in it; none where there is no such list.
    #[must_use]
    pub fn items(&self, list: &str) -> Vec<Item> {
        let written = member(&self.text, list).and_then(|list| serde_json::from_str::<Vec<Box<RawValue>>>(&list).ok());
        let read = |one: Box<RawValue>| {
            let value = serde_json::from_str(one.get()).ok()?;
            Some(Item { text: one.get().to_owned(), value })
        };
        written.unwrap_or_default().into_iter().filter_map(read).collect()
    }

    /// The values of its body.
    #[must_use]
    pub fn body(&self) -> &Value {
        &self.body
    }
}

impl Item {
    /// One of its members, as the hub wrote it.
    #[must_use]
    pub fn written(&self, name: &str) -> Option<String> {
        member(&self.text, name)
    }

    /// Its values.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// Null where there is no such member, as for a [`Value`].
impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        &self.body[name]
    }
}

/// Null where there is no such member, as for a [`Value`].
impl Index<&str> for Item {
    type Output = Value;

    fn index(&self, name: &str) -> &Value {
        &self.value[name]
    }
}

fn member(object: &str, name: &str) -> Option<String> {
    let mut members = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(object).ok()?;
    members.remove(name).map(|written| written.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_and_their_members_stay_as_they_were_written() {
        let text = r#"{"events":[{"position":1,"record":{"z":1.10,"a":{"b":[1, 2]}}},{"position":2}]}"#;
        let answer = Answer::new(200, text.to_owned(), serde_json::from_str(text).unwrap());
        let items = answer.items("events");
        assert_eq!(items[0].text, r#"{"position":1,"record":{"z":1.10,"a":{"b":[1, 2]}}}"#);
        assert_eq!(items[0].written("record").as_deref(), Some(r#"{"z":1.10,"a":{"b":[1, 2]}}"#));
        assert_eq!((items[1]["position"].as_u64(), items[1].written("record")), (Some(2), None));
        assert!(answer.items("entitlements").is_empty() && answer["nothing"].is_null());
    }
}

//! JSON values as the hub keeps them: members in the order they came, numbers as they were
//! written. Parsing and printing are the wire's; here is only the merge of RFC 7396.

use alloc::string::String;
use alloc::vec::Vec;

/// One JSON value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(JsonObject),
}

/// Members in the order they came; no name twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct JsonObject(pub Vec<(String, Json)>);

impl JsonObject {
    /// An object without members.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The member of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// Sets a member in its place, or appends it.
    pub fn set(&mut self, name: &str, value: Json) {
        match self.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// Takes a member out; nothing happens where there is none.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| n != name);
    }

    /// Merges by RFC 7396: null removes, objects merge, everything else replaces.
    pub fn merge(&mut self, patch: &JsonObject) {
        for (name, value) in &patch.0 {
            match value {
                Json::Null => self.remove(name),
                Json::Object(inner) => self.merge_object(name, inner),
                other => self.set(name, other.clone()),
            }
        }
    }

    fn merge_object(&mut self, name: &str, patch: &JsonObject) {
        let mut target = match self.get(name) {
            Some(Json::Object(object)) => object.clone(),
            _ => JsonObject::new(),
        };
        target.merge(patch);
        self.set(name, Json::Object(target));
    }
}

//! Taking members out of a tree: absent is empty, the wrong type is unreadable.

use super::Unreadable;
use super::tree::Node;
use entitlement::{Json, JsonObject, Moment};
use std::borrow::Cow;

/// The members of an object.
#[derive(Clone, Copy)]
pub(super) struct Fields<'n, 'a>(&'n [(Cow<'a, str>, Node<'a>)]);

impl<'n, 'a> Fields<'n, 'a> {
    pub(super) fn of(node: &'n Node<'a>) -> Result<Self, Unreadable> {
        match node {
            Node::Object(members) => Ok(Self(members)),
            _ => Err(Unreadable::new("no object")),
        }
    }

    /// The member, null included.
    pub(super) fn raw(self, name: &str) -> Option<&'n Node<'a>> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, node)| node)
    }

    fn get<T>(
        self,
        name: &str,
        read: impl FnOnce(&'n Node<'a>) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        match self.raw(name) {
            None | Some(Node::Null) => Ok(None),
            Some(node) => read(node).map(Some).map_err(|e| e.at(name)),
        }
    }

    fn must<T>(name: &str, found: Option<T>) -> Result<T, Unreadable> {
        found.ok_or_else(|| Unreadable(format!("{name} is missing")))
    }

    pub(super) fn text_opt(self, name: &str) -> Result<Option<String>, Unreadable> {
        self.get(name, text)
    }

    pub(super) fn text(self, name: &str) -> Result<String, Unreadable> {
        Self::must(name, self.text_opt(name)?)
    }

    /// A closed list's word.
    pub(super) fn word<T>(self, name: &str, of: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
        Self::must(name, self.get(name, |node| word(node, of))?)
    }

    pub(super) fn int_opt(self, name: &str) -> Result<Option<i64>, Unreadable> {
        self.get(name, int)
    }

    pub(super) fn count(self, name: &str) -> Result<u32, Unreadable> {
        let value = self.int_opt(name)?.unwrap_or(0);
        u32::try_from(value).map_err(|_| Unreadable(format!("{name} is out of range")))
    }

    pub(super) fn moment_opt(self, name: &str) -> Result<Option<Moment>, Unreadable> {
        Ok(self.int_opt(name)?.map(Moment))
    }

    pub(super) fn moment(self, name: &str) -> Result<Moment, Unreadable> {
        Self::must(name, self.moment_opt(name)?)
    }

    pub(super) fn flag(self, name: &str) -> Result<bool, Unreadable> {
        Ok(self.get(name, flag)?.unwrap_or(false))
    }

    pub(super) fn json(self, name: &str) -> Result<JsonObject, Unreadable> {
        Ok(self.get(name, json_object)?.unwrap_or_default())
    }

    pub(super) fn texts(self, name: &str) -> Result<Vec<String>, Unreadable> {
        Ok(self.get(name, |node| items(node)?.iter().map(text).collect())?.unwrap_or_default())
    }

    pub(super) fn object_opt<T>(
        self,
        name: &str,
        read: impl FnOnce(Fields<'n, 'a>) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        self.get(name, |node| read(Fields::of(node)?))
    }

    pub(super) fn object<T>(
        self,
        name: &str,
        read: impl FnOnce(Fields<'n, 'a>) -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        Self::must(name, self.object_opt(name, read)?)
    }

    /// Absent leaves, null clears, anything else sets.
    pub(super) fn patch<T>(
        self,
        name: &str,
        read: impl FnOnce(&'n Node<'a>) -> Result<T, Unreadable>,
    ) -> Result<Option<Option<T>>, Unreadable> {
        match self.raw(name) {
            None => Ok(None),
            Some(_) => self.get(name, read).map(Some),
        }
    }
}

pub(super) fn text(node: &Node<'_>) -> Result<String, Unreadable> {
    match node {
        Node::Text(text) => Ok(text.clone().into_owned()),
        _ => Err(Unreadable::new("no string")),
    }
}

pub(super) fn word<T>(node: &Node<'_>, of: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
    match node {
        Node::Text(text) => of(text).ok_or_else(|| Unreadable(format!("unknown word '{text}'"))),
        _ => Err(Unreadable::new("no string")),
    }
}

pub(super) fn int(node: &Node<'_>) -> Result<i64, Unreadable> {
    match node {
        Node::Number(text) => text.parse().map_err(|_| Unreadable(format!("'{text}' is no whole number"))),
        _ => Err(Unreadable::new("no number")),
    }
}

pub(super) fn moment(node: &Node<'_>) -> Result<Moment, Unreadable> {
    int(node).map(Moment)
}

pub(super) fn flag(node: &Node<'_>) -> Result<bool, Unreadable> {
    match node {
        Node::Bool(value) => Ok(*value),
        _ => Err(Unreadable::new("no boolean")),
    }
}

pub(super) fn json_object(node: &Node<'_>) -> Result<JsonObject, Unreadable> {
    match node.to_json() {
        Json::Object(object) => Ok(object),
        _ => Err(Unreadable::new("no object")),
    }
}

pub(super) fn items<'n, 'a>(node: &'n Node<'a>) -> Result<&'n [Node<'a>], Unreadable> {
    match node {
        Node::Array(items) => Ok(items),
        _ => Err(Unreadable::new("no array")),
    }
}

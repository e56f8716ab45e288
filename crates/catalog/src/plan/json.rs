//! A plan for programs.

use super::{Change, Counts, Note, Plan, What, Why};
use crate::Given;
use serde_json::{Value, json};

impl Plan {
    /// The plan as JSON: `changes` and `notes` with the same words as the text, each with the table
    /// of the file that it speaks of.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let changes: Vec<Value> = self.changes.iter().map(Change::to_json).collect();
        let notes: Vec<Value> = self.notes.iter().map(Note::to_json).collect();
        json!({ "empty": self.is_empty(), "summary": self.summary(), "changes": changes, "notes": notes })
    }
}

impl Change {
    fn to_json(&self) -> Value {
        let value = |given: &Option<Given>| given.as_ref().map_or(Value::Null, Given::to_json);
        let keys: Vec<Value> = self
            .keys
            .iter()
            .map(|key| json!({ "key": key.key, "old": value(&key.old), "new": value(&key.new) }))
            .collect();
        let in_use = match self.what {
            What::Retired(Why::InUse(counts)) => counts.to_json(),
            What::Retired(Why::InTheFile) | What::Added | What::Changed | What::Removed | What::BroughtBack => {
                Value::Null
            }
        };
        json!({
            "what": self.what.word(),
            "part": self.part.kind(),
            "name": self.part.to_string(),
            "path": self.part.path(),
            "keys": keys,
            "inUse": in_use,
            "says": self.says(),
        })
    }
}

impl Note {
    fn to_json(&self) -> Value {
        let (note, in_use) = match self {
            Self::UnknownsStay(_) => ("unknowns-stay", Value::Null),
            Self::NoCredential(_) => ("no-credential", Value::Null),
            Self::StaysRetired(_, counts) => ("stays-retired", counts.to_json()),
            Self::Missing(_, counts) => ("missing", counts.to_json()),
        };
        json!({
            "note": note,
            "part": self.part().kind(),
            "name": self.part().to_string(),
            "path": self.part().path(),
            "inUse": in_use,
            "says": self.to_string(),
        })
    }
}

impl Counts {
    fn to_json(self) -> Value {
        json!({
            "entitlements": self.entitlements,
            "operations": self.operations,
            "notifications": self.notifications,
        })
    }
}

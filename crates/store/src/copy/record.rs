//! A record on its way from one engine to another: the values of its table's columns, in their order.

use super::table::Table;
use crate::{AuditEntry, AuditRecord};
use entitlement::Moment;
use std::fmt::Write as _;

/// A value in a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Number(i64),
    Flag(bool),
    Text(String),
    Bytes(Vec<u8>),
    Id([u8; 16]),
}

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record(pub(crate) Vec<Value>);

/// What its pages go on by.
pub(crate) type Key = Vec<Value>;

impl Record {
    pub(crate) fn key(&self, table: Table) -> &[Value] {
        self.0.get(..table.key_columns()).unwrap_or_default()
    }

    /// What it carries; a figure.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.iter().map(Value::bytes).sum()
    }

    /// An entry of the audit, where it is one.
    pub(crate) fn audit(&self) -> Option<AuditRecord> {
        let [number, at, who, act, subject, before, after, note, hash] = self.0.as_slice() else {
            return None;
        };
        let entry = AuditEntry {
            at: Moment(at.number()?),
            who: who.text()?,
            act: act.text()?,
            subject: subject.text()?,
            before: before.text(),
            after: after.text(),
            note: note.text(),
        };
        let Value::Bytes(hash) = hash else {
            return None;
        };
        let hash = hash.as_slice().try_into().ok()?;
        Some(AuditRecord { number: number.number()?.cast_unsigned(), entry, hash })
    }
}

impl Value {
    pub(crate) const fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Self::Null => 0,
            Self::Flag(_) => 1,
            Self::Number(_) => 8,
            Self::Text(text) => text.len() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Id(_) => 16,
        }
    }
}

/// A record in words: its table and its key.
pub(crate) fn in_words(table: Table, key: &[Value]) -> String {
    key.iter().fold(table.name().replace('_', " "), |mut words, value| {
        let _ = match value {
            Value::Null => write!(words, " (none)"),
            Value::Number(number) => write!(words, " {number}"),
            Value::Flag(flag) => write!(words, " {flag}"),
            Value::Text(text) => write!(words, " {text:?}"),
            Value::Bytes(bytes) => write!(words, " ({} bytes)", bytes.len()),
            Value::Id(id) => write!(words, " {}", ids::EntitlementKey(u128::from_be_bytes(*id))),
        };
        words
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_named_by_its_table_and_key() {
        let key = [Value::Id(7_u128.to_be_bytes()), Value::Number(3)];
        assert_eq!(in_words(Table::Event, &key), "event 00000000-0000-0000-0000-000000000007 3");
        assert_eq!(in_words(Table::CatalogVersion, &[Value::Text("a\0".into())]), "catalog version \"a\\0\"");
    }
}

//! What a store consists of, the same for every engine: its tables, their columns and their keys, in the
//! order in which they are copied. What belongs to one place only is not here: leases of lanes, inner row
//! numbers, notes of migrations and committers.

/// A table. In this order rows that are named come before those that name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Table {
    Account,
    Route,
    Credential,
    CatalogVersion,
    Secret,
    Setting,
    Entitlement,
    Event,
    Claim,
    Lane,
    Notification,
    Callback,
    Operation,
    Audit,
}

/// What lies in a column. Any of them may be absent, where the engine's schema lets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Counts, moments.
    Number,
    /// Yes or no.
    Flag,
    Text,
    Bytes,
    /// The 16 bytes of a UUID.
    Id,
}
use Kind::{Bytes, Flag, Id, Number, Text};

/// A column by its name here; an engine may call it otherwise.
pub(crate) type Column = (&'static str, Kind);

impl Table {
    pub(crate) const ALL: [Self; 14] = [
        Self::Account,
        Self::Route,
        Self::Credential,
        Self::CatalogVersion,
        Self::Secret,
        Self::Setting,
        Self::Entitlement,
        Self::Event,
        Self::Claim,
        Self::Lane,
        Self::Notification,
        Self::Callback,
        Self::Operation,
        Self::Audit,
    ];

    /// Those whose key is a number that the engine gives out: the next one has to be a new one.
    pub(crate) const NUMBERED: [Self; 5] = [Self::Account, Self::Route, Self::Claim, Self::Callback, Self::Operation];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Route => "route",
            Self::Credential => "credential",
            Self::CatalogVersion => "catalog_version",
            Self::Secret => "secret",
            Self::Setting => "setting",
            Self::Entitlement => "entitlement",
            Self::Event => "event",
            Self::Claim => "claim",
            Self::Lane => "lane",
            Self::Notification => "notification",
            Self::Callback => "callback",
            Self::Operation => "operation",
            Self::Audit => "audit",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// How many of the first columns are the key, by which pages go on.
    pub(crate) const fn key_columns(self) -> usize {
        match self {
            Self::Event | Self::Lane => 2,
            Self::Notification => 3,
            _ => 1,
        }
    }

    /// The key's columns, then all others.
    pub(crate) const fn columns(self) -> &'static [Column] {
        match self {
            Self::Account => &[("id", Number), ("organisation", Text), ("live", Flag), ("position", Number)],
            Self::Route => &[("id", Number), ("account", Number), ("merchant", Text)],
            Self::Credential => CREDENTIAL,
            Self::CatalogVersion => &[("version", Number), ("document", Text), ("at", Number)],
            Self::Secret => &[("name", Text), ("set_at", Number), ("sealed", Bytes)],
            Self::Setting => &[("name", Text), ("value", Bytes)],
            Self::Entitlement => ENTITLEMENT,
            Self::Event => EVENT,
            Self::Claim => CLAIM,
            Self::Lane => LANE,
            Self::Notification => NOTIFICATION,
            Self::Callback => &[("id", Number), ("key", Id), ("at", Number), ("says", Text)],
            Self::Operation => OPERATION,
            Self::Audit => AUDIT,
        }
    }
}

const CREDENTIAL: &[Column] = &[
    ("user", Text),
    ("account", Number),
    ("password_hash", Text),
    ("old_password_hash", Text),
    ("old_password_until", Number),
    ("revoked_at", Number),
];

const ENTITLEMENT: &[Column] = &[
    ("key", Id),
    ("account", Number),
    ("live", Flag),
    ("route", Number),
    ("own_id", Text),
    ("customer", Text),
    ("slot", Number),
    ("status", Text),
    ("product", Text),
    ("offer", Text),
    ("external_id", Text),
    ("created_at", Number),
    ("updated_at", Number),
    ("due_at", Number),
    ("revision", Number),
    ("version", Number),
    ("last_event", Number),
    ("unborn", Flag),
    ("in_flight", Number),
    ("rest", Text),
];

const EVENT: &[Column] = &[
    ("key", Id),
    ("sequence", Number),
    ("account", Number),
    ("position", Number),
    ("version", Number),
    ("at", Number),
    ("by", Text),
    ("kind", Text),
    ("reason", Text),
    ("request", Text),
    ("sets", Text),
];

const CLAIM: &[Column] = &[
    ("number", Number),
    ("account", Number),
    ("identity", Text),
    ("fingerprint", Bytes),
    ("key", Id),
    ("operation", Id),
    ("at", Number),
    ("answered_at", Number),
    ("http", Number),
    ("form", Number),
    ("code", Number),
    ("version", Number),
    ("answer", Text),
];

/// Without the lease and its holder: in the copy nobody works on a lane. The fence stays, so that a result
/// from before stays void.
const LANE: &[Column] = &[
    ("key", Id),
    ("target", Number),
    ("next", Number),
    ("head", Number),
    ("attempt_at", Number),
    ("failures", Number),
    ("fence", Number),
    ("parked_since", Number),
    ("woken", Flag),
];

const NOTIFICATION: &[Column] = &[
    ("key", Id),
    ("target", Number),
    ("sequence", Number),
    ("account", Number),
    ("event", Number),
    ("version", Number),
    ("reason", Text),
    ("form", Number),
    ("reason_field", Text),
    ("committed_at", Number),
    ("held_ms", Number),
    ("state", Text),
    ("attempts", Number),
    ("last_status", Number),
    ("last_error", Text),
    ("done_at", Number),
];

const OPERATION: &[Column] = &[
    ("number", Number),
    ("id", Id),
    ("key", Id),
    ("kind", Text),
    ("outcome", Text),
    ("opened_at", Number),
    ("closed_at", Number),
];

const AUDIT: &[Column] = &[
    ("number", Number),
    ("at", Number),
    ("who", Text),
    ("act", Text),
    ("subject", Text),
    ("before", Text),
    ("after", Text),
    ("note", Text),
    ("hash", Bytes),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_keys_come_first() {
        for table in Table::ALL {
            assert_eq!(Table::named(table.name()), Some(table));
            assert!(table.key_columns() < table.columns().len());
        }
        assert!(Table::NUMBERED.iter().all(|table| matches!(table.columns().first(), Some((_, Kind::Number)))));
    }
}

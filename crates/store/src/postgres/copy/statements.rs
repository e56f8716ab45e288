//! The SQL of an end: of what relation a table is read, into what it is written. Where the schema keeps a
//! table in another way than the others do, it is said here, and nowhere else.

use crate::copy::marker::OWN_SETTINGS;
use crate::copy::table::{Column, Table};

/// The statements of a table.
#[derive(Debug)]
pub(super) struct Statements {
    /// All columns of the first page; `$1`: how many records.
    pub(super) first: String,
    /// The same behind a key, whose columns are the first values.
    pub(super) next: String,
    /// The last key.
    pub(super) last: String,
    /// Takes records in PostgreSQL's binary form. Numbers that the server gives out are written as they come.
    pub(super) copy_in: String,
}

/// Records, as many as PostgreSQL thinks there are: of a table, and of its parts where it has some.
pub(super) const SIZE: &str = "SELECT coalesce(sum(greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0)), 0)::bigint \
     FROM pg_class c WHERE c.oid = to_regclass($1::text) \
     OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = to_regclass($1::text))";

/// The number that a sequence has given out last.
pub(super) const COUNTER: &str =
    "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence($1::text, $2::text)::regclass), 0)";

/// A sequence goes on behind a number, or stays where it is ahead of it.
pub(super) const RAISE: &str = "SELECT setval(s.it, greatest($3::bigint, coalesce(pg_sequence_last_value(s.it), 0))) \
     FROM (SELECT pg_get_serial_sequence($1::text, $2::text)::regclass AS it) s";

/// Table and column of a sequence.
pub(super) fn sequence(table: Table) -> (&'static str, &'static str) {
    (table.name(), table.columns().first().map_or("", |(name, _)| called(table, name)))
}

impl Statements {
    pub(super) fn of(table: Table) -> Self {
        let columns = table.columns();
        let key = columns.get(..table.key_columns()).unwrap_or_default();
        let (all, keys, name) = (names(table, columns, ""), names(table, key, ""), table.name());
        let holes: Vec<String> = (1..=key.len()).map(|at| format!("${at}")).collect();
        let behind = format!("({keys}) > ({})", holes.join(", "));
        let limit = key.len() + 1;
        Self {
            first: format!("SELECT {all} FROM {name} {} ORDER BY {keys} LIMIT $1", own(table, "WHERE")),
            next: format!(
                "SELECT {all} FROM {name} WHERE {behind} {} ORDER BY {keys} LIMIT ${limit}",
                own(table, "AND")
            ),
            last: format!(
                "SELECT {keys} FROM {name} {} ORDER BY {} LIMIT 1",
                own(table, "WHERE"),
                names(table, key, " DESC")
            ),
            copy_in: format!("COPY {name} ({all}) FROM STDIN (FORMAT binary)"),
        }
    }
}

/// How a column is called in the database.
fn called(table: Table, column: &'static str) -> &'static str {
    match (table, column) {
        (Table::Credential, "user") => "user_name",
        (_, other) => other,
    }
}

fn names(table: Table, columns: &[Column], behind: &str) -> String {
    let named = columns.iter().map(|(column, _)| format!("\"{}\"{behind}", called(table, column)));
    named.collect::<Vec<_>>().join(", ")
}

/// Leaves out the settings that belong to their place.
fn own(table: Table, word: &str) -> String {
    let [marker, identity] = OWN_SETTINGS;
    if table == Table::Setting { format!("{word} name NOT IN ('{marker}', '{identity}')") } else { String::new() }
}

//! The SQL of an end: of what relation a table is read, into what it is written. Where the schema keeps a
//! table in another way than the others do, it is said here and, of columns that only it has, in `added`.

use super::added::Added;
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
    /// No row of the columns that are written, for their types.
    pub(super) written: String,
    /// Takes those in PostgreSQL's binary form. Numbers that the server gives out are written as they come.
    pub(super) copy_in: String,
}

/// Takes the texts of claims' answers, which lie in a table of their own.
pub(super) const TEXTS_IN: &str = "COPY answer (home, claim, day, text) FROM STDIN (FORMAT binary)";
/// No row of it.
pub(super) const TEXTS: &str = "SELECT home, claim, day, text FROM answer LIMIT 0";

/// Takes the ids that resellers chose, which have a table of their own, too.
pub(super) const OWN_IDS_IN: &str = "COPY own_id (id, live, account, key) FROM STDIN (FORMAT binary)";
/// No row of it.
pub(super) const OWN_IDS: &str = "SELECT id, live, account, key FROM own_id LIMIT 0";

/// A claim with the text of its answer.
const CLAIMS: &str = "claim LEFT JOIN LATERAL (SELECT a.text AS answer FROM answer a \
     WHERE a.claim = claim.number AND a.day = claim.answered_on LIMIT 1) texts ON true";

/// An event's place in the feed: negative where the feed does not go any more, so that histories tell it and
/// no feed finds it. What histories still need of partitions that were dropped is carried on, and lies before
/// the feed's first mark.
const POSITION: &str = "CASE WHEN position >= (SELECT coalesce(min(first), 0) FROM feed_mark m \
     WHERE m.account = event.account) THEN position ELSE -abs(position) END AS position";

/// A feed begins at the first event of it that there is, on the day of the copy (docs/decisions/0036).
pub(super) const MARK_FEEDS: &str = "INSERT INTO feed_mark (account, first, day) SELECT a.id, \
     coalesce((SELECT min(position) FROM event WHERE account = a.id AND position > 0), a.position + 1), a.day \
     FROM account a ON CONFLICT DO NOTHING";

/// Records, as many as PostgreSQL thinks there are: of a table, and of its parts where it has some.
pub(super) const SIZE: &str = "SELECT \
     coalesce(sum(greatest(c.reltuples::bigint, pg_stat_get_live_tuples(c.oid), 0)), 0)::bigint \
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
        let (all, keys, name) = (read(table), names(table, key, ""), table.name());
        let relation = if table == Table::Claim { CLAIMS } else { name };
        let holes: Vec<String> = (1..=key.len()).map(|at| format!("${at}")).collect();
        let behind = format!("({keys}) > ({})", holes.join(", "));
        let limit = key.len() + 1;
        let written = written(table);
        Self {
            first: format!("SELECT {all} FROM {relation} {} ORDER BY {keys} LIMIT $1", own(table, "WHERE")),
            next: format!(
                "SELECT {all} FROM {relation} WHERE {behind} {} ORDER BY {keys} LIMIT ${limit}",
                own(table, "AND")
            ),
            last: format!(
                "SELECT {keys} FROM {name} {} ORDER BY {} LIMIT 1",
                own(table, "WHERE"),
                names(table, key, " DESC")
            ),
            written: format!("SELECT {written} FROM {name} LIMIT 0"),
            copy_in: format!("COPY {name} ({written}) FROM STDIN (FORMAT binary)"),
        }
    }
}

/// Whether a column of the records lies in the table itself.
pub(super) fn lies_there(table: Table, column: &str) -> bool {
    !matches!((table, column), (Table::Claim, "answer" | "account"))
}

/// All columns of a record, as they are read.
fn read(table: Table) -> String {
    let read = |(column, _): &Column| match (table, *column) {
        (Table::Event, "position") => POSITION.to_owned(),
        (Table::Claim, "account") => "account_of(home) AS account".to_owned(),
        (_, column) => format!("\"{}\"", called(table, column)),
    };
    table.columns().iter().map(read).collect::<Vec<_>>().join(", ")
}

/// The columns of a row, in the order in which `added` fills them.
fn written(table: Table) -> String {
    let there = table.columns().iter().map(|(column, _)| *column).filter(|column| lies_there(table, column));
    let all = there.map(|column| called(table, column)).chain(Added::to(table).iter().map(|(column, _)| *column));
    all.map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
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

//! The schema, by numbered steps, each applied once. A step declares its kind: *expand* is safe while older
//! programs run, and applied by whoever opens the store; *contract* is not, and applied by an explicit call
//! alone, when no older program is alive. So programs of two versions may run at once, and one that is older
//! goes on, and opens, as long as it knows every contract step that was applied.
//!
//! **For whoever writes a step.** Expand adds: tables, columns that older programs need not fill, indexes.
//! Contract takes away or forbids. No expand step rests on a contract step that a store may still lack.
//!
//! **Locks.** A step of statements is one transaction with the note that it was applied: it waits
//! [`LOCK_PATIENCE`] for a lock, so that nobody waits behind it for longer, and is tried again. An index is built
//! beside whoever writes, outside a transaction; what a crash leaves of one is built anew.

mod apply;

pub(super) use apply::Migrating;

use super::connect::Connection;
use super::fault::Fault;
use super::options::PostgresOptions;
use super::values::get;
use crate::migration::fingerprint;

/// One step of the schema. Its text never changes once it is released.
#[derive(Debug, Clone, Copy)]
pub struct SchemaStep {
    /// From 1 on, without gaps.
    pub number: i64,
    /// For people.
    pub name: &'static str,
    /// When it may be applied.
    pub kind: StepKind,
    /// What is carried out.
    pub work: StepWork,
}

/// When a step may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// At any time: older programs go on.
    Expand,
    /// When no program is alive that does not know it.
    Contract,
}

/// What a step does.
#[derive(Debug, Clone, Copy)]
pub enum StepWork {
    /// Statements, in one transaction.
    Statements(&'static str),
    /// `CREATE INDEX CONCURRENTLY` of an index with that name, on a table without partitions.
    Index {
        /// The index.
        name: &'static str,
        /// What makes it.
        statement: &'static str,
    },
}

const STEPS: &[SchemaStep] = &[
    expand(1, "tables", include_str!("migrations/0001_tables.sql")),
    expand(2, "nodes", include_str!("migrations/0002_nodes.sql")),
];

const fn expand(number: i64, name: &'static str, text: &'static str) -> SchemaStep {
    SchemaStep { number, name, kind: StepKind::Expand, work: StepWork::Statements(text) }
}

/// Notes them. Where no kind was noted it counts as a contract: so a program refuses what it does not know.
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    number bigint PRIMARY KEY, name text NOT NULL, hash text NOT NULL, applied_at bigint NOT NULL,
    kind text NOT NULL DEFAULT 'contract')";

/// The steps that a program knows.
pub(super) fn known(options: &PostgresOptions) -> Vec<SchemaStep> {
    STEPS.iter().chain(options.later_steps).copied().collect()
}

/// The schema that a program with these steps makes.
pub(super) fn newest(steps: &[SchemaStep]) -> i64 {
    steps.last().map_or(0, |step| step.number)
}

/// What a store notes of a step.
#[derive(Debug)]
pub(super) struct Noted {
    pub(super) number: i64,
    hash: String,
    is_contract: bool,
}

impl Noted {
    pub(super) async fn all(connection: &Connection) -> Result<Vec<Self>, Fault> {
        let sql = "SELECT number, hash, kind = 'contract' FROM schema_version ORDER BY number";
        let read = |row: &tokio_postgres::Row| {
            Ok(Self { number: get(row, 0)?, hash: get(row, 1)?, is_contract: get(row, 2)? })
        };
        connection.query(sql, &[]).await?.iter().map(read).collect()
    }
}

/// Everything that makes, of nothing, the schema that these steps make.
pub(super) fn all<'s>(steps: impl Iterator<Item = &'s SchemaStep>) -> String {
    steps.fold(format!("{VERSIONS};\n"), |all, step| match step.work {
        StepWork::Statements(text) => all + text + ";\n",
        // In a transaction of its own, and nobody writes there.
        StepWork::Index { statement, .. } => all + &statement.replace("CONCURRENTLY", "") + ";\n",
    })
}

impl SchemaStep {
    const fn kind_word(&self) -> &'static str {
        match self.kind {
            StepKind::Expand => "expand",
            StepKind::Contract => "contract",
        }
    }

    fn hash(&self) -> String {
        match self.work {
            StepWork::Statements(text) => fingerprint(text),
            StepWork::Index { statement, .. } => fingerprint(statement),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_ascend_without_gaps() {
        for (step, number) in super::STEPS.iter().zip(1..) {
            assert_eq!(step.number, number, "{}", step.name);
        }
    }
}

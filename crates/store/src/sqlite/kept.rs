//! Statements that the writer uses for every create, kept as they are: to take one from the connection's
//! cache and put it back costs as much as a small statement itself.

use super::{claims, events, lanes, notifications, stored};
use rusqlite::{Connection, Statement};

/// One statement, prepared when it is first used.
#[derive(Debug)]
pub(super) struct Kept<'c> {
    connection: &'c Connection,
    sql: &'static str,
    statement: Option<Statement<'c>>,
}

impl<'c> Kept<'c> {
    pub(super) const fn new(connection: &'c Connection, sql: &'static str) -> Self {
        Self { connection, sql, statement: None }
    }

    pub(super) fn get(&mut self) -> rusqlite::Result<&mut Statement<'c>> {
        let statement = match self.statement.take() {
            Some(statement) => statement,
            None => self.connection.prepare(self.sql)?,
        };
        Ok(self.statement.insert(statement))
    }
}

/// The inserts of a create, table by table.
#[derive(Debug)]
pub(super) struct Inserts<'c> {
    pub(super) entitlement: Kept<'c>,
    pub(super) claim: Kept<'c>,
    pub(super) event: Kept<'c>,
    pub(super) lane: Kept<'c>,
    pub(super) notification: Kept<'c>,
}

impl<'c> Inserts<'c> {
    pub(super) const fn new(connection: &'c Connection) -> Self {
        Self {
            entitlement: Kept::new(connection, stored::INSERT),
            claim: Kept::new(connection, claims::INSERT),
            event: Kept::new(connection, events::INSERT),
            lane: Kept::new(connection, lanes::INSERT),
            notification: Kept::new(connection, notifications::INSERT),
        }
    }
}

//! Columns that only this engine has, and with what a copy fills them: the account, by which rows could be
//! distributed, and the day of the partition.
//!
//! **One day for the whole copy**, the one on which it began: what waits in a lane has to lie between the
//! lane's days, however many midnights come between the two. The accounts, which are copied first, tell it.

use super::statements::lies_there;
use super::values::Cell;
use crate::copy::record::{Record, Value};
use crate::copy::table::Table;
use crate::postgres::connect::Connection;
use crate::postgres::values::{Day, Id};
use std::collections::HashMap;
use tokio_postgres::Error;

/// With what a column is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// The day of the copy.
    Day,
    /// The same where the record has a text that lies elsewhere.
    DayOfText,
    /// The account of the entitlement that the record names.
    Account,
}

/// Operations may outlive an entitlement that was never born: in other engines nothing tells whose they were.
const NOBODY: i64 = 0;

const DAY_OF_COPY: &str = "SELECT coalesce((SELECT min(day) FROM account), today())";
const ACCOUNTS: &str = "SELECT key, account FROM entitlement WHERE key = ANY ($1)";

impl Added {
    pub(super) const fn to(table: Table) -> &'static [(&'static str, Self)] {
        match table {
            Table::Account | Table::Event | Table::Notification => &[("day", Self::Day)],
            Table::Entitlement => &[("since", Self::Day)],
            Table::Claim => &[("answered_on", Self::DayOfText)],
            Table::Lane => &[("account", Self::Account), ("head_day", Self::Day), ("day", Self::Day)],
            Table::Callback | Table::Operation => &[("account", Self::Account)],
            _ => &[],
        }
    }
}

/// With what the records of a batch are filled up.
#[derive(Debug)]
pub(super) struct Filling {
    table: Table,
    day: Option<Day>,
    accounts: HashMap<Id, i64>,
}

impl Filling {
    /// Looks up what a batch needs.
    pub(super) async fn of(connection: &Connection, table: Table, records: &[Record]) -> Result<Self, Error> {
        let mut filling = Self { table, day: None, accounts: HashMap::new() };
        let added = Added::to(table);
        if added.iter().any(|(_, added)| matches!(added, Added::Day | Added::DayOfText)) {
            let rows = connection.query(DAY_OF_COPY, &[]).await?;
            filling.day = rows.first().map(|row| row.try_get(0)).transpose()?;
        }
        if added.iter().any(|(_, added)| *added == Added::Account) {
            let keys: Vec<Id> = records.iter().filter_map(|record| key(table, record)).collect();
            for row in &connection.query(ACCOUNTS, &[&keys]).await? {
                filling.accounts.insert(row.try_get(0)?, row.try_get(1)?);
            }
        }
        Ok(filling)
    }

    /// A row of the table, in the order in which `statements` names its columns.
    pub(super) fn row<'r>(&self, record: &'r Record) -> Vec<Cell<'r>> {
        let named = record.0.iter().zip(self.table.columns());
        let there = named.filter(|(_, (column, _))| lies_there(self.table, column)).map(|(value, _)| Cell::Of(value));
        let added = Added::to(self.table).iter().map(|(_, added)| match added {
            Added::Day => Cell::Day(self.day),
            Added::DayOfText => Cell::Day(text(self.table, record).and(self.day)),
            Added::Account => Cell::Number(self.account(record)),
        });
        there.chain(added).collect()
    }

    /// What lies elsewhere of a claim: a row of the texts.
    pub(super) fn text_row<'r>(&self, record: &'r Record) -> Option<Vec<Cell<'r>>> {
        let text = text(self.table, record)?;
        let [number, account, ..] = record.0.as_slice() else {
            return None;
        };
        Some(vec![Cell::Of(account), Cell::Of(number), Cell::Day(self.day), Cell::Of(text)])
    }

    /// What is kept of an entitlement under an id of its own: a row of those ids.
    pub(super) fn own_id_row(record: &Record) -> Option<Vec<Cell<'_>>> {
        let [key, account, live, _, own_id @ Value::Text(_), ..] = record.0.as_slice() else {
            return None;
        };
        Some(vec![Cell::Of(own_id), Cell::Of(live), Cell::Of(account), Cell::Of(key)])
    }

    fn account(&self, record: &Record) -> i64 {
        key(self.table, record).and_then(|key| self.accounts.get(&key).copied()).unwrap_or(NOBODY)
    }
}

/// The entitlement that a record names.
fn key(table: Table, record: &Record) -> Option<Id> {
    let at = table.columns().iter().position(|(column, _)| *column == "key")?;
    match record.0.get(at)? {
        Value::Id(key) => Some(Id(u128::from_be_bytes(*key))),
        _ => None,
    }
}

/// The value of a record that lies in another table.
fn text(table: Table, record: &Record) -> Option<&Value> {
    let named = record.0.iter().zip(table.columns());
    let mut elsewhere = named.filter(|(_, (column, _))| !lies_there(table, column)).map(|(value, _)| value);
    elsewhere.find(|value| **value != Value::Null)
}

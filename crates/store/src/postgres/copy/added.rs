//! Columns that only this engine has, and with what a copy fills them: the home, by which rows could be
//! distributed, and the day of the partition.
//!
//! **One day for the whole copy**, the one on which it began: what waits in a lane has to lie between the
//! lane's days, however many midnights come between the two. The accounts, which are copied first, tell it.
//!
//! **Homes are dealt out anew.** How many an account has is said when it is copied, and stands in its row from
//! then on. So a copy is how a reseller that has become too large for one comes to several (docs/decisions/0041).

use super::statements::lies_there;
use super::values::Cell;
use crate::copy::record::{Record, Value};
use crate::copy::table::Table;
use crate::postgres::connect::Connection;
use crate::postgres::homes::Homes;
use crate::postgres::values::{Day, Id};
use ids::AccountId;
use std::collections::{BTreeMap, HashMap};
use tokio_postgres::Error;

/// With what a column is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// The day of the copy.
    Day,
    /// The same where the record has a text that lies elsewhere.
    DayOfText,
    /// How many homes the account gets.
    Homes,
    /// The home of the record.
    Home,
}

/// Operations may outlive an entitlement that was never born: in other engines nothing tells whose they were.
const NOBODY: i64 = 0;

const DAY_OF_COPY: &str = "SELECT coalesce((SELECT min(day) FROM account), today())";
const SPREAD: &str = "SELECT id, homes FROM account WHERE homes > 1";
const HOMES: &str = "SELECT key, home FROM entitlement WHERE key = ANY ($1)";

impl Added {
    pub(super) const fn to(table: Table) -> &'static [(&'static str, Self)] {
        match table {
            Table::Account => &[("day", Self::Day), ("homes", Self::Homes)],
            Table::Event | Table::Notification => &[("home", Self::Home), ("day", Self::Day)],
            Table::Entitlement => &[("home", Self::Home), ("since", Self::Day)],
            Table::Claim => &[("home", Self::Home), ("answered_on", Self::DayOfText)],
            Table::Lane => &[("home", Self::Home), ("head_day", Self::Day), ("day", Self::Day)],
            Table::Callback | Table::Operation => &[("home", Self::Home)],
            _ => &[],
        }
    }
}

/// With what the records of a batch are filled up.
#[derive(Debug)]
pub(super) struct Filling<'a> {
    table: Table,
    /// By organisation: what accounts get.
    wanted: &'a BTreeMap<String, u16>,
    day: Option<Day>,
    /// By account, where it has several.
    spread: HashMap<i64, i32>,
    /// Of the entitlements that records name.
    found: HashMap<Id, i64>,
}

impl<'a> Filling<'a> {
    /// Looks up what a batch needs.
    pub(super) async fn of(
        connection: &Connection,
        table: Table,
        records: &[Record],
        wanted: &'a BTreeMap<String, u16>,
    ) -> Result<Self, Error> {
        let mut filling = Self { table, wanted, day: None, spread: HashMap::new(), found: HashMap::new() };
        let added = Added::to(table);
        if added.iter().any(|(_, added)| matches!(added, Added::Day | Added::DayOfText)) {
            let rows = connection.query(DAY_OF_COPY, &[]).await?;
            filling.day = rows.first().map(|row| row.try_get(0)).transpose()?;
        }
        if added.iter().any(|(_, added)| *added == Added::Home) {
            for row in &connection.query(SPREAD, &[]).await? {
                filling.spread.insert(row.try_get(0)?, row.try_get(1)?);
            }
            filling.find(connection, records).await?;
        }
        Ok(filling)
    }

    /// Where entitlements are at home that records hang on. Most records tell it by their account.
    async fn find(&mut self, connection: &Connection, records: &[Record]) -> Result<(), Error> {
        let is_told = match self.table {
            Table::Entitlement | Table::Claim => true,
            Table::Event | Table::Notification => self.spread.is_empty(),
            _ => false,
        };
        if is_told {
            return Ok(());
        }
        let keys: Vec<Id> = records.iter().filter_map(|record| key(self.table, record)).collect();
        for row in &connection.query(HOMES, &[&keys]).await? {
            self.found.insert(row.try_get(0)?, row.try_get(1)?);
        }
        Ok(())
    }

    /// A row of the table, in the order in which `statements` names its columns.
    pub(super) fn row<'r>(&self, record: &'r Record) -> Vec<Cell<'r>> {
        let named = record.0.iter().zip(self.table.columns());
        let there = named.filter(|(_, (column, _))| lies_there(self.table, column)).map(|(value, _)| Cell::Of(value));
        let added = Added::to(self.table).iter().map(|(_, added)| match added {
            Added::Day => Cell::Day(self.day),
            Added::DayOfText => Cell::Day(text(self.table, record).and(self.day)),
            Added::Homes => Cell::Number(self.homes_of_account(record)),
            Added::Home => Cell::Number(self.home(record)),
        });
        there.chain(added).collect()
    }

    /// What lies elsewhere of a claim: a row of the texts.
    pub(super) fn text_row<'r>(&self, record: &'r Record) -> Option<Vec<Cell<'r>>> {
        let text = text(self.table, record)?;
        let number = record.0.first()?;
        Some(vec![Cell::Number(self.home(record)), Cell::Of(number), Cell::Day(self.day), Cell::Of(text)])
    }

    /// What is kept of an entitlement under an id of its own: a row of those ids.
    pub(super) fn own_id_row(record: &Record) -> Option<Vec<Cell<'_>>> {
        let [key, account, live, _, own_id @ Value::Text(_), ..] = record.0.as_slice() else {
            return None;
        };
        Some(vec![Cell::Of(own_id), Cell::Of(live), Cell::Of(account), Cell::Of(key)])
    }

    /// How many an account gets.
    fn homes_of_account(&self, record: &Record) -> i64 {
        let wanted = value(self.table, record, "organisation").and_then(|organisation| match organisation {
            Value::Text(name) => self.wanted.get(name),
            _ => None,
        });
        wanted.map_or(1, |homes| i64::from(*homes))
    }

    fn home(&self, record: &Record) -> i64 {
        let account = value(self.table, record, "account").and_then(Value::number);
        let named = match self.table {
            Table::Entitlement => value(self.table, record, "customer"),
            Table::Claim => value(self.table, record, "identity"),
            _ => None,
        };
        let home = match named {
            Some(Value::Text(name)) => account.and_then(|account| self.home_of(account, name)),
            _ => key(self.table, record).and_then(|key| self.found.get(&key).copied()),
        };
        home.or(account).unwrap_or(NOBODY)
    }

    /// Of what is found by a name, where the account has several.
    fn home_of(&self, account: i64, name: &str) -> Option<i64> {
        let (id, count) = (u32::try_from(account).ok()?, u32::try_from(*self.spread.get(&account)?).ok()?);
        Some(Homes::new(AccountId(id), count).of(name))
    }
}

/// The entitlement that a record names.
fn key(table: Table, record: &Record) -> Option<Id> {
    match value(table, record, "key")? {
        Value::Id(key) => Some(Id(u128::from_be_bytes(*key))),
        _ => None,
    }
}

/// The text of a claim's answer, which lies in a table of its own.
fn text(table: Table, record: &Record) -> Option<&Value> {
    let text = if table == Table::Claim { value(table, record, "answer") } else { None };
    text.filter(|text| **text != Value::Null)
}

fn value<'r>(table: Table, record: &'r Record, column: &str) -> Option<&'r Value> {
    let at = table.columns().iter().position(|(name, _)| *name == column)?;
    record.0.get(at)
}

//! How values lie in PostgreSQL's columns: 128-bit ids as uuid, counts as bigint.

use super::fault::Fault;
use bytes::BytesMut;
use entitlement::Moment;
use ids::EntitlementKey;
use std::error::Error;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

/// A value on its way to the server.
pub(super) type Value<'a> = &'a (dyn ToSql + Sync);

/// A 128-bit id as a uuid: most significant byte first, so that ascending ids are ascending keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) u128);

impl ToSql for Id {
    accepts!(UUID);
    to_sql_checked!();

    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(IsNull::No)
    }
}

impl<'a> FromSql<'a> for Id {
    accepts!(UUID);

    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(u128::from_be_bytes(raw.try_into()?)))
    }
}

/// A day as it lies in a `date`: days since 2000. Nothing is computed of it here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(i32);

impl ToSql for Day {
    accepts!(DATE);
    to_sql_checked!();

    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.extend_from_slice(&self.0.to_be_bytes());
        Ok(IsNull::No)
    }
}

impl<'a> FromSql<'a> for Day {
    accepts!(DATE);

    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(i32::from_be_bytes(raw.try_into()?)))
    }
}

impl From<EntitlementKey> for Id {
    fn from(key: EntitlementKey) -> Self {
        Self(key.0)
    }
}

/// A column's value. What is of another kind than expected makes no sense, and is no failure of the engine.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Fault> {
    row.try_get(column).map_err(|error| Fault::Content(error.to_string()))
}

/// A number that has no sign and may be bounded further.
pub(super) fn count<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, Fault> {
    narrow(get(row, column)?)
}

/// The same where there may be none.
pub(super) fn count_opt<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<Option<T>, Fault> {
    get::<Option<i64>>(row, column)?.map(narrow).transpose()
}

fn narrow<T: TryFrom<i64>>(number: i64) -> Result<T, Fault> {
    T::try_from(number).map_err(|_| Fault::Content(format!("{number} is out of range")))
}

pub(super) fn key(row: &Row, column: usize) -> Result<EntitlementKey, Fault> {
    get::<Id>(row, column).map(|id| EntitlementKey(id.0))
}

pub(super) fn moment(row: &Row, column: usize) -> Result<Moment, Fault> {
    get(row, column).map(Moment)
}

pub(super) fn moment_opt(row: &Row, column: usize) -> Result<Option<Moment>, Fault> {
    Ok(get::<Option<i64>>(row, column)?.map(Moment))
}

/// A limit as PostgreSQL takes it.
pub(super) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// A number beyond those that are ever given out stands for none of them.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

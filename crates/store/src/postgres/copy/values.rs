//! Values between a record and PostgreSQL's columns, by the types that the database says its columns have.

use crate::copy::CopyError;
use crate::copy::record::{Record, Value, in_words};
use crate::copy::table::{Column, Kind, Table};
use crate::postgres::values::Day;
use bytes::{BufMut, BytesMut};
use std::error::Error;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// A value on its way into a column.
#[derive(Debug)]
pub(super) enum Cell<'a> {
    /// One of a record.
    Of(&'a Value),
    /// A number that only this engine keeps.
    Number(i64),
    /// The day of a partition.
    Day(Option<Day>),
}

pub(super) fn cells(values: &[Value]) -> Vec<Cell<'_>> {
    values.iter().map(Cell::Of).collect()
}

impl ToSql for Cell<'_> {
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();

    fn to_sql(&self, to: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Of(value) => put(value, to, out),
            Self::Number(number) => put(&Value::Number(*number), to, out),
            Self::Day(Some(day)) if *to == Type::DATE => day.to_sql(to, out),
            Self::Day(None) => Ok(IsNull::Yes),
            Self::Day(Some(_)) => Err(format!("a column of type {to} takes no day").into()),
        }
    }
}

fn put(value: &Value, to: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
    match (value, to) {
        (Value::Null, _) => return Ok(IsNull::Yes),
        (Value::Number(number), &Type::INT8) => out.put_i64(*number),
        (Value::Number(number), &Type::INT4) => out.put_i32((*number).try_into()?),
        (Value::Number(number), &Type::INT2) => out.put_i16((*number).try_into()?),
        (Value::Flag(flag), &Type::BOOL) => out.put_u8((*flag).into()),
        (Value::Text(text), &Type::TEXT) => out.put_slice(text.as_bytes()),
        (Value::Bytes(bytes), &Type::BYTEA) => out.put_slice(bytes),
        (Value::Id(id), &Type::UUID) => out.put_slice(id),
        (_, other) => return Err(format!("a column of type {other} takes another kind of value").into()),
    }
    Ok(IsNull::No)
}

/// A value as a column gives it, or its type's name where it is none of ours.
struct Found(Result<Value, String>);

impl<'a> FromSql<'a> for Found {
    fn accepts(_: &Type) -> bool {
        true
    }

    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Ok(match *of {
            Type::INT8 => Value::Number(i64::from_sql(of, raw)?),
            Type::INT4 => Value::Number(i32::from_sql(of, raw)?.into()),
            Type::INT2 => Value::Number(i16::from_sql(of, raw)?.into()),
            Type::BOOL => Value::Flag(bool::from_sql(of, raw)?),
            Type::TEXT => Value::Text(String::from_sql(of, raw)?),
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            Type::UUID => Value::Id(raw.try_into()?),
            _ => return Ok(Self(Err(format!("is of type {of}, which is not copied")))),
        })))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Ok(Value::Null)))
    }
}

/// A row as a record.
pub(super) fn record(table: Table, columns: &[Column], row: &Row) -> Result<Record, CopyError> {
    let mut values = Vec::with_capacity(columns.len());
    for (at, (column, _)) in columns.iter().enumerate() {
        let found = row.try_get::<_, Found>(at).map_err(|error| error.to_string()).and_then(|found| found.0);
        let value = found.map_err(|why| CopyError::Record {
            record: in_words(table, values.get(..table.key_columns()).unwrap_or_default()),
            why: format!("{column} {why}"),
        })?;
        values.push(value);
    }
    Ok(Record(values))
}

/// What SQLite holds and PostgreSQL does not: NUL characters in texts, numbers that a column is too narrow for.
pub(super) fn refuse_what_cannot_lie_here(
    table: Table,
    record: &Record,
    columns: &[tokio_postgres::Column],
) -> Result<(), CopyError> {
    let named = record.0.iter().zip(columns).zip(table.columns());
    for ((value, column), (name, kind)) in named {
        let why = match (value, column.type_()) {
            (Value::Text(text), _) if text.contains('\0') => "holds a NUL character, which PostgreSQL refuses",
            (Value::Number(number), &Type::INT4) if i32::try_from(*number).is_err() => "is too large a number",
            (Value::Number(number), &Type::INT2) if i16::try_from(*number).is_err() => "is too large a number",
            _ if !fits(value, *kind) => "is of another kind than it should be",
            _ => continue,
        };
        let record = in_words(table, record.key(table));
        return Err(CopyError::Record { record, why: format!("{name} {why}") });
    }
    Ok(())
}

const fn fits(value: &Value, kind: Kind) -> bool {
    matches!(
        (value, kind),
        (Value::Null, _)
            | (Value::Number(_), Kind::Number)
            | (Value::Flag(_), Kind::Flag)
            | (Value::Text(_), Kind::Text)
            | (Value::Bytes(_), Kind::Bytes)
            | (Value::Id(_), Kind::Id)
    )
}

/// The line in what PostgreSQL says of a record: `COPY event, line 17, column key`.
pub(super) fn line(told: &str) -> Option<usize> {
    let (_, behind) = told.split_once("line ")?;
    behind.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_found_in_what_postgres_says() {
        assert_eq!(line("COPY event, line 17, column key: \"x\""), Some(17));
        assert_eq!(line("COPY event, line 3"), Some(3));
        assert_eq!(line("while it rained"), None);
    }
}

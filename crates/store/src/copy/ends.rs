//! The two ends of a copy. An engine that can be read page by page and written batch by batch can be copied
//! from and to: these are all that a further one has to bring.

use super::error::CopyError;
use super::marker::Marker;
use super::record::{Key, Record};
use super::table::Table;
use std::future::Future;
use std::pin::Pin;

/// A future of an end.
pub(crate) type EndFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, CopyError>> + Send + 'a>>;

/// What an end is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It must be a store already.
    From,
    /// It is made where it is absent.
    To,
}

/// A store that is read. While it is open as an end, no hub can open it.
pub(crate) trait Source: Send {
    /// In words, without a password.
    fn place(&self) -> &str;
    /// What tells it from every other place, made where it has none.
    fn identity(&mut self) -> EndFuture<'_, String>;
    /// An unfinished copy that lies in it.
    fn marker(&mut self) -> EndFuture<'_, Option<Marker>>;
    /// Records of a table, about; without counting.
    fn size(&mut self, table: Table) -> EndFuture<'_, u64>;
    /// The next records behind a key, in the order of keys.
    fn page(&mut self, table: Table, after: Option<Key>, limit: usize) -> EndFuture<'_, Vec<Record>>;
    /// A table's last key.
    fn last(&mut self, table: Table) -> EndFuture<'_, Option<Key>>;
    /// The number that was given out last in a table of `Table::NUMBERED`, or one above it.
    fn counter(&mut self, table: Table) -> EndFuture<'_, i64>;
}

/// A store that is written.
pub(crate) trait Sink: Source {
    /// Adds records, and notes how far the copy is, in one transaction.
    fn put(&mut self, table: Table, records: Vec<Record>, marker: Marker) -> EndFuture<'_, ()>;
    /// Numbers of a table go on behind this one.
    fn raise(&mut self, table: Table, counter: i64) -> EndFuture<'_, ()>;
    /// Removes the marker, durably: from here on it is a store.
    fn finish(&mut self) -> EndFuture<'_, ()>;
}

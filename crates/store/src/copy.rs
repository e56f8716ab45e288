//! A whole store, copied from one place to another, whichever engine keeps each: record by record in the
//! order of keys, batch by batch, and compared at the end (docs/decisions/0036). What was copied and noted
//! stays: whatever stops a copy, the same call goes on where it was.
//!
//! Here: the way of a copy. What a store consists of stands in `copy::table`, how an engine is read and
//! written in its own `copy` file.

mod comparison;
mod ends;
mod error;
pub(crate) mod marker;
pub(crate) mod record;
pub(crate) mod table;

pub use comparison::Compared;
pub(crate) use ends::{EndFuture, Role, Sink, Source};
pub use error::{CopyError, Difference};

use crate::PostgresOptions;
use crate::clock::Stopwatch;
use crate::postgres::PostgresEnd;
use crate::sqlite::SqliteEnd;
use marker::Marker;
use record::{Key, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use table::Table;

/// Records of one page, and of one transaction: some megabytes. Larger ones gain nothing.
pub const PAGE_RECORDS: usize = 4_000;

/// Where a store lies.
#[derive(Debug, Clone)]
pub enum Place {
    /// A data file.
    Sqlite(PathBuf),
    /// A database.
    Postgres(Box<PostgresOptions>),
}

/// What a copy is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Reading here, writing there.
    Copying,
    /// Reading both.
    Comparing,
}

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub part: Part,
    /// Records done.
    pub done: u64,
    /// About so many there are.
    pub all: u64,
}

/// A copy that is finished.
#[derive(Debug, Clone)]
pub struct Copied {
    /// The source in words.
    pub from: String,
    /// The target in words.
    pub to: String,
    /// Records that this call has copied.
    pub records: u64,
    /// What they carry.
    pub bytes: u64,
    /// How long that took.
    pub copied_in_ms: u64,
    /// Records that were there from a copy that was stopped; none where this one began anew.
    pub found: Option<u64>,
    /// All records of the source were found in the target, the same, and no others.
    pub compared: Compared,
    /// How long that took.
    pub compared_in_ms: u64,
    /// Sealed secrets among them: they need their key.
    pub secrets: bool,
}

/// Whoever is told how far it has come.
pub type Told<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Copies everything from one place to an empty one, or goes on with what was begun there, `page` records at
/// a time. When it returns without an error both hold the same, and the target can be served.
///
/// # Errors
/// See [`CopyError`]; each says what to do.
pub async fn copy(from: &Place, to: &Place, page: usize, told: Told<'_>) -> Result<Copied, CopyError> {
    refuse_same(from, to)?;
    let mut from = open(from, Role::From).await?;
    let homes = homes_in(to);
    refuse_strangers(from.as_mut(), &homes).await?;
    let mut to = open(to, Role::To).await?;
    let all = size(from.as_mut()).await?;
    let mut telling = Telling { all, told };
    let page = page.max(1);
    let mut copying = Copying::begin(from.as_mut(), to.as_mut(), page, in_words(&homes)).await?;
    let (found, watch) = (copying.found, Stopwatch::start());
    copying.run(&mut telling).await?;
    let (records, bytes, copied_in_ms) = (copying.records, copying.bytes, watch.elapsed_ms());
    let standing = copying.marker.standing;
    let watch = Stopwatch::start();
    let compared = comparison::compare(from.as_mut(), to.as_mut(), page, &mut telling).await?;
    refuse_different(from.as_mut(), to.as_mut(), &standing, &compared).await?;
    let secrets = to.last(Table::Secret).await?.is_some();
    to.finish().await?;
    let compared_in_ms = watch.elapsed_ms();
    let (from, to) = (from.place().to_owned(), to.place().to_owned());
    Ok(Copied { from, to, records, bytes, copied_in_ms, found, compared, compared_in_ms, secrets })
}

/// Compares two stores that nobody works on, and changes neither.
///
/// # Errors
/// Where one of them cannot be read; what differs is no error.
pub async fn compare(one: &Place, other: &Place, page: usize, told: Told<'_>) -> Result<Compared, CopyError> {
    refuse_same(one, other)?;
    let mut one = open(one, Role::From).await?;
    let mut other = open(other, Role::From).await?;
    let all = size(one.as_mut()).await?;
    comparison::compare(one.as_mut(), other.as_mut(), page.max(1), &mut Telling { all, told }).await
}

fn refuse_same(from: &Place, to: &Place) -> Result<(), CopyError> {
    match (from, to) {
        (Place::Sqlite(from), Place::Sqlite(to)) => {
            let is_same = |one: &PathBuf, other: &PathBuf| match (one.canonicalize(), other.canonicalize()) {
                (Ok(one), Ok(other)) => one == other,
                _ => one == other,
            };
            if is_same(from, to) { Err(CopyError::Same(from.display().to_string())) } else { Ok(()) }
        }
        (Place::Postgres(from), Place::Postgres(to)) if from.url == to.url => {
            Err(CopyError::Same("the database".to_owned()))
        }
        _ => Ok(()),
    }
}

/// By organisation: what its accounts get there.
fn homes_in(to: &Place) -> BTreeMap<String, u16> {
    match to {
        Place::Sqlite(_) => BTreeMap::new(),
        Place::Postgres(options) => options.homes.clone(),
    }
}

/// As they are written on the command line.
fn in_words(homes: &BTreeMap<String, u16>) -> String {
    let each: Vec<String> =
        homes.iter().map(|(organisation, count)| format!("--homes {organisation}={count}")).collect();
    each.join(" ")
}

/// Homes are for somebody who is there.
async fn refuse_strangers(from: &mut dyn Sink, homes: &BTreeMap<String, u16>) -> Result<(), CopyError> {
    let mut strangers: BTreeSet<&str> = homes.keys().map(String::as_str).collect();
    for account in accounts(from).await? {
        if let Some(record::Value::Text(organisation)) = account.0.get(1) {
            strangers.remove(organisation.as_str());
        }
    }
    match strangers.first() {
        Some(name) => Err(CopyError::NoReseller { place: from.place().to_owned(), organisation: (*name).to_owned() }),
        None => Ok(()),
    }
}

async fn open(place: &Place, role: Role) -> Result<Box<dyn Sink>, CopyError> {
    Ok(match place {
        Place::Sqlite(path) => Box::new(SqliteEnd::open(path, role)?),
        Place::Postgres(options) => Box::new(PostgresEnd::open(options, role).await?),
    })
}

async fn size(from: &mut dyn Sink) -> Result<u64, CopyError> {
    let mut all = 0;
    for table in Table::ALL {
        all += from.size(table).await?;
    }
    Ok(all)
}

/// All of them: they are few.
async fn accounts(from: &mut dyn Sink) -> Result<Vec<Record>, CopyError> {
    let mut accounts: Vec<Record> = Vec::new();
    loop {
        let after = accounts.last().map(|last| last.key(Table::Account).to_vec());
        let page = from.page(Table::Account, after, PAGE_RECORDS).await?;
        if page.is_empty() {
            return Ok(accounts);
        }
        accounts.extend(page);
    }
}

/// How a source stands: what moves whenever anything of weight is committed. That nothing has changed at all,
/// the comparison tells.
async fn standing(from: &mut dyn Sink) -> Result<String, CopyError> {
    let position = |record: &Record| record.0.last().and_then(record::Value::number).unwrap_or(0);
    let positions = accounts(from).await?.iter().map(position).fold(0, i64::wrapping_add);
    let mut text = format!("positions {positions}");
    for table in [Table::Claim, Table::Operation, Table::Callback, Table::Audit, Table::CatalogVersion] {
        let last = from.last(table).await?;
        text.push_str(&format!(", {}", record::in_words(table, &last.unwrap_or_default())));
    }
    Ok(text)
}

/// What is not the same on both sides, or has moved meanwhile.
async fn refuse_different(
    from: &mut dyn Sink,
    to: &mut dyn Sink,
    begun: &str,
    compared: &Compared,
) -> Result<(), CopyError> {
    if standing(from).await? != begun {
        return Err(CopyError::SourceChanged { place: from.place().to_owned() });
    }
    if compared.differences > 0 {
        let first = compared.first.clone();
        return Err(CopyError::Differs { from: from.place().to_owned(), count: compared.differences, first });
    }
    for table in Table::NUMBERED {
        let (given, goes_on) = (from.counter(table).await?, to.counter(table).await?);
        let last = from.last(table).await?.and_then(|key| key.first()?.number()).unwrap_or(0);
        // Only of call-backs a number is never given twice, whatever was removed.
        let least = if table == Table::Callback { given } else { last };
        if goes_on < least {
            let message = format!("numbers of {} go on behind {goes_on}, not {least}", table.name());
            return Err(CopyError::Engine { place: to.place().to_owned(), message });
        }
    }
    Ok(())
}

/// Whom to tell of how much.
pub(crate) struct Telling<'a> {
    all: u64,
    told: Told<'a>,
}

impl Telling<'_> {
    fn tell(&mut self, part: Part, done: u64) {
        (self.told)(Progress { part, done, all: self.all });
    }
}

/// A copy under way.
struct Copying<'a> {
    from: &'a mut dyn Sink,
    to: &'a mut dyn Sink,
    page: usize,
    marker: Marker,
    found: Option<u64>,
    records: u64,
    bytes: u64,
}

impl<'a> Copying<'a> {
    /// Goes on with what is there, or begins anew in a place that is empty.
    async fn begin(
        from: &'a mut dyn Sink,
        to: &'a mut dyn Sink,
        page: usize,
        homes: String,
    ) -> Result<Self, CopyError> {
        if let Some(unfinished) = from.marker().await? {
            return Err(CopyError::SourceUnfinished { place: from.place().to_owned(), from: unfinished.from });
        }
        let there = to.marker().await?;
        if there.is_none() {
            refuse_data(to).await?;
        }
        let (identity, standing) = (from.identity().await?, standing(from).await?);
        let Some(marker) = there else {
            let table = Table::ALL.first().copied();
            let marker = Marker { from: from.place().to_owned(), identity, standing, homes, table, records: 0 };
            to.put(Table::Account, Vec::new(), marker.clone()).await?;
            return Ok(Self { from, to, page, marker, found: None, records: 0, bytes: 0 });
        };
        if marker.identity != identity {
            return Err(CopyError::OtherSource { place: to.place().to_owned(), from: marker.from });
        }
        if marker.homes != homes {
            return Err(CopyError::OtherHomes { place: to.place().to_owned(), homes: marker.homes });
        }
        if marker.standing != standing {
            return Err(CopyError::SourceChanged { place: from.place().to_owned() });
        }
        let found = Some(marker.records);
        Ok(Self { from, to, page, marker, found, records: 0, bytes: 0 })
    }

    async fn run(&mut self, telling: &mut Telling<'_>) -> Result<(), CopyError> {
        let Some(first) = self.marker.table else {
            return Ok(());
        };
        for table in Table::ALL.into_iter().filter(|table| *table >= first) {
            self.copy_table(table, telling).await?;
        }
        for table in Table::NUMBERED {
            let counter = self.from.counter(table).await?;
            self.to.raise(table, counter).await?;
        }
        self.marker.table = None;
        self.to.put(Table::Account, Vec::new(), self.marker.clone()).await
    }

    /// The next page is read while one is written.
    async fn copy_table(&mut self, table: Table, telling: &mut Telling<'_>) -> Result<(), CopyError> {
        let after = self.to.last(table).await?;
        let mut records = self.from.page(table, after, self.page).await?;
        while let Some(last) = records.last() {
            let after: Key = last.key(table).to_vec();
            let count = records.len() as u64;
            self.bytes += records.iter().map(Record::bytes).sum::<u64>();
            self.records += count;
            self.marker.table = Some(table);
            self.marker.records += count;
            let (put, next) = tokio::join!(
                self.to.put(table, records, self.marker.clone()),
                self.from.page(table, Some(after), self.page)
            );
            put?;
            records = next?;
            telling.tell(Part::Copying, self.marker.records);
        }
        Ok(())
    }
}

/// A place that holds anything is none to copy to.
async fn refuse_data(to: &mut dyn Sink) -> Result<(), CopyError> {
    for table in Table::ALL {
        if let Some(key) = to.last(table).await? {
            let what = record::in_words(table, &key);
            return Err(CopyError::NotEmpty { place: to.place().to_owned(), what });
        }
    }
    Ok(())
}

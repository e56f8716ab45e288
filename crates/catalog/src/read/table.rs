//! The keys of a table, taken one by one, and the faults found on the way. What a value may be is
//! said in `words` and by whoever takes it.

use super::words::shown;
use crate::bounds::FAULTS_MAX;
use crate::{Document, Fault, Faults};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use toml_edit::{Item, Key, TableLike, Value};

/// The faults so far, and where lines begin.
pub(super) struct Reading {
    line_starts: Vec<usize>,
    faults: Vec<Fault>,
}

/// Where something stands.
#[derive(Clone)]
pub(super) struct Place {
    line: usize,
    key: String,
}

/// What is wrong with a value, and what to do.
pub(super) struct Wrong {
    problem: String,
    help: String,
}

/// A table whose keys are being taken.
pub(super) struct Table<'t> {
    place: Place,
    entries: &'t dyn TableLike,
    asked: Vec<&'static str>,
}

impl Wrong {
    pub(super) fn new(problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self { problem: problem.into(), help: help.into() }
    }
}

impl Reading {
    pub(super) fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { line_starts: std::iter::once(0).chain(ends).collect(), faults: Vec::new() }
    }

    /// The line of a byte, from 1.
    pub(super) fn line_at(&self, byte: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= byte)
    }

    pub(super) fn wrong(&mut self, place: &Place, wrong: Wrong) {
        let Wrong { problem, help } = wrong;
        self.faults.push(Fault { line: place.line, key: place.key.clone(), problem, help });
    }

    /// The value, and nothing where it is a fault.
    pub(super) fn keep<T>(&mut self, place: &Place, read: Result<T, Wrong>) -> Option<T> {
        read.map_err(|wrong| self.wrong(place, wrong)).ok()
    }

    pub(super) fn finish(mut self, document: Document) -> Result<Document, Faults> {
        if self.faults.is_empty() {
            return Ok(document);
        }
        self.faults.sort_by_key(|fault| fault.line);
        let left_out = self.faults.len().saturating_sub(FAULTS_MAX);
        self.faults.truncate(FAULTS_MAX);
        Err(Faults { list: self.faults, left_out })
    }
}

impl Place {
    pub(super) fn root() -> Self {
        Self { line: 1, key: String::new() }
    }

    fn of_key(&self, reading: &Reading, key: &Key) -> Self {
        let name = key.display_repr();
        let path = if self.key.is_empty() { name.into_owned() } else { format!("{}.{name}", self.key) };
        Self { line: key.span().map_or(self.line, |span| reading.line_at(span.start)), key: path }
    }

    fn of_value(&self, reading: &Reading, value: &Value) -> Self {
        Self { line: value.span().map_or(self.line, |span| reading.line_at(span.start)), key: self.key.clone() }
    }
}

impl<'t> Table<'t> {
    pub(super) fn new(place: Place, entries: &'t dyn TableLike) -> Self {
        Self { place, entries, asked: Vec::new() }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Takes a key, whatever it holds.
    fn take(&mut self, reading: &Reading, name: &'static str) -> Option<(Place, &'t Item)> {
        self.asked.push(name);
        let (key, item) = self.entries.get_key_value(name)?;
        Some((self.place.of_key(reading, key), item))
    }

    /// A text, and what `read` makes of it.
    pub(super) fn text<T>(
        &mut self,
        reading: &mut Reading,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        let (place, item) = self.take(reading, name)?;
        let read = match item.as_str() {
            Some(text) => read(text),
            None => Err(type_fault(item, "a text in double quotes")),
        };
        reading.keep(&place, read)
    }

    /// A text that has to be there.
    pub(super) fn required<T>(
        &mut self,
        reading: &mut Reading,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        if !self.entries.contains_key(name) {
            reading.wrong(&self.place, Wrong::new(format!("{name} is missing"), format!("add {name} = \"…\"")));
        }
        self.text(reading, name, read)
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, reading: &mut Reading, name: &'static str, default: bool) -> bool {
        let Some((place, item)) = self.take(reading, name) else {
            return default;
        };
        let read = item.as_bool().ok_or_else(|| type_fault(item, "true or false, without quotes"));
        reading.keep(&place, read).unwrap_or(default)
    }

    /// A whole number.
    pub(super) fn number(
        &mut self,
        reading: &mut Reading,
        name: &'static str,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let (place, item) = self.take(reading, name)?;
        let number = item.as_integer().and_then(|number| u32::try_from(number).ok());
        let read = number.filter(|number| range.contains(number)).ok_or_else(|| {
            let wanted = format!("must be a whole number from {} to {}", range.start(), range.end());
            let help = match item.as_value() {
                Some(Value::Integer(number)) => format!("it is {}", number.value()),
                _ => format!("it is {}", kind_of(item)),
            };
            Wrong::new(wanted, help)
        });
        reading.keep(&place, read)
    }

    /// A list of texts, each with its place; `read` judges them one by one, and none may stand twice.
    pub(super) fn list<T: PartialEq>(
        &mut self,
        reading: &mut Reading,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, Wrong>,
    ) -> Option<List<T>> {
        let (place, item) = self.take(reading, name)?;
        let Some(array) = item.as_array() else {
            reading.wrong(&place, type_fault(item, "a list such as [\"A\", \"B\"]"));
            return None;
        };
        let mut values: Vec<T> = Vec::new();
        for value in array {
            let at = place.of_value(reading, value);
            let read = match value.as_str() {
                Some(text) => read(text),
                None => Err(Wrong::new(
                    format!("holds {}", article(value.type_name())),
                    "it is a list of texts in double quotes",
                )),
            };
            match reading.keep(&at, read) {
                Some(known) if values.contains(&known) => {
                    let text = value.as_str().unwrap_or_default();
                    reading.wrong(&at, Wrong::new(format!("{} stands twice", shown(text)), "name it once"));
                }
                Some(value) => values.push(value),
                None => {}
            }
        }
        Some(List { place, count: array.len(), values })
    }

    /// A table under this name.
    pub(super) fn table(&mut self, reading: &mut Reading, name: &'static str) -> Option<Table<'t>> {
        self.table_such_as(reading, name, &format!("a table: [{name}] or {{ … }}"))
    }

    /// The same, with words of its own for what should stand there.
    pub(super) fn table_such_as(
        &mut self,
        reading: &mut Reading,
        name: &'static str,
        wanted: &str,
    ) -> Option<Table<'t>> {
        let (place, item) = self.take(reading, name)?;
        as_table(reading, place, item, wanted)
    }

    /// A text instead of a table, where a key takes both.
    pub(super) fn text_at(&self, name: &str) -> Option<&'t str> {
        self.entries.get(name)?.as_str()
    }

    /// The tables under this name, by keys of the operator's own, at most so many.
    pub(super) fn tables(
        &mut self,
        reading: &mut Reading,
        name: &'static str,
        count_max: usize,
        check: impl Fn(&str) -> Result<(), Wrong>,
    ) -> BTreeMap<String, Table<'t>> {
        let Some(outer) = self.table(reading, name) else {
            return BTreeMap::new();
        };
        let count = outer.entries.len();
        if count > count_max {
            let wrong = Wrong::new(format!("holds {count} tables"), format!("at most {count_max} are read"));
            reading.wrong(&outer.place, wrong);
            return BTreeMap::new();
        }
        let mut found = BTreeMap::new();
        for (key, item) in outer.entries.iter() {
            let place = match outer.entries.key(key) {
                Some(key) => outer.place.of_key(reading, key),
                None => outer.place.clone(),
            };
            reading.keep(&place, check(key));
            if let Some(table) = as_table(reading, place, item, "a table of its own") {
                found.insert(key.to_owned(), table);
            }
        }
        found
    }

    /// What is left is unknown.
    pub(super) fn finish(self, reading: &mut Reading) {
        for (name, _) in self.entries.iter().filter(|(name, _)| !self.asked.contains(name)) {
            let place = match self.entries.key(name) {
                Some(key) => self.place.of_key(reading, key),
                None => self.place.clone(),
            };
            let known = || self.asked.iter().copied();
            let help = match wire::nearest(name, known()) {
                Some(meant) => format!("is it {meant}? Keys are case sensitive"),
                None => format!("the keys here are {}", known().collect::<Vec<_>>().join(", ")),
            };
            reading.wrong(&place, Wrong::new("there is no such key", help));
        }
    }
}

/// A list that was read.
pub(super) struct List<T> {
    pub(super) place: Place,
    /// How many stand there, good and bad.
    pub(super) count: usize,
    /// The good ones.
    pub(super) values: Vec<T>,
}

impl<T> List<T> {
    /// The values of a list that has to name something, and not too much.
    pub(super) fn filled(self, reading: &mut Reading, count_max: usize, empty_help: &str) -> Vec<T> {
        if self.count == 0 {
            reading.wrong(&self.place, Wrong::new("is an empty list", empty_help));
        }
        self.check_count(reading, count_max);
        self.values
    }

    pub(super) fn check_count(&self, reading: &mut Reading, count_max: usize) {
        if self.count > count_max {
            let wrong = Wrong::new(format!("names {}", self.count), format!("at most {count_max} are read"));
            reading.wrong(&self.place, wrong);
        }
    }
}

fn as_table<'t>(reading: &mut Reading, place: Place, item: &'t Item, wanted: &str) -> Option<Table<'t>> {
    let Some(entries) = item.as_table_like() else {
        reading.wrong(&place, type_fault(item, wanted));
        return None;
    };
    Some(Table::new(place, entries))
}

fn type_fault(item: &Item, wanted: &str) -> Wrong {
    Wrong::new(format!("must be {wanted}"), format!("it is {}", kind_of(item)))
}

fn kind_of(item: &Item) -> String {
    article(item.type_name())
}

fn article(kind: &str) -> String {
    match kind {
        "string" => "a text".to_owned(),
        "integer" => "a whole number".to_owned(),
        "float" => "a number with a point".to_owned(),
        "boolean" => "true or false".to_owned(),
        "datetime" => "a date".to_owned(),
        "array" => "a list".to_owned(),
        "array of tables" => "a list of tables; one pair of [ ] makes a table".to_owned(),
        other => format!("a {other}"),
    }
}

//! The operator's own text, comments and order and all, brought to say what a document says: so that
//! an export looks like the file that was applied.

use crate::plan::{Part, parts};
use crate::settings::Setting;
use crate::{Document, print, read};
use std::collections::BTreeMap;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

/// Stands above a table that was kept.
const KEPT: &str = "\n# Kept as retired: the file had it no more, and it was still in use.\n";

/// The text with what `merged` has beyond it, for example what a plan keeps as retired. Where the text
/// cannot be brought there, the document is printed anew, so that the result always reads as `merged`.
#[must_use]
pub fn merge_into(text: &str, merged: &Document) -> String {
    let says_it = |text: &String| read(text).is_ok_and(|document| document == *merged);
    brought(text, merged).filter(says_it).unwrap_or_else(|| print(merged))
}

fn brought(text: &str, merged: &Document) -> Option<String> {
    let document = read(text).ok()?;
    let mut file: DocumentMut = text.parse().ok()?;
    let (before, after) = (parts(&document), parts(merged));
    for (part, settings) in after.iter().filter(|(part, _)| !part.is_entry()) {
        match before.get(part) {
            None => add(&mut file, part, settings)?,
            Some(before) => set(&mut file, part, before, settings)?,
        }
    }
    remove(&mut file, &before, &after)?;
    Some(file.to_string())
}

fn add(file: &mut DocumentMut, part: &Part, settings: &[Setting]) -> Option<()> {
    let mut table = Table::new();
    table.decor_mut().set_prefix(KEPT);
    for setting in settings.iter().filter(|setting| !setting.is_default) {
        table.insert(setting.key, Item::Value(value_of(setting)?));
    }
    let keys = part.keys_in_file();
    let (last, around) = keys.split_last()?;
    at(file, around)?.insert(last, Item::Table(table));
    Some(())
}

fn set(file: &mut DocumentMut, part: &Part, before: &[Setting], after: &[Setting]) -> Option<()> {
    let changed = before.iter().zip(after).filter(|(before, after)| before != after);
    for (_, setting) in changed {
        let table = at(file, &part.keys_in_file())?;
        if setting.is_default {
            table.remove(setting.key);
        } else {
            table.insert(setting.key, Item::Value(value_of(setting)?));
        }
    }
    Some(())
}

fn remove(file: &mut DocumentMut, before: &Parts, after: &Parts) -> Option<()> {
    let gone = |part: &Part| !part.is_entry() && !after.contains_key(part);
    for part in before.keys().filter(|part| gone(part) && !part.holder().is_some_and(|holder| gone(&holder))) {
        let keys = part.keys_in_file();
        let (last, around) = keys.split_last()?;
        at(file, around)?.remove(last);
    }
    Some(())
}

type Parts = BTreeMap<Part, Vec<Setting>>;

/// The table at that place, made where it is missing.
fn at<'f>(file: &'f mut DocumentMut, keys: &[&str]) -> Option<&'f mut dyn TableLike> {
    let mut table: &mut dyn TableLike = file.as_table_mut();
    for key in keys {
        if !table.contains_key(key) {
            let mut made = Table::new();
            made.set_implicit(true);
            table.insert(key, Item::Table(made));
        }
        table = table.get_mut(key)?.as_table_like_mut()?;
    }
    Some(table)
}

fn value_of(setting: &Setting) -> Option<Value> {
    setting.value.as_ref()?.to_string().parse().ok()
}

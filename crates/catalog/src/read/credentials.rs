//! `[credentials.USER]`.

use super::resellers::no_such;
use super::table::{Reading, Table, Wrong};
use super::words;
use crate::bounds::{ADDRESSES_MAX, CREDENTIALS_MAX, RATE_MAX};
use crate::{Credential, Mode, Rate, Reseller, Signing};
use ipnet::IpNet;
use std::collections::BTreeMap;
use wire::{SWITCHES, Switches};

/// How a rate is written.
const RATE_SUCH_AS: &str = "{ per_second = 200, burst = 400 } or \"none\"";
/// `rate = "none"`.
pub(crate) const RATE_NONE: &str = "none";

pub(super) fn read(
    reading: &mut Reading,
    root: &mut Table<'_>,
    resellers: &BTreeMap<String, Reseller>,
) -> BTreeMap<String, Credential> {
    let tables = root.tables(reading, "credentials", CREDENTIALS_MAX, words::user);
    tables.into_iter().map(|(user, table)| (user, credential(reading, table, resellers))).collect()
}

fn credential(reading: &mut Reading, mut table: Table<'_>, resellers: &BTreeMap<String, Reseller>) -> Credential {
    let reseller = table.required(reading, "reseller", |text| match resellers.contains_key(text) {
        true => Ok(text.to_owned()),
        false => Err(no_such("reseller", text, resellers.keys().map(String::as_str))),
    });
    let mode = table.required(reading, "mode", |text| words::one_of(text, &Mode::ALL, Mode::word));
    if let Some((key, mode)) = reseller.as_deref().zip(mode) {
        let side = resellers.get(key).and_then(|reseller| reseller.side(mode));
        if side.is_none() {
            let help = format!("add [resellers.{key}.{mode}], or take the other mode");
            reading.wrong(table.place(), Wrong::new(format!("{key} has no {mode} side"), help));
        }
    }
    let addresses = addresses(reading, &mut table);
    let rate = rate(reading, &mut table);
    let switches = table.table(reading, "switches").map(|table| switches(reading, table));
    let signing = table.table(reading, "signing").map(|table| signing(reading, table));
    table.finish(reading);
    Credential {
        reseller: reseller.unwrap_or_default(),
        mode: mode.unwrap_or(Mode::Test),
        addresses,
        rate,
        switches: switches.unwrap_or_default(),
        signing,
    }
}

fn addresses(reading: &mut Reading, table: &mut Table<'_>) -> Vec<IpNet> {
    let list = table.list(reading, "addresses", words::network);
    let help = "leave it out to let calls in from anywhere";
    list.map(|list| list.filled(reading, ADDRESSES_MAX, help)).unwrap_or_default()
}

fn rate(reading: &mut Reading, table: &mut Table<'_>) -> Option<Rate> {
    if table.text_at("rate").is_some() {
        let none = |text: &str| match text {
            RATE_NONE => Ok(()),
            _ => Err(Wrong::new(format!("{} is no rate", words::shown(text)), format!("write {RATE_SUCH_AS}"))),
        };
        return table.text(reading, "rate", none).map_or(Some(Rate::default()), |()| None);
    }
    let Some(mut table) = table.table_such_as(reading, "rate", RATE_SUCH_AS) else {
        return Some(Rate::default());
    };
    let per_second = table.number(reading, "per_second", 1..=RATE_MAX);
    let burst = table.number(reading, "burst", 1..=RATE_MAX);
    table.finish(reading);
    Some(Rate {
        per_second: per_second.unwrap_or(Rate::default().per_second),
        burst: burst.unwrap_or(Rate::default().burst),
    })
}

fn switches(reading: &mut Reading, mut table: Table<'_>) -> Switches {
    let mut switches = Switches::default();
    for (name, values) in SWITCHES {
        table.text(reading, name, |text| {
            switches.set(name, text).map_err(|_| match values {
                [_, "*"] => Wrong::new(
                    format!("{} cannot carry the reason", words::shown(text)),
                    "name a member that a notification does not have already",
                ),
                values => words::not_among(text, values),
            })
        });
    }
    table.finish(reading);
    switches
}

fn signing(reading: &mut Reading, mut table: Table<'_>) -> Signing {
    let public_key = table.required(reading, "public_key", words::public_key).unwrap_or_default();
    let required = table.flag(reading, "required", true);
    let allow_1024 = table.flag(reading, "allow_1024", false);
    table.finish(reading);
    Signing { public_key, required, allow_1024 }
}

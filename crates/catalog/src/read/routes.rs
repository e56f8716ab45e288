//! `[resellers.KEY.MODE.routes.MERCHANT]`.

use super::resellers::no_such;
use super::table::{List, Place, Reading, Table, Wrong};
use super::words;
use crate::bounds::{LIMIT_MAX, PRODUCTS_MAX};
use crate::{Connector, Merchant, Mode, Operations, QUEUED_DEADLINE_S, Route, UsualAnswer, UsualAnswers};
use std::collections::BTreeMap;

/// The merchant of a route, which has to be there and to be allowed on that side.
pub(super) fn merchant<'m>(
    reading: &mut Reading,
    place: &Place,
    key: &str,
    mode: Mode,
    merchants: &'m BTreeMap<String, Merchant>,
) -> Option<&'m Merchant> {
    let Some(merchant) = merchants.get(key) else {
        reading.wrong(place, no_such("merchant", key, merchants.keys().map(String::as_str)));
        return None;
    };
    match (mode, merchant.connector) {
        (Mode::Live, Connector::Test) => {
            let problem = format!("{} has the connector \"test\", which is for test mode only", words::shown(key));
            reading.wrong(place, Wrong::new(problem, "move this route to the reseller's test side"));
        }
        (Mode::Test, Connector::Test) => {}
    }
    Some(merchant)
}

pub(super) fn read(reading: &mut Reading, mut table: Table<'_>, merchant: Option<&Merchant>) -> Route {
    let listed = products(reading, &mut table, merchant);
    let products = listed.as_ref().map(|listed| listed.values.clone());
    let retired_products = retired_products(reading, &mut table, merchant, products.as_deref());
    let limit = table.number(reading, "limit", 1..=LIMIT_MAX).unwrap_or(1);
    let reason_required = table.flag(reading, "reason_required", false);
    let pending_timeout_s = table.text(reading, "pending_timeout", words::duration);
    let queued_deadline_s = table.text(reading, "queued_deadline", words::duration).unwrap_or(QUEUED_DEADLINE_S);
    let operations = operations(reading, &mut table);
    let repeatable = table.flag(reading, "repeatable", false);
    let inquiry = table.flag(reading, "inquiry", false);
    let usual = table.table(reading, "usual").map(|table| usual(reading, table)).unwrap_or_default();
    let retired = table.flag(reading, "retired", false);
    if let Some(listed) = listed {
        check_listed(reading, &listed, retired || !retired_products.is_empty());
    }
    table.finish(reading);
    Route {
        products,
        retired_products,
        limit,
        reason_required,
        pending_timeout_s,
        queued_deadline_s,
        operations,
        repeatable,
        inquiry,
        usual,
        retired,
    }
}

fn products(reading: &mut Reading, table: &mut Table<'_>, merchant: Option<&Merchant>) -> Option<List<String>> {
    table.list(reading, "products", |text| product(text, merchant))
}

/// A route may sell nothing where something of it goes on all the same.
fn check_listed(reading: &mut Reading, listed: &List<String>, goes_on: bool) {
    if listed.count == 0 && !goes_on {
        let help = "leave it out for all products, or write retired = true to sell nothing";
        reading.wrong(&listed.place, Wrong::new("is an empty list", help));
    }
    listed.check_count(reading, PRODUCTS_MAX);
}

fn retired_products(
    reading: &mut Reading,
    table: &mut Table<'_>,
    merchant: Option<&Merchant>,
    products: Option<&[String]>,
) -> Vec<String> {
    let list = table.list(reading, "retired_products", |text| {
        if products.is_some_and(|products| products.iter().any(|key| key == text)) {
            return Err(Wrong::new(
                format!("{} stands in products, too", words::shown(text)),
                "a product is sold here or retired; name it once",
            ));
        }
        product(text, merchant)
    });
    list.map(|list| list.filled(reading, PRODUCTS_MAX, "name products, or leave it out")).unwrap_or_default()
}

fn product(text: &str, merchant: Option<&Merchant>) -> Result<String, Wrong> {
    match merchant {
        Some(merchant) if !merchant.products.contains_key(text) => {
            Err(no_such("product", text, merchant.products.keys().map(String::as_str)))
        }
        // Of a merchant that is not there, nothing is said twice.
        _ => words::listed_key(text),
    }
}

fn operations(reading: &mut Reading, table: &mut Table<'_>) -> Operations {
    let list = table.list(reading, "operations", |text| words::one_of(text, &Operations::WORDS, |word| word));
    list.map_or(Operations::ALL, |list| Operations::named(|word| list.values.contains(&word)))
}

fn usual(reading: &mut Reading, mut table: Table<'_>) -> UsualAnswers {
    let mut answer = |reading: &mut Reading, name| {
        let answer = table.text(reading, name, |text| words::one_of(text, &UsualAnswer::ALL, UsualAnswer::word));
        answer.unwrap_or_default()
    };
    let create = answer(reading, "create");
    let update = answer(reading, "update");
    let others = answer(reading, "others");
    table.finish(reading);
    UsualAnswers { create, update, others }
}

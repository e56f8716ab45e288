//! `[merchants.KEY]` and `[merchants.KEY.products.KEY]`.

use super::table::{Reading, Table, Wrong};
use super::words;
use crate::bounds::{MERCHANTS_MAX, OFFERS_MAX, PRODUCTS_MAX};
use crate::{Behaviour, Connector, Merchant, Product};
use std::collections::BTreeMap;

pub(super) fn read(reading: &mut Reading, root: &mut Table<'_>) -> BTreeMap<String, Merchant> {
    let tables = root.tables(reading, "merchants", MERCHANTS_MAX, words::key);
    tables.into_iter().map(|(key, table)| (key, merchant(reading, table))).collect()
}

fn merchant(reading: &mut Reading, mut table: Table<'_>) -> Merchant {
    let name = table.required(reading, "name", words::name).unwrap_or_default();
    let connector = table.required(reading, "connector", |text| words::one_of(text, &Connector::ALL, Connector::word));
    let retired = table.flag(reading, "retired", false);
    let products = table.tables(reading, "products", PRODUCTS_MAX, words::key);
    let products = products.into_iter().map(|(key, table)| (key, product(reading, table))).collect();
    table.finish(reading);
    Merchant { name, connector: connector.unwrap_or_default(), retired, products }
}

fn product(reading: &mut Reading, mut table: Table<'_>) -> Product {
    let name = table.required(reading, "name", words::name).unwrap_or_default();
    let description = table.text(reading, "description", words::description).unwrap_or_default();
    let logo_url = table.text(reading, "logo_url", words::page_url);
    let terms_url = table.text(reading, "terms_url", words::page_url);
    let given = offers(reading, &mut table, "offers", words::listed_key);
    let retired_offers = offers(reading, &mut table, "retired_offers", |text| retired_offer(text, &given));
    let offer_required = table.flag(reading, "offer_required", false);
    if offer_required && given.is_empty() {
        let help = "list the offers, or leave offer_required out";
        let wrong = Wrong::new("offer_required is true and there are no offers, so nobody could buy it", help);
        reading.wrong(table.place(), wrong);
    }
    let behaves_like =
        table.text(reading, "behaves_like", |text| words::one_of(text, &Behaviour::ALL, Behaviour::word));
    let retired = table.flag(reading, "retired", false);
    table.finish(reading);
    Product {
        name,
        description,
        logo_url,
        terms_url,
        offers: given,
        retired_offers,
        offer_required,
        behaves_like: behaves_like.unwrap_or_default(),
        retired,
    }
}

fn offers(
    reading: &mut Reading,
    table: &mut Table<'_>,
    name: &'static str,
    check: impl Fn(&str) -> Result<String, Wrong>,
) -> Vec<String> {
    let list = table.list(reading, name, check);
    list.map(|list| list.filled(reading, OFFERS_MAX, "name offers, or leave it out")).unwrap_or_default()
}

fn retired_offer(text: &str, offers: &[String]) -> Result<String, Wrong> {
    if offers.iter().any(|offer| offer == text) {
        let problem = format!("{} stands in offers, too", words::shown(text));
        return Err(Wrong::new(problem, "an offer is given or retired; name it once"));
    }
    words::listed_key(text)
}

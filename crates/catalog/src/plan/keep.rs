//! What the file has no more and something open still refers to: it is kept, retired, as it was in
//! the catalog before.

use super::{Counts, InUse, Part};
use crate::{Document, Merchant, Mode, Product, Reseller, Route, Side};
use std::collections::BTreeMap;

/// The file with what had to be kept.
pub(super) struct Kept {
    pub(super) merged: Document,
    /// What was kept although the file has it no more.
    pub(super) kept: BTreeMap<Part, Counts>,
    /// What is in use and nowhere to be found.
    pub(super) missing: BTreeMap<Part, Counts>,
}

/// Outer parts come before inner ones, so that each finds its place.
pub(super) fn keep(old: &Document, new: &Document, in_use: &InUse) -> Kept {
    let mut merged = new.clone();
    let (mut kept, mut missing) = (BTreeMap::new(), BTreeMap::new());
    for (part, counts) in in_use.by_part() {
        match merged.keep_part(old, &part) {
            Found::InTheFile => {}
            Found::InTheCatalog => {
                kept.insert(part, counts);
            }
            // What is not there is said once, not again of all that is in it or of it.
            Found::Nowhere if part.needs().iter().any(|needed| missing.contains_key(needed)) => {}
            Found::Nowhere => {
                missing.insert(part, counts);
            }
        }
    }
    Kept { merged, kept, missing }
}

impl Part {
    /// Parts without which this one cannot be.
    fn needs(&self) -> Vec<Part> {
        let mut needed = Vec::new();
        if let Self::Route { merchant, .. } | Self::Sale { merchant, .. } = self {
            needed.push(Self::Merchant { merchant: merchant.clone() });
        }
        if let Self::Sale { merchant, product, .. } = self {
            needed.push(Self::Product { merchant: merchant.clone(), product: product.clone() });
        }
        let mut holder = self.holder();
        while let Some(part) = holder {
            holder = part.holder();
            needed.push(part);
        }
        needed
    }
}

enum Found {
    InTheFile,
    /// Not in the file; it has been added, retired.
    InTheCatalog,
    Nowhere,
}

impl Found {
    /// It was in the catalog if `added` says so.
    fn added(added: Option<()>) -> Self {
        if added.is_some() { Self::InTheCatalog } else { Self::Nowhere }
    }
}

impl Document {
    fn keep_part(&mut self, old: &Document, part: &Part) -> Found {
        match part {
            Part::Merchant { merchant } => self.keep_merchant(old, merchant),
            Part::Product { merchant, product } => self.keep_product(old, merchant, product),
            Part::Offer { merchant, product, offer } => self.keep_offer(old, merchant, product, offer),
            Part::Reseller { reseller } => self.keep_reseller(old, reseller),
            Part::Side { reseller, mode } => self.keep_side(old, reseller, *mode),
            Part::Route { reseller, mode, merchant } => self.keep_route(old, reseller, *mode, merchant),
            Part::Sale { reseller, mode, merchant, product } => {
                self.keep_sale(old, (reseller, *mode, merchant), product)
            }
            Part::Credential { .. } => Found::InTheFile,
        }
    }

    fn keep_merchant(&mut self, old: &Document, key: &str) -> Found {
        if self.merchants.contains_key(key) {
            return Found::InTheFile;
        }
        let kept = old.merchants.get(key).map(|merchant| Merchant {
            retired: true,
            products: BTreeMap::new(),
            ..merchant.clone()
        });
        Found::added(kept.map(|merchant| drop(self.merchants.insert(key.to_owned(), merchant))))
    }

    fn keep_product(&mut self, old: &Document, merchant: &str, key: &str) -> Found {
        let Some(place) = self.merchants.get_mut(merchant) else {
            return Found::Nowhere;
        };
        if place.products.contains_key(key) {
            return Found::InTheFile;
        }
        let known = old.merchants.get(merchant).and_then(|merchant| merchant.products.get(key));
        let kept = known.map(|product| Product { retired: true, ..product.clone() });
        Found::added(kept.map(|product| drop(place.products.insert(key.to_owned(), product))))
    }

    fn keep_offer(&mut self, old: &Document, merchant: &str, product: &str, key: &str) -> Found {
        let Some(place) = self.merchants.get_mut(merchant).and_then(|place| place.products.get_mut(product)) else {
            return Found::Nowhere;
        };
        if place.knows_offer(key) {
            return Found::InTheFile;
        }
        let known = old.merchants.get(merchant).and_then(|merchant| merchant.products.get(product));
        let known = known.filter(|product| product.knows_offer(key));
        Found::added(known.map(|_| place.retired_offers.push(key.to_owned())))
    }

    fn keep_reseller(&mut self, old: &Document, key: &str) -> Found {
        if self.resellers.contains_key(key) {
            return Found::InTheFile;
        }
        let kept = old.resellers.get(key);
        let kept = kept.map(|reseller| Reseller { retired: true, test: None, live: None, ..reseller.clone() });
        Found::added(kept.map(|reseller| drop(self.resellers.insert(key.to_owned(), reseller))))
    }

    fn keep_side(&mut self, old: &Document, reseller: &str, mode: Mode) -> Found {
        let Some(place) = self.resellers.get_mut(reseller).map(|place| place.side_mut(mode)) else {
            return Found::Nowhere;
        };
        if place.is_some() {
            return Found::InTheFile;
        }
        let known = old.resellers.get(reseller).and_then(|reseller| reseller.side(mode));
        *place = known.map(|side| Side { retired: true, routes: BTreeMap::new(), ..side.clone() });
        Found::added(place.as_ref().map(drop))
    }

    fn keep_route(&mut self, old: &Document, reseller: &str, mode: Mode, merchant: &str) -> Found {
        let (merchants, resellers) = (&self.merchants, &mut self.resellers);
        let place = resellers.get_mut(reseller).and_then(|place| place.side_mut(mode).as_mut());
        let (Some(place), Some(sells)) = (place, merchants.get(merchant)) else {
            return Found::Nowhere;
        };
        if place.routes.contains_key(merchant) {
            return Found::InTheFile;
        }
        let known = old.resellers.get(reseller).and_then(|reseller| reseller.side(mode)?.routes.get(merchant));
        let kept = known.map(|route| route.kept_with(sells));
        Found::added(kept.map(|route| drop(place.routes.insert(merchant.to_owned(), route))))
    }

    fn keep_sale(&mut self, old: &Document, route: (&str, Mode, &str), product: &str) -> Found {
        let (reseller, mode, merchant) = route;
        if !self.merchants.get(merchant).is_some_and(|merchant| merchant.products.contains_key(product)) {
            return Found::Nowhere;
        }
        let place = self.resellers.get_mut(reseller).and_then(|place| place.side_mut(mode).as_mut());
        let Some(place) = place.and_then(|side| side.routes.get_mut(merchant)) else {
            return Found::Nowhere;
        };
        if place.knows_product(product) {
            return Found::InTheFile;
        }
        let known = old.resellers.get(reseller).and_then(|reseller| reseller.side(mode)?.routes.get(merchant));
        let known = known.filter(|route| route.knows_product(product));
        Found::added(known.map(|_| place.retired_products.push(product.to_owned())))
    }
}

impl Product {
    fn knows_offer(&self, key: &str) -> bool {
        self.offers.iter().chain(&self.retired_offers).any(|offer| offer == key)
    }
}

impl Route {
    fn knows_product(&self, key: &str) -> bool {
        self.lists(key) || self.retired_products.iter().any(|product| product == key)
    }

    /// The route, retired, without the products that its merchant has no more.
    fn kept_with(&self, merchant: &Merchant) -> Self {
        let there = |products: &[String]| -> Vec<String> {
            products.iter().filter(|key| merchant.products.contains_key(*key)).cloned().collect()
        };
        Self {
            products: self.products.as_deref().map(there),
            retired_products: there(&self.retired_products),
            retired: true,
            ..self.clone()
        }
    }
}

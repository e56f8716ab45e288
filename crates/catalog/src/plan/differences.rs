//! The catalog that was beside the catalog that will be, part by part and key by key.

use super::keep::Kept;
use super::part::parts;
use super::{Change, KeyChange, Part, What, Why};
use crate::settings::{RETIRED, Setting};
use crate::{Document, Given};
use std::collections::{BTreeMap, BTreeSet};

/// Lists whose entries are parts of their own.
const LISTS_OF_PARTS: [&str; 2] = ["retired_offers", "retired_products"];

pub(super) fn differences(old: &Document, kept: &Kept) -> Vec<Change> {
    let (before, after) = (parts(old), parts(&kept.merged));
    let all: BTreeSet<&Part> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter_map(|part| Comparison { before: &before, after: &after, kept }.change(part)).collect()
}

struct Comparison<'c> {
    before: &'c BTreeMap<Part, Vec<Setting>>,
    after: &'c BTreeMap<Part, Vec<Setting>>,
    kept: &'c Kept,
}

impl Comparison<'_> {
    fn change(&self, part: &Part) -> Option<Change> {
        let change = |what, keys| Some(Change { part: part.clone(), what, keys });
        match (self.before.get(part), self.after.get(part)) {
            (None, None) => None,
            (None, Some(_)) if part.is_entry() => {
                // In what is new, what is retired from the first stands among its keys.
                let is_old = part.holder().is_some_and(|holder| self.before.contains_key(&holder));
                if is_old { change(What::Retired(self.why(part)), Vec::new()) } else { None }
            }
            (None, Some(new)) => change(What::Added, said(new)),
            (Some(_), None) if part.is_entry() => {
                // With its holder it goes unsaid.
                part.holder().filter(|holder| self.after.contains_key(holder))?;
                let is_back = self.kept.merged.gives(part);
                change(if is_back { What::BroughtBack } else { What::Removed }, Vec::new())
            }
            (Some(_), None) => change(What::Removed, Vec::new()),
            (Some(old), Some(new)) => {
                let keys = changed(old, new);
                match (is_retired(old), is_retired(new)) {
                    (false, true) => change(What::Retired(self.why(part)), keys),
                    (true, false) => change(What::BroughtBack, keys),
                    (false, false) | (true, true) if keys.is_empty() => None,
                    (false, false) | (true, true) => change(What::Changed, keys),
                }
            }
        }
    }

    fn why(&self, part: &Part) -> Why {
        self.kept.kept.get(part).map_or(Why::InTheFile, |counts| Why::InUse(*counts))
    }
}

/// What a new part says beside the defaults.
fn said(settings: &[Setting]) -> Vec<KeyChange> {
    let said = settings.iter().filter(|setting| !setting.is_default);
    said.map(|setting| KeyChange { key: setting.key, old: None, new: setting.value.clone() }).collect()
}

/// What a part says otherwise than before. Both have the same keys in the same order.
fn changed(old: &[Setting], new: &[Setting]) -> Vec<KeyChange> {
    let is_own = |key| key != RETIRED && !LISTS_OF_PARTS.contains(&key);
    let pairs = old.iter().zip(new).filter(|(old, new)| is_own(new.key) && old.value != new.value);
    pairs.map(|(old, new)| KeyChange { key: new.key, old: old.value.clone(), new: new.value.clone() }).collect()
}

fn is_retired(settings: &[Setting]) -> bool {
    settings.iter().any(|setting| setting.key == RETIRED && setting.value == Some(Given::Flag(true)))
}

impl Document {
    /// Whether an entry stands in the list beside the one of what is retired.
    fn gives(&self, entry: &Part) -> bool {
        let products = |merchant| self.merchants.get(merchant).map(|merchant| &merchant.products);
        match entry {
            Part::Offer { merchant, product, offer } => {
                let product = products(merchant).and_then(|products| products.get(product));
                product.is_some_and(|product| product.offers.contains(offer))
            }
            Part::Sale { reseller, mode, merchant, product } => {
                let side = self.resellers.get(reseller).and_then(|reseller| reseller.side(*mode));
                let lists = side.and_then(|side| side.routes.get(merchant)).is_some_and(|route| route.lists(product));
                lists && products(merchant).is_some_and(|products| products.contains_key(product))
            }
            Part::Merchant { .. }
            | Part::Product { .. }
            | Part::Reseller { .. }
            | Part::Side { .. }
            | Part::Route { .. }
            | Part::Credential { .. } => false,
        }
    }
}

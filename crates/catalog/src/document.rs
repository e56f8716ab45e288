//! A catalog as a value: every setting filled in, plain and public. `read` makes it of a file and
//! keeps the rules of docs/CATALOG.md; whoever changes one by hand has to keep them, too.

mod credential;
mod merchant;
mod reseller;
mod secrets;

pub use credential::{Credential, Rate, Signing};
pub use merchant::{Behaviour, Connector, Merchant, Product};
pub use reseller::{
    Mode, NotificationAuth, Operations, QUEUED_DEADLINE_S, Reseller, Route, Side, UsualAnswer, UsualAnswers,
};
pub use secrets::SecretUse;

use std::collections::BTreeMap;

/// A whole catalog; the default is the empty one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// By merchantAccountKey.
    pub merchants: BTreeMap<String, Merchant>,
    /// By key, which is `resellerId` towards merchants.
    pub resellers: BTreeMap<String, Reseller>,
    /// By the user name of HTTP Basic; passwords lie in the store.
    pub credentials: BTreeMap<String, Credential>,
}

impl Document {
    /// What a reseller sells on a route, with what it may create: each product that the route lists or
    /// still carries, in order of their keys. Nothing where the route or its merchant is not there.
    pub fn sold<'d>(&'d self, route: &'d Route, merchant: &str) -> impl Iterator<Item = Sold<'d>> {
        let products = self.merchants.get(merchant).map(|merchant| &merchant.products);
        products.into_iter().flatten().filter_map(|(key, product)| {
            let retired_here = route.retired_products.contains(key);
            let listed = route.lists(key);
            let sold = Sold { key, product, retired: product.retired || retired_here };
            (listed || retired_here).then_some(sold)
        })
    }

    /// Whether nothing can be created on a route: it, its side, its reseller or its merchant is
    /// retired or not there.
    #[must_use]
    pub fn is_retired(&self, reseller: &str, mode: Mode, merchant: &str) -> bool {
        let seller = self.resellers.get(reseller);
        let side = seller.and_then(|seller| seller.side(mode));
        let route = side.and_then(|side| side.routes.get(merchant));
        let around = [
            self.merchants.get(merchant).map(|merchant| merchant.retired),
            seller.map(|seller| seller.retired),
            side.map(|side| side.retired),
            route.map(|route| route.retired),
        ];
        around.into_iter().any(|retired| retired.unwrap_or(true))
    }
}

/// A product on a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sold<'d> {
    /// productKey.
    pub key: &'d str,
    /// The merchant's product.
    pub product: &'d Product,
    /// Nothing new: the product is retired, or no longer sold on this route.
    pub retired: bool,
}

//! The parts of a catalog: how they are ordered, named and found in the file.

use crate::print::dotted;
use crate::settings::{self, RETIRED, Setting};
use crate::{Document, Given, Merchant, Mode, Reseller};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;

/// A part of a catalog, named by keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the fields are keys of what they are called after")]
pub enum Part {
    /// A merchant.
    Merchant { merchant: String },
    /// A merchant's product.
    Product { merchant: String, product: String },
    /// A product's retired offer.
    Offer { merchant: String, product: String, offer: String },
    /// A reseller.
    Reseller { reseller: String },
    /// A reseller in one mode.
    Side { reseller: String, mode: Mode },
    /// What a side sells of a merchant.
    Route { reseller: String, mode: Mode, merchant: String },
    /// A product that a route sells no longer.
    Sale { reseller: String, mode: Mode, merchant: String, product: String },
    /// A credential.
    Credential { user: String },
}

/// The sections of a catalog and of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Merchants,
    Resellers,
    Credentials,
}

impl Part {
    /// Its word for programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Merchant { .. } => "merchant",
            Self::Product { .. } => "product",
            Self::Offer { .. } => "offer",
            Self::Reseller { .. } => "reseller",
            Self::Side { .. } => "side",
            Self::Route { .. } => "route",
            Self::Sale { .. } => "sale",
            Self::Credential { .. } => "credential",
        }
    }

    /// The table or list of the file in which it stands.
    #[must_use]
    pub fn path(&self) -> String {
        dotted(&self.keys_in_file())
    }

    /// The same key by key.
    pub(crate) fn keys_in_file(&self) -> Vec<&str> {
        match self {
            Self::Merchant { merchant } => vec!["merchants", merchant],
            Self::Product { merchant, product } => vec!["merchants", merchant, "products", product],
            Self::Offer { merchant, product, .. } => {
                vec!["merchants", merchant, "products", product, "retired_offers"]
            }
            Self::Reseller { reseller } => vec!["resellers", reseller],
            Self::Side { reseller, mode } => vec!["resellers", reseller, mode.word()],
            Self::Route { reseller, mode, merchant } => {
                vec!["resellers", reseller, mode.word(), "routes", merchant]
            }
            Self::Sale { reseller, mode, merchant, .. } => {
                vec!["resellers", reseller, mode.word(), "routes", merchant, "retired_products"]
            }
            Self::Credential { user } => vec!["credentials", user],
        }
    }

    /// Whether it is an entry of a list.
    pub(crate) const fn is_entry(&self) -> bool {
        match self {
            Self::Offer { .. } | Self::Sale { .. } => true,
            Self::Merchant { .. }
            | Self::Product { .. }
            | Self::Reseller { .. }
            | Self::Side { .. }
            | Self::Route { .. }
            | Self::Credential { .. } => false,
        }
    }

    /// The part that it is in.
    pub(crate) fn holder(&self) -> Option<Part> {
        match self {
            Self::Merchant { .. } | Self::Reseller { .. } | Self::Credential { .. } => None,
            Self::Product { merchant, .. } => Some(Self::Merchant { merchant: merchant.clone() }),
            Self::Offer { merchant, product, .. } => {
                Some(Self::Product { merchant: merchant.clone(), product: product.clone() })
            }
            Self::Side { reseller, .. } => Some(Self::Reseller { reseller: reseller.clone() }),
            Self::Route { reseller, mode, .. } => Some(Self::Side { reseller: reseller.clone(), mode: *mode }),
            Self::Sale { reseller, mode, merchant, .. } => {
                Some(Self::Route { reseller: reseller.clone(), mode: *mode, merchant: merchant.clone() })
            }
        }
    }

    pub(super) const fn section(&self) -> Section {
        match self {
            Self::Merchant { .. } | Self::Product { .. } | Self::Offer { .. } => Section::Merchants,
            Self::Reseller { .. } | Self::Side { .. } | Self::Route { .. } | Self::Sale { .. } => Section::Resellers,
            Self::Credential { .. } => Section::Credentials,
        }
    }

    /// Its keys from the outermost in: a part comes before what is in it, test before live.
    fn keys(&self) -> Vec<&str> {
        match self {
            Self::Merchant { merchant } => vec![merchant],
            Self::Product { merchant, product } => vec![merchant, product],
            Self::Offer { merchant, product, offer } => vec![merchant, product, offer],
            Self::Reseller { reseller } => vec![reseller],
            Self::Side { reseller, mode } => vec![reseller, rank(*mode)],
            Self::Route { reseller, mode, merchant } => vec![reseller, rank(*mode), merchant],
            Self::Sale { reseller, mode, merchant, product } => vec![reseller, rank(*mode), merchant, product],
            Self::Credential { user } => vec![user],
        }
    }
}

const fn rank(mode: Mode) -> &'static str {
    match mode {
        Mode::Test => "1",
        Mode::Live => "2",
    }
}

impl Ord for Part {
    fn cmp(&self, other: &Self) -> Ordering {
        self.section().cmp(&other.section()).then_with(|| self.keys().cmp(&other.keys()))
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// As a person would call it.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Merchant { merchant } => write!(f, "merchant {merchant}"),
            Self::Product { merchant, product } => write!(f, "product {product} of {merchant}"),
            Self::Offer { merchant, product, offer } => write!(f, "offer {offer} of {product} of {merchant}"),
            Self::Reseller { reseller } => write!(f, "reseller {reseller}"),
            Self::Side { reseller, mode } => write!(f, "{mode} side of {reseller}"),
            Self::Route { reseller, mode, merchant } => write!(f, "route {reseller} ({mode}) to {merchant}"),
            Self::Sale { reseller, mode, merchant, product } => {
                write!(f, "product {product} on the route {reseller} ({mode}) to {merchant}")
            }
            Self::Credential { user } => write!(f, "credential {user}"),
        }
    }
}

/// All parts of a document and what they say.
pub(crate) fn parts(document: &Document) -> BTreeMap<Part, Vec<Setting>> {
    let mut parts = BTreeMap::new();
    for (key, merchant) in &document.merchants {
        merchant_parts(&mut parts, key, merchant);
    }
    for (key, reseller) in &document.resellers {
        reseller_parts(&mut parts, key, reseller);
    }
    for (user, credential) in &document.credentials {
        parts.insert(Part::Credential { user: user.clone() }, settings::of_credential(credential));
    }
    parts
}

fn merchant_parts(parts: &mut BTreeMap<Part, Vec<Setting>>, key: &str, merchant: &Merchant) {
    let merchant_key = || key.to_owned();
    parts.insert(Part::Merchant { merchant: merchant_key() }, settings::of_merchant(merchant));
    for (product_key, product) in &merchant.products {
        let named = || (merchant_key(), product_key.clone());
        let (merchant, product_key) = named();
        parts.insert(Part::Product { merchant, product: product_key }, settings::of_product(product));
        for offer in &product.retired_offers {
            let (merchant, product) = named();
            parts.insert(Part::Offer { merchant, product, offer: offer.clone() }, retired());
        }
    }
}

fn reseller_parts(parts: &mut BTreeMap<Part, Vec<Setting>>, key: &str, reseller: &Reseller) {
    let reseller_key = || key.to_owned();
    parts.insert(Part::Reseller { reseller: reseller_key() }, settings::of_reseller(reseller));
    for (mode, side) in reseller.sides() {
        parts.insert(Part::Side { reseller: reseller_key(), mode }, settings::of_side(side));
        for (merchant, route) in &side.routes {
            let part = Part::Route { reseller: reseller_key(), mode, merchant: merchant.clone() };
            parts.insert(part, settings::of_route(route));
            for product in &route.retired_products {
                let (merchant, product) = (merchant.clone(), product.clone());
                parts.insert(Part::Sale { reseller: reseller_key(), mode, merchant, product }, retired());
            }
        }
    }
}

fn retired() -> Vec<Setting> {
    vec![Setting { key: RETIRED, value: Some(Given::Flag(true)), is_default: false }]
}

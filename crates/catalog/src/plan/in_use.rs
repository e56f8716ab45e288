//! What open entitlements, operations and undelivered notifications still refer to, as plain
//! numbers. Where they come from is the store's business.

use super::Part;
use crate::Mode;
use std::collections::BTreeMap;
use std::fmt;

/// Everything in use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InUse {
    /// Grouped; the same names may come more than once, their numbers are added.
    pub uses: Vec<Use>,
}

/// What is in use under these names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The reseller's key.
    pub reseller: String,
    /// Its side.
    pub mode: Mode,
    /// merchantAccountKey.
    pub merchant: String,
    /// productKey; of an open update, the one it would lead to, too.
    pub product: String,
    /// offerKey.
    pub offer: Option<String>,
    /// How much.
    pub counts: Counts,
}

/// How much refers to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entitlements that have not ended.
    pub entitlements: u64,
    /// Operations whose outcome is awaited.
    pub operations: u64,
    /// Notifications that are neither delivered nor dead-lettered.
    pub notifications: u64,
}

impl Counts {
    /// Whether nothing refers to it.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }

    fn plus(self, other: Self) -> Self {
        Self {
            entitlements: self.entitlements.saturating_add(other.entitlements),
            operations: self.operations.saturating_add(other.operations),
            notifications: self.notifications.saturating_add(other.notifications),
        }
    }
}

/// `12 open entitlements and 1 open operation`.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = [
            (self.entitlements, "open entitlement"),
            (self.operations, "open operation"),
            (self.notifications, "undelivered notification"),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        let said: Vec<String> =
            counted.map(|(count, what)| format!("{count} {what}{}", if count == 1 { "" } else { "s" })).collect();
        match said.split_last() {
            None => f.write_str("nothing"),
            Some((last, [])) => f.write_str(last),
            Some((last, before)) => write!(f, "{} and {last}", before.join(", ")),
        }
    }
}

impl InUse {
    /// How much refers to each part, from the merchant and the reseller down to the offer.
    pub(super) fn by_part(&self) -> BTreeMap<Part, Counts> {
        let mut totals: BTreeMap<Part, Counts> = BTreeMap::new();
        for one in self.uses.iter().filter(|one| !one.counts.is_zero()) {
            for part in one.parts() {
                let total = totals.entry(part).or_default();
                *total = total.plus(one.counts);
            }
        }
        totals
    }
}

impl Use {
    fn parts(&self) -> impl Iterator<Item = Part> {
        let (reseller, mode) = (|| self.reseller.clone(), self.mode);
        let (merchant, product) = (|| self.merchant.clone(), || self.product.clone());
        let offer = self.offer.clone().map(|offer| Part::Offer { merchant: merchant(), product: product(), offer });
        let parts = [
            Part::Merchant { merchant: merchant() },
            Part::Product { merchant: merchant(), product: product() },
            Part::Reseller { reseller: reseller() },
            Part::Side { reseller: reseller(), mode },
            Part::Route { reseller: reseller(), mode, merchant: merchant() },
            Part::Sale { reseller: reseller(), mode, merchant: merchant(), product: product() },
        ];
        parts.into_iter().chain(offer)
    }
}

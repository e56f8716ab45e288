//! Whatever a file leaves out: what is in use is kept, and the catalog that comes of it can be read.

use crate::round_trip::document;
use catalog::{Counts, Document, InUse, Mode, Use, merge_into, plan, print, read};
use proptest::prelude::*;

/// One entitlement of every product on every route, and of every offer.
fn everything_in_use(document: &Document) -> InUse {
    let mut uses = Vec::new();
    for (reseller, sides) in &document.resellers {
        for (mode, side) in sides.sides() {
            for (merchant, route) in &side.routes {
                for sold in document.sold(route, merchant) {
                    let offers = sold.product.offers.iter().chain(&sold.product.retired_offers);
                    for offer in offers.map(|offer| Some(offer.clone())).chain([None]) {
                        let counts = Counts { entitlements: 1, ..Counts::default() };
                        let (reseller, merchant, product) = (reseller.clone(), merchant.clone(), sold.key.to_owned());
                        uses.push(Use { reseller, mode, merchant, product, offer, counts });
                    }
                }
            }
        }
    }
    InUse { uses }
}

/// Whether the catalog still knows what an entitlement refers to.
fn goes_on(document: &Document, one: &Use) -> bool {
    let side = document.resellers.get(&one.reseller).and_then(|reseller| reseller.side(one.mode));
    let Some(route) = side.and_then(|side| side.routes.get(&one.merchant)) else {
        return false;
    };
    let sold = document.sold(route, &one.merchant).find(|sold| sold.key == one.product);
    sold.is_some_and(|sold| {
        let mut offers = sold.product.offers.iter().chain(&sold.product.retired_offers);
        one.offer.as_ref().is_none_or(|offer| offers.any(|known| known == offer))
    })
}

proptest! {
    #[test]
    fn nothing_in_use_is_lost_by_any_file(old in document(), new in document()) {
        let in_use = everything_in_use(&old);
        let first = plan(&old, &new, &in_use);
        for one in &in_use.uses {
            prop_assert!(goes_on(&first.merged, one), "{one:?}\n{first}");
        }
        prop_assert!(first.merged.check().is_ok(), "{}", first.merged.check().unwrap_err());
        // The file with it keeps the operator's own words.
        let text = merge_into(&format!("# mine\n{}", print(&new)), &first.merged);
        prop_assert_eq!(read(&text), Ok(first.merged.clone()));
        prop_assert!(text.contains("# mine\n"), "{text}");
        // The same file again changes nothing.
        let again = plan(&first.merged, &new, &in_use);
        prop_assert_eq!(&again.merged, &first.merged);
        prop_assert!(again.is_empty(), "{}", again);
        // Once nothing is in use, the file alone is the catalog.
        let free = plan(&first.merged, &new, &InUse::default());
        prop_assert_eq!(&free.merged, &new);
        prop_assert_eq!(free.is_empty(), first.merged == new);
    }

    #[test]
    fn without_use_a_plan_is_the_file(old in document(), new in document()) {
        let plan = plan(&old, &new, &InUse::default());
        prop_assert_eq!(&plan.merged, &new);
        prop_assert_eq!(plan.is_empty(), old == new, "{}", plan);
    }

    #[test]
    fn what_is_kept_can_no_longer_be_created(old in document()) {
        let in_use = everything_in_use(&old);
        let kept = plan(&old, &Document::default(), &in_use).merged;
        for (reseller, sides) in &kept.resellers {
            for (mode, side) in sides.sides() {
                prop_assert!(side.routes.keys().all(|merchant| kept.is_retired(reseller, mode, merchant)));
            }
        }
        prop_assert!(kept.credentials.is_empty());
        prop_assert!(kept.resellers.values().all(|reseller| reseller.side(Mode::Live).is_none()));
    }
}

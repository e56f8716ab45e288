//! What is sold to this reseller: one refusal for all causes, so that it tells nothing of others
//! (docs/API.md section 2).

use crate::catalog::{Account, Product, Route};
use entitlement::Record;
use std::sync::Arc;
use wire::{ErrorAnswer, Fault, ResponseCode};

/// Finds the product sold, its route and the offer, or says what is sold. What is retired is sold to
/// nobody, but whoever holds it keeps it: `held` is the record that is changed.
pub(super) fn sold(
    account: &Account,
    merchant: &str,
    product_key: &str,
    offer: Option<&str>,
    held: Option<&Record>,
) -> Result<Arc<Route>, Box<ErrorAnswer>> {
    let route = account.route(merchant).filter(|route| !route.retired || held.is_some()).ok_or_else(|| {
        not_sold("merchantAccountKey", format!("Sold to you are the merchants {}.", account.merchants().join(", ")))
    })?;
    let holds = |key: &str| held.is_some_and(|record| record.product_key == key);
    let is_sold = |product: &&Product| !product.retired || holds(&product.key);
    let product = route.product(product_key).filter(is_sold).ok_or_else(|| {
        let keys: Vec<&str> = route.on_sale().map(|product| product.key.as_str()).collect();
        not_sold("productKey", format!("Of {merchant} you sell {}. Keys are case sensitive.", keys.join(", ")))
    })?;
    check_offer(product, offer, held.filter(|record| record.product_key == product.key))?;
    Ok(Arc::clone(route))
}

fn check_offer(product: &Product, offer: Option<&str>, held: Option<&Record>) -> Result<(), Box<ErrorAnswer>> {
    let holds = |offer: &str| held.is_some_and(|record| record.offer_key.as_deref() == Some(offer));
    match offer {
        Some(offer) if !product.lists(offer) && !holds(offer) => Err(not_sold("offerKey", offers_hint(product))),
        None if product.offer_required => Err(offer_required(product)),
        Some(_) | None => Ok(()),
    }
}

fn offers_hint(product: &Product) -> String {
    if product.offers.is_empty() {
        return format!("{} has no offers; leave offerKey out.", product.key);
    }
    format!("{} lists the offers {}.", product.key, product.offers.join(", "))
}

fn offer_required(product: &Product) -> Box<ErrorAnswer> {
    Box::new(ErrorAnswer::faults(vec![Fault {
        field: "offerKey".to_owned(),
        rule: "offer-required",
        message: "offerKey parameter is required".to_owned(),
        hint: Some(offers_hint(product)),
    }]))
}

fn not_sold(field: &str, hint: String) -> Box<ErrorAnswer> {
    let message = "This merchant, product or offer is not sold to you.";
    let refusal = ErrorAnswer::new(422, ResponseCode::NotAvailable, "not-sold", message);
    Box::new(refusal.with_field(field).with_hint(hint))
}

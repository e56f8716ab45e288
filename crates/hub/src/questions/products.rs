//! Products: what this reseller sells, whether it can be sold to a customer now, and what its
//! merchants take (docs/API.md section 4.13). The limit is asked of the rules, as a create asks it.

use crate::Hub;
use crate::answer::Answer;
use crate::catalog::{Account, Product, Route};
use crate::execute::from_store;
use entitlement::{AtLimit, Entitlement, Rejection, SentCreate, VerbName, at_limit, choose_slot};
use std::sync::Arc;
use store::{Load, Row, Target};
use wire::{EligibleProduct, ErrorAnswer, ProductStatus, ResponseCode, products_body};

/// What a create is answered while the merchant cannot be reached.
const UNREACHABLE: &str = "merchant-unreachable";

impl Hub {
    /// Everything this reseller sells; `customer` narrows it to what that customer can still buy.
    pub(crate) async fn products(
        &self,
        account: &Arc<Account>,
        reseller: Option<&str>,
        customer: Option<&str>,
    ) -> Result<Answer, Box<ErrorAnswer>> {
        if reseller.is_some_and(|reseller| reseller != account.reseller) {
            return Err(Box::new(unknown_reseller(&account.reseller)));
        }
        let mut products = Vec::new();
        for route in account.merchants().into_iter().filter_map(|merchant| account.route(merchant)) {
            products.extend(self.on_route(account, route, customer).await?);
        }
        Ok(Answer::plain(200, products_body(&products)))
    }

    async fn on_route<'a>(
        &self,
        account: &Account,
        route: &'a Route,
        customer: Option<&str>,
    ) -> Result<Vec<EligibleProduct<'a>>, Box<ErrorAnswer>> {
        let open = match customer {
            Some(customer) => self.open_of(account, route, customer).await?,
            None => Vec::new(),
        };
        let healthy = !self.reach.is_failing(&route.merchant_account_key, self.store.now());
        let supports: Vec<&str> =
            VerbName::ALL.into_iter().filter(|verb| verb.is_offered(&route.facts)).map(VerbName::as_str).collect();
        let listed = route.on_sale().map(|product| {
            let is_full = customer.is_some_and(|customer| is_at_limit(route, product, customer, &open));
            let (status, rule) = match (is_full, healthy) {
                (true, _) => (ProductStatus::NotEligible, Some(Rejection::LimitReached.rule())),
                (false, true) => (ProductStatus::Available, None),
                (false, false) => (ProductStatus::Unavailable, Some(UNREACHABLE)),
            };
            EligibleProduct {
                merchant_account_key: &route.merchant_account_key,
                product_key: &product.key,
                name: &product.name,
                description: &product.description,
                logo_url: product.logo_url.as_deref(),
                terms_url: product.terms_url.as_deref(),
                offers: &product.offers,
                status,
                rule,
                supports: supports.clone(),
                healthy,
            }
        });
        Ok(listed.collect())
    }

    async fn open_of(&self, account: &Account, route: &Route, customer: &str) -> Result<Vec<Row>, Box<ErrorAnswer>> {
        let target = Target::Customer(route.id, customer.to_owned());
        let load = Load { account: account.id, target, identity: None };
        Ok(self.store.load(load).await.map_err(from_store)?.open)
    }
}

/// Whether a plain create of this product would be refused by the limit. One that waits for its
/// first activation is given again, so it is no refusal.
fn is_at_limit(route: &Route, product: &Product, customer: &str, open: &[Row]) -> bool {
    let sent = SentCreate {
        customer_identifier: Some(customer.to_owned()),
        merchant_account_key: Some(route.merchant_account_key.clone()),
        product_key: Some(product.key.clone()),
        ..SentCreate::default()
    };
    let states: Vec<&Entitlement> = open.iter().map(|row| &row.state).collect();
    let taken: Vec<u32> = open.iter().filter_map(|row| row.slot).collect();
    match at_limit(&states, &sent, route.facts.limit).0 {
        AtLimit::Join | AtLimit::FreshUrl => false,
        AtLimit::LimitReached => true,
        AtLimit::NewEntitlement => choose_slot(&taken, route.facts.limit).is_none(),
    }
}

fn unknown_reseller(own: &str) -> ErrorAnswer {
    ErrorAnswer::new(404, ResponseCode::NotFound, "unknown-reseller", "There is no such reseller.")
        .with_field("resellerIdentifier")
        .with_hint(format!("Your own resellerIdentifier is {own}; it may be left out."))
}

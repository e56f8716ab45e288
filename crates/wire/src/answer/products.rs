//! The answer to products: what a reseller can sell, and whether it can right now.

use super::{SUCCESS, push_envelope};
use crate::error::push_optional;
use crate::{ResponseCode, push_string};

/// Whether a product can be sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProductStatus {
    /// Yes.
    Available,
    /// Not to this customer.
    NotEligible,
    /// Not now.
    Unavailable,
}

/// One product of the list.
#[derive(Debug, Clone)]
pub struct EligibleProduct<'a> {
    /// The merchant.
    pub merchant_account_key: &'a str,
    /// The merchant's product.
    pub product_key: &'a str,
    /// Its name.
    pub name: &'a str,
    /// What it is.
    pub description: &'a str,
    /// Where its logo lies.
    pub logo_url: Option<&'a str>,
    /// Where its terms lie.
    pub terms_url: Option<&'a str>,
    /// Its offers.
    pub offers: &'a [String],
    /// Whether it can be sold.
    pub status: ProductStatus,
    /// The rule that says why not.
    pub rule: Option<&'static str>,
    /// The verbs its route offers.
    pub supports: Vec<&'static str>,
    /// Whether the merchant's last calls got through.
    pub healthy: bool,
}

/// The body; ranks count from 1 in the order given.
#[must_use]
pub fn products_body(products: &[EligibleProduct<'_>]) -> String {
    let mut out = String::with_capacity(512 * products.len().max(1));
    push_envelope(&mut out, ResponseCode::Ok, SUCCESS, "{}");
    out.push_str(",\"eligibleProducts\":[");
    for (at, product) in products.iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        push_product(&mut out, at + 1, product);
    }
    out.push_str("]}");
    out
}

fn push_product(out: &mut String, rank: usize, product: &EligibleProduct<'_>) {
    out.push_str("{\"productIdentifier\":");
    push_string(out, &format!("{}/{}", product.merchant_account_key, product.product_key));
    out.push_str(&format!(",\"productRank\":{rank},\"productStatus\":\"{}\"", product.status.as_str()));
    out.push_str(",\"productName\":");
    push_string(out, product.name);
    out.push_str(",\"productDescription\":");
    push_string(out, product.description);
    out.push_str(",\"productLogoURL\":");
    push_optional(out, product.logo_url);
    out.push_str(",\"productTermsURL\":");
    push_optional(out, product.terms_url);
    out.push_str(",\"merchantAccountKey\":");
    push_string(out, product.merchant_account_key);
    out.push_str(",\"productKey\":");
    push_string(out, product.product_key);
    out.push_str(",\"offerKeys\":");
    push_words(out, product.offers.iter().map(String::as_str));
    out.push_str(",\"rule\":");
    push_optional(out, product.rule);
    out.push_str(",\"supports\":");
    push_words(out, product.supports.iter().copied());
    out.push_str(if product.healthy { ",\"health\":\"OK\"}" } else { ",\"health\":\"FAILING\"}" });
}

fn push_words<'a>(out: &mut String, words: impl Iterator<Item = &'a str>) {
    out.push('[');
    for (at, word) in words.enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        push_string(out, word);
    }
    out.push(']');
}

impl ProductStatus {
    /// The word of the public API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "AVAILABLE",
            Self::NotEligible => "NOT_ELIGIBLE",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

//! Test merchants of an operator's catalog: their products are called as the operator likes, and each
//! behaves like one of the sandbox's. The call is told to the test merchant in the sandbox's words.

use super::{BANGO_US, TestMerchant};
use crate::{Call, Connector, Prepared, Response};
use entitlement::{Answer, Ask, Entitlement, MerchantEvent, Moment, Operation};
use ids::EntitlementKey;
use std::collections::HashMap;
use std::sync::Arc;

/// A merchant whose products each behave like one of the sandbox's.
#[derive(Debug)]
pub struct ActingMerchant {
    merchant: Arc<TestMerchant>,
    /// By productKey; what is not here behaves like `MUSIC`.
    parts: HashMap<String, Part>,
}

/// Which product of which sandbox merchant is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// [`super::BANGO`] or [`BANGO_US`].
    pub merchant: &'static str,
    /// The sandbox's productKey.
    pub product: &'static str,
}

/// What is played where nothing is said.
const USUAL: Part = Part { merchant: BANGO_US, product: "MUSIC" };

impl ActingMerchant {
    /// A merchant whose products play these parts.
    #[must_use]
    pub fn new(merchant: Arc<TestMerchant>, parts: impl IntoIterator<Item = (String, Part)>) -> Self {
        Self { merchant, parts: parts.into_iter().collect() }
    }

    fn part(&self, product: &str) -> Part {
        self.parts.get(product).copied().unwrap_or(USUAL)
    }

    fn in_sandbox_words(&self, entitlement: &Entitlement) -> Entitlement {
        let mut told = entitlement.clone();
        let Part { merchant, product } = self.part(&entitlement.record.product_key);
        merchant.clone_into(&mut told.record.merchant_account_key);
        product.clone_into(&mut told.record.product_key);
        told.operation = entitlement.operation.as_ref().map(|operation| self.asked(operation));
        told
    }

    fn asked(&self, operation: &Operation) -> Operation {
        let mut told = operation.clone();
        if let Ask::Update { product, .. } = &mut told.ask {
            self.part(&product.product_key).product.clone_into(&mut product.product_key);
        }
        told
    }
}

impl Connector for ActingMerchant {
    fn prepare(&self, call: &Call<'_>) -> Prepared {
        let (entitlement, operation) = (self.in_sandbox_words(call.entitlement), self.asked(call.operation));
        self.merchant.prepare(&Call { entitlement: &entitlement, operation: &operation, ..*call })
    }

    fn read(&self, call: &Call<'_>, response: &Response) -> Answer {
        self.merchant.read(call, response)
    }

    fn is_built_in(&self) -> bool {
        true
    }

    fn said(&self, says: &str, key: EntitlementKey, entitlement: &Entitlement, now: Moment) -> Option<MerchantEvent> {
        self.merchant.said(says, key, &self.in_sandbox_words(entitlement), now)
    }
}

//! The test merchants' desk: the merchant built in, which every route to a test merchant asks, and the
//! secret under its activation pages.

use catalog::{Behaviour, Merchant};
use merchants::Connector;
use merchants::test::{ActingMerchant, PageKey, Part, TestMerchant};
use std::sync::Arc;

/// What all test merchants of a hub share.
#[derive(Debug, Clone)]
pub struct Desk {
    merchant: Arc<TestMerchant>,
    page_key: PageKey,
}

impl Desk {
    /// A desk whose activation pages lie under `public_url` (scheme and host).
    #[must_use]
    pub fn new(page_key: PageKey, public_url: &str) -> Self {
        Self { merchant: Arc::new(TestMerchant::new(page_key.clone(), public_url)), page_key }
    }

    /// For routes on which nothing is asked any more.
    pub(crate) fn nobody(&self) -> Arc<dyn Connector> {
        Arc::clone(&self.merchant) as Arc<dyn Connector>
    }

    pub(crate) fn merchant(&self) -> &TestMerchant {
        &self.merchant
    }

    pub(crate) fn page_key(&self) -> &PageKey {
        &self.page_key
    }

    /// How a test merchant of the catalog is spoken to: as the sandbox's own where its products are
    /// called like those they behave like, in the sandbox's words otherwise.
    pub(crate) fn connector(&self, key: &str, merchant: &Merchant) -> Arc<dyn Connector> {
        let parts = merchant.products.iter().map(|(product, settings)| (product.clone(), part(settings.behaves_like)));
        let parts: Vec<(String, Part)> = parts.collect();
        if parts.iter().all(|(product, part)| part.merchant == key && is_played(part.product, product)) {
            return Arc::clone(&self.merchant) as Arc<dyn Connector>;
        }
        Arc::new(ActingMerchant::new(Arc::clone(&self.merchant), parts))
    }
}

/// The test merchant goes by the product's name; what it does not know behaves like `MUSIC`.
fn is_played(part: &str, product: &str) -> bool {
    let is_known = Behaviour::ALL.iter().any(|behaviour| behaviour.word() == product);
    part == product || (part == Behaviour::Music.word() && !is_known)
}

fn part(behaviour: Behaviour) -> Part {
    Part { merchant: behaviour.merchant(), product: behaviour.word() }
}

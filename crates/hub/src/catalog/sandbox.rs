//! The sandbox's catalog: one demo reseller that sells both test merchants (docs/API.md
//! section 8).

use super::{Account, NotificationAuth, Product, Route, UsualAnswers};
use crate::HubError;
use entitlement::RouteFacts;
use ids::AccountId;
use merchants::test::{BANGO, BANGO_US};
use std::collections::HashMap;
use std::sync::Arc;
use store::Store;
use wire::{Switches, WebhookSecret};

/// A queued operation that nobody confirms ends as not done after three days
/// (docs/LIFECYCLE.md section 4).
const QUEUED_DEADLINE_S: i64 = 72 * 3600;

impl Account {
    /// The demo reseller in test mode, its routes numbered by the store.
    ///
    /// # Errors
    /// Where the store cannot number the routes.
    pub async fn sandbox(
        store: &dyn Store,
        id: AccountId,
        webhook_secret: WebhookSecret,
        default_url: Option<String>,
    ) -> Result<Account, HubError> {
        let mut routes = HashMap::new();
        for (merchant, products) in [(BANGO, bango()), (BANGO_US, bango_us())] {
            let route = Route {
                id: store.route(id, merchant.to_owned()).await?,
                merchant_account_key: merchant.to_owned(),
                facts: sandbox_facts(),
                products,
                usual: UsualAnswers::default(),
            };
            routes.insert(merchant.to_owned(), Arc::new(route));
        }
        Ok(Account {
            id,
            reseller: "sandbox".to_owned(),
            live: false,
            switches: Switches::default(),
            default_url,
            notification_auth: NotificationAuth::None,
            webhook_secret,
            routes,
        })
    }
}

fn sandbox_facts() -> RouteFacts {
    RouteFacts {
        update: true,
        suspend: true,
        resume: true,
        undo: true,
        cancel: true,
        revoke: true,
        activation_info: true,
        repeatable: true,
        inquiry: true,
        reason_required: false,
        limit: 1,
        pending_timeout_s: None,
        queued_deadline_s: QUEUED_DEADLINE_S,
    }
}

fn bango() -> Vec<Product> {
    vec![product("BangoMusic", "Bango Music", "The customer confirms on a page. A cancel ends it at once.")]
}

fn bango_us() -> Vec<Product> {
    let mut products: Vec<Product> = [
        ("MUSIC", "Music", "The customer confirms on a page. A cancel ends it with the month that is paid for."),
        ("MUSIC_PREMIUM", "Music Premium", "As MUSIC: another product to change to."),
        ("MUSIC_NOW", "Music (active at once)", "The create answers 200 ACTIVE."),
        ("MUSIC_CODE", "Music (with activation code)", "The create answers 200 with an activationCode."),
        (
            "MUSIC_LATER",
            "Music (confirmed later)",
            "The create answers 201 and is activated after 5 s; every later operation answers 202 and is confirmed \
             after 5 s.",
        ),
        ("MUSIC_ASK", "Music (asks the user)", "As MUSIC; an update to it waits for the customer, too."),
        ("MUSIC_NO", "Music (always refused)", "The merchant refuses every customer: NOT_AVAILABLE."),
        ("MUSIC_DOWN", "Music (always unreachable)", "The merchant cannot be reached: SERVICE_UNAVAILABLE."),
    ]
    .into_iter()
    .map(|(key, name, description)| product(key, name, description))
    .collect();
    products.push(Product {
        offers: vec!["BUNDLE".to_owned(), "TRIAL".to_owned()],
        offer_required: true,
        ..product("MUSIC_OFFER", "Music (with an offer)", "As MUSIC, and demands an offerKey.")
    });
    products
}

fn product(key: &str, name: &str, description: &str) -> Product {
    Product {
        key: key.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        offers: Vec::new(),
        offer_required: false,
    }
}

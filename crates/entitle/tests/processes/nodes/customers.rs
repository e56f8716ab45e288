//! A customer is erased in the database itself, beside the hubs at work on it: all of them show what is left.

use super::{Place, create};
use crate::http::Request;
use crate::reading::{object, text};

const CUSTOMER: &str = "anna-20144";

#[test]
fn what_is_erased_is_erased_on_every_hub() {
    let place = Place::new("nodes-customer", 2);
    let created = place.ask(0, &create(CUSTOMER));
    assert_eq!(created.status, 200, "{}", created.body);
    let id = text(&object(&created.body), "entitlementId");
    let revoked = place.ask(1, &Request::post(&format!("/v1/entitlement/revoke/{id}"), "{}"));
    assert_eq!(revoked.status, 200, "{}", revoked.body);
    // What waits for the receiver does not stand in the way here.
    place.hubs.does(&format!("customer erase {CUSTOMER} --reseller acme --mode test --undelivered"));
    for at in 0..2 {
        for path in [format!("/v1/entitlement/{id}"), format!("/v1/entitlement/{id}/history"), "/v1/events".to_owned()]
        {
            let shown = place.ask(at, &Request::get(&path));
            assert_eq!(shown.status, 200, "{}", shown.body);
            assert!(!shown.body.contains(CUSTOMER) && shown.body.contains("erased-"), "{path}: {}", shown.body);
        }
        let again = place.ask(at, &create(CUSTOMER));
        assert!(again.is_replayed() && again.body.contains(&id), "{}", again.body);
    }
    place.hubs.does("audit verify");
    place.hubs.does("doctor --full");
}

//! Products: what is sold, to whom it still can be, and what becomes of it when the merchant is
//! not reached (docs/API.md section 4.13).

use crate::harness::{Answer, Receiver, Reply, ScriptedMerchant, Setup, TestHub};
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn products(hub: &TestHub, customer: Option<&str>) -> Answer {
    let call = hub.call("GET", "/v1/products");
    let call = match customer {
        Some(customer) => call.header("X-CustomerIdentifier", customer),
        None => call,
    };
    let told = call.send().await;
    told.is(200, "OK");
    told
}

fn listed(told: &Answer) -> &[Value] {
    told["eligibleProducts"].as_array().unwrap()
}

/// By productIdentifier: the status, and the rule behind it.
fn statuses(told: &Answer) -> BTreeMap<&str, String> {
    let one = |product: &Value| match product["rule"].as_str() {
        Some(rule) => format!("{} {rule}", product["productStatus"].as_str().unwrap()),
        None => product["productStatus"].as_str().unwrap().to_owned(),
    };
    listed(told).iter().map(|product| (product["productIdentifier"].as_str().unwrap(), one(product))).collect()
}

#[tokio::test]
async fn everything_sold_is_listed_by_merchant_with_what_its_route_offers() {
    let hub = Setup::new().routes(|route| route.facts.undo = false).start().await;
    let told = products(&hub, None).await;
    let names: Vec<&str> = listed(&told).iter().map(|one| one["productIdentifier"].as_str().unwrap()).collect();
    assert_eq!(names[..3], ["BANGO/BangoMusic", "BANGO_US/MUSIC", "BANGO_US/MUSIC_ASK"]);
    assert!(listed(&told).iter().map(|one| one["productRank"].as_u64().unwrap()).eq(1..=10));
    let offer = listed(&told).iter().find(|one| one["productKey"] == "MUSIC_OFFER");
    assert_eq!(
        offer.unwrap(),
        &json!({
            "productIdentifier": "BANGO_US/MUSIC_OFFER", "productRank": 9, "productStatus": "AVAILABLE",
            "productName": "Music (with an offer)", "productDescription": "As MUSIC, and demands an offerKey.",
            "productLogoURL": null, "productTermsURL": null, "merchantAccountKey": "BANGO_US",
            "productKey": "MUSIC_OFFER", "offerKeys": ["BUNDLE", "TRIAL"], "rule": null,
            "supports": ["update", "productUpdate", "suspend", "resume", "cancel", "revoke", "activationInfo"],
            "health": "OK"
        })
    );
    hub.finish().await;
}

#[tokio::test]
async fn what_a_customer_has_stands_against_what_it_can_still_buy_as_a_create_would_say() {
    let hub = TestHub::start().await;
    let mut seen = Vec::new();
    for step in ["nothing", "pending", "active", "ended"] {
        match step {
            "pending" => drop(hub.created("anna", "MUSIC").await),
            "active" => {
                let url = hub.create("anna", "MUSIC").await.url();
                hub.choose(&url, "confirm").await;
            }
            "ended" => {
                let found = hub.post("/v1/entitlement/report", &json!({ "customerIdentifier": "anna" })).await;
                hub.revoke(found["entitlements"][0]["entitlementId"].as_str().unwrap()).await.shows(200, "REVOKED");
            }
            _ => {}
        }
        let told = products(&hub, Some("anna")).await;
        let status = statuses(&told);
        seen.push((status["BANGO_US/MUSIC"].clone(), status["BANGO_US/MUSIC_NOW"].clone()));
        assert_eq!(status["BANGO/BangoMusic"], "AVAILABLE", "another merchant, another limit");
    }
    let (yes, no) = ("AVAILABLE".to_owned(), "NOT_ELIGIBLE limit-reached".to_owned());
    // The same product while it waits is the same entitlement again, with a fresh link.
    let expected = [(yes.clone(), yes.clone()), (yes.clone(), no.clone()), (no.clone(), no), (yes.clone(), yes)];
    assert_eq!(seen, expected);
    assert!(statuses(&products(&hub, Some("bert")).await).values().all(|status| status == "AVAILABLE"));
    hub.finish().await;
}

#[tokio::test]
async fn a_customer_who_cannot_buy_is_refused_by_that_rule_and_one_who_can_is_not() {
    let hub = Setup::new().routes(|route| route.facts.limit = 2).start().await;
    for round in 0..3 {
        let told = products(&hub, Some("anna")).await;
        let can = statuses(&told)["BANGO_US/MUSIC_NOW"] == "AVAILABLE";
        let answer = hub.create("anna", "MUSIC_NOW").await;
        assert_eq!(can, round < 2, "{told}");
        match can {
            true => drop(answer.shows(200, "ACTIVE")),
            false => drop(answer.refused(400, "BAD_REQUEST", "limit-reached")),
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_merchant_that_is_not_reached_is_unavailable_until_it_is_reached_again_or_a_minute_is_over() {
    let merchant = Receiver::start().await;
    let hub = Setup::new()
        .merchant(ScriptedMerchant::at(&merchant))
        .routes(|route| (route.facts.repeatable, route.facts.inquiry) = (false, false))
        .start()
        .await;
    let unavailable = "UNAVAILABLE merchant-unreachable";
    let status = async |customer| statuses(&products(&hub, customer).await)["BANGO_US/MUSIC"].clone();
    let health = async || listed(&products(&hub, None).await)[1]["health"].clone();
    merchant.answer([Reply::Break, Reply::status(403), Reply::Break]);
    hub.create("anna", "MUSIC").await.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown");
    assert_eq!((status(None).await.as_str(), health().await), (unavailable, json!("FAILING")));
    assert_eq!(statuses(&products(&hub, None).await)["BANGO/BangoMusic"], "AVAILABLE");
    assert_eq!(status(Some("anna")).await, unavailable, "her own create still runs");
    hub.create("bert", "MUSIC").await.refused(422, "NOT_AVAILABLE", "merchant-refused-user");
    assert_eq!((status(None).await.as_str(), health().await), ("AVAILABLE", json!("OK")), "a refusal got through");
    hub.create("carl", "MUSIC").await.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown");
    hub.clock.advance_ms(59_999);
    assert_eq!(status(None).await, unavailable);
    hub.clock.advance_ms(1);
    assert_eq!((status(None).await.as_str(), health().await), ("AVAILABLE", json!("OK")), "worth another try");
    hub.finish().await;
}

#[tokio::test]
async fn products_are_asked_by_their_own_reseller_about_a_sensible_customer() {
    let hub = Setup::new().other("other", false).start().await;
    let own = hub.get("/v1/products/sandbox").await;
    assert_eq!(own.body, products(&hub, None).await.body);
    hub.get("/v1/products/other").await.refused(404, "NOT_FOUND", "unknown-reseller").hints("sandbox");
    let theirs = hub.call("GET", "/v1/products/sandbox").user("other").send().await;
    theirs.refused(404, "NOT_FOUND", "unknown-reseller").hints("other");
    hub.call("GET", "/v1/products").anonymous().send().await.refused(401, "UNAUTHORIZED", "unauthorized");
    assert_eq!(hub.call("POST", "/v1/products").send().await.is(405, "BAD_REQUEST").header("allow"), Some("GET"));
    for (customer, fault) in [("", "empty"), (&"x".repeat(257), "too-long"), ("a\tb", "control-character")] {
        let answer = hub.call("GET", "/v1/products").header("X-CustomerIdentifier", customer).send().await;
        assert_eq!(answer.is(400, "BAD_REQUEST").faults(), [format!("X-CustomerIdentifier {fault}")], "{customer:?}");
    }
    // Another reseller's customer of the same name is another customer.
    hub.created("anna", "MUSIC_NOW").await;
    let call = hub.call("GET", "/v1/products").user("other").header("X-CustomerIdentifier", "anna");
    assert!(statuses(&call.send().await).values().all(|status| status == "AVAILABLE"));
    hub.finish().await;
}

//! The sandbox's products (docs/API.md section 8.1): a whole life of each without any special
//! header, and the update to each, in one golden table.

use crate::harness::{Answer, Call, TestHub, create_body, golden};
use crate::magic_numbers::in_short;
use serde_json::{Value, json};
use std::fmt::Write as _;

const PRODUCTS: [&str; 10] = [
    "BangoMusic",
    "MUSIC",
    "MUSIC_PREMIUM",
    "MUSIC_NOW",
    "MUSIC_CODE",
    "MUSIC_LATER",
    "MUSIC_ASK",
    "MUSIC_NO",
    "MUSIC_DOWN",
    "MUSIC_OFFER",
];

#[tokio::test]
async fn every_product_lives_as_the_table_says() {
    let hub = TestHub::start().await;
    let mut table = String::from("# product | call | its answer; the entitlement then; 5 s later\n");
    for product in PRODUCTS {
        table.push('\n');
        let create = create(&hub, product);
        let Some(id) = played(&hub, &mut table, product, "create", &create).await else { continue };
        if hub.read(&id).await["status"] == "PENDING" {
            let info = hub.call("GET", &format!("/v1/entitlement/{id}/activationInfo"));
            played(&hub, &mut table, product, "activation info", &info).await;
            hub.choose(&info.send().await.url(), "confirm").await;
            let status = hub.read(&id).await.text("status");
            writeln!(table, "{product:13} | confirm          | {status}").unwrap();
        }
        for (name, call) in life(&hub, &id) {
            played(&hub, &mut table, product, name, &call).await;
        }
    }
    table.push('\n');
    for target in PRODUCTS.into_iter().filter(|product| *product != "BangoMusic") {
        for from in ["MUSIC_NOW", "MUSIC_LATER"].into_iter().filter(|from| *from != target) {
            let create = hub.creating(&format!("{from} to {target}"), from);
            let id = create.send().await.text("entitlementId");
            hub.advance("PT5S").await;
            let offer = if target == "MUSIC_OFFER" { json!("BUNDLE") } else { Value::Null };
            let update = hub.updating(&id, &json!({ "productKey": target, "offerKey": offer }));
            played(&hub, &mut table, from, &format!("to {target}"), &update).await;
        }
    }
    golden("sandbox_products.txt", &table);
    hub.finish().await;
}

fn create<'a>(hub: &'a TestHub, product: &str) -> Call<'a> {
    let mut body = create_body(product, product);
    if product == "BangoMusic" {
        body["merchantAccountKey"] = json!("BANGO");
    }
    if product == "MUSIC_OFFER" {
        body["offerKey"] = json!("TRIAL");
    }
    hub.call("POST", "/v1/entitlement").json(&body)
}

/// What is asked of an active one, one after the other.
fn life<'a>(hub: &'a TestHub, id: &str) -> Vec<(&'static str, Call<'a>)> {
    let patch = |members: Value| hub.updating(id, &members);
    vec![
        ("suspend", patch(json!({ "entitlementBenefits": "SUSPENDED" }))),
        ("resume", patch(json!({ "entitlementBenefits": "NORMAL" }))),
        ("cancel", hub.call("POST", &format!("/v1/entitlement/cancel/{id}"))),
        ("undo", patch(json!({ "status": "ACTIVE" }))),
        ("revoke", hub.call("POST", &format!("/v1/entitlement/revoke/{id}"))),
    ]
}

/// One call and what comes of it; the id, if there is an entitlement.
async fn played(hub: &TestHub, table: &mut String, product: &str, name: &str, call: &Call<'_>) -> Option<String> {
    let answer = call.send().await;
    let id = answer["entitlementId"].as_str().map(str::to_owned);
    write!(table, "{product:13} | {name:16} | {}", in_short(&answer)).unwrap();
    if let Some(id) = &id {
        let then = shown(&hub.read(id).await);
        hub.advance("PT5S").await;
        write!(table, "; {then}; {}", shown(&hub.read(id).await)).unwrap();
    }
    table.push('\n');
    id
}

fn shown(read: &Answer) -> String {
    let code = if read["activationCode"].is_string() { " with code" } else { "" };
    format!("{} {}{code}", read.text("productKey"), read.text("status"))
}

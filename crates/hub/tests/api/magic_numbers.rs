//! X-Magic-Number (docs/API.md section 8.4): every word against every product, in one golden
//! table, and the calls around it: what a word of another call is answered, what ignores one.

use crate::harness::{Answer, Call, ScriptedMerchant, Setup, TestHub, create_body, golden};
use merchants::test::{MagicNumber, MagicType};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What is bought, and what an update asks for. The one product of `BANGO` has nothing to be
/// updated to.
const PRODUCTS: [(&str, &str); 10] = [
    ("BangoMusic", ""),
    ("MUSIC", "MUSIC_PREMIUM"),
    ("MUSIC_PREMIUM", "MUSIC"),
    ("MUSIC_NOW", "MUSIC_NO"),
    ("MUSIC_CODE", "MUSIC_DOWN"),
    ("MUSIC_LATER", "MUSIC_PREMIUM"),
    ("MUSIC_ASK", "MUSIC_LATER"),
    ("MUSIC_NO", "MUSIC_OFFER"),
    ("MUSIC_DOWN", "MUSIC_ASK"),
    ("MUSIC_OFFER", "MUSIC_CODE"),
];

#[tokio::test]
async fn every_word_does_what_the_table_says_whatever_the_product() {
    let hub = TestHub::start().await;
    let mut table = String::from(
        "# X-Magic-Number | the products\n\
         #     its answer; then the entitlement; 10 s later; the same request again; notifications\n",
    );
    for kind in MagicType::ALL {
        table.push('\n');
        for number in MagicNumber::of(kind) {
            let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (product, target) in PRODUCTS.into_iter().filter(|(_, to)| kind != MagicType::Update || !to.is_empty())
            {
                let name =
                    if kind == MagicType::Update { format!("{product} to {target}") } else { product.to_owned() };
                found.entry(played(&hub, number, product, target).await).or_default().push(name);
            }
            // What most products do stands first.
            let mut lines: Vec<_> = found.into_iter().collect();
            lines.sort_by_key(|(_, products)| std::cmp::Reverse(products.len()));
            let only = lines.len() == 1;
            for (line, products) in lines {
                let products = if only { "every product".to_owned() } else { products.join(", ") };
                writeln!(table, "{number} | {products}\n    {line}").unwrap();
            }
        }
    }
    golden("magic_numbers.txt", &table);
    hub.finish().await;
}

/// One word against one product, from a fresh entitlement in the status the call wants.
async fn played(hub: &TestHub, number: MagicNumber, product: &str, target: &str) -> String {
    let row = format!("{number}-{product}");
    let inbox = format!("http://{}/sandbox/v1/inbox/{row}", hub.address);
    let mut body = create_body(&row, product);
    body["notificationUrl"] = json!(inbox);
    if product == "BangoMusic" {
        body["merchantAccountKey"] = json!("BANGO");
    }
    if product == "MUSIC_OFFER" {
        body["offerKey"] = json!("TRIAL");
    }
    let create = || hub.call("POST", "/v1/entitlement").json(&body);
    let call = match number.kind {
        MagicType::Create => create(),
        kind => {
            let id = ready(hub, create(), kind).await;
            asking(hub, kind, &id, target)
        }
    };
    let seen_before = told(hub, &row).await.len();
    let call = call.header("X-Magic-Number", &number.to_string()).identity(&row);
    let first = call.send().await;
    let id = match first["entitlementId"].as_str() {
        Some(id) => id.to_owned(),
        None => found(hub, &row).await,
    };
    let then = shown(&hub.read(&id).await);
    hub.advance("PT10S").await;
    let later = shown(&hub.read(&id).await);
    let again = call.send().await;
    let told = told(hub, &row).await;
    format!(
        "{}; {then}; {later}; again {}{}; {}",
        in_short(&first),
        in_short(&again),
        if again.header("idempotent-replayed").is_some() { " replayed" } else { "" },
        if told.len() == seen_before { "-".to_owned() } else { told[seen_before..].join(" ") },
    )
}

/// An entitlement in the status from which this kind of call asks the merchant.
async fn ready(hub: &TestHub, create: Call<'_>, kind: MagicType) -> String {
    let word = if kind == MagicType::ActivationInfo { "CREATED" } else { "ACTIVATED" };
    let made = create.header("X-Magic-Number", &format!("CREATE_REQUEST_RETURNS_{word}")).send().await;
    let id = made.text("entitlementId");
    let first = match kind {
        MagicType::Resume => Some((MagicType::Suspend, "SUSPEND_REQUEST_RETURNS_ACCEPTED")),
        MagicType::Undo => Some((MagicType::Cancel, "CANCEL_REQUEST_RETURNS_ENDING")),
        _ => None,
    };
    if let Some((kind, word)) = first {
        assert!(asking(hub, kind, &id, "").header("X-Magic-Number", word).send().await.status < 300);
        hub.advance("PT5S").await;
    }
    id
}

fn asking<'a>(hub: &'a TestHub, kind: MagicType, id: &str, target: &str) -> Call<'a> {
    let offer = if target == "MUSIC_OFFER" { json!("BUNDLE") } else { Value::Null };
    match kind {
        MagicType::Create => unreachable!("it has no id yet"),
        MagicType::ActivationInfo => hub.call("GET", &format!("/v1/entitlement/{id}/activationInfo")),
        MagicType::Update => hub.updating(id, &json!({ "productKey": target, "offerKey": offer })),
        MagicType::Suspend => hub.updating(id, &json!({ "entitlementBenefits": "SUSPENDED" })),
        MagicType::Resume => hub.updating(id, &json!({ "entitlementBenefits": "NORMAL" })),
        MagicType::Undo => hub.updating(id, &json!({ "status": "ACTIVE" })),
        MagicType::Cancel => hub.call("POST", &format!("/v1/entitlement/cancel/{id}")),
        MagicType::Revoke => hub.call("POST", &format!("/v1/entitlement/revoke/{id}")),
    }
}

async fn found(hub: &TestHub, customer: &str) -> String {
    let report = hub.post("/v1/entitlement/report", &json!({ "customerIdentifier": customer })).await;
    report["entitlements"][0]["entitlementId"].as_str().unwrap_or("nothing").to_owned()
}

async fn told(hub: &TestHub, inbox: &str) -> Vec<String> {
    hub.quiet().await;
    let came = hub.get(&format!("/sandbox/v1/notifications?inbox={inbox}")).await;
    let reasons = came["notifications"].as_array().unwrap().iter().map(|one| one["body"]["notificationReason"].clone());
    reasons.rev().map(|reason| reason.as_str().unwrap().to_owned()).collect()
}

/// Status, code and rule of an answer, and whose fault.
pub(crate) fn in_short(answer: &Answer) -> String {
    let code = answer.text("responseCode");
    answer.is(answer.status, &code);
    if answer.status == 202 && code == "CLIENT_ACTION_REQUIRED" {
        answer.url();
    }
    match (answer["error"]["rule"].as_str(), answer["error"]["origin"].as_str()) {
        (Some(rule), Some(origin)) => format!("{} {code} {rule} {origin}", answer.status),
        _ => format!("{} {code}", answer.status),
    }
}

/// What of a record the words decide.
fn shown(read: &Answer) -> String {
    if read.status == 404 {
        return "no record".to_owned();
    }
    let mut text = read.text("status");
    if read["activationCode"].is_string() {
        text.push_str(" with code");
    }
    text
}

#[tokio::test]
async fn a_word_of_another_call_or_of_none_names_those_of_this_one_and_is_not_remembered() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let suspend = json!({ "entitlementBenefits": "SUSPENDED" });
    let cases = [
        (hub.creating("bert", "MUSIC"), "CREATE_REQUEST_RETURNS_ACTIVATION_CODE"),
        (hub.updating(&id, &json!({ "productKey": "MUSIC" })), "UPDATE_REQUEST_RETURNS_ACTIVATION_REQUIRED"),
        (hub.updating(&id, &suspend), "SUSPEND_REQUEST_RETURNS_NOT_SUPPORTED"),
        (hub.call("POST", &format!("/v1/entitlement/cancel/{id}")), "CANCEL_REQUEST_RETURNS_ENDING"),
        (hub.call("POST", &format!("/v1/entitlement/revoke/{id}")), "REVOKE_REQUEST_RETURNS_OK"),
    ];
    for (at, (call, fitting)) in cases.into_iter().enumerate() {
        let call = call.identity(&format!("i-{at}"));
        for word in ["", "EVERYTHING_RETURNS_OK", "RESUME_REQUEST_RETURNS_OK", "create_request_returns_created"] {
            let answer = call.clone().header("X-Magic-Number", word).send().await;
            answer.refused(400, "BAD_REQUEST", "magic-number-unknown").hints(fitting);
            assert_eq!(answer.faults(), ["X-Magic-Number magic-number-unknown"]);
        }
        let twice = call.clone().header("X-Magic-Number", fitting).header("X-Magic-Number", fitting).send().await;
        twice.refused(400, "BAD_REQUEST", "magic-number-unknown");
    }
    hub.read(&id).await.shows(200, "ACTIVE");
    let again = hub.updating(&id, &suspend).identity("i-2").send().await;
    assert_eq!(again.shows(200, "SUSPENDED").header("idempotent-replayed"), None);
    hub.finish().await;
}

#[tokio::test]
async fn a_dry_run_checks_the_word_and_foresees_the_usual() {
    let hub = TestHub::start().await;
    let create = hub.creating("anna", "MUSIC").header("Prefer", "validate-only");
    create.clone().header("X-Magic-Number", "CREATE_REQUEST_RETURNS_DENIED").send().await.is(200, "OK");
    let unknown = create.header("X-Magic-Number", "REVOKE_REQUEST_RETURNS_OK").send().await;
    unknown.refused(400, "BAD_REQUEST", "magic-number-unknown").hints("CREATE_REQUEST_RETURNS_DENIED");
    hub.finish().await;
}

#[tokio::test]
async fn what_asks_nothing_of_the_merchant_ignores_it() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let ignoring = [
        hub.call("GET", "/v1/echo/1"),
        hub.call("GET", &format!("/v1/entitlement/{id}")),
        hub.call("POST", "/v1/entitlement/report").json(&json!({})),
        hub.updating(&id, &json!({ "extensionData": { "local": 1 } })),
        hub.updating(&id, &json!({ "productKey": "MUSIC_NOW", "status": "ACTIVE" })),
    ];
    for call in ignoring {
        for word in ["UPDATE_REQUEST_RETURNS_DENIED", "NONSENSE"] {
            call.clone().header("X-Magic-Number", word).send().await.is(200, "OK");
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn forced_urls_are_working_pages_and_later_calls_go_by_the_record_alone() {
    let hub = TestHub::start().await;
    for (product, choice, status) in [("MUSIC_NO", "confirm", "ACTIVE"), ("MUSIC_LATER", "decline", "CANCELLED")] {
        let call = hub.creating("anna", product).header("X-Magic-Number", "CREATE_REQUEST_RETURNS_ACTIVATION_REQUIRED");
        let created = call.send().await;
        created.shows(202, "PENDING");
        hub.choose(&created.url(), choice).await;
        let id = created.text("entitlementId");
        hub.read(&id).await.shows(200, status);
        hub.revoke(&id).await;
    }
    let call = hub.creating("bert", "MUSIC").header("X-Magic-Number", "CREATE_REQUEST_RETURNS_CREATED");
    let id = call.send().await.shows(201, "PENDING").text("entitlementId");
    let info = hub.get(&format!("/v1/entitlement/{id}/activationInfo")).await;
    hub.choose(&info.shows(200, "PENDING").url(), "confirm").await;
    hub.read(&id).await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn ending_is_the_month_since_activation_at_every_merchant() {
    let hub = TestHub::start().await;
    let bango = json!({ "customerIdentifier": "anna", "merchantAccountKey": "BANGO", "productKey": "BangoMusic" });
    let at_bango = hub.call("POST", "/v1/entitlement").json(&bango);
    for create in [at_bango, hub.creating("anna", "MUSIC")] {
        let id = create.header("X-Magic-Number", "CREATE_REQUEST_RETURNS_ACTIVATED").send().await.text("entitlementId");
        let cancel = hub.call("POST", &format!("/v1/entitlement/cancel/{id}"));
        let ending = cancel.header("X-Magic-Number", "CANCEL_REQUEST_RETURNS_ENDING").send().await;
        assert_eq!(ending.shows(200, "ACTIVE-ENDING")["dateEnded"], "2026-04-10T12:00:00Z");
    }
    let id = hub.created("bert", "MUSIC").await;
    let cancel = hub.call("POST", &format!("/v1/entitlement/cancel/{id}"));
    cancel.header("X-Magic-Number", "CANCEL_REQUEST_RETURNS_ENDING").send().await.shows(200, "CANCELLED");
    hub.finish().await;
}

#[tokio::test]
async fn no_merchant_is_called() {
    let hub = Setup::new().merchant(ScriptedMerchant::nowhere()).start().await;
    hub.create("anna", "MUSIC").await.refused(503, "SERVICE_UNAVAILABLE", "merchant-unreachable");
    let forced = hub.creating("anna", "MUSIC").header("X-Magic-Number", "CREATE_REQUEST_RETURNS_TIMEOUT");
    forced.send().await.refused(503, "SERVICE_UNAVAILABLE", "outcome-unknown");
    let id = found(&hub, "anna").await;
    hub.read(&id).await.shows(200, "FAILED");
    hub.advance("PT1S").await;
    hub.read(&id).await.shows(200, "PENDING");
    hub.finish().await;
}

#[tokio::test]
async fn a_live_credential_forces_nothing() {
    let hub = Setup::new().other("live", true).start().await;
    let call = hub.creating("anna", "MUSIC").user("live").header("X-Magic-Number", "CREATE_REQUEST_RETURNS_ACTIVATED");
    let answer = call.send().await;
    answer.refused(400, "BAD_REQUEST", "test-only");
    assert_eq!(answer["error"]["field"], "X-Magic-Number");
    hub.finish().await;
}

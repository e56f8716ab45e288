//! Signed requests as a client sends them; the signatures are openssl's (`tests/signed`).

use crate::harness::{Call, Setup, TestHub, create_body};
use hub::{Gate, Signing, SigningKey};
use serde_json::json;

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signed/", $name))
    };
}

/// The moment that was signed: that of every test's begin.
const CREATED: &str = "1773144000";
async fn hub() -> TestHub {
    signing(true).await
}

async fn signing(required: bool) -> TestHub {
    let keys = [fixture!("rsa.xml"), fixture!("ed25519.pem")];
    let keys = keys.into_iter().map(|text| SigningKey::parse(text, None, false).unwrap()).collect();
    Setup::new().gate("sandbox", Gate::new(Vec::new(), None, Some(Signing::new(keys).required(required)))).start().await
}

fn create<'a>(hub: &'a TestHub, body: &str) -> Call<'a> {
    hub.call("POST", "/v1/entitlement").header("Content-Type", "application/json").bytes(body.to_owned())
}

fn older<'a>(call: Call<'a>, created: &str, signature: &str) -> Call<'a> {
    let value = format!("keyId=RSA-SHA256V1, headers=Created, signature={}", signature.trim());
    call.header("Created", created).header("Signature", &value)
}

fn by_rfc<'a>(call: Call<'a>, algorithm: &str, signature: &str) -> Call<'a> {
    let digest = <sha2::Sha256 as sha2::Digest>::digest(fixture!("create.json"));
    let digest = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
    let covered = "(\"@method\" \"@path\" \"content-digest\")";
    call.header("Content-Digest", &format!("sha-256=:{digest}:"))
        .header("Signature-Input", &format!("sig1={covered};created={CREATED};keyid=\"k1\";alg=\"{algorithm}\""))
        .header("Signature", &format!("sig1=:{}:", signature.trim()))
}

#[tokio::test]
async fn a_request_that_is_signed_as_agreed_is_served() {
    for (algorithm, signature) in [
        (None, fixture!("older.sig")),
        (Some("rsa-v1_5-sha256"), fixture!("message-rsa.sig")),
        (Some("ed25519"), fixture!("message-ed25519.sig")),
    ] {
        let hub = hub().await;
        let call = create(&hub, fixture!("create.json"));
        let signed = match algorithm {
            None => older(call, CREATED, signature),
            Some(algorithm) => by_rfc(call, algorithm, signature),
        };
        signed.send().await.shows(200, "ACTIVE");
        hub.stop().await;
    }
}

#[tokio::test]
async fn what_is_unsigned_or_changed_gets_the_answer_of_a_wrong_credential_and_does_nothing() {
    let hub = hub().await;
    let body = fixture!("create.json");
    let changed = body.replace("anna", "bert");
    let signature = fixture!("older.sig");
    let wrong = hub.call("GET", "/v1/echo/1").user("nobody").send().await;
    let short = fixture!("older-1024.sig");
    for call in [
        create(&hub, body),
        hub.creating("anna", "MUSIC_NOW"),
        hub.call("GET", "/v1/echo/1"),
        older(create(&hub, &changed), CREATED, signature),
        older(create(&hub, body), "1773144001", signature),
        older(create(&hub, body), "1773143000", signature),
        older(create(&hub, body), CREATED, short),
        older(create(&hub, body), CREATED, "AAAA"),
        by_rfc(create(&hub, &changed), "ed25519", fixture!("message-ed25519.sig")),
        by_rfc(create(&hub, body), "ed25519", fixture!("message-rsa.sig")),
        by_rfc(hub.call("PATCH", "/v1/entitlement").json(&json!({})), "ed25519", fixture!("message-ed25519.sig")),
    ] {
        let answer = call.send().await;
        answer.refused(401, "UNAUTHORIZED", "unauthorized");
        assert_eq!(answer.body, wrong.body);
    }
    let account = hub.store.account("sandbox".to_owned(), false).await.unwrap();
    let found = hub.store.report(account, store::Report { limit: 10, ..store::Report::default() }).await.unwrap();
    assert!(found.is_empty());
    hub.stop().await;
}

#[tokio::test]
async fn where_signatures_are_not_demanded_a_wrong_one_is_still_refused() {
    let hub = signing(false).await;
    let body = fixture!("create.json");
    older(create(&hub, body), CREATED, "AAAA").send().await.refused(401, "UNAUTHORIZED", "unauthorized");
    older(create(&hub, body), CREATED, fixture!("older.sig")).send().await.shows(200, "ACTIVE");
    hub.create("bert", "MUSIC_NOW").await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn where_no_signature_was_agreed_none_is_looked_at() {
    let hub = TestHub::start().await;
    let call = hub.call("POST", "/v1/entitlement").json(&create_body("anna", "MUSIC_NOW"));
    older(call, "nonsense", "nonsense").send().await.shows(200, "ACTIVE");
    hub.finish().await;
}

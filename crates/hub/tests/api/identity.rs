//! Request identities: the first answer again, byte by byte; what is remembered and what is not
//! (docs/API.md section 4.8).

use crate::harness::{Answer, Setup, TestHub, create_body};
use serde_json::json;

/// The same answer again, marked as such.
#[track_caller]
fn is_replay(again: &Answer, first: &Answer) {
    assert_eq!(again.header("idempotent-replayed"), Some("true"), "{again}");
    assert_eq!((again.status, &again.body, again.header("etag")), (first.status, &first.body, first.header("etag")));
}

#[track_caller]
fn is_new(answer: &Answer) {
    assert_eq!(answer.header("idempotent-replayed"), None, "{answer}");
}

#[tokio::test]
async fn every_write_is_answered_again_as_the_first_time_whatever_has_changed_since() {
    let hub = TestHub::start().await;
    let create = hub.creating("anna", "MUSIC").identity("create");
    let created = create.send().await;
    is_new(&created);
    let id = created.text("entitlementId");
    hub.choose(&created.url(), "confirm").await;
    let suspend = hub.updating(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).identity("suspend");
    let suspended = suspend.send().await;
    hub.clock.advance_ms(60_000);
    let resume = hub.updating(&id, &json!({ "entitlementBenefits": "NORMAL" })).identity("resume");
    let resumed = resume.send().await;
    let change = hub.updating(&id, &json!({ "productKey": "MUSIC_PREMIUM" })).identity("change").if_match("\"4\"");
    let changed = change.send().await;
    let ask = hub.updating(&id, &json!({ "productKey": "MUSIC_ASK" })).identity("ask");
    let asked = ask.send().await;
    hub.choose(&asked.url(), "confirm").await;
    let reason = json!({ "cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "NOT_RENEWED" });
    let cancel = hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).json(&reason).identity("cancel");
    let cancelled = cancel.send().await;
    let undo = hub.updating(&id, &json!({ "status": "ACTIVE" })).identity("undo");
    let undone = undo.send().await;
    let revoke = hub.call("POST", &format!("/v1/entitlement/revoke/{id}")).identity("revoke");
    let revoked = revoke.send().await;
    hub.advance("P1D").await;
    for (first, again, http, status) in [
        (created, create, 202, "PENDING"),
        (suspended, suspend, 200, "SUSPENDED"),
        (resumed, resume, 200, "ACTIVE"),
        (changed, change, 200, "ACTIVE"),
        (asked, ask, 202, "PENDING"),
        (cancelled, cancel, 200, "ACTIVE-ENDING"),
        (undone, undo, 200, "ACTIVE"),
        (revoked, revoke, 200, "REVOKED"),
    ] {
        first.shows(http, status);
        assert!(first.header("x-requestidentifier").is_some());
        is_replay(&again.send().await, &first);
    }
    hub.read(&id).await.shows(200, "REVOKED");
    hub.finish().await;
}

#[tokio::test]
async fn refusals_that_say_how_things_stand_are_remembered() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC").await;
    let mut own = create_body("bert", "MUSIC_NOW");
    own["entitlementId"] = json!(id);
    let calls = [
        (404, hub.updating("later-there", &json!({ "externalEntitlementId": "e" })).identity("i-404")),
        (409, hub.updating(&id, &json!({ "productKey": "MUSIC_NOW" })).identity("i-409")),
        (409, hub.call("POST", "/v1/entitlement").json(&own).identity("i-409-id")),
        (400, hub.creating("anna", "MUSIC_NOW").identity("i-limit")),
        (422, hub.creating("carl", "NOT_SOLD").identity("i-422")),
        (422, hub.creating("carl", "MUSIC_NO").identity("i-merchant")),
        (422, hub.updating(&id, &json!({ "productKey": "NOT_SOLD" })).identity("i-422-update")),
    ];
    let mut firsts = Vec::new();
    for (status, call) in &calls {
        let first = call.send().await;
        assert_eq!(first.status, *status, "{first}");
        firsts.push(first);
    }
    let mut late = create_body("later", "MUSIC_NOW");
    late["entitlementId"] = json!("later-there");
    hub.created_of(&late).await;
    hub.revoke(&id).await.shows(200, "REVOKED");
    for ((_, call), first) in calls.iter().zip(&firsts) {
        is_replay(&call.send().await, first);
    }
    hub.finish().await;
}

#[tokio::test]
async fn faults_of_the_request_itself_are_not_remembered() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let create = || hub.call("POST", "/v1/entitlement").identity("i-1");
    let mut faulty = create_body("bert", "MUSIC_NOW");
    faulty["dateExpiry"] = json!("yesterday");
    create().json(&faulty).send().await.is(400, "BAD_REQUEST");
    create().json(&create_body("bert", "MUSIC_OFFER")).send().await.refused(400, "BAD_REQUEST", "offer-required");
    create().anonymous().json(&faulty).send().await.is(401, "UNAUTHORIZED");
    create().bytes("{}").send().await.is(415, "BAD_REQUEST");
    create().header("Content-Type", "application/json").bytes(vec![b' '; 300_000]).send().await.is(413, "BAD_REQUEST");
    create().json(&create_body("bert", "MUSIC_DOWN")).send().await.is(503, "SERVICE_UNAVAILABLE");
    hub.call("DELETE", "/v1/entitlement").identity("i-1").send().await.is(405, "BAD_REQUEST");
    let mismatch = hub.updating(&id, &json!({ "externalEntitlementId": "e" })).identity("i-1").if_match("\"9\"");
    mismatch.send().await.is(412, "BAD_REQUEST");
    for _ in 0..2 {
        create().json(&create_body("bert", "MUSIC_DOWN")).send().await.is(503, "SERVICE_UNAVAILABLE");
    }
    let done = create().json(&create_body("bert", "MUSIC_NOW")).send().await;
    done.shows(200, "ACTIVE");
    is_new(&done);
    hub.finish().await;
}

#[tokio::test]
async fn an_operation_in_progress_is_not_remembered() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_LATER").await;
    hub.advance("PT5S").await;
    hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(202, "ACTIVE");
    let cancel = hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).identity("i-1");
    cancel.send().await.refused(409, "NOT_AVAILABLE", "operation-in-progress");
    hub.advance("PT5S").await;
    let done = cancel.send().await;
    done.shows(202, "SUSPENDED");
    is_new(&done);
    hub.finish().await;
}

#[tokio::test]
async fn an_identity_used_for_another_request_is_refused_and_stays_with_the_first() {
    let hub = TestHub::start().await;
    let first = hub.creating("anna", "MUSIC_NOW").identity("i-1").send().await;
    let id = first.text("entitlementId");
    for call in [
        hub.creating("bert", "MUSIC_NOW").identity("i-1"),
        hub.creating("anna", "MUSIC").identity("i-1"),
        hub.updating(&id, &json!({ "externalEntitlementId": "e" })).identity("i-1"),
        hub.call("POST", &format!("/v1/entitlement/revoke/{id}")).identity("i-1"),
        hub.creating("carl", "NOT_SOLD").identity("i-1"),
    ] {
        let refused = call.send().await;
        refused.refused(422, "BAD_REQUEST", "identity-reused");
        assert_eq!(refused["error"]["field"], "X-RequestIdentifier");
    }
    is_replay(&hub.creating("anna", "MUSIC_NOW").identity("i-1").send().await, &first);
    hub.read(&id).await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn a_request_is_the_same_by_what_it_says_not_by_how_it_is_written() {
    let hub = TestHub::start().await;
    let send = async |path: &str, body: &str| {
        let call = hub.call("POST", path).identity("i-1").header("Content-Type", "application/json");
        call.header("X-Other", "counts not").bytes(body).send().await
    };
    let written = concat!(
        r#"{"customerIdentifier":"anna","merchantAccountKey":"BANGO_US","productKey":"MUSIC_NOW","#,
        r#""extensionData":{"a":1.0,"b":"ü"}}"#
    );
    let first = send("/v1/entitlement", written).await;
    first.shows(200, "ACTIVE");
    let otherwise = "\u{feff} {\n\"productKey\" : \"MUSIC_NOW\", \"extensionData\":{\"b\":\"\\u00fc\",\"a\":1.0},\
        \"merchantAccountKey\":\"BANGO_US\",\"customerIdentifier\":\"anna\"} ";
    for path in ["/v1/entitlement", "/entitlement", "/v1/entitlement/", "/entitlement/"] {
        is_replay(&send(path, otherwise).await, &first);
    }
    for other in [written.replace("1.0", "1.00"), written.replace("1.0", "1")] {
        send("/v1/entitlement", &other).await.refused(422, "BAD_REQUEST", "identity-reused");
    }
    let id = first.text("entitlementId");
    let cancel = |id: &str| hub.call("POST", &format!("/v1/entitlement/revoke/{id}")).identity("i-2");
    let revoked = cancel(&id).send().await;
    is_replay(&cancel(&id).json(&json!({})).send().await, &revoked);
    is_replay(&cancel(&id).bytes(" ").header("Content-Type", "application/json").send().await, &revoked);
    hub.finish().await;
}

#[tokio::test]
async fn the_alias_means_the_same_and_quotes_are_dropped() {
    let hub = TestHub::start().await;
    let create = || hub.creating("anna", "MUSIC_NOW");
    let first = create().header("Idempotency-Key", "\"k-1\"").send().await;
    first.shows(200, "ACTIVE");
    is_replay(&create().header("Idempotency-Key", "k-1").send().await, &first);
    is_replay(&create().header("X-RequestIdentifier", "k-1").send().await, &first);
    let both = create().header("X-RequestIdentifier", "k-1").header("Idempotency-Key", "\"k-1\"");
    is_replay(&both.send().await, &first);
    let different = create().header("X-RequestIdentifier", "k-1").header("Idempotency-Key", "k-2").send().await;
    different.refused(400, "BAD_REQUEST", "identity-invalid").hints("differ");
    hub.finish().await;
}

#[tokio::test]
async fn an_identity_is_1_to_128_visible_ascii_characters_sent_once() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    for wrong in ["\"\"", "a b", &"x".repeat(129), "h\u{e9}", "a\tb"] {
        for name in ["X-RequestIdentifier", "Idempotency-Key"] {
            let answer = hub.updating(&id, &json!({ "extensionData": { "a": 1 } })).header(name, wrong).send().await;
            answer.refused(400, "BAD_REQUEST", "identity-invalid");
            assert_eq!(answer["error"]["field"], name);
        }
    }
    let twice = hub.updating(&id, &json!({ "extensionData": { "a": 1 } })).identity("a").identity("a").send().await;
    twice.refused(400, "BAD_REQUEST", "identity-invalid");
    assert_eq!(hub.read(&id).await.etag(), "\"1\"");
    let long = "y".repeat(128);
    hub.updating(&id, &json!({ "extensionData": { "a": 1 } })).identity(&long).send().await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn reads_claim_nothing_not_even_by_post() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC").await;
    for (method, path) in [
        ("POST", "/v1/entitlement/report".to_owned()),
        ("POST", format!("/v1/entitlement/{id}/activationInfo")),
        ("GET", format!("/v1/entitlement/{id}")),
    ] {
        let answer = hub.call(method, &path).identity("i-1").send().await;
        answer.is(200, "OK");
        assert_eq!(answer.header("x-requestidentifier"), Some("i-1"));
    }
    is_new(&hub.creating("bert", "MUSIC_NOW").identity("i-1").send().await);
    let read = hub.call("GET", &format!("/v1/entitlement/{id}")).identity("i-1").send().await;
    is_new(&read);
    hub.finish().await;
}

#[tokio::test]
async fn an_identity_belongs_to_one_reseller_in_one_mode() {
    let hub = Setup::new().other("other", false).other("sandbox-live", true).start().await;
    for user in ["sandbox", "other", "sandbox-live"] {
        let first = hub.creating("anna", "MUSIC_NOW").identity("i-1").user(user).send().await;
        first.shows(200, "ACTIVE");
        is_new(&first);
        is_replay(&hub.creating("anna", "MUSIC_NOW").identity("i-1").user(user).send().await, &first);
    }
    hub.finish().await;
}

#[tokio::test]
async fn an_update_that_changes_nothing_is_remembered_as_that() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let nothing = hub.updating(&id, &json!({ "status": "ACTIVE" })).identity("i-1");
    let first = nothing.send().await;
    assert_eq!(first.etag(), "\"1\"");
    hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    is_replay(&nothing.send().await, &first);
    hub.read(&id).await.shows(200, "SUSPENDED");
    hub.finish().await;
}

#[tokio::test]
async fn a_joined_create_is_remembered_with_its_own_url() {
    let hub = TestHub::start().await;
    let first = hub.creating("anna", "MUSIC").identity("i-1").send().await;
    hub.clock.advance_ms(5_000);
    let join = hub.creating("anna", "MUSIC").identity("i-2");
    let joined = join.send().await;
    assert_eq!(joined["entitlementId"], first["entitlementId"]);
    hub.clock.advance_ms(5_000);
    is_replay(&join.send().await, &joined);
    is_replay(&hub.creating("anna", "MUSIC").identity("i-1").send().await, &first);
    assert_ne!(first.url(), joined.url());
    hub.finish().await;
}

//! Resellers and modes: nobody sees, changes or learns anything of another's.

use crate::harness::{Receiver, Setup, TestHub, create_body};
use serde_json::json;

async fn three() -> TestHub {
    Setup::new().other("other", false).other("live", true).start().await
}

#[tokio::test]
async fn anothers_entitlement_is_as_unknown_as_one_that_never_was() {
    let hub = three().await;
    let created = hub.create("anna", "MUSIC").await;
    let id = created.text("entitlementId");
    let never = "019cd79e-4600-7000-8000-000000000000";
    for user in ["other", "live"] {
        let calls = |id: &str| {
            [
                hub.call("GET", &format!("/v1/entitlement/{id}")),
                hub.call("GET", &format!("/v1/entitlement/{id}/activationInfo")),
                hub.updating(id, &json!({ "extensionData": { "a": 1 } })),
                hub.updating(id, &json!({ "productKey": "MUSIC_NO" })).if_match("\"9\""),
                hub.call("POST", &format!("/v1/entitlement/cancel/{id}")),
                hub.call("POST", &format!("/v1/entitlement/revoke/{id}")),
            ]
            .map(|call| call.user(user))
        };
        for (theirs, nobodys) in calls(&id).iter().zip(&calls(never)) {
            let (theirs, nobodys) = (theirs.send().await, nobodys.send().await);
            theirs.refused(404, "NOT_FOUND", "unknown-entitlement");
            assert_eq!(theirs.body, nobodys.body);
        }
        let report = hub.call("POST", "/v1/entitlement/report").user(user).json(&json!({ "entitlementId": id }));
        let report = report.send().await;
        assert_eq!((&report["entitlements"], &report["parameters"]["feedCursor"]), (&json!([]), &json!("0")));
    }
    assert_eq!(hub.read(&id).await.shows(200, "PENDING").etag(), "\"1\"");
    hub.finish().await;
}

#[tokio::test]
async fn own_ids_are_used_once_per_mode_and_nothing_says_by_whom() {
    let hub = three().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    body["entitlementId"] = json!("own");
    let as_user = |user: &str, body: &serde_json::Value| hub.call("POST", "/v1/entitlement").user(user).json(body);
    as_user("sandbox", &body).send().await.shows(200, "ACTIVE");
    let mut berts = body.clone();
    berts["customerIdentifier"] = json!("bert");
    let own = as_user("sandbox", &berts).send().await;
    let others = as_user("other", &body).send().await;
    others.refused(409, "ALREADY_EXISTS", "id-used");
    assert_eq!(others.body, own.body);
    let remembered = as_user("other", &body).identity("i-1").send().await;
    let again = as_user("other", &body).identity("i-1").send().await;
    assert_eq!((again.status, &again.body), (409, &remembered.body));
    as_user("live", &body).send().await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn customers_of_the_same_name_are_different_customers() {
    let hub = three().await;
    let mut pseudonyms = std::collections::HashSet::new();
    for user in ["sandbox", "other", "live"] {
        let created = hub.creating("anna", "MUSIC_NOW").user(user).send().await;
        created.shows(200, "ACTIVE");
        assert!(pseudonyms.insert(created.text("bangoUserId")) && pseudonyms.insert(created.text("sharedCustomerId")));
    }
    hub.finish().await;
}

#[tokio::test]
async fn live_notification_urls_are_https() {
    let hub = three().await;
    let receiver = Receiver::start().await;
    let mut body = create_body("anna", "MUSIC_NOW");
    body["notificationUrl"] = json!(receiver.url("/"));
    let live = hub.call("POST", "/v1/entitlement").user("live").json(&body).send().await;
    live.refused(400, "BAD_REQUEST", "url-not-https");
    hub.call("POST", "/v1/entitlement").user("other").json(&body).send().await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn reset_leaves_live_data_alone() {
    let hub = three().await;
    let live = hub.creating("anna", "MUSIC_NOW").user("live").identity("i-1");
    let created = live.send().await;
    hub.creating("anna", "MUSIC_NOW").send().await.shows(200, "ACTIVE");
    hub.call("POST", "/sandbox/v1/reset").send().await.is(200, "OK");
    let again = live.send().await;
    assert_eq!(again.body, created.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    hub.creating("anna", "MUSIC_NOW").send().await.shows(200, "ACTIVE");
    hub.finish().await;
}

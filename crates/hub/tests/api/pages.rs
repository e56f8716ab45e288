//! The activation page: what the user sees and decides, without script and with nothing loaded
//! from elsewhere (docs/API.md section 8.1).

use crate::harness::{Answer, TestHub, create_body};
use serde_json::json;

/// A page as every page has to be.
#[track_caller]
fn is_page(page: &Answer, status: u16, title: &str) {
    assert_eq!(page.status, status, "{page}");
    assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{title} is not on {page}");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    for rule in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("script-src"), "{policy}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let lower = page.body.to_lowercase();
    for loaded in ["<script", "javascript:", " onclick", " onload", "src=", "http://", "https://", "@import"] {
        assert!(!lower.contains(loaded), "{loaded} on {page}");
    }
    for needed in ["<!doctype html>", "lang=\"en\"", "name=\"viewport\"", "<title>"] {
        assert!(lower.contains(needed), "no {needed} on {page}");
    }
}

fn buttons(page: &Answer) -> usize {
    page.body.matches("<button").count()
}

#[tokio::test]
async fn confirm_activates_and_a_reload_shows_what_was_decided() {
    let hub = TestHub::start().await;
    let created = hub.create("anna", "MUSIC").await;
    let (id, url) = (created.text("entitlementId"), created.url());
    let page = hub.page(&url).await;
    is_page(&page, 200, "Start Music?");
    assert_eq!(buttons(&page), 2);
    assert!(page.body.contains("Confirm") && page.body.contains("Decline") && page.body.contains(&id), "{page}");
    assert!(!page.body.contains("anna"), "the page does not show the customer");
    hub.read(&id).await.shows(200, "PENDING");
    let pressed = hub.choose(&url, "confirm").await;
    assert_eq!((pressed.status, pressed.header("location")), (303, Some(hub.path_of(&url))));
    for _ in 0..2 {
        let after = hub.page(&url).await;
        is_page(&after, 200, "Music is active");
        assert_eq!(buttons(&after), 0);
        hub.choose(&url, "decline").await;
        hub.choose(&url, "confirm").await;
        assert_eq!(hub.read(&id).await.shows(200, "ACTIVE").etag(), "\"2\"");
    }
    hub.finish().await;
}

#[tokio::test]
async fn decline_ends_it_with_its_reason() {
    let hub = TestHub::start().await;
    let created = hub.create("anna", "MUSIC").await;
    assert_eq!(hub.choose(&created.url(), "decline").await.status, 303);
    is_page(&hub.page(&created.url()).await, 200, "This will not be started");
    let read = hub.read(&created.text("entitlementId")).await;
    read.shows(200, "CANCELLED");
    assert_eq!(read["extensionData"]["cancelReasonCategory"], "CUSTOMER_CANCELLED");
    assert_eq!(read["extensionData"]["cancelReasonCode"], "OTHER");
    let told = hub.told().await.remove(0);
    assert_eq!((&told["notificationReason"], &told["reasonCode"]), (&json!("TERMINATION_SUCCESS"), &json!("OTHER")));
    hub.choose(&created.url(), "confirm").await;
    hub.read(&created.text("entitlementId")).await.shows(200, "CANCELLED");
    hub.finish().await;
}

#[tokio::test]
async fn an_expired_link_says_so_and_activation_info_gives_a_new_one() {
    let hub = TestHub::start().await;
    let created = hub.create("anna", "MUSIC").await;
    let id = created.text("entitlementId");
    assert_eq!(created["parameters"]["urlExpiry"], "2026-03-11T12:00:00Z");
    hub.advance("PT23H59M59S").await;
    is_page(&hub.page(&created.url()).await, 200, "Start Music?");
    hub.advance("PT1H1S").await;
    let expired = hub.page(&created.url()).await;
    is_page(&expired, 410, "This link has expired");
    assert_eq!(buttons(&expired), 0);
    is_page(&hub.choose(&created.url(), "confirm").await, 410, "This link has expired");
    hub.read(&id).await.shows(200, "PENDING");
    let fresh = hub.get(&format!("/v1/entitlement/{id}/activationInfo")).await;
    fresh.shows(200, "PENDING");
    assert_eq!(fresh["parameters"]["urlExpiry"], "2026-03-12T13:00:00Z");
    hub.choose(&fresh.url(), "confirm").await;
    hub.read(&id).await.shows(200, "ACTIVE");
    is_page(&hub.page(&created.url()).await, 200, "Music is active");
    hub.finish().await;
}

#[tokio::test]
async fn a_link_that_is_not_ours_shows_nothing() {
    let hub = TestHub::start().await;
    let url = hub.create("anna", "MUSIC").await.url();
    let path = hub.path_of(&url).to_owned();
    let mut forged = path.clone().into_bytes();
    forged[15] = if forged[15] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for path in ["/activate/x", "/activate/%3Cscript%3E", forged.as_str(), &path[..path.len() - 1]] {
        for method in ["GET", "POST"] {
            let answer = hub.call(method, path).anonymous().bytes("choice=confirm").send().await;
            is_page(&answer, 404, "We do not know this link");
        }
    }
    hub.finish().await;
}

#[tokio::test]
async fn a_post_that_is_no_choice_decides_nothing() {
    let hub = TestHub::start().await;
    let created = hub.create("anna", "MUSIC").await;
    let url = created.url();
    for form in ["", "choice=", "choice=maybe", "choice=confirm&choice=decline", "confirm"] {
        let answer = hub.call("POST", hub.path_of(&url)).anonymous().bytes(form).send().await;
        is_page(&answer, 200, "Start Music?");
    }
    hub.read(&created.text("entitlementId")).await.shows(200, "PENDING");
    hub.finish().await;
}

#[tokio::test]
async fn nothing_of_the_record_becomes_markup() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC");
    body["entitlementDisplayName"] = json!("<script>alert('x')</script>\"&");
    let created = hub.post("/v1/entitlement", &body).await;
    let page = hub.page(&created.url()).await;
    is_page(&page, 200, "Start &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;?");
    hub.finish().await;
}

#[tokio::test]
async fn the_page_of_an_update_asks_for_the_change() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC_NOW").await;
    let asked = hub.update(&id, &json!({ "productKey": "MUSIC_ASK" })).await;
    is_page(&hub.page(&asked.url()).await, 200, "Change to Music (asks the user)?");
    hub.update(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).await.shows(200, "SUSPENDED");
    let paused = hub.page(&asked.url()).await;
    is_page(&paused, 200, "Music (active at once) is paused");
    assert_eq!(buttons(&paused), 0);
    hub.finish().await;
}

#[tokio::test]
async fn activation_info_is_for_what_waits_for_its_user() {
    let hub = TestHub::start().await;
    let info = async |id: &str| hub.get(&format!("/v1/entitlement/activationInfo/{id}")).await;
    let pending = hub.create("anna", "MUSIC").await;
    let fresh = info(&pending.text("entitlementId")).await;
    fresh.shows(200, "PENDING");
    assert_eq!((fresh.url(), fresh.etag()), (pending.url(), pending.etag()));
    for (customer, product) in [("bert", "MUSIC_NOW"), ("carl", "MUSIC_CODE")] {
        let id = hub.created(customer, product).await;
        info(&id).await.refused(409, "NOT_AVAILABLE", "not-pending");
        hub.revoke(&id).await.shows(200, "REVOKED");
        info(&id).await.refused(409, "NOT_AVAILABLE", "already-ended");
    }
    info("none").await.refused(404, "NOT_FOUND", "unknown-entitlement");
    hub.finish().await;
}

//! The documents a hub shows: no credential, no script, and every link leads somewhere.

use crate::harness::{Answer, TestHub};
use std::collections::BTreeSet;

async fn page(hub: &TestHub, path: &str) -> Answer {
    hub.call("GET", path).anonymous().send().await
}

/// Where the links of a page lead, and what they can lead to on it.
fn all<'a>(page: &'a Answer, attribute: &str) -> impl Iterator<Item = &'a str> {
    let pieces: Vec<&str> = page.body.split(&format!(" {attribute}=\"")).skip(1).collect();
    pieces.into_iter().map(|rest| rest.split('"').next().unwrap())
}

#[tokio::test]
async fn every_rule_is_explained_to_anybody_who_asks() {
    let hub = TestHub::start().await;
    for rule in hub::all_rules() {
        let page = page(&hub, &format!("/docs/errors/{rule}")).await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{rule}");
        assert!(page.body.contains(&format!("<h1 id=\"{rule}\">{rule}</h1>")), "{rule}");
        assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        assert!(!page.body.contains("<script"));
    }
    hub.finish().await;
}

#[tokio::test]
async fn every_link_of_every_document_leads_somewhere() {
    let hub = TestHub::start().await;
    let mut left = vec!["/docs/errors".to_owned()];
    let mut seen = BTreeSet::from(["/docs/errors".to_owned(), "/docs/openapi.json".to_owned()]);
    let (mut anchors, mut wanted) = (BTreeSet::new(), BTreeSet::new());
    while let Some(path) = left.pop() {
        let page = page(&hub, &path).await;
        assert_eq!(page.status, 200, "{path}");
        anchors.extend(all(&page, "id").map(|id| format!("{path}#{id}")));
        for link in all(&page, "href").filter(|link| !link.contains("://")) {
            let (to, anchor) = link.split_once('#').map_or((link, None), |(to, anchor)| (to, Some(anchor)));
            let to = if to.is_empty() { &path } else { to };
            wanted.extend(anchor.map(|anchor| format!("{to}#{anchor}")));
            if seen.insert(to.to_owned()) {
                left.push(to.to_owned());
            }
        }
    }
    assert_eq!(wanted.difference(&anchors).collect::<Vec<_>>(), Vec::<&String>::new());
    assert_eq!(seen.len(), hub::all_rules().len() + 4, "{seen:?}");
    hub.finish().await;
}

#[tokio::test]
async fn a_rule_that_is_not_is_refused_as_any_path_and_the_nearest_is_named() {
    let hub = TestHub::start().await;
    page(&hub, "/docs/errors/requierd").await.refused(404, "NOT_FOUND", "unknown-path").hints("/docs/errors/required");
    page(&hub, "/docs/errors/../../etc/passwd").await.refused(404, "NOT_FOUND", "unknown-path");
    page(&hub, "/docs").await.refused(404, "NOT_FOUND", "unknown-path");
    let posted = hub.call("POST", "/docs/errors").anonymous().send().await;
    posted.refused(405, "BAD_REQUEST", "wrong-method").hints("GET");
    assert_eq!(page(&hub, "/docs/errors/").await.status, 200);
    hub.finish().await;
}

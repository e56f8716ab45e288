//! The documents a hub shows to people: a page for each rule, and the two documents that these
//! point to. They are the files of `docs/`, embedded as they are; how they become HTML stands in
//! `docs/render.rs`. Documents for machines (OpenAPI) are not here.

mod render;

use super::page::html;
use super::respond::Reply;
use hyper::StatusCode;

/// A document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// Where it is shown.
    pub(super) path: &'static str,
    /// Its file in the repository: links between documents are relative to it.
    file: &'static str,
    text: &'static str,
}

/// A file of the repository and where it is shown.
macro_rules! document {
    ($path:expr, $file:expr) => {
        Document { path: $path, file: $file, text: include_str!(concat!("../../../../", $file)) }
    };
}

macro_rules! pages {
    ($($rule:literal)+) => {
        /// A page for each rule, in their order.
        const PAGES: &[Document] =
            &[$(document!(concat!("/docs/errors/", $rule), concat!("docs/errors/", $rule, ".md"))),+];
    };
}

/// The documents that are no error page.
const OTHERS: [Document; 3] = [
    document!("/docs/errors", "docs/errors/README.md"),
    document!("/docs/api", "docs/API.md"),
    document!("/docs/lifecycle", "docs/LIFECYCLE.md"),
];

pages! {
    "already-ended"
    "already-ending"
    "already-subscribed"
    "api-ended"
    "benefits-unknown"
    "body-broken"
    "body-too-large"
    "body-too-slow"
    "clock-backwards"
    "contended"
    "control-character"
    "cursor-expired"
    "cursor-invalid"
    "date-format"
    "date-not-future"
    "date-order"
    "date-too-far"
    "deadline"
    "draining"
    "empty"
    "ending-by-merchant"
    "ending-by-reseller"
    "entitlement-id-invalid"
    "entitlement-id-mismatch"
    "expiry-not-after-now"
    "extension-too-large"
    "forced"
    "headers-too-slow"
    "held-by-hub"
    "held-by-merchant"
    "held-by-reseller"
    "http-invalid"
    "id-used"
    "identity-invalid"
    "identity-reused"
    "internal-error"
    "json-duplicate-key"
    "json-invalid"
    "json-not-object"
    "json-too-deep"
    "limit-range"
    "limit-reached"
    "magic-number-unknown"
    "media-type"
    "merchant-bad-request"
    "merchant-busy"
    "merchant-misconfigured"
    "merchant-refused-user"
    "merchant-unreachable"
    "merchant-wrong-status"
    "not-active"
    "not-done"
    "not-ending"
    "not-nullable"
    "not-offered"
    "not-pending"
    "not-sold"
    "not-supported"
    "not-suspended"
    "nul-character"
    "offer-required"
    "one-operation"
    "operation-in-progress"
    "outcome-unknown"
    "overloaded"
    "password-checks-busy"
    "rate-limited"
    "read-only"
    "reason-incomplete"
    "reason-twice"
    "reason-unknown"
    "reason-without-suspend"
    "request-in-progress"
    "required"
    "resume-first"
    "sandbox-invalid"
    "status-not-by-update"
    "status-unknown"
    "store-busy"
    "store-full"
    "store-stopped"
    "switch-invalid"
    "test-only"
    "too-long"
    "type"
    "unauthorized"
    "undo-needs-status"
    "undo-not-supported"
    "unknown-entitlement"
    "unknown-field"
    "unknown-notification"
    "unknown-path"
    "unknown-reseller"
    "url-invalid"
    "url-masked"
    "url-not-https"
    "utf8-invalid"
    "version-mismatch"
    "wait-range"
    "wrong-method"
    "wrong-passwords"
}

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Document> {
    OTHERS.iter().chain(PAGES)
}

/// The document shown at these segments behind `docs`.
pub(super) fn document(words: &[&str]) -> Option<&'static Document> {
    let path = format!("/docs/{}", words.join("/"));
    all().find(|document| document.path == path)
}

impl Document {
    /// The document as a page.
    pub(super) fn reply(&self) -> Reply {
        html(StatusCode::OK, self.page())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_page() {
        let shown: Vec<&str> = PAGES.iter().filter_map(|page| page.path.strip_prefix("/docs/errors/")).collect();
        assert_eq!(shown, crate::all_rules(), "the list in http/docs.rs");
    }
}

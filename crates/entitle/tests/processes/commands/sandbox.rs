//! A sandbox with a life in it: entitlements in many statuses, told and untold.

use crate::binary::Binary;
use crate::folder::Folder;
use crate::http::{Connection, Request};
use crate::reading::{object, path_of, text};
use std::net::TcpListener;

/// The hub, its folder, and a line to it.
pub(super) struct Lived {
    pub(super) hub: Binary,
    pub(super) line: Connection,
    _folder: Folder,
}

impl Lived {
    /// A sandbox with no data.
    pub(super) fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let hub = Binary::start(&folder);
        let line = Connection::open(hub.address).unwrap();
        Self { hub, line, _folder: folder }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.hub.address)
    }

    /// Asks the hub, and gives the body of its success.
    pub(super) fn ask(&mut self, method: &'static str, path: &str, body: &str) -> String {
        let mut request = Request::post(path, body);
        request.method = method;
        let answer = self.line.ask(&request).unwrap();
        assert!(answer.status < 400, "{method} {path} {body}: {} {}", answer.status, answer.body);
        answer.body
    }

    /// A create at BANGO_US under an id of the reseller's own; the activation URL, if there is one.
    pub(super) fn create(&mut self, id: &str, customer: &str, product: &str, more: &str) -> String {
        let body = format!(
            "{{\"entitlementId\":\"{id}\",\"customerIdentifier\":\"{customer}\",\
             \"merchantAccountKey\":\"BANGO_US\",\"productKey\":\"{product}\"{more}}}"
        );
        text(&object(&self.ask("POST", "/v1/entitlement", &body)), "parameters.url")
    }

    /// Presses Confirm on an activation page.
    pub(super) fn confirm(&mut self, url: &str) {
        self.ask("POST", &path_of(url), "choice=confirm");
    }

    pub(super) fn update(&mut self, id: &str, members: &str) {
        self.ask("PATCH", "/v1/entitlement", &format!("{{\"entitlementId\":\"{id}\",{members}}}"));
    }

    /// Moves the test clock; everything due on the way has happened.
    pub(super) fn advance(&mut self, span: &str) {
        self.ask("POST", "/sandbox/v1/clock", &format!("{{\"advance\":\"{span}\"}}"));
    }

    /// One of everything worth looking at.
    pub(super) fn with_a_life(name: &str) -> Self {
        let mut lived = Self::new(name);
        let url = lived.create("order-4711", "anna-20144", "MUSIC", ",\"externalEntitlementId\":\"crm-9\"");
        lived.advance("PT2M");
        lived.confirm(&url);
        lived.advance("P3D");
        lived.update(
            "order-4711",
            "\"productKey\":\"MUSIC_PREMIUM\",\"extensionData\":{\"channel\":\"shop\",\"seats\":2}",
        );
        let suspend = "\"entitlementBenefits\":\"SUSPENDED\",\"suspendReasonCategory\":\"REVOKED\",\
                       \"suspendReasonCode\":\"FRAUD\",\"suspendReasonDescription\":\"a chargeback came in\"";
        lived.update("order-4711", suspend);
        lived.advance("P1D");
        let cancel = "{\"cancelReasonCategory\":\"CUSTOMER_CANCELLED\",\"cancelReasonCode\":\"OTHER\"}";
        lived.ask("POST", "/v1/entitlement/cancel/order-4711", cancel);

        lived.create("order-4712", "bert-1", "MUSIC", "");
        let nowhere = format!(",\"notificationUrl\":\"http://{}/gone\"", closed());
        lived.create("order-4713", "carla-77", "MUSIC_NOW", &nowhere);
        lived.ask("POST", "/v1/entitlement/revoke/order-4713", "{}");
        lived.advance("P6D");
        lived.create("order-4714", "dora-5", "MUSIC_CODE", "");
        lived.update("order-4714", "\"extensionData\":{\"told\":1}");
        lived.advance("PT0S");
        // 410 parks what waits, so that nothing is tried again while somebody looks.
        lived.ask("POST", "/sandbox/v1/inbox/default/answers", "{\"status\":410,\"times\":1}");
        lived.update("order-4712", "\"externalEntitlementId\":\"crm-10\"");
        lived.advance("PT0S");
        lived
    }
}

/// An address on which nobody listens.
pub(super) fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

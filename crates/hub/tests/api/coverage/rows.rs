//! The rows: how each operation is called so that it works, and so that it is refused.

use crate::harness::{Call, TestHub};
use serde_json::json;
use std::future::Future;
use std::pin::Pin;

type Calling<'a> = Pin<Box<dyn Future<Output = Call<'a>> + Send + 'a>>;
type Prepare = for<'a> fn(&'a TestHub) -> Calling<'a>;

/// One operation.
pub(super) struct Row {
    pub(super) id: &'static str,
    /// Prepares a call that works.
    pub(super) call: Prepare,
    pub(super) refused: Refused,
}

/// How it is refused.
pub(super) enum Refused {
    /// By this call, with that status and rule.
    By(Prepare, u16, &'static str),
    /// It cannot be, for this reason.
    Never(#[expect(dead_code, reason = "for the reader")] &'static str),
}

/// `id: |hub| call, refused by |hub| call => status rule`, or `never because "…"`.
macro_rules! row {
    ($id:literal, |$hub:ident| $call:expr, never because $why:literal) => {
        Row { id: $id, call: |$hub| Box::pin(async move { $call }), refused: Refused::Never($why) }
    };
    ($id:literal, |$hub:ident| $call:expr, |$other:ident| $refused:expr => $status:literal $rule:literal) => {
        Row {
            id: $id,
            call: |$hub| Box::pin(async move { $call }),
            refused: Refused::By(|$other| Box::pin(async move { $refused }), $status, $rule),
        }
    };
}

const UNKNOWN: &str = "0198c0de-7a11-7b0e-8c3d-2f6a9b1e4d70";

pub(super) const ROWS: &[Row] = &[
    row!("echo", |hub| hub.call("GET", "/v1/echo/hello-1"),
        |hub| hub.call("GET", "/v1/echo/hello-1").header("X-Entitle-Switch", "colour=red") => 400 "switch-invalid"),
    row!("create", |hub| hub.creating("anna", "MUSIC_NOW"),
        |hub| hub.creating("anna", "MUSIC_NO") => 422 "merchant-refused-user"),
    row!("read", |hub| of(hub, "GET", "", "MUSIC_NOW").await,
        |hub| hub.call("GET", &format!("/v1/entitlement/{UNKNOWN}")) => 404 "unknown-entitlement"),
    row!("report", |hub| hub.call("POST", "/v1/entitlement/report").json(&json!({ "status": "ACTIVE" })),
        |hub| hub.call("POST", "/v1/entitlement/report").json(&json!({ "limit": 0 })) => 400 "limit-range"),
    row!("update", |hub| hub.updating(&hub.created("anna", "MUSIC_NOW").await, &json!({ "productKey": "MUSIC" })),
        |hub| hub.updating(UNKNOWN, &json!({ "productKey": "MUSIC" })) => 404 "unknown-entitlement"),
    row!("cancel", |hub| ending(hub, "cancel").await,
        |hub| ended(hub, "cancel").await => 409 "already-ended"),
    row!("revoke", |hub| ending(hub, "revoke").await,
        |hub| ended(hub, "revoke").await => 409 "already-ended"),
    row!("reactivate", |hub| hub.call("POST", &format!("/v1/entitlement/reactivate/{UNKNOWN}")),
        |hub| hub.call("POST", &format!("/v1/entitlement/reactivate/{UNKNOWN}")) => 422 "api-ended"),
    row!("activationInfo", |hub| of(hub, "GET", "/activationInfo", "MUSIC").await,
        |hub| of(hub, "GET", "/activationInfo", "MUSIC_NOW").await => 409 "not-pending"),
    row!("activationInfoByPost", |hub| of(hub, "POST", "/activationInfo", "MUSIC").await,
        |hub| of(hub, "POST", "/activationInfo", "MUSIC_NOW").await => 409 "not-pending"),
    row!("activationInfoWordFirst", |hub| word_first(hub, "GET", "MUSIC").await,
        |hub| word_first(hub, "GET", "MUSIC_NOW").await => 409 "not-pending"),
    row!("activationInfoWordFirstByPost", |hub| word_first(hub, "POST", "MUSIC").await,
        |hub| word_first(hub, "POST", "MUSIC_NOW").await => 409 "not-pending"),
    row!("history", |hub| of(hub, "GET", "/history", "MUSIC_NOW").await,
        |hub| hub.call("GET", &format!("/v1/entitlement/{UNKNOWN}/history")) => 404 "unknown-entitlement"),
    row!("explain", |hub| of(hub, "GET", "/explain", "MUSIC_NOW").await,
        |hub| hub.call("GET", &format!("/v1/entitlement/{UNKNOWN}/explain")) => 404 "unknown-entitlement"),
    row!("products", |hub| hub.call("GET", "/v1/products"),
        |hub| hub.call("GET", "/v1/products").header("X-Entitle-Switch", "colour=red") => 400 "switch-invalid"),
    row!("productsOfReseller", |hub| hub.call("GET", "/v1/products/sandbox"),
        |hub| hub.call("GET", "/v1/products/somebody") => 404 "unknown-reseller"),
    row!("feed", |hub| feed(hub, "?limit=1").await,
        |hub| feed(hub, "?after=99").await => 400 "cursor-expired"),
    row!("sandboxNotifications", |hub| hub.call("GET", "/sandbox/v1/notifications?limit=10"),
        |hub| hub.call("GET", "/sandbox/v1/notifications?limit=0") => 400 "limit-range"),
    row!("sandboxInbox", |hub| hub.call("POST", "/sandbox/v1/inbox/mine").json(&json!({ "hello": "there" })),
        |hub| hub.call("POST", "/sandbox/v1/inbox/mine").bytes(vec![b'x'; 262_145]) => 413 "body-too-large"),
    row!("sandboxAnswers", |hub| answers(hub, 500),
        |hub| answers(hub, 99) => 400 "sandbox-invalid"),
    row!("sandboxOutbox", |hub| hub.call("GET", "/sandbox/v1/outbox?state=DEAD"),
        |hub| hub.call("GET", "/sandbox/v1/outbox?state=LOST") => 400 "sandbox-invalid"),
    row!("sandboxReplay", |hub| replay(hub).await,
        |hub| hub.call("POST", &format!("/sandbox/v1/outbox/{UNKNOWN}.0.1/replay")) => 404 "unknown-notification"),
    row!("sandboxClock", |hub| hub.call("GET", "/sandbox/v1/clock"),
        never because "it takes nothing that could be wrong"),
    row!("sandboxMoveClock", |hub| clock(hub, "2026-04-01T00:00:00Z"),
        |hub| clock(hub, "2020-01-01T00:00:00Z") => 409 "clock-backwards"),
    row!("sandboxNext", |hub| hub.call("GET", "/sandbox/v1/next"),
        never because "it takes nothing that could be wrong"),
    row!("sandboxForceNext", |hub| next(hub, 429),
        |hub| next(hub, 200) => 400 "sandbox-invalid"),
    row!("sandboxReset", |hub| hub.call("POST", "/sandbox/v1/reset"),
        |hub| hub.call("POST", "/sandbox/v1/reset").bytes("everything") => 415 "media-type"),
    row!("openapi", |hub| hub.call("GET", "/docs/openapi.json"),
        never because "it takes nothing that could be wrong, a credential included"),
    row!("healthz", |hub| hub.call("GET", "/healthz"),
        never because "whoever can answer lives"),
    row!("readyz", |hub| hub.call("GET", "/readyz"),
        |hub| draining(hub) => 503 "draining"),
];

/// A call of something below a new entitlement.
async fn of<'a>(hub: &'a TestHub, method: &'a str, below: &str, product: &str) -> Call<'a> {
    let id = hub.created("anna", product).await;
    hub.call(method, &format!("/v1/entitlement/{id}{below}"))
}

async fn word_first<'a>(hub: &'a TestHub, method: &'a str, product: &str) -> Call<'a> {
    let id = hub.created("anna", product).await;
    hub.call(method, &format!("/v1/entitlement/activationInfo/{id}"))
}

async fn ending<'a>(hub: &'a TestHub, verb: &str) -> Call<'a> {
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.call("POST", &format!("/v1/entitlement/{verb}/{id}"))
}

async fn ended<'a>(hub: &'a TestHub, verb: &str) -> Call<'a> {
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.revoke(&id).await;
    hub.call("POST", &format!("/v1/entitlement/{verb}/{id}"))
}

async fn feed<'a>(hub: &'a TestHub, query: &str) -> Call<'a> {
    hub.created("anna", "MUSIC_NOW").await;
    hub.call("GET", &format!("/v1/events{query}"))
}

fn draining(hub: &TestHub) -> Call<'_> {
    hub.hub.drain();
    hub.call("GET", "/readyz")
}

async fn replay(hub: &TestHub) -> Call<'_> {
    let id = hub.created("anna", "MUSIC_NOW").await;
    hub.revoke(&id).await;
    hub.quiet().await;
    let outbox = hub.get("/sandbox/v1/outbox").await;
    let notification = outbox["notifications"][0]["notificationId"].as_str().unwrap();
    hub.call("POST", &format!("/sandbox/v1/outbox/{notification}/replay"))
}

fn answers(hub: &TestHub, status: u16) -> Call<'_> {
    hub.call("POST", "/sandbox/v1/inbox/mine/answers").json(&json!({ "status": status, "times": 1 }))
}

fn clock<'a>(hub: &'a TestHub, at: &str) -> Call<'a> {
    hub.call("POST", "/sandbox/v1/clock").json(&json!({ "set": at }))
}

fn next(hub: &TestHub, status: u16) -> Call<'_> {
    hub.call("POST", "/sandbox/v1/next").json(&json!({ "status": status }))
}

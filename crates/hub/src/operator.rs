//! The operator interface (docs/OPERATIONS.md): what `entitle` commands ask of a hub, running or not.
//! Here: which path means what. Who may speak to it is the listener's matter: whoever reaches it is an
//! operator. Every change goes into the audit, in the commit that makes it.

mod asked;
mod audit;
mod catalog;
mod credentials;
mod customers;
mod entitlements;
mod keep;
mod listen;
mod reads;
mod secrets;

pub use listen::{OPERATOR_HEADER, Operators, serve_operator};

use crate::{Answer, Hub};
use asked::Asked;
use hyper::Method;
use wire::{ErrorAnswer, ResponseCode};

/// Members of a successful answer, beside the envelope's.
type Members = Result<String, Box<ErrorAnswer>>;

/// The first segments of every path.
const PREFIX: [&str; 2] = ["operator", "v1"];

impl Hub {
    /// Answers one call of an operator.
    async fn operator_answer(&self, asked: Asked) -> Answer {
        let words = asked.words.clone();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(words) = words.strip_prefix(&PREFIX) else {
            return Answer::error(&unknown_path());
        };
        if let ["resellers", reseller, mode, rest @ ..] = words {
            return self.for_reseller(reseller, mode, rest, asked).await;
        }
        let members = match (&asked.method, words) {
            (&Method::GET, ["status"]) => self.operator_status().await,
            (&Method::GET, ["audit"]) => self.audit_page(&asked).await,
            (&Method::GET, ["catalog"]) => self.catalog_document(&asked).await,
            (&Method::GET, ["catalog", "versions"]) => self.catalog_versions().await,
            (&Method::POST, ["catalog", "plan"]) => self.catalog_plan(&asked).await,
            (&Method::POST, ["catalog", "apply"]) => self.catalog_apply(&asked).await,
            (&Method::POST, ["catalog", "rollback"]) => self.catalog_rollback(&asked).await,
            (&Method::GET, ["credentials"]) => self.credential_list().await,
            (&Method::POST, ["credentials", user, "create"]) => self.credential_create(user, &asked).await,
            (&Method::POST, ["credentials", user, "rotate"]) => self.credential_rotate(user, &asked).await,
            (&Method::POST, ["credentials", user, "revoke"]) => self.credential_revoke(user, &asked).await,
            (&Method::GET, ["secrets"]) => self.secret_list().await,
            (&Method::POST, ["secrets", name, "create"]) => self.secret_create(name, &asked).await,
            (&Method::POST, ["secrets", name, "set"]) => self.secret_set(name, &asked).await,
            (&Method::POST, ["secrets", name, "remove"]) => self.secret_remove(name, &asked).await,
            (&Method::GET, ["entitlements", id]) => self.whose(id).await,
            _ => Err(Box::new(unknown_path())),
        };
        members.map_or_else(|error| Answer::error(&error), |members| Answer::plain(200, envelope(&members)))
    }

    /// What this hub is, in a few figures.
    async fn operator_status(&self) -> Members {
        let applied = self.applied_now().await?;
        Ok(serde_json::json!({
            "version": env!("CARGO_PKG_VERSION"),
            "sandbox": self.sandbox.is_some(),
            "catalogVersion": applied.version,
            "resellers": applied.document.resellers.len(),
            "merchants": applied.document.merchants.len(),
            "credentials": applied.document.credentials.len(),
            "changesWaiting": self.store.waiting(),
            "now": wire::print_date(self.store.now()),
        })
        .members())
    }
}

/// A JSON object's members as text, to stand beside the envelope's.
trait MembersOf {
    fn members(&self) -> String;
}

impl MembersOf for serde_json::Value {
    fn members(&self) -> String {
        let text = self.to_string();
        text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().to_owned()
    }
}

fn envelope(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!("{{\"responseCode\":\"OK\",\"responseMessage\":\"Success\",\"parameters\":{{}}{comma}{members}}}")
}

fn unknown_path() -> ErrorAnswer {
    let message = "The operator interface has no such call.";
    ErrorAnswer::new(404, ResponseCode::NotFound, "operator-unknown", message)
        .with_hint("This program and the hub may be of different versions; `entitle --version` tells this one's.")
}

/// What was named is not there.
fn unknown(field: &str, message: String, hint: &str) -> Box<ErrorAnswer> {
    let answer = ErrorAnswer::new(404, ResponseCode::NotFound, "operator-unknown", message);
    Box::new(answer.with_field(field).with_hint(hint))
}

/// It cannot be done as things stand.
fn conflict(field: &str, message: String, hint: &str) -> Box<ErrorAnswer> {
    let answer = ErrorAnswer::new(409, ResponseCode::NotAvailable, "operator-conflict", message);
    Box::new(answer.with_field(field).with_hint(hint))
}

/// Somebody else has changed the same.
fn changed_meanwhile() -> Box<ErrorAnswer> {
    conflict(
        "",
        "Somebody else has changed the same meanwhile; nothing was done.".to_owned(),
        "Look again, then repeat.",
    )
}

/// An error of the hub itself, told to the operator in full: he has to mend it.
pub(crate) fn own_fault(error: &crate::HubError) -> Box<ErrorAnswer> {
    Box::new(ErrorAnswer::new(500, ResponseCode::InternalError, "operator-failed", error.to_string()))
}

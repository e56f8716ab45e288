//! What an operator sees of a reseller's side: the reseller's own reads and its outbox, by the same code
//! and in the same words, under `/operator/v1/resellers/{reseller}/{mode}`.

use super::asked::{Asked, invalid};
use super::{Members, MembersOf, unknown, unknown_path};
use crate::catalog::Account;
use crate::execute::from_store;
use crate::{Answer, Hub};
use hyper::Method;
use serde_json::json;
use std::sync::Arc;
use store::{Load, Target};
use wire::ErrorAnswer;

impl Hub {
    pub(super) async fn for_reseller(&self, reseller: &str, mode: &str, words: &[&str], asked: Asked) -> Answer {
        let account = match self.account_named(reseller, mode) {
            Ok(account) => account,
            Err(error) => return Answer::error(&error),
        };
        let answered = match (&asked.method, words) {
            (&Method::POST, ["entitlements", id, verb]) => self.operate_as_operator(account, id, verb, &asked).await,
            (&Method::POST, ["customer", verb]) => self.for_customer(account, verb, &asked).await,
            (&Method::GET, ["sandbox", "v1", "outbox"]) => self.outbox(&account, &asked.query_text).await,
            (&Method::POST, ["sandbox", "v1", "outbox", id, "replay"]) => {
                self.replay_as_operator(&account, id, &asked).await
            }
            (method, ["v1", ..]) => {
                let path = format!("/{}", words.join("/"));
                match crate::http::route(method, &path, false) {
                    Ok(action) => self.read_for(account, action, &asked.headers, &asked.query_text, &asked.bytes).await,
                    Err(_) => Err(Box::new(unknown_path())),
                }
            }
            _ => Err(Box::new(unknown_path())),
        };
        answered.unwrap_or_else(|error| Answer::error(&error))
    }

    fn account_named(&self, reseller: &str, mode: &str) -> Result<Arc<Account>, Box<ErrorAnswer>> {
        let live = match mode {
            "live" => true,
            "test" => false,
            _ => return Err(invalid("mode", "test or live.")),
        };
        let catalog = self.catalog();
        let sides = || catalog.accounts().filter(|account| account.reseller == reseller);
        sides().find(|account| account.live == live).cloned().ok_or_else(|| {
            let message = format!("The catalog has no reseller {reseller} with a {mode} side.");
            match sides().next() {
                Some(other) => {
                    let other = if other.live { "live" } else { "test" };
                    unknown("mode", message, &format!("It has a {other} side: say --mode {other}."))
                }
                None => unknown("reseller", message, "`entitle catalog export` shows what it has."),
            }
        })
    }

    /// Whose an entitlement is: an id belongs to one reseller, or in each mode to one.
    pub(super) async fn whose(&self, id: &str) -> Members {
        let mut found = Vec::new();
        let catalog = self.catalog();
        for account in catalog.accounts() {
            let load = Load { account: account.id, target: Target::Id(id.to_owned()), identity: None };
            if let Some(row) = self.store.load(load).await.map_err(from_store)?.row {
                let mode = if account.live { "live" } else { "test" };
                let entitlement_id = &row.state.record.entitlement_id;
                found.push(json!({ "reseller": account.reseller, "mode": mode, "entitlementId": entitlement_id }));
            }
        }
        if found.is_empty() {
            let hint = "`entitle entitlement search --customer …` finds entitlements by their customer.";
            return Err(unknown("entitlementId", format!("There is no entitlement {id}."), hint));
        }
        Ok(json!({ "found": found }).members())
    }
}

//! What writers do next: creates, changes and ends of entitlements that all of them share, as far as they know
//! what is open. They may be wrong about it, and are refused then.

use crate::http::Request;
use crate::random::Random;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use witness::{Ask, Operation};

/// An entitlement that is known to be open is created once more so often, of so many: the limit is told.
const AGAIN_PERCENT: usize = 4;
/// Of so many actions on an open entitlement these are ...
const UPDATES: usize = 50;
const SUSPENDS: usize = 62;
const RESUMES: usize = 74;
const READS: usize = 94;
const CANCELS: usize = 97;
/// One of so many creates lets the hub choose the id.
const NAMELESS_ONE_IN: usize = 3;

/// What all writers know.
#[derive(Debug, Default)]
pub struct Book {
    /// The entitlement of each customer that was open when it was last heard of.
    open: Mutex<BTreeMap<String, String>>,
}

/// What is sent, and what is recorded of it.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) request: Request,
    pub(crate) operation: Operation,
}

/// A writer's own names.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) writer: String,
    pub(crate) count: usize,
}

impl Names {
    fn next(&mut self) -> String {
        self.count += 1;
        format!("{}-{}", self.writer, self.count)
    }
}

impl Book {
    /// Something to do for one of so many customers.
    pub(crate) fn plan(&self, customers: usize, random: &mut Random, names: &mut Names) -> Planned {
        let customer = format!("customer-{}", random.below(customers));
        let open = self.open.lock().unwrap().get(&customer).cloned();
        let name = names.next();
        match open {
            Some(id) if random.below(100) >= AGAIN_PERCENT => change(customer, id, random.below(100), &name),
            Some(_) | None => {
                let id = if random.below(NAMELESS_ONE_IN) == 0 { String::new() } else { format!("e-{name}") };
                create(customer, id, &name)
            }
        }
    }

    /// What an answer tells.
    pub(crate) fn learn(&self, operation: &Operation) {
        let mut open = self.open.lock().unwrap();
        let id = operation.id();
        let is_known = open.get(&operation.customer) == Some(&id);
        match (&operation.ask, operation.settled()) {
            (Ask::Create(_), Some((_, answer))) if answer.is_success() => {
                open.insert(operation.customer.clone(), id);
            }
            (Ask::Create(_), Some((_, answer))) if !open.contains_key(&operation.customer) => {
                // The hint names the open one.
                if let Some(id) = id_in(&answer.value()) {
                    open.insert(operation.customer.clone(), id);
                }
            }
            (Ask::Revoke, Some(_)) if is_known => drop(open.remove(&operation.customer)),
            (_, Some((_, answer)))
                if is_known && ["already-ended", "unknown-entitlement"].contains(&&*answer.rule()) =>
            {
                open.remove(&operation.customer);
            }
            _ => {}
        }
    }
}

/// The id that a hint about the limit names, if it does.
fn id_in(answer: &Value) -> Option<String> {
    let hint = answer["error"]["hint"].as_str()?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut words = hint.split(|c: char| !is_part(c));
    words
        .find(|word| word.starts_with("e-w") || (word.len() == 36 && word.matches('-').count() == 4))
        .map(str::to_owned)
}

fn create(customer: String, id: String, name: &str) -> Planned {
    let mut body = json!({"customerIdentifier": customer, "merchantAccountKey": "STREAMCO", "productKey": "MUSIC",
        "entitlementDisplayName": name});
    if !id.is_empty() {
        body["entitlementId"] = json!(id);
    }
    let members = BTreeMap::from([("entitlementDisplayName".to_owned(), name.to_owned())]);
    planned(Request::post("/v1/entitlement", &body.to_string()), name, (customer, id), Ask::Create(members))
}

fn change(customer: String, id: String, what: usize, name: &str) -> Planned {
    let patch = |more: Value| {
        let mut body = json!({"entitlementId": id});
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        Request { method: "PATCH", ..Request::post("/v1/entitlement", &body.to_string()) }
    };
    let end = |verb: &str| Request::post(&format!("/v1/entitlement/{verb}/{id}"), "{}");
    let (request, ask) = match what {
        ..UPDATES => {
            let member = if what.is_multiple_of(2) { "entitlementDisplayName" } else { "externalEntitlementId" };
            let members = BTreeMap::from([(member.to_owned(), name.to_owned())]);
            (patch(json!({member: name})), Ask::Update(members))
        }
        UPDATES..SUSPENDS => (patch(json!({"entitlementBenefits": "SUSPENDED"})), Ask::Suspend),
        SUSPENDS..RESUMES => (patch(json!({"entitlementBenefits": "NORMAL"})), Ask::Resume),
        RESUMES..READS => (Request::get(&format!("/v1/entitlement/{id}")), Ask::Read),
        READS..CANCELS => (end("cancel"), Ask::Cancel),
        _ => (end("revoke"), Ask::Revoke),
    };
    planned(request, name, (customer, id), ask)
}

fn planned(request: Request, name: &str, (customer, entitlement): (String, String), ask: Ask) -> Planned {
    let identity = if ask == Ask::Read { String::new() } else { format!("r-{name}") };
    let request = request.with_identity(&identity);
    Planned { request, operation: Operation { identity, customer, entitlement, ask, attempts: Vec::new() } }
}

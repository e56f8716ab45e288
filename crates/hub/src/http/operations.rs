//! The operations of the public API, as the OpenAPI document lists them: the route table's promise
//! to the outside. Pages for people (activation) are no operations. What an operation takes and
//! answers stands in `openapi`.

/// One operation: a method on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The operationId; never changes.
    pub id: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path with its variables in braces. A reseller's path begins with `/v1`, which may be left
    /// out of a request.
    pub path: &'static str,
}

/// Every operation, in the order of docs/API.md.
pub const OPERATIONS: &[Operation] = &[
    operation("echo", "GET", "/v1/echo/{id}"),
    operation("create", "POST", "/v1/entitlement"),
    operation("read", "GET", "/v1/entitlement/{id}"),
    operation("report", "POST", "/v1/entitlement/report"),
    operation("update", "PATCH", "/v1/entitlement"),
    operation("cancel", "POST", "/v1/entitlement/cancel/{id}"),
    operation("revoke", "POST", "/v1/entitlement/revoke/{id}"),
    operation("reactivate", "POST", "/v1/entitlement/reactivate/{id}"),
    operation("activationInfo", "GET", "/v1/entitlement/{id}/activationInfo"),
    operation("activationInfoByPost", "POST", "/v1/entitlement/{id}/activationInfo"),
    operation("activationInfoWordFirst", "GET", "/v1/entitlement/activationInfo/{id}"),
    operation("activationInfoWordFirstByPost", "POST", "/v1/entitlement/activationInfo/{id}"),
    operation("history", "GET", "/v1/entitlement/{id}/history"),
    operation("explain", "GET", "/v1/entitlement/{id}/explain"),
    operation("products", "GET", "/v1/products"),
    operation("productsOfReseller", "GET", "/v1/products/{resellerIdentifier}"),
    operation("feed", "GET", "/v1/events"),
    operation("sandboxNotifications", "GET", "/sandbox/v1/notifications"),
    operation("sandboxInbox", "POST", "/sandbox/v1/inbox/{name}"),
    operation("sandboxAnswers", "POST", "/sandbox/v1/inbox/{name}/answers"),
    operation("sandboxOutbox", "GET", "/sandbox/v1/outbox"),
    operation("sandboxReplay", "POST", "/sandbox/v1/outbox/{notificationId}/replay"),
    operation("sandboxClock", "GET", "/sandbox/v1/clock"),
    operation("sandboxMoveClock", "POST", "/sandbox/v1/clock"),
    operation("sandboxNext", "GET", "/sandbox/v1/next"),
    operation("sandboxForceNext", "POST", "/sandbox/v1/next"),
    operation("sandboxReset", "POST", "/sandbox/v1/reset"),
    operation("openapi", "GET", "/docs/openapi.json"),
    operation("healthz", "GET", "/healthz"),
    operation("readyz", "GET", "/readyz"),
];

const fn operation(id: &'static str, method: &'static str, path: &'static str) -> Operation {
    Operation { id, method, path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Action, NoRoute, route};
    use hyper::Method;
    use std::collections::BTreeSet;

    /// The ids of an action; a new action does not compile before it says which.
    fn ids(action: &Action) -> &'static [&'static str] {
        match action {
            Action::Echo(_) => &["echo"],
            Action::Create => &["create"],
            Action::Read(_) => &["read"],
            Action::Report => &["report"],
            Action::Update => &["update"],
            Action::Cancel(_) => &["cancel"],
            Action::Revoke(_) => &["revoke"],
            Action::Reactivate => &["reactivate"],
            Action::ActivationInfo(_) => {
                &["activationInfo", "activationInfoByPost", "activationInfoWordFirst", "activationInfoWordFirstByPost"]
            }
            Action::History(_) => &["history"],
            Action::Explain(_) => &["explain"],
            Action::Products(_) => &["products", "productsOfReseller"],
            Action::Feed => &["feed"],
            Action::SandboxNotifications => &["sandboxNotifications"],
            Action::SandboxInbox(_) => &["sandboxInbox"],
            Action::SandboxAnswers(_) => &["sandboxAnswers"],
            Action::SandboxOutbox => &["sandboxOutbox"],
            Action::SandboxReplay(_) => &["sandboxReplay"],
            Action::SandboxClock => &["sandboxClock"],
            Action::SandboxMoveClock => &["sandboxMoveClock"],
            Action::SandboxNext => &["sandboxNext"],
            Action::SandboxForceNext => &["sandboxForceNext"],
            Action::SandboxReset => &["sandboxReset"],
            Action::OpenApi => &["openapi"],
            Action::Alive => &["healthz"],
            Action::Ready => &["readyz"],
            // Pages for people, and the text for Prometheus.
            Action::ActivatePage(_) | Action::ActivateChoice(_) | Action::Document(_) | Action::Metrics => &[],
        }
    }

    #[test]
    fn every_operation_routes_to_its_action_and_every_id_of_an_action_is_listed() {
        let mut reached = BTreeSet::new();
        for operation in OPERATIONS {
            let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
            let path = operation.path.replace(['{', '}'], "");
            let action = route(&method, &path, true).unwrap_or_else(|missed| panic!("{operation:?}: {missed:?}"));
            assert!(ids(&action).contains(&operation.id), "{operation:?} is {action:?}");
            reached.extend(ids(&action));
        }
        let listed: BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
        assert_eq!(reached, listed);
        assert_eq!(listed.len(), OPERATIONS.len(), "an id stands twice");
    }

    #[test]
    fn a_path_allows_the_methods_of_its_operations_and_no_other() {
        for operation in OPERATIONS {
            let path = operation.path.replace(['{', '}'], "");
            let Err(NoRoute::Method(allow)) = route(&Method::DELETE, &path, true) else {
                panic!("{operation:?} takes DELETE");
            };
            let mut same: Vec<&str> =
                OPERATIONS.iter().filter(|other| other.path == operation.path).map(|other| other.method).collect();
            let mut allowed: Vec<&str> = allow.split(", ").collect();
            same.sort_unstable();
            allowed.sort_unstable();
            assert_eq!(allowed, same, "{}", operation.path);
        }
    }
}

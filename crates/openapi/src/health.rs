//! Whether the hub lives and can work: for load balancers and supervisors, without credential.

use crate::operations::{Kind, Spec, success};
use crate::schemas::{nothing, success as enveloped};
use serde_json::{Value, json};

/// The operations.
pub(crate) const SPECS: &[Spec] = &[
    Spec {
        id: "healthz",
        kind: Kind::Open,
        summary: "Does the process live?",
        description: "It took the request and answers. Nothing else is looked at: a hub whose store is gone lives.",
        parameters: &[],
        body: None,
        answers: &[success(200, "It lives.", &["HealthAnswer"], &["HealthAnswer"])],
        refusals: &[408],
    },
    Spec {
        id: "readyz",
        kind: Kind::Open,
        summary: "Should requests be sent here?",
        description: "The store reads and takes changes, and the hub is not being stopped. Else error.rule says what \
                      is wrong.",
        parameters: &[],
        body: None,
        answers: &[success(200, "It is ready.", &["HealthAnswer"], &["HealthAnswer"])],
        refusals: &[408, 503],
    },
];

/// The schema of both answers.
pub(crate) fn schemas() -> [(&'static str, Value); 1] {
    [("HealthAnswer", enveloped("All is well.", nothing(), &[]))]
}

/// Examples of these calls.
pub(crate) fn examples(add: &mut impl FnMut(&str, &str, Value)) {
    let well = json!({ "responseCode": "OK", "responseMessage": "Success", "parameters": {} });
    add("HealthAnswer", "All is well", well);
}

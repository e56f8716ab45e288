//! What each operation is for, takes and answers, as data; its method and path are
//! `hub::OPERATIONS`.

/// Who calls it, and so which headers and refusals it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Reads of the reseller's API.
    Read,
    /// Writes of the reseller's API; a repeat under the same identity gets the first answer.
    Write,
    /// The sandbox's own calls.
    Sandbox,
    /// Takes no credential.
    Open,
}

/// One operation.
pub(crate) struct Spec {
    pub(crate) id: &'static str,
    pub(crate) kind: Kind,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    /// Names in `components.parameters`, besides those of its kind.
    pub(crate) parameters: &'static [&'static str],
    /// The schema of its body, and whether there has to be one.
    pub(crate) body: Option<(&'static str, bool)>,
    pub(crate) answers: &'static [Success],
    /// HTTP statuses of refusals, besides those that every call of its kind can have.
    pub(crate) refusals: &'static [u16],
}

/// One answer that is a success.
pub(crate) struct Success {
    pub(crate) status: u16,
    pub(crate) what: &'static str,
    /// One of these schemas.
    pub(crate) schemas: &'static [&'static str],
    /// Names of examples.
    pub(crate) examples: &'static [&'static str],
}

/// A success of that status.
pub(crate) const fn success(
    status: u16,
    what: &'static str,
    schemas: &'static [&'static str],
    examples: &'static [&'static str],
) -> Success {
    Success { status, what, schemas, examples }
}

const RECORD: &[&str] = &["EntitlementAnswer"];
const WRITTEN: &[&str] = &["EntitlementAnswer", "DryRunAnswer"];
const URL_OR_QUEUED: &[&str] = &["ActionAnswer", "EntitlementAnswer", "DryRunAnswer"];
const ID: &[&str] = &["EntitlementId"];
const ID_MAGIC: &[&str] = &["EntitlementId", "MagicActivationInfo"];
const QUEUED: Success =
    success(202, "The merchant has queued it; a notification tells the rest.", WRITTEN, &["queued"]);

const URL_OR_CODE: &[Success] = &[success(
    200,
    "A fresh URL and its expiry, or the activationCode.",
    &["ActivationInfoAnswer"],
    &["freshUrl", "code"],
)];

/// All of them, in the order of the document.
pub(crate) const SPECS: &[Spec] = &[
    Spec {
        id: "echo",
        kind: Kind::Read,
        summary: "Is the hub there, is my credential good?",
        description: "Answers with the id of the path.",
        parameters: &["EchoId"],
        body: None,
        answers: &[success(200, "The id again.", &["EchoAnswer"], &["echo"])],
        refusals: &[],
    },
    Spec {
        id: "create",
        kind: Kind::Write,
        summary: "Create an entitlement",
        description: "Gives a customer the right to a merchant's product. Asking again for what exists and still waits \
                      for its first activation answers with the same entitlement and a fresh URL.",
        parameters: &["MagicCreate"],
        body: Some(("CreateRequest", true)),
        answers: &[
            success(200, "ACTIVE, with activationCode where the merchant works with codes.", WRITTEN, &["active"]),
            success(201, "PENDING; the merchant takes its time and has no page to show.", WRITTEN, &["pending"]),
            success(
                202,
                "PENDING; send the customer to parameters.url. With OK instead: the merchant has queued it, or the \
                 switch createdHttp says so.",
                URL_OR_QUEUED,
                &["action", "dryRun"],
            ),
        ],
        refusals: &[409, 422],
    },
    Spec {
        id: "read",
        kind: Kind::Read,
        summary: "Read an entitlement",
        description: "Shows what is stored and never calls a merchant. A read that begins after an answer was sent \
                      shows what that answer said.",
        parameters: ID,
        body: None,
        answers: &[success(200, "The record.", RECORD, &["active"])],
        refusals: &[404],
    },
    Spec {
        id: "report",
        kind: Kind::Read,
        summary: "Find entitlements",
        description: "Pages in the order of dateCreated and then entitlementId. An empty list is OK. Report and feed \
                      together make a complete mirror.",
        parameters: &[],
        body: Some(("ReportRequest", false)),
        answers: &[success(200, "One page.", &["ReportAnswer"], &["report"])],
        refusals: &[415],
    },
    Spec {
        id: "update",
        kind: Kind::Write,
        summary: "Change, suspend, resume, or take an ending back",
        description: "productKey and offerKey go to the merchant, and so do entitlementBenefits and status: SUSPENDED \
                      suspends, NORMAL or status ACTIVE resumes or takes a planned end back. All else is local.",
        parameters: &["IfMatch", "MagicUpdate"],
        body: Some(("UpdateRequest", true)),
        answers: &[
            success(200, "Done.", WRITTEN, &["active"]),
            success(
                202,
                "The merchant has queued it, or the customer has to act first.",
                URL_OR_QUEUED,
                &["action", "queued"],
            ),
        ],
        refusals: &[404, 409, 412, 422],
    },
    Spec {
        id: "cancel",
        kind: Kind::Write,
        summary: "Cancel: the soft end",
        description: "The customer keeps what is paid for: CANCELLED, or ACTIVE-ENDING with a dateEnded to come.",
        parameters: &["EntitlementId", "IfMatch", "MagicCancel"],
        body: Some(("CancelRequest", false)),
        answers: &[success(200, "It has ended, or will at dateEnded.", WRITTEN, &["ending"]), QUEUED],
        refusals: &[404, 409, 412, 422],
    },
    Spec {
        id: "revoke",
        kind: Kind::Write,
        summary: "Revoke: the hard end",
        description: "REVOKED, at once. It supersedes what the merchant has not settled yet.",
        parameters: &["EntitlementId", "IfMatch", "MagicRevoke"],
        body: Some(("RevokeRequest", false)),
        answers: &[success(200, "It has ended.", WRITTEN, &["revoked"]), QUEUED],
        refusals: &[404, 409, 412, 422],
    },
    Spec {
        id: "reactivate",
        kind: Kind::Write,
        summary: "An API that has ended",
        description: "Always 422: what has ended stays ended. Create a new entitlement instead.",
        parameters: ID,
        body: Some(("ReactivateRequest", false)),
        answers: &[],
        refusals: &[422],
    },
    activation_info("activationInfo"),
    activation_info("activationInfoByPost"),
    activation_info("activationInfoWordFirst"),
    activation_info("activationInfoWordFirstByPost"),
    Spec {
        id: "history",
        kind: Kind::Read,
        summary: "What happened, and what is planned",
        description: "Every event with who, what it changed, why, and the notification that tells of it; oldest \
                      first, the planned ones last.",
        parameters: ID,
        body: None,
        answers: &[success(200, "The events.", &["HistoryAnswer"], &["history"])],
        refusals: &[404],
    },
    Spec {
        id: "explain",
        kind: Kind::Read,
        summary: "Where it stands, and why",
        description: "In one sentence to read out, and in parts for a program: who has to act, what may be done now, \
                      which rule refuses the rest.",
        parameters: ID,
        body: None,
        answers: &[success(200, "The explanation.", &["ExplainAnswer"], &["explain"])],
        refusals: &[404],
    },
    products("products", &["CustomerIdentifier"], &[]),
    products("productsOfReseller", &["ResellerIdentifier", "CustomerIdentifier"], &[404]),
    Spec {
        id: "feed",
        kind: Kind::Read,
        summary: "All that happened, in order; waits for more",
        description: "Every event of the reseller in the order of the commits, with the record as each commit left it. \
                      Whoever has read a position never finds a new event at or below it.",
        parameters: &["After", "Limit", "Wait"],
        body: None,
        answers: &[success(200, "One page.", &["FeedAnswer"], &["feed"])],
        refusals: &[],
    },
];

const PRODUCTS: &[Success] = &[success(200, "The products.", &["ProductsAnswer"], &["products"])];

/// With the reseller's own identifier in the path, or without.
const fn products(id: &'static str, parameters: &'static [&'static str], refusals: &'static [u16]) -> Spec {
    Spec {
        id,
        kind: Kind::Read,
        summary: "What you sell, and whether you can right now",
        description: "With X-CustomerIdentifier, what that customer can still buy. Products of a merchant whose last \
                      calls did not get through are UNAVAILABLE.",
        parameters,
        body: None,
        answers: PRODUCTS,
        refusals,
    }
}

/// One call in four forms; the word may be in any letter case.
const fn activation_info(id: &'static str) -> Spec {
    Spec {
        id,
        kind: Kind::Read,
        summary: "A fresh URL or the code",
        description: "For PENDING ones only. Four forms of one call: GET or POST, the id before the word or after \
                      it, the word in any letter case. Nothing of the record changes.",
        parameters: ID_MAGIC,
        body: None,
        answers: URL_OR_CODE,
        refusals: &[404, 409, 415, 422],
    }
}

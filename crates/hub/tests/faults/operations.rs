//! Every operation of the matrix: where it starts, what the merchant decides, what the caller is
//! answered, and where it leads. Data only.

use crate::harness::{Case, START, cancel, create, revoke, update};
use crate::merchant::Says;
use hub::{Answer, Wanted};

/// Thirty days after the start.
pub const LATER: i64 = START.0 + 30 * 24 * 3_600_000;

/// How the first answer looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    pub http: u16,
    /// responseCode, or the rule of a refusal.
    pub word: &'static str,
}

const OK: Form = Form { http: 200, word: "OK" };
const WAITING: Form = Form { http: 201, word: "OK" };
const QUEUED: Form = Form { http: 202, word: "OK" };
const URL: Form = Form { http: 202, word: "CLIENT_ACTION_REQUIRED" };
const REFUSED: Form = Form { http: 422, word: "merchant-refused-user" };
/// Found not done after an unknown outcome.
pub const NOT_DONE: Form = Form { http: 422, word: "not-done" };

/// Where an operation starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    Nothing,
    Active,
    Suspended,
    Ending,
}

/// One operation with one decision of the merchant's.
pub struct Op {
    pub name: &'static str,
    /// The merchant's path.
    pub kind: &'static str,
    pub from: Begins,
    pub says: Says,
    pub form: Form,
    /// Status once it is settled.
    pub after: &'static str,
    /// Status once what was queued is confirmed.
    pub confirmed: Option<&'static str>,
}

impl Op {
    pub fn wanted(&self, id: &str) -> Wanted {
        match self.kind {
            "create" => create("anna"),
            "update" => update(id, r#""productKey":"MUSIC_PREMIUM","externalEntitlementId":"E-1""#),
            "suspend" => update(id, r#""entitlementBenefits":"SUSPENDED""#),
            "resume" | "undo" => update(id, r#""entitlementBenefits":"NORMAL""#),
            "cancel" => cancel(id),
            "revoke" => revoke(id),
            other => panic!("no such operation: {other}"),
        }
    }

    /// Brings a fresh case to where the operation starts, and gives the entitlement's id.
    pub fn start(&self, case: &Case) -> String {
        if self.from == Begins::Nothing {
            return String::new();
        }
        assert_eq!(case.ask("", &create("anna")).http, 200);
        let id = case.row().state.record.entitlement_id.clone();
        match self.from {
            Begins::Nothing | Begins::Active => {}
            Begins::Suspended => {
                assert_eq!(case.ask("", &update(&id, r#""status":"SUSPENDED""#)).http, 200);
            }
            Begins::Ending => {
                case.merchant.usually("cancel", Says::EndsAt(LATER));
                assert_eq!(case.ask("", &cancel(&id)).http, 200);
            }
        }
        case.quiet();
        id
    }

    /// Status before the operation; `None` where nothing was there.
    pub fn before(&self) -> Option<&'static str> {
        match self.from {
            Begins::Nothing => None,
            Begins::Active => Some("ACTIVE"),
            Begins::Suspended => Some("SUSPENDED"),
            Begins::Ending => Some("ACTIVE-ENDING"),
        }
    }

    pub fn is_refused(&self) -> bool {
        matches!(self.says, Says::Refused(..))
    }
}

/// The form of an answer: its status, and its rule or responseCode.
pub fn form_of(answer: &Answer) -> (u16, String) {
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let word = body["error"]["rule"].as_str().or(body["responseCode"].as_str()).unwrap_or_default();
    (answer.http, word.to_owned())
}

impl PartialEq<Form> for Answered<'_> {
    fn eq(&self, form: &Form) -> bool {
        form_of(self.0) == (form.http, form.word.to_owned())
    }
}

/// An answer, compared by its form.
pub struct Answered<'a>(pub &'a Answer);

impl std::fmt::Debug for Answered<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.http, self.0.body)
    }
}

/// All of them.
pub fn operations() -> Vec<Op> {
    use Begins::{Active, Ending, Nothing, Suspended};
    let op = |name, kind, from, says, form, after| Op { name, kind, from, says, form, after, confirmed: None };
    let queued = |name, kind, from, before, confirmed| Op {
        confirmed: Some(confirmed),
        ..op(name, kind, from, Says::Queued, QUEUED, before)
    };
    let no = Says::Refused(403, "NOT_ELIGIBLE");
    vec![
        op("create, active", "create", Nothing, Says::Done, OK, "ACTIVE"),
        op("create, URL", "create", Nothing, Says::Url, URL, "PENDING"),
        op("create, 201", "create", Nothing, Says::Created, WAITING, "PENDING"),
        Op { form: WAITING, ..queued("create, queued", "create", Nothing, "PENDING", "ACTIVE") },
        op("create, refused", "create", Nothing, no.clone(), REFUSED, "CANCELLED"),
        op("update", "update", Active, Says::Done, OK, "ACTIVE"),
        op("update, URL", "update", Active, Says::Url, URL, "PENDING"),
        queued("update, queued", "update", Active, "ACTIVE", "ACTIVE"),
        op("update, refused", "update", Active, no, REFUSED, "ACTIVE"),
        op("suspend", "suspend", Active, Says::Done, OK, "SUSPENDED"),
        queued("suspend, queued", "suspend", Active, "ACTIVE", "SUSPENDED"),
        op("resume", "resume", Suspended, Says::Done, OK, "ACTIVE"),
        queued("resume, queued", "resume", Suspended, "SUSPENDED", "ACTIVE"),
        op("undo", "undo", Ending, Says::Done, OK, "ACTIVE"),
        queued("undo, queued", "undo", Ending, "ACTIVE-ENDING", "ACTIVE"),
        op("cancel, ended", "cancel", Active, Says::Done, OK, "CANCELLED"),
        op("cancel, ends at", "cancel", Active, Says::EndsAt(LATER), OK, "ACTIVE-ENDING"),
        queued("cancel, queued", "cancel", Active, "ACTIVE", "CANCELLED"),
        op("revoke", "revoke", Active, Says::Done, OK, "REVOKED"),
        queued("revoke, queued", "revoke", Active, "ACTIVE", "REVOKED"),
    ]
}

//! Every branch, one after the other: what the merchant decides by product key, the rest by what
//! is sent. The same list as in examples/README.md.

use super::language::{Language, Program, Ran};
use crate::binary::Binary;
use crate::http::{Connection, Request};
use crate::reading::{path_of, text};
use Program::{Cancel, Create, Update};

const OK: &str = "OK";
const USER_ACTS: &str = "CLIENT_ACTION_REQUIRED/NAVIGATE_TO_URL";
const BAD_REQUEST: &str = "BAD_REQUEST";
const NOT_AVAILABLE: &str = "NOT_AVAILABLE";
const UNAUTHORIZED: &str = "UNAUTHORIZED";
const NOT_FOUND: &str = "NOT_FOUND";
const ALREADY_EXISTS: &str = "ALREADY_EXISTS";
const SERVICE_UNAVAILABLE: &str = "SERVICE_UNAVAILABLE";
/// What no input brings about: the sandbox answers so when it is told to.
const FORCED: [(u16, &str); 3] = [(429, "TOO_MANY_REQUESTS"), (500, "INTERNAL_ERROR"), (503, SERVICE_UNAVAILABLE)];
/// What the branches without an entitlement print in place of its status.
const NONE: &str = "";

/// One language's way through all branches.
struct Walk<'a> {
    language: Language,
    hub: &'a Binary,
    ran: Vec<Ran>,
}

/// Runs every program into every branch; gives what they printed.
pub(super) fn run(language: Language, hub: &Binary) -> Vec<Ran> {
    let mut walk = Walk { language, hub, ran: Vec::new() };
    let now = walk.goes(Create, &["alice", "BANGO_US", "MUSIC_NOW"], OK, "ACTIVE");
    let music = walk.goes(Create, &["dora", "BANGO_US", "MUSIC", "--entitlement-id", "mine-1"], USER_ACTS, "PENDING");
    let bango = walk.goes(Create, &["bob", "BANGO", "BangoMusic"], USER_ACTS, "PENDING");
    assert_eq!(music.id, "mine-1");
    walk.other_creates();
    walk.updates(&now.id, &music, &bango);
    walk.cancels(&now.id, &bango);
    walk.ran
}

/// What a branch brought.
struct Brought {
    id: String,
    page: String,
}

impl Walk<'_> {
    fn other_creates(&mut self) {
        self.goes(Create, &["carol", "BANGO_US", "MUSIC_CODE"], OK, "ACTIVE");
        self.goes(Create, &["emil", "BANGO_US", "MUSIC_LATER"], OK, "PENDING");
        self.goes(Create, &["fred", "BANGO_US", "MUSIC_OFFER", "--offer", "BUNDLE"], USER_ACTS, "PENDING");
        for (arguments, branch) in [
            (&["alice", "BANGO_US", "MUSIC_NOW"][..], BAD_REQUEST),
            (&["", "BANGO_US", "MUSIC_NOW"], BAD_REQUEST),
            (&["gina", "BANGO_US", "MUSIC_OFFER"], BAD_REQUEST),
            (&["gina", "BANGO_US", "MUSIC_NOW", "--notification-url", "nonsense"], BAD_REQUEST),
            (&["gina", "BANGO_US", "MUSIC_NO"], NOT_AVAILABLE),
            (&["gina", "BANGO_US", "NOSUCH"], NOT_AVAILABLE),
            (&["gina", "BANGO_US", "MUSIC", "--entitlement-id", "mine-1"], ALREADY_EXISTS),
            (&["gina", "BANGO_US", "MUSIC_DOWN"], SERVICE_UNAVAILABLE),
        ] {
            self.goes(Create, arguments, branch, NONE);
        }
        self.unauthorized(Create, &["gina", "BANGO_US", "MUSIC_NOW"]);
        self.forced(Create, &["gina", "BANGO_US", "MUSIC_NOW"]);
    }

    fn updates(&mut self, now: &str, music: &Brought, bango: &Brought) {
        self.goes(Update, &[&music.id, "productKey=MUSIC_PREMIUM"], NOT_AVAILABLE, NONE);
        self.confirm(&music.page);
        self.goes(Update, &[&music.id, "productKey=MUSIC_PREMIUM"], OK, "ACTIVE");
        self.goes(Update, &[now, "--json", "{\"extensionData\": {\"shop\": \"42\", \"paid\": 9.90}}"], OK, "ACTIVE");
        self.goes(Update, &[&bango.id, "entitlementDisplayName=Für Bob"], OK, "PENDING");
        let asked = self.goes(Update, &[&music.id, "productKey=MUSIC_ASK"], USER_ACTS, "PENDING");
        self.confirm(&asked.page);
        self.goes(Update, &[&music.id, "externalEntitlementId=shop-1"], OK, "ACTIVE");
        for (arguments, branch) in [
            (&[now, "colour=blue"][..], BAD_REQUEST),
            (&[now, "status=CANCELLED"], BAD_REQUEST),
            (&[now, "dateExpiry=yesterday"], BAD_REQUEST),
            (&[now, "productKey=MUSIC_NO"], NOT_AVAILABLE),
            (&[now, "productKey=NOSUCH"], NOT_AVAILABLE),
            (&["nobody-has-this-id", "productKey=MUSIC"], NOT_FOUND),
            (&[now, "productKey=MUSIC_DOWN"], SERVICE_UNAVAILABLE),
        ] {
            self.goes(Update, arguments, branch, NONE);
        }
        self.unauthorized(Update, &[now, "productKey=MUSIC"]);
        self.forced(Update, &[now, "productKey=MUSIC"]);
    }

    fn cancels(&mut self, now: &str, bango: &Brought) {
        let reason = ["CUSTOMER_CANCELLED", "NOT_RENEWED", "did not renew in May", "agent=web"];
        let of = |id| [&[id][..], &reason].concat();
        self.goes(Cancel, &[now, "NONSENSE", "NONSENSE", ""], BAD_REQUEST, NONE);
        self.unauthorized(Cancel, &of(now));
        self.forced(Cancel, &of(now));
        self.goes(Cancel, &of(now), OK, "ACTIVE-ENDING");
        self.goes(Cancel, &of(now), NOT_AVAILABLE, NONE);
        self.confirm(&bango.page);
        self.goes(Cancel, &of(&bango.id), OK, "CANCELLED");
        self.goes(Cancel, &of(&bango.id), NOT_AVAILABLE, NONE);
        self.goes(Cancel, &of("nobody-has-this-id"), NOT_FOUND, NONE);
    }

    /// Runs a program and checks which branch it took, and the status it printed.
    fn goes(&mut self, program: Program, arguments: &[&str], branch: &str, status: &str) -> Brought {
        let ran = self.language.run(self.hub, "sandbox", program, arguments);
        self.check(ran, branch, status)
    }

    fn unauthorized(&mut self, program: Program, arguments: &[&str]) {
        let ran = self.language.run(self.hub, "wrong", program, arguments);
        self.check(ran, UNAUTHORIZED, NONE);
    }

    /// The branches for what only the hub itself can get wrong, or find too much.
    fn forced(&mut self, program: Program, arguments: &[&str]) {
        for (status, branch) in FORCED {
            let mut sandbox = Connection::open(self.hub.address).unwrap();
            let next = format!("{{\"status\":{status},\"times\":1}}");
            let told = sandbox.ask(&Request::post("/sandbox/v1/next", &next)).unwrap();
            assert_eq!(told.status, 200, "{}", told.body);
            self.goes(program, arguments, branch, NONE);
        }
    }

    fn check(&mut self, ran: Ran, branch: &str, status: &str) -> Brought {
        assert_eq!(text(&ran.line, "branch"), branch, "{}", ran.command);
        assert_eq!(text(&ran.line, "entitlement.status"), status, "{}", ran.command);
        assert_eq!(ran.code, Some(i32::from(status == NONE)), "{}", ran.command);
        let url = text(&ran.line, "url");
        assert_eq!(url.is_empty(), branch != USER_ACTS, "{}", ran.command);
        let brought = Brought { id: text(&ran.line, "entitlement.entitlementId"), page: path_of(&url) };
        self.ran.push(ran);
        brought
    }

    /// The user opens the page and presses Confirm.
    fn confirm(&self, page: &str) {
        let mut browser = Connection::open(self.hub.address).unwrap();
        let pressed = browser.ask(&Request::post(page, "choice=confirm")).unwrap();
        assert_eq!(pressed.status, 303, "{}", pressed.body);
    }
}

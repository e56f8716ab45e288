//! A merchant with a truth of its own, behind real HTTP: what it did for which `requestId`, how
//! often, and how its entitlements stand. A script says call by call how it misbehaves.

use crate::sockets::{Came, answer, never_answer, outside, read};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the merchant decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// 200: done.
    Done,
    /// 202 with a URL: the user has to act.
    Url,
    /// 201: accepted.
    Created,
    /// 202: it will confirm.
    Queued,
    /// 200 with the date of the end.
    EndsAt(i64),
    /// 4xx with an errorCode.
    Refused(u16, &'static str),
}

/// How one call goes.
#[derive(Debug, Clone)]
pub enum Does {
    /// Carries it out and answers.
    Answers(Says),
    /// Carries it out and hangs up without a word.
    ActsAndHangsUp(Says),
    /// Carries it out and never answers.
    ActsAndHolds(Says),
    /// Carries it out and says something that cannot be read.
    ActsAndGarbles(Says, Garbled),
    /// Carries it out, and answers once it is let go.
    ActsAndAnswersLate(Says),
    /// Hangs up and does nothing.
    HangsUp,
    /// Keeps the connection and does nothing.
    Holds,
    /// Waits until it is let go, then carries it out and answers.
    Waits(Says),
    /// Does nothing and says only a status.
    Only(u16),
}

/// Answers nobody can read.
#[derive(Debug, Clone, Copy)]
pub enum Garbled {
    Html,
    NotJson,
    Truncated,
    Empty,
    OtherIds,
    Status(u16),
}

/// A call as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub kind: String,
    pub request: String,
    pub purpose: String,
}

/// What the merchant did for one requestId.
#[derive(Debug, Clone)]
pub struct Effect {
    pub kind: String,
    /// More than once is what must never be.
    pub times: u32,
    says: Says,
    confirmed: bool,
    body: Value,
}

/// An entitlement as the merchant sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct There {
    pub state: State,
    pub product: String,
    /// The product its user is asked about.
    pub asked: Option<String>,
    pub suspended: bool,
    pub ends_at: Option<i64>,
    pub creates: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Waiting,
    Active,
    Ended,
}

#[derive(Default)]
struct Truth {
    /// De-duplicates by requestId.
    repeatable: bool,
    usual: HashMap<String, Says>,
    script: HashMap<String, VecDeque<Does>>,
    effects: BTreeMap<String, Effect>,
    there: BTreeMap<String, There>,
    calls: Vec<Call>,
}

/// The merchant; it ends with the case it belongs to.
pub struct Merchant {
    pub url: String,
    truth: Arc<Mutex<Truth>>,
    go: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Drop for Merchant {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Merchant {
    pub fn open(repeatable: bool) -> Self {
        let truth = Arc::new(Mutex::new(Truth { repeatable, ..Truth::default() }));
        let (go, going) = watch::channel(false);
        let listener = outside().block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = Arc::clone(&truth);
        let server = outside().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&served), going.clone()));
            }
        });
        Self { url, truth, go, server }
    }

    /// What calls of a kind are answered where no script says otherwise; else done.
    pub fn usually(&self, kind: &str, says: Says) {
        self.truth().usual.insert(kind.to_owned(), says);
    }

    /// The next unscripted call of a kind.
    pub fn next(&self, kind: &str, does: Does) {
        self.truth().script.entry(kind.to_owned()).or_default().push_back(does);
    }

    /// Lets go of everything that waits, now and from now on.
    pub fn let_go(&self) {
        self.go.send_replace(true);
    }

    /// Carries out what it had queued under this requestId.
    pub fn confirm(&self, request: &str) {
        let mut truth = self.truth();
        let effect = truth.effects.get_mut(request).expect("it was queued");
        effect.confirmed = true;
        let (kind, body) = (effect.kind.clone(), effect.body.clone());
        truth.carry_out(&kind, &body, &Says::Done);
    }

    /// Ends it by itself.
    pub fn end(&self, entitlement: &str) {
        self.truth().there.get_mut(entitlement).expect("it is there").state = State::Ended;
    }

    /// Its user has agreed.
    pub fn user_agrees(&self, entitlement: &str) {
        let mut truth = self.truth();
        let there = truth.there.get_mut(entitlement).expect("it is there");
        there.state = State::Active;
        if let Some(product) = there.asked.take() {
            there.product = product;
        }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.truth().calls.clone()
    }

    pub fn calls_of(&self, kind: &str) -> usize {
        self.truth().calls.iter().filter(|call| call.kind == kind).count()
    }

    pub fn effects(&self) -> BTreeMap<String, Effect> {
        self.truth().effects.clone()
    }

    pub fn there(&self) -> BTreeMap<String, There> {
        self.truth().there.clone()
    }

    fn truth(&self) -> MutexGuard<'_, Truth> {
        self.truth.lock().unwrap()
    }
}

async fn serve(mut stream: TcpStream, truth: Arc<Mutex<Truth>>, mut going: watch::Receiver<bool>) {
    let Some(came) = read(&mut stream).await else { return };
    let does = truth.lock().unwrap().take_in(&came);
    let act = |says: &Says| truth.lock().unwrap().act(&came, says);
    match does {
        Does::Answers(says) => say(&mut stream, &act(&says)).await,
        Does::ActsAndHangsUp(says) => drop(act(&says)),
        Does::ActsAndHolds(says) => {
            act(&says);
            never_answer(&mut stream).await;
        }
        Does::ActsAndGarbles(says, garbled) => {
            act(&says);
            garble(&mut stream, garbled).await;
        }
        Does::ActsAndAnswersLate(says) => {
            let said = act(&says);
            let _ = going.wait_for(|go| *go).await;
            say(&mut stream, &said).await;
        }
        Does::HangsUp => {}
        Does::Holds => never_answer(&mut stream).await,
        Does::Waits(says) => {
            let _ = going.wait_for(|go| *go).await;
            say(&mut stream, &act(&says)).await;
        }
        Does::Only(status) => answer(&mut stream, status, "application/json", "{}", 0).await,
    }
}

async fn say(stream: &mut TcpStream, said: &(u16, Value)) {
    answer(stream, said.0, "application/json", &said.1.to_string(), 0).await;
}

async fn garble(stream: &mut TcpStream, garbled: Garbled) {
    let json = "application/json";
    match garbled {
        Garbled::Html => answer(stream, 200, "text/html", "<html><body>Bad gateway</body></html>", 0).await,
        Garbled::NotJson => answer(stream, 200, json, "{\"entitlementId\": \u{1}", 0).await,
        Garbled::Truncated => answer(stream, 200, json, "{\"entitlementId\":\"", 40).await,
        Garbled::Empty => answer(stream, 200, json, "", 0).await,
        Garbled::OtherIds => answer(stream, 200, json, "{\"entitlementId\":\"somebody-else\"}", 0).await,
        Garbled::Status(status) => answer(stream, status, "text/plain", "trouble", 0).await,
    }
}

impl Truth {
    /// Notes the call and says how it goes.
    fn take_in(&mut self, came: &Came) -> Does {
        let body: Value = serde_json::from_str(&came.body).unwrap();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let kind = came.path.trim_start_matches('/').to_owned();
        self.calls.push(Call { kind: kind.clone(), request: text("requestId"), purpose: text("purpose") });
        let scripted = self.script.get_mut(&kind).and_then(VecDeque::pop_front);
        scripted.unwrap_or_else(|| Does::Answers(self.usual.get(&kind).cloned().unwrap_or(Says::Done)))
    }

    /// Carries a call out, if it has not done so for this requestId, and gives the answer.
    fn act(&mut self, came: &Came, says: &Says) -> (u16, Value) {
        let body: Value = serde_json::from_str(&came.body).unwrap();
        let kind = came.path.trim_start_matches('/');
        let request = body["requestId"].as_str().unwrap().to_owned();
        let id = body["entitlementId"].as_str().unwrap().to_owned();
        if kind == "inquiry" {
            return match self.effects.get(&request) {
                None => (404, json!({})),
                Some(effect) => told_again(effect, &id),
            };
        }
        if kind == "activationInfo" {
            return print(says, &id);
        }
        if let Some(effect) = self.effects.get_mut(&request) {
            if self.repeatable {
                return told_again(effect, &id);
            }
            effect.times += 1;
        } else {
            if kind != "create" && !self.there.contains_key(&id) {
                return (404, json!({}));
            }
            let effect =
                Effect { kind: kind.to_owned(), times: 1, says: says.clone(), confirmed: false, body: body.clone() };
            self.effects.insert(request, effect);
        }
        if kind == "create" && !matches!(says, Says::Refused(..)) {
            self.there.entry(id.clone()).or_default().creates += 1;
        }
        self.carry_out(kind, &body, says);
        print(says, &id)
    }

    fn carry_out(&mut self, kind: &str, body: &Value, says: &Says) {
        if matches!(says, Says::Refused(..)) || (*says == Says::Queued && kind != "create") {
            return;
        }
        let id = body["entitlementId"].as_str().unwrap();
        let product = body["productKey"].as_str().unwrap_or_default().to_owned();
        let there = self.there.entry(id.to_owned()).or_default();
        match (kind, says) {
            ("create", says) => {
                there.product = product;
                there.state = if *says == Says::Done { State::Active } else { State::Waiting };
            }
            ("update", Says::Url) => {
                there.asked = Some(product);
                there.state = State::Waiting;
            }
            ("update" | "updateBack", _) => {
                *there = There { product, asked: None, state: State::Active, ..there.clone() };
            }
            ("suspend" | "suspendAgain", _) => there.suspended = true,
            ("resume", _) => there.suspended = false,
            ("undo", _) => there.ends_at = None,
            ("cancel", Says::EndsAt(at)) => there.ends_at = Some(*at),
            ("cancel" | "revoke" | "terminate", _) => there.state = State::Ended,
            (other, _) => panic!("no such call: {other}"),
        }
    }
}

fn told_again(effect: &Effect, id: &str) -> (u16, Value) {
    if effect.says == Says::Queued && effect.confirmed {
        return print(&Says::Done, id);
    }
    print(&effect.says, id)
}

fn print(says: &Says, id: &str) -> (u16, Value) {
    let own = format!("m-{id}");
    match says {
        Says::Done => (200, json!({"entitlementId": id, "merchantEntitlementId": own})),
        Says::Url => (202, json!({"entitlementId": id, "url": format!("https://merchant.example/confirm/{id}")})),
        Says::Created => (201, json!({"entitlementId": id, "merchantEntitlementId": own})),
        Says::Queued => (202, json!({"entitlementId": id})),
        Says::EndsAt(at) => (200, json!({"entitlementId": id, "endsAt": at})),
        Says::Refused(status, code) => (*status, json!({"errorCode": code, "errorMessage": "No."})),
    }
}

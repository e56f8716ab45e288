//! The inbox: a receiver built in, so that notifications can be seen without writing one. Kept
//! in memory, the newest ones; a restart empties it.

use bytes::Bytes;
use entitlement::Moment;
use hyper::header::HeaderMap;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wire::{WebhookSecret, print_date, push_string};

/// The newest so many are kept.
const KEPT_MAX: usize = 1_000;
/// A signature's timestamp may be off by so much (Standard Webhooks).
const TIMESTAMP_WITHIN_S: i64 = 300;

/// What came.
#[derive(Debug, Clone)]
pub struct Received {
    /// When, real time.
    pub at: Moment,
    /// Into which inbox.
    pub inbox: String,
    /// `webhook-id`.
    pub id: String,
    /// Whether the signature is the demo reseller's.
    pub signature_valid: bool,
    /// What it was answered.
    pub answered: u16,
    /// The body as it came.
    pub body: String,
}

/// The receiver.
#[derive(Debug, Default)]
pub struct Inbox {
    received: Mutex<VecDeque<Received>>,
    /// By inbox: the status to answer with, and how often still.
    answers: Mutex<HashMap<String, (u16, u32)>>,
}

impl Inbox {
    /// Keeps a request and says with which status to answer it.
    pub(crate) fn receive(
        &self,
        name: &str,
        headers: &HeaderMap,
        body: &Bytes,
        real_now: Moment,
        secret: &WebhookSecret,
    ) -> u16 {
        let answered = self.next_answer(name);
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        let id = text("webhook-id");
        let signature_valid = text("webhook-timestamp").parse::<i64>().is_ok_and(|at| {
            (at - real_now.0.div_euclid(1_000)).abs() <= TIMESTAMP_WITHIN_S
                && secret.verify(id, at, body, text("webhook-signature"))
        });
        let mut received = lock(&self.received);
        if received.len() >= KEPT_MAX {
            received.pop_back();
        }
        received.push_front(Received {
            at: real_now,
            inbox: name.to_owned(),
            id: id.to_owned(),
            signature_valid,
            answered,
            body: String::from_utf8_lossy(body).into_owned(),
        });
        answered
    }

    /// The next `times` requests into this inbox are answered with `status`.
    pub(crate) fn answer_with(&self, name: &str, status: u16, times: u32) {
        lock(&self.answers).insert(name.to_owned(), (status, times));
    }

    /// Everything that is kept, newest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        lock(&self.received).iter().cloned().collect()
    }

    pub(crate) fn clear(&self) {
        lock(&self.received).clear();
        lock(&self.answers).clear();
    }

    /// The listing of `GET /sandbox/v1/notifications`, newest first.
    pub(crate) fn list(&self, inbox: Option<&str>, limit: usize) -> String {
        let received = lock(&self.received);
        let shown = received.iter().filter(|one| inbox.is_none_or(|inbox| one.inbox == inbox)).take(limit);
        let lines: Vec<String> = shown.map(Received::print).collect();
        format!(
            "{{\"responseCode\":\"OK\",\"responseMessage\":\"Success\",\"parameters\":{{}},\"notifications\":[{}]}}",
            lines.join(",")
        )
    }

    fn next_answer(&self, name: &str) -> u16 {
        let mut answers = lock(&self.answers);
        match answers.get_mut(name) {
            Some((status, left)) if *left > 0 => {
                *left -= 1;
                *status
            }
            Some(_) | None => 200,
        }
    }
}

impl Received {
    fn print(&self) -> String {
        let mut out = format!("{{\"receivedAt\":\"{}\",\"inbox\":", print_date(self.at));
        push_string(&mut out, &self.inbox);
        out.push_str(",\"webhookId\":");
        push_string(&mut out, &self.id);
        let signature = if self.signature_valid { "valid" } else { "invalid" };
        out.push_str(&format!(",\"signature\":\"{signature}\",\"answered\":{},\"body\":", self.answered));
        // What is not JSON is shown as text.
        match wire::parse_object(self.body.as_bytes()) {
            Ok(object) => wire::push_object(&mut out, &object),
            Err(_) => push_string(&mut out, &self.body),
        }
        out.push('}');
        out
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

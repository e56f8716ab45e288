//! The audit of notifications: each one arrived, signed, as often as it liked but first in its
//! order, and the last one says what a read says.

use super::expected::{Expected, Life};
use super::writes::Verdict;
use crate::http::{Connection, Request};
use crate::reading::{number, object, path_of, record, text};
use crate::receiver::Arrived;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use wire::WebhookSecret;

/// Receivers refuse a signature that is older (Standard Webhooks).
const TIMESTAMP_WITHIN_S: i64 = 300;

/// One attempt, read.
struct Attempt<'a> {
    arrived: &'a Arrived,
    sequence: u32,
    reason: String,
}

/// Checks them; gives how many different ones were delivered in order.
pub(crate) fn check(
    address: SocketAddr,
    arrived: &[Arrived],
    expected: &Expected<'_>,
    secret: &WebhookSecret,
    verdict: &mut Verdict,
) -> usize {
    let mut by_entitlement: BTreeMap<String, Vec<Attempt<'_>>> = BTreeMap::new();
    for one in arrived {
        let body = object(&one.body);
        if let Some(wrong) = faults(one, &body, secret) {
            verdict.wrong(format!("{wrong}: {one:?}"));
        }
        let sequence = number(&body, "notificationSequence").unwrap_or(0);
        let attempt = Attempt { arrived: one, sequence, reason: text(&body, "notificationReason") };
        by_entitlement.entry(text(&body, "entitlementId")).or_default().push(attempt);
    }
    for id in by_entitlement.keys().filter(|id| !expected.lives.contains_key(id.as_str())) {
        verdict.wrong(format!("{id} is told of and unknown"));
    }
    let mut hub = Connection::open(address).unwrap();
    let mut told = 0;
    for (id, life) in &expected.lives {
        let attempts = by_entitlement.remove(*id).unwrap_or_default();
        match check_lane(&mut hub, id, &attempts, life) {
            Ok(count) => told += count,
            Err(wrong) => verdict.wrong(format!("{id}: {wrong}; expected {:?}", life.told)),
        }
    }
    told
}

/// What is wrong with one attempt by itself.
fn faults(one: &Arrived, body: &entitlement::JsonObject, secret: &WebhookSecret) -> Option<&'static str> {
    let Ok(timestamp) = one.webhook_timestamp.parse::<i64>() else {
        return Some("no timestamp");
    };
    if !secret.verify(&one.webhook_id, timestamp, one.body.as_bytes(), &one.webhook_signature) {
        return Some("the signature is wrong");
    }
    if (timestamp - one.at_s).abs() > TIMESTAMP_WITHIN_S {
        return Some("the timestamp is old");
    }
    if one.webhook_id != text(body, "notificationId") {
        return Some("webhook-id is not the notificationId");
    }
    if one.path != path_of(&text(body, "notificationUrl")) {
        return Some("it came to another URL");
    }
    None
}

/// First arrivals are 1, 2, 3 …, each only after the one before was taken; repeats are the same.
fn check_lane(hub: &mut Connection, id: &str, attempts: &[Attempt<'_>], life: &Life<'_>) -> Result<usize, String> {
    let mut firsts: Vec<&Attempt<'_>> = Vec::new();
    let mut taken = 0;
    for attempt in attempts {
        let (sequence, seen) = (attempt.sequence, firsts.len() as u32);
        match firsts.get(sequence.wrapping_sub(1) as usize) {
            Some(first) if first.arrived.body == attempt.arrived.body => {}
            Some(first) => {
                return Err(format!("{sequence} came again as {:?} after {:?}", attempt.arrived, first.arrived));
            }
            None if sequence == seen + 1 && taken == seen => firsts.push(attempt),
            None => return Err(format!("{sequence} came when {seen} were seen and {taken} taken")),
        }
        if attempt.arrived.taken {
            taken = taken.max(sequence);
        }
    }
    let reasons: Vec<&str> = firsts.iter().map(|first| first.reason.as_str()).collect();
    if reasons != life.told || taken as usize != firsts.len() {
        return Err(format!("{reasons:?} came, {taken} of them were taken"));
    }
    if let Some(last) = firsts.last() {
        let now = hub.ask(&Request::get(&format!("/v1/entitlement/{id}"))).map_err(|error| error.to_string())?;
        if record(&last.arrived.body) != record(&now.body) {
            return Err(format!("the last one says {}, a read says {}", last.arrived.body, now.body));
        }
    }
    Ok(firsts.len())
}

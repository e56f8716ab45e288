//! Guessing passwords, and credentials that are revoked while they are in use.

use crate::harness::{Answer, Receiver, Reply, ScriptedMerchant, Setup, TestHub, basic, exchange};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// As many passwords as may wait to be checked.
const CHECKED_AT_ONCE: usize = 64;

/// Revokes the demo reseller's credential.
async fn revoke(hub: &TestHub) {
    set_revoked(hub, true).await;
}

async fn set_revoked(hub: &TestHub, is_revoked: bool) {
    let rows = hub.store.credentials().await.unwrap();
    let mut row = rows.into_iter().find(|row| row.user == "sandbox").unwrap();
    row.revoked_at = is_revoked.then(|| hub.store.now());
    hub.store.put_credential(row).await.unwrap();
    hub.hub.reload_credentials().await.unwrap();
}

#[tokio::test]
async fn guesses_from_one_address_end_after_twenty_and_nobody_else_is_touched() {
    let hub = Setup::new().proxied().start().await;
    let from = |address: &str, password: &str| {
        let header = basic("sandbox", password);
        hub.call("GET", "/v1/echo/1").anonymous().header("Authorization", &header).header("X-Forwarded-For", address)
    };
    let right = crate::harness::PASSWORD;
    from("2001:db8::1", right).send().await.is(200, "OK");
    for at in 0..20 {
        // Malformed ones do not count, the whole IPv6 network does.
        let malformed = hub.call("GET", "/v1/echo/1").anonymous().header("Authorization", "Bearer x");
        malformed.header("X-Forwarded-For", "2001:db8::1").send().await.is(401, "UNAUTHORIZED");
        from(&format!("2001:db8::{at:x}"), &format!("guess {at}")).send().await.is(401, "UNAUTHORIZED");
    }
    let answer = from("2001:db8::ffff", "guess").send().await;
    answer.refused(429, "TOO_MANY_REQUESTS", "wrong-passwords");
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{answer}");
    from("2001:db8::1", right).send().await.is(200, "OK");
    from("2001:db8:0:1::1", "guess").send().await.is(401, "UNAUTHORIZED");
    hub.finish().await;
}

#[tokio::test]
async fn a_revoked_credential_is_refused_at_once_and_its_long_poll_ends() {
    let hub = Setup::new().other("other", false).start().await;
    hub.get("/v1/echo/1").await.is(200, "OK");
    hub.call("GET", "/v1/echo/1").user("other").send().await.is(200, "OK");
    let poll = |user: &str| {
        let (address, sent) = (hub.address, hub.call("GET", "/v1/events?wait=30").user(user).text());
        tokio::spawn(async move { Answer::parse(&exchange(address, &sent).await, false) })
    };
    let (revoked, other) = (poll("sandbox"), poll("other"));
    hub.listening(2).await;
    revoke(&hub).await;
    revoked.await.unwrap().refused(401, "UNAUTHORIZED", "unauthorized");
    hub.get("/v1/echo/1").await.refused(401, "UNAUTHORIZED", "unauthorized");
    assert!(!other.is_finished(), "another credential's poll goes on");
    set_revoked(&hub, false).await;
    hub.get("/v1/echo/1").await.is(200, "OK");
    hub.creating("anna", "MUSIC_NOW").user("other").send().await.is(200, "OK");
    other.await.unwrap().is(200, "OK");
    hub.finish().await;
}

#[tokio::test]
async fn a_request_under_way_ends_with_its_credential_and_its_operation_goes_on() {
    let gate = Arc::new(Semaphore::new(0));
    let merchant = Receiver::start().await;
    merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
    let hub = Setup::new().merchant(ScriptedMerchant::at(&merchant)).start().await;
    let (address, sent) = (hub.address, hub.creating("anna", "MUSIC").identity("one").text());
    let creating = tokio::spawn(async move { exchange(address, &sent).await });
    merchant.took(1).await;
    revoke(&hub).await;
    let answer = Answer::parse(&creating.await.unwrap(), false);
    answer.refused(401, "UNAUTHORIZED", "unauthorized");
    gate.add_permits(1);
    set_revoked(&hub, false).await;
    let again = hub.creating("anna", "MUSIC").identity("one").send().await;
    again.shows(200, "ACTIVE");
    hub.finish().await;
}

/// A request looks, while it is under way, whether credentials have changed; its own password may still be being
/// checked then, and is looked at again by nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_password_is_checked_to_its_end_though_credentials_change_meanwhile() {
    let hub = Setup::new().start().await;
    // Its password is an old one, and so compared with two hashes.
    let mut row = hub.store.credentials().await.unwrap().remove(0);
    let old = std::mem::replace(&mut row.password_hash, hub::hash_password("new", &[7; 16]).unwrap());
    row.old_password = Some((old, hub.store.now().plus_ms(3_600_000)));
    let right = basic(&row.user, crate::harness::PASSWORD);
    hub.store.put_credential(row).await.unwrap();
    hub.hub.reload_credentials().await.unwrap();
    let (scheme, encoded) = right.split_once(' ').unwrap();
    // The same password in so many headers: each is checked by itself, and the last waits for all others.
    let ask = |spaces: usize| {
        let header = format!("{scheme}{}{encoded}", " ".repeat(spaces));
        let sent = hub.call("GET", "/v1/echo/1").anonymous().header("Authorization", &header).text();
        let address = hub.address;
        tokio::spawn(async move { Answer::parse(&exchange(address, &sent).await, false) })
    };
    let asked: Vec<_> = (1..=CHECKED_AT_ONCE).map(ask).collect();
    for mut one in asked {
        let answer = loop {
            tokio::select! {
                answer = &mut one => break answer.unwrap(),
                changed = hub.hub.reload_credentials() => changed.unwrap(),
            }
        };
        answer.is(200, "OK");
    }
    hub.finish().await;
}

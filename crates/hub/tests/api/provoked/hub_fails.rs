//! The hub's own failures and its ways to protect itself: a store that fails, a connector with a
//! defect, crowds.

use super::merchants::asking;
use super::row::{Provoked, alone};
use crate::harness::{self, Answer, Receiver, Reply, ScriptedMerchant, Setup, TestHub, basic, exchange};
use hub::{Gate, Rate};
use serde_json::json;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;
use store::StoreError;
use store::faults::{Call, Fault};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A connector with a defect.
#[derive(Debug)]
struct Panics;

impl merchants::Connector for Panics {
    fn prepare(&self, _call: &merchants::Call<'_>) -> merchants::Prepared {
        panic!("a defect in a connector")
    }

    fn read(&self, _call: &merchants::Call<'_>, _response: &merchants::Response) -> entitlement::Answer {
        entitlement::Answer::Unknown
    }
}

/// A create while the store can commit nothing, for this reason.
async fn not_committed(before: &'static str, error: StoreError) -> Provoked {
    let hub = Setup::new().faulty().start().await;
    hub.get("/v1/echo/1").await.is(200, "OK");
    let faults = Arc::clone(hub.faults.as_ref().unwrap());
    faults.script(Call::Commit, Fault::Before(error));
    let came = hub.refuses(before, hub.creating("anna", "MUSIC_NOW").text()).await;
    assert_eq!(faults.left(), 0);
    hub.creating("anna", "MUSIC_NOW").send().await.shows(200, "ACTIVE");
    hub.finish().await;
    came
}

/// Sends all at once; of the answers, the first that the rule refused, with its request.
async fn crowd(hub: &TestHub, rule: &str, before: &'static str, all: Vec<Vec<u8>>) -> Provoked {
    let mut running = JoinSet::new();
    let address = hub.address;
    for sent in all {
        running.spawn(async move {
            let came = exchange(address, &sent).await;
            (sent, came)
        });
    }
    let is_refused = |came: &[u8]| Answer::parse(came, false)["error"]["rule"] == rule;
    while let Some(ended) = running.join_next().await {
        let (sent, came) = ended.unwrap();
        if is_refused(&came) {
            running.detach_all();
            return Provoked::new(before, sent, &came);
        }
    }
    panic!("nobody was refused by {rule}");
}

/// An echo under a password that nobody has.
fn guess(hub: &TestHub, at: u32) -> harness::Call<'_> {
    let header = basic("sandbox", &format!("guess {at}"));
    hub.call("GET", "/v1/echo/hello").anonymous().header("Authorization", &header)
}

alone! {
    ROWS:
    "internal-error" => {
        let hub = Setup::new().merchant(Arc::new(Panics)).start().await;
        let came = hub.refuses("A defect in the hub:", hub.creating("anna", "MUSIC").text()).await;
        hub.finish().await;
        came
    },
    "store-full" => not_committed("The disk is full:", StoreError::Full).await,
    "store-busy" => not_committed("More is waiting to be written than the hub takes on:", StoreError::Busy).await,
    "store-stopped" => {
        not_committed("The disk has failed:", StoreError::Stopped("input/output error".to_owned())).await
    },
    "draining" => {
        let hub = TestHub::start().await;
        hub.hub.drain();
        let came = hub.refuses("The hub is being stopped:", hub.call("GET", "/readyz").anonymous().text()).await;
        hub.finish().await;
        came
    },
    "deadline" => {
        let hub = Setup::new().faulty().start().await;
        let id = hub.created("anna", "MUSIC_NOW").await;
        let faults = Arc::clone(hub.faults.as_ref().unwrap());
        faults.script(Call::Load, Fault::Delay(Duration::from_secs(14)));
        let before = "The store takes 14 s to answer:";
        let came = hub.refuses(before, hub.call("GET", &format!("/v1/entitlement/{id}")).text()).await;
        hub.finish().await;
        came
    },
    "contended" => {
        let gate = Arc::new(Semaphore::new(0));
        let (hub, merchant) = asking([Reply::status(200)]).await;
        let id = hub.created("anna", "MUSIC").await;
        merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
        let suspend = hub.updating(&id, &json!({ "entitlementBenefits": "SUSPENDED" })).text();
        let address = hub.address;
        let suspending = tokio::spawn(async move { exchange(address, &suspend).await });
        merchant.took(2).await;
        let update = hub.updating(&id, &json!({ "externalEntitlementId": "E-1" })).text();
        let before = "The merchant is thinking about a suspend, and 32 further updates wait behind it. One more:";
        let came = crowd(&hub, "contended", before, vec![update; 40]).await;
        gate.add_permits(1);
        Answer::parse(&suspending.await.unwrap(), false).shows(200, "SUSPENDED");
        came
    },
    "request-in-progress" => {
        let gate = Arc::new(Semaphore::new(0));
        let (hub, _merchant) = asking([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]).await;
        let all = vec![hub.creating("anna", "MUSIC").identity("order-17").text(); 40];
        let before = "The first request of this identity still waits for the merchant, and 32 repeats wait for the \
                      first. One more:";
        let came = crowd(&hub, "request-in-progress", before, all).await;
        gate.add_permits(1);
        came
    },
    "password-checks-busy" => {
        let hub = Setup::new().proxied().start().await;
        let before = "Sixty-four other passwords are waiting to be checked:";
        // Each from elsewhere: twenty from one address would be refused before.
        let all = (0..90).map(|at| guess(&hub, at).header("X-Forwarded-For", &format!("198.51.100.{at}")).text());
        crowd(&hub, "password-checks-busy", before, all.collect()).await
    },
    "wrong-passwords" => {
        let hub = TestHub::start().await;
        for at in 0..20 {
            guess(&hub, at).send().await.refused(401, "UNAUTHORIZED", "unauthorized");
        }
        let before = "Twenty wrong passwords came from this address within the last minute. One more:";
        let came = exchange(hub.address, &guess(&hub, 20).text()).await;
        Provoked::new(before, guess(&hub, 20).text(), &came)
    },
    "rate-limited" => {
        let rate = Rate { per_second: NonZeroU32::MIN, burst: NonZeroU32::MIN };
        let hub = Setup::new().other("busy", false).gate("busy", Gate::new(Vec::new(), Some(rate), None)).start().await;
        let echo = hub.call("GET", "/v1/echo/hello").user("busy");
        echo.send().await.is(200, "OK");
        let before = "The operator gave this credential one request a second, and one was just answered:";
        crowd(&hub, "rate-limited", before, vec![echo.text(); 4]).await
    },
    "overloaded" => {
        let gate = Arc::new(Semaphore::new(0));
        let merchant = Receiver::start().await;
        merchant.answer([Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))]);
        let hub = Setup::new().merchant(ScriptedMerchant::at(&merchant)).load(4, 1).start().await;
        let waiting = hub.creating("anna", "MUSIC").text();
        let address = hub.address;
        let waiting = tokio::spawn(async move { exchange(address, &waiting).await });
        merchant.took(1).await;
        let before = "As many requests of this reseller as it may have at work wait for a merchant. One more:";
        let read = hub.call("GET", "/v1/echo/hello").text();
        let came = exchange(hub.address, &read).await;
        gate.add_permits(1);
        Answer::parse(&waiting.await.unwrap(), false).shows(200, "ACTIVE");
        hub.finish().await;
        Provoked::new(before, read, &came)
    },
}

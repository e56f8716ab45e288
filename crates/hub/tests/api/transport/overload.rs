//! More than the hub takes on: requests at work, and connections.

use crate::harness::{Answer, Receiver, Reply, ScriptedMerchant, Setup, TestHub, connect, exchange, read_to_end};
use hub::Transport;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// A hub whose merchant thinks until the gate lets it go on, with so many creates of two resellers
/// waiting for it.
async fn waiting(load: (usize, usize), creates: [usize; 2]) -> (TestHub, Arc<Semaphore>, JoinSet<Answer>) {
    let gate = Arc::new(Semaphore::new(0));
    let merchant = Receiver::start().await;
    let total = creates.iter().sum();
    merchant.answer((0..total).map(|_| Reply::Behind(Arc::clone(&gate), Box::new(Reply::status(200)))));
    let setup = Setup::new().merchant(ScriptedMerchant::at(&merchant)).other("other", false);
    let hub = setup.load(load.0, load.1).start().await;
    let mut running = JoinSet::new();
    for (user, count) in ["sandbox", "other"].into_iter().zip(creates) {
        for at in 0..count {
            let (address, sent) = (hub.address, hub.creating(&format!("c{at}"), "MUSIC").user(user).text());
            running.spawn(async move { Answer::parse(&exchange(address, &sent).await, false) });
        }
    }
    merchant.took(total).await;
    (hub, gate, running)
}

#[tokio::test]
async fn one_reseller_cannot_take_the_places_of_another() {
    let (hub, gate, mut running) = waiting((5, 3), [3, 0]).await;
    let refused = hub.call("POST", "/v1/entitlement").bytes(vec![b'x'; 300_000]).send().await;
    refused.refused(503, "SERVICE_UNAVAILABLE", "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    hub.call("GET", "/v1/echo/1").user("other").send().await.is(200, "OK");
    hub.call("GET", "/v1/echo/1").user("nobody").send().await.is(401, "UNAUTHORIZED");
    gate.add_permits(3);
    while let Some(answer) = running.join_next().await {
        answer.unwrap().shows(200, "ACTIVE");
    }
    hub.get("/v1/echo/1").await.is(200, "OK");
    assert_eq!(hub.hub.requests_at_work(), 0);
    hub.finish().await;
}

#[tokio::test]
async fn a_full_process_refuses_everybody_until_there_is_room() {
    let (hub, gate, mut running) = waiting((4, 3), [3, 1]).await;
    hub.call("GET", "/v1/echo/1").user("other").send().await.refused(503, "SERVICE_UNAVAILABLE", "overloaded");
    gate.add_permits(4);
    while let Some(answer) = running.join_next().await {
        answer.unwrap().shows(200, "ACTIVE");
    }
    hub.call("GET", "/v1/echo/1").user("other").send().await.is(200, "OK");
    hub.finish().await;
}

#[tokio::test]
async fn readers_of_the_feed_that_wait_hold_no_place() {
    let hub = Setup::new().load(2, 2).start().await;
    let mut waiting = JoinSet::new();
    for at in 1..=6 {
        let (address, sent) = (hub.address, hub.call("GET", "/v1/events?wait=30").text());
        waiting.spawn(async move { Answer::parse(&exchange(address, &sent).await, false) });
        hub.listening(at).await;
    }
    hub.get("/v1/echo/1").await.is(200, "OK");
    hub.created("anna", "MUSIC_NOW").await;
    let mut served = 0;
    while let Some(answer) = waiting.join_next().await {
        // Six come back at once for two places.
        let answer = answer.unwrap();
        assert!(answer.status == 200 || answer["error"]["rule"] == "overloaded", "{answer}");
        served += usize::from(answer.status == 200);
    }
    assert!(served > 0);
    hub.finish().await;
}

#[tokio::test]
async fn one_address_has_its_share_of_the_connections() {
    let transport = Transport { connections_per_address_max: 3, ..Transport::default() };
    let hub = Setup::new().over(transport).start().await;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(hub.address).await;
        // One answered request shows that the connection has its place.
        let call = String::from_utf8(hub.call("GET", "/v1/echo/1").text()).unwrap();
        stream.write_all(call.replace("Connection: close\r\n", "").as_bytes()).await.unwrap();
        stream.readable().await.unwrap();
        kept.push(stream);
    }
    let mut one_more = connect(hub.address).await;
    let _ = one_more.write_all(&hub.call("GET", "/v1/echo/1").text()).await;
    assert!(read_to_end(&mut one_more).await.is_empty(), "closed without an answer");
    drop(kept);
    // Their places are free as soon as the hub has seen them go.
    let served = async {
        loop {
            let mut stream = connect(hub.address).await;
            let _ = stream.write_all(&hub.call("GET", "/v1/echo/1").text()).await;
            let came = read_to_end(&mut stream).await;
            if !came.is_empty() {
                return Answer::parse(&came, false);
            }
        }
    };
    served.await.is(200, "OK");
    hub.finish().await;
}

#[tokio::test]
async fn a_full_listener_stops_all_the_same() {
    let hub = Setup::new().over(Transport { connections_max: 1, ..Transport::default() }).start().await;
    hub.get("/v1/echo/1").await.is(200, "OK");
    let idle = connect(hub.address).await;
    // Accepted before the hub is told to stop, and never leaving by itself.
    hub.stop().await;
    drop(idle);
}

//! Where notifications may go, and that nothing leads around it. The addresses themselves stand in
//! `ranges`.

use super::guard::NotPublic;
use super::*;
use hyper_util::client::legacy::connect::dns::Name;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::task::{Context, Poll};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower_service::Service;

fn guard(allowed: &[&str], live: bool) -> Guard {
    Guard::new(&Receivers::Public(allowed.iter().map(|net| net.parse().unwrap()).collect()), live)
}

fn to(url: &str, live: bool) -> Post {
    Post { url: url.parse().unwrap(), headers: HeaderMap::new(), body: Bytes::from_static(b"{}"), live }
}

fn end() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[test]
fn live_goes_to_public_addresses_and_test_to_loopback_too() {
    for (address, live, test) in [
        ("1.1.1.1", true, true),
        ("127.0.0.1", false, true),
        ("::1", false, true),
        ("10.0.0.1", false, false),
        ("169.254.169.254", false, false),
        ("::ffff:10.0.0.1", false, false),
    ] {
        let address = address.parse().unwrap();
        assert_eq!((guard(&[], true).admits(address), guard(&[], false).admits(address)), (live, test), "{address}");
        assert!(Guard::new(&Receivers::Anywhere, true).admits(address));
    }
    let listed = guard(&["10.1.0.0/16", "fd00::/8"], true);
    for (address, admitted) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("fd12::1", true), ("10.2.0.1", false)] {
        assert_eq!(listed.admits(address.parse().unwrap()), admitted, "{address}");
    }
}

/// Answers every name with the same addresses, as a hostile name server may.
#[derive(Clone)]
struct Says(Vec<SocketAddr>);

impl Service<Name> for Says {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = std::io::Error;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _name: Name) -> Self::Future {
        ready(Ok(self.0.clone().into_iter()))
    }
}

#[tokio::test]
async fn what_a_name_resolves_to_is_looked_at_and_not_the_name() {
    let resolved = async |addresses: &[&str]| {
        let resolver = Says(addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect());
        let mut guarded = GuardedResolver { resolver, guard: guard(&[], true) };
        let found = guarded.call("receiver.example".parse().unwrap()).await;
        found.map(|found| found.map(|address| address.ip().to_string()).collect::<Vec<_>>())
    };
    assert_eq!(resolved(&["1.1.1.1"]).await.unwrap(), ["1.1.1.1"]);
    for inner in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:192.168.0.1", "64:ff9b::a00:1"] {
        assert!(resolved(&[inner]).await.unwrap_err().is::<NotPublic>(), "{inner}");
        assert_eq!(resolved(&[inner, "1.1.1.1"]).await.unwrap(), ["1.1.1.1"], "{inner} is left out");
    }
}

#[tokio::test]
async fn live_connects_to_nothing_inside_however_it_is_written() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let outgoing = Outgoing::new(Receivers::Public(Vec::new())).unwrap();
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "10.0.0.1",
        "169.254.169.254",
    ] {
        let posted = outgoing.post(to(&format!("https://{host}:{port}/x"), true), end()).await;
        let said = posted.error.unwrap();
        // TLS itself takes some of these for no name.
        let is_refused = said.contains("not at a public address") || said == "invalid dns name";
        assert!(posted.status.is_none() && is_refused, "{host}: {said}");
        assert!(!said.contains("127.0.0.1"), "what a name resolves to is not told: {said}");
    }
    let plain = outgoing.post(to(&format!("http://1.1.1.1:{port}/x"), true), end()).await;
    assert_eq!(plain.error.as_deref(), Some("live notifications are sent by https only"));
    let nothing = std::future::poll_fn(|cx| Poll::Ready(listener.poll_accept(cx).is_pending())).await;
    assert!(nothing, "nobody has connected");
}

/// Says this to one connection, and that it was asked.
async fn answers(listener: TcpListener, answer: String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut asked = [0; 1_024];
    assert!(stream.read(&mut asked).await.unwrap() > 0);
    stream.write_all(answer.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn test_mode_and_listed_networks_reach_what_they_may_and_redirects_are_not_followed() {
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("http://{}/elsewhere", target.local_addr().unwrap());
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    for (outgoing, live) in [
        (Outgoing::new(Receivers::Public(Vec::new())).unwrap(), false),
        (Outgoing::new(Receivers::Anywhere).unwrap(), true),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let answering = tokio::spawn(answers(listener, redirect.clone()));
        assert_eq!(outgoing.post(to(&url, live), end()).await.status, Some(302));
        answering.await.unwrap();
    }
    let nothing = std::future::poll_fn(|cx| Poll::Ready(target.poll_accept(cx).is_pending())).await;
    assert!(nothing, "the redirect was not followed");
}

#[tokio::test]
async fn an_answer_without_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/merchant", listener.local_addr().unwrap());
    let answering = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1_024];
        assert!(stream.read(&mut asked).await.unwrap() > 0);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        // Until the other side has enough.
        while stream.write_all(&[b'x'; 16 * 1_024]).await.is_ok() {}
    });
    let outgoing = Outgoing::new(Receivers::Anywhere).unwrap();
    let request = Request { method: "POST", url, headers: Vec::new(), body: String::new() };
    assert!(matches!(outgoing.ask(&request, end()).await, Response::Broken));
    answering.await.unwrap();
}

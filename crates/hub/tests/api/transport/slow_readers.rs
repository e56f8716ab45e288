//! Clients that ask and do not take the answers: they are not held for ever, over HTTP/1.1 and
//! HTTP/2, and a slow one that does take something is.

use crate::harness::{Setup, TestHub, connect};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hub::Transport;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The largest answer that needs no data.
const LARGE: &str = "/docs/openapi.json";

/// Time-limits of a second, so that the tests need not wait for the real ones.
async fn impatient() -> TestHub {
    let short = Duration::from_secs(1);
    Setup::new().over(Transport { write_within: short, ping_every: short, ..Transport::default() }).start().await
}

#[tokio::test]
async fn a_client_that_reads_nothing_loses_its_connection() {
    let hub = impatient().await;
    let mut stream = connect(hub.address).await;
    let call = String::from_utf8(hub.call("GET", LARGE).anonymous().text()).unwrap();
    let call = call.replace("Connection: close\r\n", "");
    // More than all buffers between here and there hold.
    stream.write_all(call.repeat(100).as_bytes()).await.unwrap();
    // tidy: sleep because the fact is that nothing is read for so long
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut came = Vec::new();
    let _ = stream.read_to_end(&mut came).await;
    let whole = came.windows(17).filter(|some| some.starts_with(b"HTTP/1.1 200 OK\r\n")).count();
    assert!((1..100).contains(&whole), "some were sent, and then it was over: {whole}");
    hub.finish().await;
}

#[tokio::test]
async fn a_stream_that_is_never_read_ends_its_http2_connection() {
    let hub = impatient().await;
    let stream = TokioIo::new(connect(hub.address).await);
    let handshake = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1_000)
        .handshake(stream);
    let (mut sender, connection) = handshake.await.unwrap();
    let running = tokio::spawn(connection);
    let request =
        |path: &str| hyper::Request::get(format!("http://{}{path}", hub.address)).body(Empty::<Bytes>::new()).unwrap();
    let stuck = sender.send_request(request(LARGE)).await.unwrap();
    assert_eq!(stuck.status().as_u16(), 200);
    // Answers pings all the while, and takes other answers.
    let small = sender.send_request(request("/nowhere")).await.unwrap();
    assert!(small.into_body().collect().await.unwrap().to_bytes().len() > 100);
    // The connection ends before anybody asks for the body.
    let _ = running.await.unwrap();
    assert!(stuck.into_body().collect().await.is_err(), "the answer is not whole");
    hub.finish().await;
}

#[tokio::test]
async fn a_large_answer_that_is_read_comes_whole_over_both() {
    let hub = impatient().await;
    let whole = hub.call("GET", LARGE).anonymous().send().await.body;
    let stream = TokioIo::new(connect(hub.address).await);
    #[expect(clippy::disallowed_methods, reason = "the tests' own client")]
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (mut sender, connection) = handshake.await.unwrap();
    let running = tokio::spawn(connection);
    let request = hyper::Request::get(format!("http://{}{LARGE}", hub.address)).body(Empty::<Bytes>::new()).unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.headers()["content-length"], whole.len().to_string().as_str());
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), whole.as_bytes());
    drop(sender);
    running.await.unwrap().unwrap();
    hub.finish().await;
}

#[tokio::test]
async fn a_connection_without_requests_is_closed_and_one_that_waits_for_its_answer_is_not() {
    let idle_within = Duration::from_secs(1);
    let hub = Setup::new().over(Transport { idle_within, ..Transport::default() }).start().await;
    let mut stream = connect(hub.address).await;
    let text = |path: &str| {
        let text = String::from_utf8(hub.call("GET", path).text()).unwrap();
        text.replace("Connection: close\r\n", "").into_bytes()
    };
    // Longer at work than a connection may be idle.
    stream.write_all(&text("/v1/events?wait=2")).await.unwrap();
    let mut came = vec![0; 4_096];
    let read = stream.read(&mut came).await.unwrap();
    assert!(came[..read].starts_with(b"HTTP/1.1 200 OK\r\n"));
    // It serves the next request, and ends in silence when none comes.
    stream.write_all(&text("/v1/echo/1")).await.unwrap();
    let answered = tokio::time::Instant::now();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    let waited = answered.elapsed();
    assert!(rest.starts_with(b"HTTP/1.1 200 OK\r\n"), "{}", String::from_utf8_lossy(&rest));
    assert_eq!(rest.windows(9).filter(|some| some.starts_with(b"HTTP/1.1 ")).count(), 1);
    assert!(waited >= idle_within, "{waited:?}");
    hub.finish().await;
}

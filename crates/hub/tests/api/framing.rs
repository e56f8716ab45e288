//! What comes over the wire before it is JSON: media types, sizes, slow and broken senders, and
//! what is no HTTP at all.

use crate::harness::{Answer, PASSWORD, TestHub, basic, connect, create_body, exchange, read_to_end};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn json_is_taken_under_every_name_it_goes_by() {
    let hub = TestHub::start().await;
    for (at, media) in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "APPLICATION/JSON",
        "application/vnd.reseller+json",
        "application/merge-patch+json; charset=utf8",
        "application/json; profile=x",
    ]
    .into_iter()
    .enumerate()
    {
        let body = create_body(&format!("c{at}"), "MUSIC_NOW").to_string();
        let marked = format!("\u{feff}{body}");
        let call = hub.call("POST", "/v1/entitlement").header("Content-Type", media).bytes(marked);
        call.send().await.shows(200, "ACTIVE");
    }
    hub.finish().await;
}

#[tokio::test]
async fn anything_else_is_no_json() {
    let hub = TestHub::start().await;
    for media in [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=iso-8859-1",
        "application/jsonx",
        "",
    ] {
        let call = hub.call("POST", "/v1/entitlement").header("Content-Type", media).bytes("{");
        call.send().await.refused(415, "BAD_REQUEST", "media-type").hints("");
    }
    let missing = hub.call("PATCH", "/v1/entitlement").bytes("{}").send().await;
    missing.refused(415, "BAD_REQUEST", "media-type").hints("Content-Type header is missing");
    assert_eq!(missing["error"]["field"], "Content-Type");
    hub.finish().await;
}

#[tokio::test]
async fn a_post_without_body_needs_no_media_type() {
    let hub = TestHub::start().await;
    let id = hub.created("anna", "MUSIC").await;
    hub.call("POST", "/v1/entitlement/report").send().await.is(200, "OK");
    hub.call("POST", "/v1/entitlement/report").bytes("").send().await.is(200, "OK");
    hub.call("POST", &format!("/v1/entitlement/{id}/activationInfo")).send().await.is(200, "OK");
    hub.call("POST", "/v1/entitlement").send().await.is(400, "BAD_REQUEST");
    hub.call("POST", &format!("/v1/entitlement/cancel/{id}")).send().await.shows(200, "CANCELLED");
    hub.finish().await;
}

#[tokio::test]
async fn a_body_of_256_kib_is_read_and_one_byte_more_is_not() {
    let hub = TestHub::start().await;
    let mut body = create_body("anna", "MUSIC_NOW").to_string();
    body.push_str(&" ".repeat(256 * 1024 - body.len()));
    let call =
        |body: String| hub.call("POST", "/v1/entitlement").header("Content-Type", "application/json").bytes(body);
    call(format!("{body} ")).send().await.refused(413, "BAD_REQUEST", "body-too-large");
    call("x".repeat(1024 * 1024)).send().await.refused(413, "BAD_REQUEST", "body-too-large");
    hub.post("/v1/entitlement/report", &json!({})).await.is(200, "OK");
    call(body).send().await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn a_body_in_pieces_is_read_and_bounded_too() {
    let hub = TestHub::start().await;
    let chunked = |body: &str| {
        let text = hub.creating("x", "MUSIC_NOW").text();
        let head = String::from_utf8(text).unwrap();
        let head = head.split("Content-Length").next().unwrap().to_owned();
        let half = body.len() / 2;
        let pieces =
            format!("{half:x}\r\n{}\r\n{:x}\r\n{}\r\n0\r\n\r\n", &body[..half], body.len() - half, &body[half..]);
        format!("{head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{pieces}").into_bytes()
    };
    let small = chunked(&create_body("anna", "MUSIC_NOW").to_string());
    Answer::parse(&exchange(hub.address, &small).await, false).shows(200, "ACTIVE");
    let large = chunked(&"x".repeat(1024 * 1024));
    Answer::parse(&exchange(hub.address, &large).await, false).refused(413, "BAD_REQUEST", "body-too-large");
    hub.finish().await;
}

#[tokio::test]
async fn slow_senders_are_given_up_after_ten_seconds_and_nothing_is_done() {
    let hub = TestHub::start().await;
    let whole = hub.creating("slow", "MUSIC_NOW").text();
    let text = String::from_utf8(whole.clone()).unwrap();
    let body_at = text.find("\r\n\r\n").unwrap() + 4;
    let stalled = async |sent: &[u8]| {
        let mut stream = connect(hub.address).await;
        stream.write_all(sent).await.unwrap();
        read_to_end(&mut stream).await
    };
    let (no_body, half_body, half_head, half_preface, nothing, ()) = tokio::join!(
        stalled(&whole[..body_at]),
        stalled(&whole[..body_at + 20]),
        stalled(&whole[..body_at - 30]),
        stalled(b"PRI * HTTP/2.0"),
        stalled(b""),
        http2_waits_as_long_as_it_likes(&hub),
    );
    assert_eq!(nothing, b"", "who has said nothing is told nothing");
    for came in [no_body, half_body] {
        let answer = Answer::parse(&came, false);
        answer.refused(408, "BAD_REQUEST", "body-too-slow");
        assert_eq!(answer["error"]["retryable"], true);
    }
    for came in [half_head, half_preface] {
        Answer::parse(&came, false).refused(408, "BAD_REQUEST", "headers-too-slow");
    }
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!(found["entitlements"], json!([]));
    hub.finish().await;
}

/// One HTTP/2 connection: a request, a pause longer than any header may take, and another one.
async fn http2_waits_as_long_as_it_likes(hub: &TestHub) {
    let stream = TokioIo::new(connect(hub.address).await);
    #[expect(clippy::disallowed_methods, reason = "the tests' own client")]
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (mut sender, connection) = handshake.await.unwrap();
    let running = tokio::spawn(connection);
    for echo in ["1", "2"] {
        let request = Request::get(format!("http://{}/v1/echo/{echo}", hub.address))
            .header("authorization", basic("sandbox", PASSWORD))
            .body(Empty::<Bytes>::new())
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(body.ends_with(format!("\"echo\":\"{echo}\"}}").as_bytes()));
        if echo == "1" {
            // tidy: sleep because the fact is that nothing happens for so long
            tokio::time::sleep(Duration::from_secs(11)).await;
        }
    }
    drop(sender);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn garbage_instead_of_http_harms_nobody_else() {
    let hub = TestHub::start().await;
    let long_name = format!("GET /v1/echo/1 HTTP/1.1\r\nHost: x\r\n{}: x\r\n\r\n", "n".repeat(100_000));
    let many = format!("GET /v1/echo/1 HTTP/1.1\r\nHost: x\r\n{}\r\n", "a: b\r\n".repeat(500));
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"hello\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET /v1/echo/1\r\n\r\n",
        b"GET /v1/echo/1 HTTP/9.9\r\n\r\n",
        b"GET /v1/echo/1 HTTP/1.1\r\nno colon here\r\n\r\n",
        b"POST /v1/entitlement HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/entitlement HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        long_name.as_bytes(),
        many.as_bytes(),
    ] {
        let mut stream = connect(hub.address).await;
        let _ = stream.write_all(garbage).await;
        let _ = stream.shutdown().await;
        let came = read_to_end(&mut stream).await;
        Answer::parse(&came, false).refused(400, "BAD_REQUEST", "http-invalid").hints("64 KiB");
    }
    hub.get("/v1/echo/1").await.is(200, "OK");
    hub.finish().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_after_the_body_has_his_write_done_once() {
    let hub = TestHub::start().await;
    for at in 0..10 {
        let mut stream = connect(hub.address).await;
        let call = hub.creating(&format!("c{at}"), "MUSIC_NOW").identity(&format!("hang-{at}")).text();
        stream.write_all(&call).await.unwrap();
        drop(stream);
        let again = hub.creating(&format!("c{at}"), "MUSIC_NOW").identity(&format!("hang-{at}")).send().await;
        again.shows(200, "ACTIVE");
    }
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!(found["entitlements"].as_array().unwrap().len(), 10);
    hub.finish().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_in_the_body_has_nothing_done() {
    let hub = TestHub::start().await;
    let call = hub.creating("anna", "MUSIC_NOW").text();
    let mut stream = connect(hub.address).await;
    stream.write_all(&call[..call.len() - 5]).await.unwrap();
    stream.shutdown().await.unwrap();
    let _ = read_to_end(&mut stream).await;
    let found = hub.post("/v1/entitlement/report", &json!({})).await;
    assert_eq!(found["entitlements"], json!([]));
    hub.create("anna", "MUSIC_NOW").await.shows(200, "ACTIVE");
    hub.finish().await;
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let hub = TestHub::start().await;
    let mut stream = connect(hub.address).await;
    for at in 0..5 {
        let call = String::from_utf8(hub.call("GET", &format!("/v1/echo/{at}")).text()).unwrap();
        stream.write_all(call.replace("Connection: close\r\n", "").as_bytes()).await.unwrap();
        let mut came = Vec::new();
        while !came.ends_with(format!("\"echo\":\"{at}\"}}").as_bytes()) {
            assert!(stream.read_buf(&mut came).await.unwrap() > 0, "{}", String::from_utf8_lossy(&came));
        }
    }
    drop(stream);
    hub.finish().await;
}

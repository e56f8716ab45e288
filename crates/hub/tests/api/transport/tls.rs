//! TLS: what is spoken, what is refused, and a certificate that is renewed while the hub runs.

use crate::harness::{Answer, PASSWORD, Setup, TestHub, basic, connect, read_to_end};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hub::{Tls, Transport};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use std::path::Path;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Writes a certificate and its key; the certificate.
fn renew(folder: &Path, year: i32) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let mut wanted = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    wanted.not_after = date_time_ymd(year, 1, 1);
    let made = wanted.self_signed(&key).unwrap();
    std::fs::write(folder.join("certificate.pem"), made.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    CertificateDer::from_pem_slice(made.pem().as_bytes()).unwrap()
}

async fn started(folder: &Path) -> (TestHub, Tls) {
    let tls = Tls::open(folder.join("certificate.pem"), folder.join("key.pem")).unwrap();
    let hub = Setup::new().over(Transport { tls: Some(tls.clone()), ..Transport::default() }).start().await;
    (hub, tls)
}

/// A client that trusts this certificate and speaks these protocols.
async fn shaken(
    hub: &TestHub,
    trusted: &CertificateDer<'static>,
    protocol: &[u8],
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = connect(hub.address).await;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

const ALL: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

async fn echo_by_http1(hub: &TestHub, stream: &mut TlsStream<TcpStream>) -> Answer {
    stream.write_all(&hub.call("GET", "/v1/echo/1").text()).await.unwrap();
    let mut came = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(stream, &mut came).await;
    Answer::parse(&came, false)
}

#[tokio::test]
async fn http_1_and_2_are_spoken_over_tls_1_2_and_1_3() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = renew(folder.path(), 2040);
    let (hub, _) = started(folder.path()).await;
    for versions in [&[&version::TLS13][..], &[&version::TLS12]] {
        let mut stream = shaken(&hub, &trusted, b"http/1.1", versions).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        echo_by_http1(&hub, &mut stream).await.is(200, "OK");
    }
    let stream = shaken(&hub, &trusted, b"h2", ALL).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    #[expect(clippy::disallowed_methods, reason = "the tests' own client")]
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    let running = tokio::spawn(connection);
    let request = hyper::Request::get(format!("https://{}/v1/echo/1", hub.address))
        .header("authorization", basic("sandbox", PASSWORD))
        .body(Empty::<Bytes>::new())
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert!(answer.into_body().collect().await.unwrap().to_bytes().ends_with(b"\"echo\":\"1\"}"));
    drop(sender);
    running.await.unwrap().unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn who_speaks_plain_http_to_the_tls_port_is_told_and_nothing_is_read() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path(), 2040);
    let (hub, _) = started(folder.path()).await;
    let answer = hub.call("GET", "/v1/echo/1").send().await;
    answer.refused(400, "BAD_REQUEST", "http-invalid").hints("https://");
    let mut stream = connect(hub.address).await;
    stream.write_all(b"\x16\x03\x01\x00\x05hello").await.unwrap();
    let came = read_to_end(&mut stream).await;
    assert!(!came.starts_with(b"HTTP"), "a broken handshake is answered by TLS");
    hub.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_is_served_and_open_connections_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let old = renew(folder.path(), 2040);
    let (hub, tls) = started(folder.path()).await;
    let mut open = shaken(&hub, &old, b"http/1.1", ALL).await.unwrap();
    let renewed = renew(folder.path(), 2050);
    assert!(tls.reload().unwrap());
    assert!(shaken(&hub, &old, b"http/1.1", ALL).await.is_err(), "it is another certificate");
    let mut fresh = shaken(&hub, &renewed, b"http/1.1", ALL).await.unwrap();
    echo_by_http1(&hub, &mut fresh).await.is(200, "OK");
    echo_by_http1(&hub, &mut open).await.is(200, "OK");
    std::fs::write(folder.path().join("key.pem"), "broken").unwrap();
    assert!(tls.reload().is_err());
    assert!(shaken(&hub, &renewed, b"http/1.1", ALL).await.is_ok(), "the old pair stays");
    hub.stop().await;
}

/// Nobody asks for it: the listener looks by itself.
#[tokio::test]
async fn changed_files_are_found_by_the_listener_itself() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path(), 2040);
    let (hub, tls) = started(folder.path()).await;
    let before = tls.expires_at();
    renew(folder.path(), 2050);
    while tls.expires_at() == before {
        // tidy: sleep because the listener looks every few seconds, and spinning would slow it down
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(wire::print_date(tls.expires_at()), "2050-01-01T00:00:00Z");
    hub.stop().await;
}

#[tokio::test]
async fn a_handshake_that_stalls_is_given_up_and_does_not_hold_up_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    renew(folder.path(), 2040);
    let (hub, _) = started(folder.path()).await;
    let (mut silent, mut half) = (connect(hub.address).await, connect(hub.address).await);
    half.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    let (nothing, some) = tokio::join!(read_to_end(&mut silent), read_to_end(&mut half));
    assert!(nothing.is_empty() && !some.starts_with(b"HTTP"), "closed after ten seconds");
    let mut waiting = connect(hub.address).await;
    waiting.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    hub.stop().await;
    assert!(read_to_end(&mut waiting).await.is_empty());
}

/// The headers' time counts over TLS as over TCP.
#[tokio::test]
async fn slow_headers_over_tls_are_answered_with_408() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = renew(folder.path(), 2040);
    let (hub, _) = started(folder.path()).await;
    let mut stream = shaken(&hub, &trusted, b"http/1.1", ALL).await.unwrap();
    stream.write_all(b"GET /v1/echo/1 HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut came = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut came).await;
    Answer::parse(&came, false).refused(408, "BAD_REQUEST", "headers-too-slow");
    hub.stop().await;
}

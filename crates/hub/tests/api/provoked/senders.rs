//! Senders that are slow, break off or speak something else, written byte by byte.

use super::row::{Provoked, alone};
use crate::harness::{TestHub, connect, read_to_end};
use tokio::io::AsyncWriteExt;

/// Sends so much of it, then nothing more, and waits for the answer.
async fn stalled(hub: &TestHub, before: &'static str, sent: &[u8]) -> Provoked {
    let mut stream = connect(hub.address).await;
    stream.write_all(sent).await.unwrap();
    let came = read_to_end(&mut stream).await;
    Provoked::new(before, sent.to_vec(), &came)
}

alone! {
    ROWS:
    "headers-too-slow" => {
        let hub = TestHub::start().await;
        let sent = b"POST /v1/entitlement HTTP/1.1\r\nContent-Type: application/json\r\n";
        let came = stalled(&hub, "This much, then nothing for ten seconds:", sent).await;
        hub.get("/v1/echo/1").await.is(200, "OK");
        hub.finish().await;
        came
    },
    "body-too-slow" => {
        let hub = TestHub::start().await;
        // On a busy machine checking the password would take up the time left for the answer.
        hub.get("/v1/echo/1").await.is(200, "OK");
        let whole = hub.creating("anna", "MUSIC_NOW").text();
        let sent = &whole[..whole.len() - 30];
        let came = stalled(&hub, "The end of this body does not arrive within ten seconds:", sent).await;
        hub.finish().await;
        came
    },
    "body-broken" => {
        let hub = TestHub::start().await;
        let call = hub.call("POST", "/v1/entitlement").header("Content-Type", "application/json");
        let mut sent = call.header("Transfer-Encoding", "chunked").text();
        sent.extend_from_slice(b"zz\r\n{\"customerIdentifier\":\"anna\"}\r\n0\r\n\r\n");
        let came = hub.refuses("`zz` is no length of a chunk:", sent).await;
        hub.finish().await;
        came
    },
    "http-invalid" => {
        let hub = TestHub::start().await;
        let sent = b"GET /v1/echo/hello HTTP/1.1\r\nHost acme.example\r\n\r\n".to_vec();
        let came = hub.refuses("The colon is missing behind `Host`:", sent).await;
        hub.get("/v1/echo/1").await.is(200, "OK");
        hub.finish().await;
        came
    },
}

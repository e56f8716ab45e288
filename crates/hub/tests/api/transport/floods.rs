//! Floods of HTTP/2, frame by frame: no client library sends these.

use crate::harness::{TestHub, connect, read_to_end};
use tokio::io::AsyncWriteExt;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
/// RFC 9113 section 7: the peer does too much of something.
const ENHANCE_YOUR_CALM: u32 = 11;
/// A whole request in one frame: END_HEADERS and END_STREAM.
const WHOLE: u8 = 0x5;
/// GET / of http at x, by the static table of RFC 7541.
const GET: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 0x01, b'x'];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The kinds and payloads of what came.
fn frames(mut came: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while came.len() >= 9 {
        let length = u32::from_be_bytes([0, came[0], came[1], came[2]]) as usize;
        let Some(payload) = came.get(9..9 + length) else { break };
        frames.push((came[3], payload.to_vec()));
        came = &came[9 + length..];
    }
    frames
}

#[tokio::test]
async fn streams_that_are_opened_and_reset_end_the_connection() {
    let hub = TestHub::start().await;
    let mut flood = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    for stream in (1..2_001).step_by(2) {
        flood.extend(frame(HEADERS, WHOLE, stream, &GET));
        flood.extend(frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes()));
    }
    let mut stream = connect(hub.address).await;
    // The hub may close before it has read everything.
    let _ = stream.write_all(&flood).await;
    let came = frames(&read_to_end(&mut stream).await);
    let goaway = came.iter().find(|(kind, _)| *kind == GOAWAY).map(|(_, payload)| payload[4..8].to_vec());
    assert_eq!(goaway, Some(ENHANCE_YOUR_CALM.to_be_bytes().to_vec()), "{came:?}");
    hub.get("/v1/echo/1").await.is(200, "OK");
    hub.finish().await;
}

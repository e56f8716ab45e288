//! The first moments of a connection: the TLS handshake within its time, and a word to whoever
//! speaks plain HTTP to a TLS port.

use super::stream::Stream;
use super::tls::Tls;
use crate::Hub;
use crate::http::speaks_tls;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// A handshake that is not over after so long is given up.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// The connection, ready for HTTP; `None` where it came to nothing.
pub(super) async fn shake_hands(hub: &Hub, tls: Option<&Tls>, stream: TcpStream) -> Option<Stream> {
    let Some(tls) = tls else {
        return Some(Stream::Plain(stream));
    };
    let shaking = async {
        let mut first = [0];
        if stream.peek(&mut first).await.is_ok_and(|read| read == 1) && first[0].is_ascii_uppercase() {
            // Whoever cannot even take this is not waited for.
            let _ = stream.try_write(speaks_tls(hub).as_bytes());
            return None;
        }
        TlsAcceptor::from(tls.config())
            .accept(stream)
            .await
            .inspect_err(|error| {
                tracing::debug!(%error, "a TLS handshake failed");
            })
            .ok()
    };
    let shaken = timeout(HANDSHAKE_WITHIN, shaking).await.ok().flatten();
    shaken.map(|stream| Stream::Tls(Box::new(stream)))
}

//! Serving the operator interface: on a Unix socket that only the owner's user may open, on a loopback
//! port behind a token, or within one process. HTTP/1.1 throughout.

use super::asked::Asked;
use crate::http::json;
use crate::{Answer, Hub};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use wire::{ErrorAnswer, ResponseCode};

/// Names the person who asks, for the audit; whoever reaches the interface is believed.
pub const OPERATOR_HEADER: &str = "x-entitle-operator";
/// A name is no longer, in characters.
const NAME_CHARS_MAX: usize = 64;
/// Operators at once.
const CONNECTIONS_MAX: usize = 64;
/// After a failed accept the next try waits.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// Where operators are listened to.
pub enum Operators {
    /// A Unix socket, whose mode keeps everybody else out.
    Socket(UnixListener),
    /// A loopback port; the token is asked as `Authorization: Bearer`.
    Port(TcpListener, String),
}

impl Operators {
    /// Serves until `stop` is ready.
    pub async fn run(self, hub: Hub, stop: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        tokio::pin!(stop);
        loop {
            let free = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, self.accept().await)
            };
            let (place, accepted) = tokio::select! {
                accepted = free => accepted,
                () = &mut stop => return,
            };
            // The places are never closed.
            let Ok(place) = place else { return };
            let hub = hub.clone();
            match accepted {
                Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
                Ok(Accepted::Socket(stream, who)) => drop(tokio::spawn(async move {
                    let _place = place;
                    serve_operator(hub, stream, who, None).await;
                })),
                Ok(Accepted::Port(stream, token)) => drop(tokio::spawn(async move {
                    let _place = place;
                    serve_operator(hub, stream, "token".to_owned(), Some(token)).await;
                })),
            }
        }
    }

    async fn accept(&self) -> std::io::Result<Accepted> {
        match self {
            Self::Socket(listener) => {
                let (stream, _) = listener.accept().await?;
                let who = stream.peer_cred().map_or_else(|_| "uid ?".to_owned(), |peer| format!("uid {}", peer.uid()));
                Ok(Accepted::Socket(stream, who))
            }
            Self::Port(listener, token) => {
                let (stream, _) = listener.accept().await?;
                Ok(Accepted::Port(stream, token.clone()))
            }
        }
    }
}

/// One connection.
enum Accepted {
    Socket(tokio::net::UnixStream, String),
    Port(tokio::net::TcpStream, String),
}

/// Serves one connection to its end. `who` is what is known of its other side; `token` has to be shown,
/// where there is one.
pub async fn serve_operator(
    hub: Hub,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    who: String,
    token: Option<String>,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        let (hub, who, token) = (hub.clone(), who.clone(), token.clone());
        async move { Ok::<_, Infallible>(answer(hub, request, &who, token.as_deref()).await) }
    });
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "an operator's connection ended");
    }
}

async fn answer(hub: Hub, request: Request<Incoming>, who: &str, token: Option<&str>) -> Response<Full<bytes::Bytes>> {
    if token.is_some_and(|token| !shows(request.headers(), token)) {
        let error = ErrorAnswer::new(401, ResponseCode::Unauthorized, "unauthorized", "The token is missing or wrong.")
            .with_hint("Send `Authorization: Bearer` and the text of the operator's token file.");
        return json(Answer::error(&error));
    }
    if request.method() == Method::GET && request.uri().path() == "/metrics" {
        return hub.metrics().await;
    }
    let who = named(request.headers(), who);
    match Asked::read(request, who).await {
        // In a task of its own: an operator who hangs up stops nothing half-way, and a panic is an answer.
        Ok(asked) => match tokio::spawn(async move { hub.operator_answer(asked).await }).await {
            Ok(answer) => json(answer),
            Err(panic) => {
                tracing::error!(%panic, "an operator's call ended in a panic");
                json(Answer::error(&crate::answer::internal_error()))
            }
        },
        Err(error) => json(Answer::error(&error)),
    }
}

fn shows(headers: &HeaderMap, token: &str) -> bool {
    let shown = headers.get(AUTHORIZATION).map(|value| value.as_bytes()).unwrap_or_default();
    let expected = format!("Bearer {token}");
    bool::from(shown.ct_eq(expected.as_bytes()))
}

/// `anna (uid 0)`: the name is said, the number is known.
fn named(headers: &HeaderMap, who: &str) -> String {
    let said = headers.get(OPERATOR_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    if said.is_empty() || said.chars().count() > NAME_CHARS_MAX || said.chars().any(char::is_control) {
        return who.to_owned();
    }
    format!("{said} ({who})")
}

//! One HTTP request and its answer: the client's door to the network. No retries, no JSON, no
//! knowledge of hubs. Redirects are not followed, answers are bounded, a time limit covers all.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HeaderMap, RETRY_AFTER};
use hyper::{Method, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// A connection that is not there after so long is given up.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Kept idle for so long, less than the hub keeps them.
const IDLE_WITHIN: Duration = Duration::from_secs(30);
/// The largest answer read: a report of 1,000 entitlements with 32 KiB of extensionData each has
/// room in it.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Sends requests; clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    way: Way,
}

/// How requests travel.
#[derive(Debug, Clone)]
enum Way {
    /// Over connections made as they are needed.
    Pool(Box<Client<HttpsConnector<HttpConnector>, Full<Bytes>>>),
    /// One after the other, over one connection that was there.
    One(Arc<Mutex<SendRequest<Full<Bytes>>>>),
}

/// What is sent.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Where to, absolute.
    pub url: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, empty for none.
    pub body: Bytes,
}

/// What came back, whole.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, where it is a number.
    pub retry_after_s: Option<u64>,
    /// The body.
    pub body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection: it has certainly not been received.
    #[error("{0}")]
    NotSent(String),
    /// The connection broke: it may have been received.
    #[error("{0}")]
    Broken(String),
    /// No whole answer in time: it may have been received.
    #[error("no answer within {} s", .0.as_secs())]
    TooSlow(Duration),
}

impl Http {
    /// A sender with no connections yet.
    ///
    /// # Errors
    /// Where TLS cannot be set up; the text says why.
    pub fn new() -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "this is the client's door for outgoing connections")]
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT_WITHIN));
        http.enforce_http(false);
        http.set_nodelay(true);
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| error.to_string())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_WITHIN)
            .build(https);
        Ok(Self { way: Way::Pool(Box::new(client)) })
    }

    /// A sender over one connection that is there already: a Unix socket, or a pipe within the process.
    /// It does not survive the connection.
    ///
    /// # Errors
    /// Where the other side does not speak HTTP/1.1; the text says why.
    pub async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "this is the client's door for outgoing connections")]
        let made = http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = made.map_err(|error| error.to_string())?;
        // An error of the connection comes to light with the request that it ends.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { way: Way::One(Arc::new(Mutex::new(sender))) })
    }

    /// Sends one request and reads its answer to the end, within a time limit.
    ///
    /// # Errors
    /// Where no whole answer came.
    pub async fn send(&self, request: HttpRequest, within: Duration) -> Result<HttpAnswer, SendError> {
        let end = Instant::now() + within;
        let mut made = hyper::Request::new(Full::new(request.body));
        *made.method_mut() = request.method;
        *made.uri_mut() = request.url;
        *made.headers_mut() = request.headers;
        let answer = match timeout_at(end, self.exchange(made)).await {
            Err(_) => return Err(SendError::TooSlow(within)),
            Ok(answer) => answer?,
        };
        let status = answer.status().as_u16();
        let retry_after_s = answer.headers().get(RETRY_AFTER).and_then(|text| text.to_str().ok()?.trim().parse().ok());
        match timeout_at(end, Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect()).await {
            Err(_) => Err(SendError::TooSlow(within)),
            Ok(Err(error)) => Err(SendError::Broken(innermost(error.as_ref()))),
            Ok(Ok(body)) => Ok(HttpAnswer { status, retry_after_s, body: body.to_bytes() }),
        }
    }
}

impl Http {
    async fn exchange(&self, request: hyper::Request<Full<Bytes>>) -> Result<hyper::Response<Incoming>, SendError> {
        match &self.way {
            Way::Pool(client) => client.request(request).await.map_err(|error| match error.is_connect() {
                true => SendError::NotSent(innermost(&error)),
                false => SendError::Broken(innermost(&error)),
            }),
            Way::One(sender) => {
                let mut sender = sender.lock().await;
                sender.ready().await.map_err(|error| SendError::NotSent(innermost(&error)))?;
                sender.send_request(request).await.map_err(|error| SendError::Broken(innermost(&error)))
            }
        }
    }
}

/// The innermost cause says most, and without the system's number: "Connection refused".
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

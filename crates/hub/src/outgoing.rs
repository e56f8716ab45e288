//! The one door for outgoing HTTP: merchants and notification receivers. Redirects are not
//! followed, answers are bounded, and time limits are the caller's. Receivers' URLs are strangers',
//! so those connections are guarded; merchants' are the operator's own.

mod guard;
mod ranges;

pub use guard::Receivers;

use bytes::Bytes;
use guard::{Guard, GuardedConnector, GuardedResolver};
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::uri::Scheme;
use hyper::{Method, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use merchants::{Request, Response};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A connection that is not there after so long is given up (docs/API.md section 6).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Idle connections kept per host, and for how long.
const IDLE_PER_HOST: usize = 64;
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// No answer the hub reads is longer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

type Connector = HttpsConnector<GuardedConnector<HttpConnector<GuardedResolver<GaiResolver>>>>;
type HttpClient = Client<Connector, Full<Bytes>>;

/// Three clients, so that no connection of one kind is used for another.
pub(crate) struct Outgoing {
    merchants: HttpClient,
    live: Receiving,
    test: Receiving,
}

/// A client for one mode's receivers.
struct Receiving {
    client: HttpClient,
    guard: Guard,
}

/// A POST of a notification.
pub(crate) struct Post {
    pub(crate) url: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Of a live entitlement.
    pub(crate) live: bool,
}

/// What came of a POST.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) status: Option<u16>,
    pub(crate) retry_after_s: Option<u64>,
    pub(crate) error: Option<String>,
}

impl Outgoing {
    pub(crate) fn new(receivers: Receivers) -> Result<Self, String> {
        let receiving = |live| {
            let guard = Guard::new(&receivers, live);
            Ok::<_, String>(Receiving { client: client(guard.clone())?, guard })
        };
        let merchants = client(Guard::new(&Receivers::Anywhere, true))?;
        Ok(Self { merchants, live: receiving(true)?, test: receiving(false)? })
    }

    /// Sends a merchant's request; whatever happens becomes a [`Response`].
    pub(crate) async fn ask(&self, request: &Request, end: Instant) -> Response {
        let Some(request) = merchant_request(request) else {
            return Response::NotSent;
        };
        match timeout_at(end, self.merchants.request(request)).await {
            Err(_) => Response::Broken,
            Ok(Err(error)) if error.is_connect() => Response::NotSent,
            Ok(Err(_)) => Response::Broken,
            Ok(Ok(answer)) => {
                let status = answer.status().as_u16();
                match timeout_at(end, Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect()).await {
                    Ok(Ok(body)) => Response::Whole { status, body: body.to_bytes().to_vec() },
                    Ok(Err(_)) | Err(_) => Response::Broken,
                }
            }
        }
    }

    /// Posts a notification, where it may go.
    pub(crate) async fn post(&self, post: Post, end: Instant) -> Posted {
        let receiving = if post.live { &self.live } else { &self.test };
        if receiving.guard.wants_https() && post.url.scheme() != Some(&Scheme::HTTPS) {
            return failed("live notifications are sent by https only");
        }
        let mut request = hyper::Request::new(Full::new(post.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = post.url;
        *request.headers_mut() = post.headers;
        match timeout_at(end, receiving.client.request(request)).await {
            Err(_) => failed("no answer within 10 s"),
            Ok(Err(error)) => failed(&describe(&error)),
            Ok(Ok(answer)) => {
                let posted = Posted {
                    status: Some(answer.status().as_u16()),
                    retry_after_s: retry_after(answer.headers()),
                    error: None,
                };
                // The body is read so that the connection can be used again; it means nothing.
                let _ = timeout_at(end, Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect()).await;
                posted
            }
        }
    }
}

fn client(guard: Guard) -> Result<HttpClient, String> {
    let resolver = GuardedResolver { resolver: GaiResolver::new(), guard: guard.clone() };
    #[expect(clippy::disallowed_methods, reason = "this is the door for outgoing connections")]
    let mut http = HttpConnector::new_with_resolver(resolver);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.enforce_http(false);
    http.set_nodelay(true);
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
        .map_err(|error| error.to_string())?
        .https_or_http()
        .enable_http1()
        .wrap_connector(GuardedConnector { connector: http, guard });
    Ok(Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .build(https))
}

fn failed(error: &str) -> Posted {
    Posted { status: None, retry_after_s: None, error: Some(error.to_owned()) }
}

/// The innermost cause says most ("connection refused"); URLs with secrets are not in it.
fn describe(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(hyper::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

fn merchant_request(request: &Request) -> Option<hyper::Request<Full<Bytes>>> {
    let mut made = hyper::Request::new(Full::new(Bytes::from(request.body.clone())));
    *made.method_mut() = Method::from_bytes(request.method.as_bytes()).ok()?;
    *made.uri_mut() = request.url.parse().ok()?;
    for (name, value) in &request.headers {
        made.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    Some(made)
}

#[cfg(test)]
mod tests;

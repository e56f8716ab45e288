//! The listener: accepts connections, plain or TLS, speaks HTTP/1.1 and HTTP/2, and stops
//! gracefully. What reaches the handlers is a request and its client's address.

mod client;
mod handshake;
mod patience;
mod places;
mod sending;
mod stream;
mod tls;
mod transport;

pub(crate) use client::Client;
pub(crate) use places::Counted;
pub use tls::{Tls, TlsError};
pub use transport::{PlainNotAllowed, Transport};

use crate::Hub;
use crate::http::serve;
use handshake::shake_hands;
use hyper::service::service_fn;
use hyper::{Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown, Watcher};
use patience::{Patient, Requests};
use places::Places;
use sending::Sending;
use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use stream::Stream;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// Request headers take at most so many bytes.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Running requests get so long to end when the hub stops (docs/LIFECYCLE.md section 4).
const DRAIN_WITHIN: Duration = Duration::from_secs(8);
/// After a failed accept (no file descriptors left) the next try waits.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// ... and the operator is told so often.
const TOLD_AGAIN: Duration = Duration::from_secs(60);
/// Requests at once on an HTTP/2 connection: more than a client needs, and few enough that one
/// connection is not a crowd.
const STREAMS_MAX: u32 = 128;
/// What a client may send on an HTTP/2 stream, and on all of a connection, before it is read. A
/// body of 256 KiB fits through as it is read; what nobody reads stays small.
const STREAM_WINDOW_BYTES: u32 = 64 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 128 * 1024;
/// Streams that a client may open and reset before the hub has seen them, and those that the hub has
/// to reset for the client's faults, before the connection ends ("rapid reset").
const RESETS_MAX: usize = 20;
const FAULTY_STREAMS_MAX: usize = 128;
/// Of an answer that a client does not take, HTTP/2 holds at most so much beside the body itself.
const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// The listener could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Somebody else listens there.
    #[error("{0} is in use; try --listen {1}")]
    InUse(SocketAddr, SocketAddr),
    /// Any other cause.
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
}

/// A bound listener.
pub struct Server {
    listener: TcpListener,
    transport: Transport,
}

impl Server {
    /// Binds the address, for plain HTTP unless [`Server::over`] says otherwise.
    ///
    /// # Errors
    /// Where it cannot be had; the message says what to try.
    pub async fn bind(address: SocketAddr) -> Result<Self, ServerError> {
        match TcpListener::bind(address).await {
            Ok(listener) => Ok(Self { listener, transport: Transport::default() }),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                let next = SocketAddr::new(address.ip(), address.port().checked_add(1).unwrap_or(8081));
                Err(ServerError::InUse(address, next))
            }
            Err(error) => Err(ServerError::Listen(address, error)),
        }
    }

    /// The address it got.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// How clients reach it.
    #[must_use]
    pub fn over(self, transport: Transport) -> Self {
        Self { transport, ..self }
    }

    /// Serves until `stop` is ready, then lets running requests end. While it serves, changed
    /// certificate files are read anew.
    pub async fn run(self, hub: Hub, stop: impl Future<Output = ()>) {
        let Self { listener, transport } = self;
        let watched = hub.clone();
        let ends = move |at: entitlement::Moment| watched.certificate_ends(at.0.div_euclid(1_000));
        let looks = transport.tls.as_ref().map(|tls| tokio::spawn(tls.watch(ends)));
        let places = Places::new(transport.connections_max, transport.connections_per_address_max);
        let graceful = GracefulShutdown::new();
        let (closing, closed) = watch::channel(false);
        let served = Arc::new(Served { builder: builder(&transport), transport, hub, closed });
        tokio::pin!(stop);
        let mut told: Option<Instant> = None;
        loop {
            let accepted = async {
                let one = places.free().await;
                (one, listener.accept().await)
            };
            let (one, accepted) = tokio::select! {
                accepted = accepted => accepted,
                () = &mut stop => break,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    served.hub.watching.figures.connection_refused("accept-failed");
                    if told.is_none_or(|told| told.elapsed() > TOLD_AGAIN) {
                        told = Some(Instant::now());
                        tracing::error!(%error, "no connection can be accepted; raise the limit of open files");
                    }
                    sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            };
            // The places are never closed.
            let Some(one) = one else { break };
            let counted = Some(peer.ip()).filter(|peer| !served.transport.trusts(peer.to_canonical()));
            let Some(place) = places.give(one, counted) else {
                served.hub.watching.figures.connection_refused("too-many");
                tracing::debug!("a client has as many connections as one may have; one more was closed");
                continue;
            };
            let (served, watcher) = (Arc::clone(&served), graceful.watcher());
            let open = served.hub.watching.figures.open_connection();
            tokio::spawn(async move {
                let (_place, _open) = (place, open);
                served.connection(stream, peer.ip(), watcher).await;
            });
        }
        drop(listener);
        let _ = closing.send(true);
        served.hub.drain();
        if timeout(DRAIN_WITHIN, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time; recovery goes on with them at the next start");
        }
        if let Some(looks) = looks {
            looks.abort();
        }
    }
}

/// What all connections of a listener share.
struct Served {
    builder: Builder<TokioExecutor>,
    transport: Transport,
    hub: Hub,
    /// True once the hub stops: who is still shaking hands is not waited for.
    closed: watch::Receiver<bool>,
}

impl Served {
    async fn connection(self: Arc<Self>, stream: TcpStream, peer: IpAddr, watcher: Watcher) {
        let _ = stream.set_nodelay(true);
        let mut closed = self.closed.clone();
        let shaken = tokio::select! {
            shaken = shake_hands(&self.hub, self.transport.tls.as_ref(), stream) => shaken,
            _ = closed.wait_for(|is_closed| *is_closed) => return,
        };
        let Some(stream) = shaken else { return };
        if let Err(error) = watcher.watch(self.http(stream, peer)).await {
            tracing::debug!(%error, "a connection ended");
        }
    }

    fn http(
        self: &Arc<Self>,
        stream: Stream,
        peer: IpAddr,
    ) -> impl GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + Send + use<> {
        let requests = Arc::new(Requests::default());
        let stream = Patient::new(stream, self.hub.clone(), Arc::clone(&requests), &self.transport);
        let served = Arc::clone(self);
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            requests.begin();
            let client = served.transport.client(peer, request.headers());
            let is_http2 = request.version() == Version::HTTP_2;
            let (hub, requests) = (served.hub.clone(), Arc::clone(&requests));
            async move {
                // Boxed: the connection keeps a place for this, as long as it is open.
                let (head, body) = Box::pin(serve(&hub, Box::new(request), client)).await.into_parts();
                requests.answer();
                let body = if is_http2 { Sending::watched(body, &requests.open) } else { Sending::whole(body) };
                Ok::<_, Infallible>(Response::from_parts(head, body))
            }
        });
        self.builder.serve_connection(TokioIo::new(stream), service).into_owned()
    }
}

fn builder(transport: &Transport) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        // Slow headers and idle connections end in `patience`.
        .header_read_timeout(None)
        // Without `pipeline_flush`: it would keep back the answer to what is no HTTP.
        .max_buf_size(HEADER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(64 * 1024)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_pending_accept_reset_streams(RESETS_MAX)
        .max_local_error_reset_streams(FAULTY_STREAMS_MAX)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        // Who does not answer a ping is gone, whatever its network says.
        .keep_alive_interval(transport.ping_every)
        .keep_alive_timeout(transport.ping_every);
    builder
}

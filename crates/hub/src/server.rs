//! The listener: accepts connections, speaks HTTP/1.1 and HTTP/2, and stops gracefully.

mod patience;

use crate::Hub;
use crate::http::serve;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use patience::{Patient, Requests};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

/// A connection on which no request comes for so long is closed; headers that have begun are
/// awaited less long, in `patience`.
const IDLE_WITHIN: Duration = Duration::from_secs(60);
/// Open connections at most; more wait in the listener's queue.
const CONNECTIONS_MAX: usize = 10_000;
/// Request headers take at most so many bytes.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Running requests get so long to end when the hub stops (docs/LIFECYCLE.md section 4).
const DRAIN_WITHIN: Duration = Duration::from_secs(8);
/// After a failed accept (no file descriptors left) the next try waits.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);
/// ... and the operator is told so often.
const TOLD_AGAIN: Duration = Duration::from_secs(60);

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
}

impl Server {
    /// Binds the address.
    ///
    /// # Errors
    /// Where it cannot be had; the message says what to try.
    pub async fn bind(address: SocketAddr) -> Result<Self, ServerError> {
        match TcpListener::bind(address).await {
            Ok(listener) => Ok(Self { listener }),
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

    /// Serves until `stop` is ready, then lets running requests end.
    pub async fn run(self, hub: Hub, stop: impl Future<Output = ()>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let graceful = GracefulShutdown::new();
        let builder = builder();
        tokio::pin!(stop);
        let mut told: Option<Instant> = None;
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
            let stream = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            let (stream, _) = match stream {
                Ok(accepted) => accepted,
                Err(error) => {
                    hub.watching.figures.connection_refused("accept-failed");
                    if told.is_none_or(|told| told.elapsed() > TOLD_AGAIN) {
                        told = Some(Instant::now());
                        tracing::error!(%error, "no connection can be accepted; raise the limit of open files");
                    }
                    sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            };
            let watched = graceful.watch(connection(&builder, stream, hub.clone()));
            let open = hub.watching.figures.open_connection();
            tokio::spawn(async move {
                let (_place, _open) = (place, open);
                if let Err(error) = watched.await {
                    tracing::debug!(%error, "a connection ended");
                }
            });
        }
        drop(self.listener);
        hub.drain();
        if timeout(DRAIN_WITHIN, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time; recovery goes on with them at the next start");
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_WITHIN)
        // Without `pipeline_flush`: it would keep back the answer to what is no HTTP.
        .max_buf_size(HEADER_BYTES_MAX);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(64 * 1024);
    builder
}

fn connection(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    hub: Hub,
) -> impl GracefulConnection<Error = Box<dyn std::error::Error + Send + Sync>> + Send + 'static {
    let _ = stream.set_nodelay(true);
    let requests = Arc::new(Requests::default());
    let stream = Patient::new(stream, hub.clone(), Arc::clone(&requests));
    let service = service_fn(move |request| {
        requests.begin();
        let (hub, requests) = (hub.clone(), Arc::clone(&requests));
        async move {
            let reply = serve(hub, request).await;
            requests.answer();
            Ok::<_, Infallible>(reply)
        }
    });
    builder.serve_connection(TokioIo::new(stream), service).into_owned()
}

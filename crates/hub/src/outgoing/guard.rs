//! The guard of outgoing connections: looks at the address that is about to be connected to, after
//! its name was resolved, so that neither a name nor a change of what it resolves to leads inside.
//! What it guards is docs/API.md section 7.

use super::ranges::{Kind, kind};
use hyper::Uri;
use hyper_util::client::legacy::connect::dns::Name;
use ipnet::IpNet;
use std::error::Error;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

/// Where notifications may go.
#[derive(Debug, Clone, Default)]
pub enum Receivers {
    /// Live ones to public addresses by https; test ones by http and to loopback, too. Nothing else,
    /// but for these networks of the operator's.
    Public(Vec<IpNet>),
    /// Anywhere: the sandbox, whose resellers are its developers.
    #[default]
    Anywhere,
}

/// Where one kind of connections may go.
#[derive(Debug, Clone)]
pub(super) struct Guard(Arc<Rules>);

#[derive(Debug)]
struct Rules {
    receivers: Receivers,
    live: bool,
}

/// An address is not for this.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the host is not at a public address; if it has to be where it is, the operator of the hub can allow its network"
)]
pub(super) struct NotPublic;

type BoxError = Box<dyn Error + Send + Sync>;
type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

impl Guard {
    pub(super) fn new(receivers: &Receivers, live: bool) -> Self {
        Self(Arc::new(Rules { receivers: receivers.clone(), live }))
    }

    /// Whether https is a must.
    pub(super) fn wants_https(&self) -> bool {
        self.0.live && matches!(self.0.receivers, Receivers::Public(_))
    }

    pub(super) fn admits(&self, address: IpAddr) -> bool {
        let Receivers::Public(allowed) = &self.0.receivers else {
            return true;
        };
        let is_fine = match kind(address) {
            Kind::Public => true,
            Kind::Loopback => !self.0.live,
            Kind::Inner => false,
        };
        let address = address.to_canonical();
        is_fine || allowed.iter().any(|net| net.contains(&address))
    }
}

/// Resolves names and keeps what the guard admits.
#[derive(Clone)]
pub(super) struct GuardedResolver<R> {
    pub(super) resolver: R,
    pub(super) guard: Guard,
}

impl<R> Service<Name> for GuardedResolver<R>
where
    R: Service<Name>,
    R::Response: Iterator<Item = SocketAddr>,
    R::Error: Into<BoxError>,
    R::Future: Send + 'static,
{
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Boxed<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.resolver.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (resolving, guard) = (self.resolver.call(name), self.guard.clone());
        Box::pin(async move {
            let found = resolving.await.map_err(Into::into)?;
            let admitted: Vec<SocketAddr> = found.filter(|address| guard.admits(address.ip())).collect();
            if admitted.is_empty() { Err(NotPublic.into()) } else { Ok(admitted.into_iter()) }
        })
    }
}

/// Connects where the guard admits it: an address in the URL itself is never resolved.
#[derive(Clone)]
pub(super) struct GuardedConnector<C> {
    pub(super) connector: C,
    pub(super) guard: Guard,
}

impl<C> Service<Uri> for GuardedConnector<C>
where
    C: Service<Uri>,
    C::Response: Send + 'static,
    C::Error: Into<BoxError>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = BoxError;
    type Future = Boxed<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.connector.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        if host.parse().is_ok_and(|address| !self.guard.admits(address)) {
            return Box::pin(async { Err(NotPublic.into()) });
        }
        let connecting = self.connector.call(uri);
        Box::pin(async move { connecting.await.map_err(Into::into) })
    }
}

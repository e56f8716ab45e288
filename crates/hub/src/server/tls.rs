//! TLS of the listener: a certificate and its key out of files, read again when they change. A
//! changed pair that does not work is logged and the old one stays. What stands in the files is
//! read in `tls/pair.rs`.

mod pair;

pub use pair::TlsError;

use entitlement::Moment;
use pair::{Files, Pair};
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// The files are looked at this often: a renewed certificate is served within seconds, and reading
/// two small files costs nothing.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// HTTP/2 before HTTP/1.1, as clients that speak both expect.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The listener's certificate; clones share it.
#[derive(Clone)]
pub struct Tls {
    served: Arc<Served>,
    config: Arc<ServerConfig>,
}

/// What is served now, and where it comes from.
struct Served {
    files: Files,
    pair: RwLock<Arc<Pair>>,
}

impl Tls {
    /// Reads a certificate chain and its private key, both PEM; one file may hold both.
    ///
    /// # Errors
    /// Names the file, what is wrong with it, and what to do.
    pub fn open(certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, TlsError> {
        let files = Files { certificate: certificate.as_ref().to_owned(), key: key.as_ref().to_owned() };
        let pair = RwLock::new(Arc::new(files.read()?));
        let served = Arc::new(Served { files, pair });
        let config = Arc::new(config(Arc::clone(&served))?);
        Ok(Self { served, config })
    }

    /// When the first certificate of the served chain expires.
    #[must_use]
    pub fn expires_at(&self) -> Moment {
        self.served.pair().expires_at
    }

    /// Reads the files again. `true` where they hold another pair, which is served from now on;
    /// connections that are there keep the one they began with.
    ///
    /// # Errors
    /// As [`Tls::open`]; the old pair stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let pair = self.served.files.read()?;
        if pair.digest == self.served.pair().digest {
            return Ok(false);
        }
        *self.served.pair.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
        Ok(true)
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// Looks for changed files for ever, and tells when the certificate ends. What is wrong with them is
    /// said once, not at every look.
    pub(super) fn watch<F: Fn(Moment)>(&self, ends: F) -> impl Future<Output = ()> + use<F> {
        let tls = self.clone();
        async move {
            let mut looks = interval(LOOK_EVERY);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut said = None;
            loop {
                looks.tick().await;
                let looking = tls.clone();
                let Ok(found) = tokio::task::spawn_blocking(move || looking.reload()).await else { continue };
                said = tls.tell(found, said);
                ends(tls.expires_at());
            }
        }
    }

    /// Logs what a look found; answers what was said of a fault that is still there.
    fn tell(&self, found: Result<bool, TlsError>, said: Option<String>) -> Option<String> {
        match found {
            Ok(false) => None,
            Ok(true) => {
                let expires = wire::print_date(self.expires_at());
                tracing::info!(expires, "the TLS certificate was read anew");
                None
            }
            Err(error) => {
                let text = error.to_string();
                if said.as_ref() != Some(&text) {
                    tracing::error!(error = text, "the changed TLS certificate does not work; the old one stays");
                }
                Some(text)
            }
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.served.files).finish_non_exhaustive()
    }
}

impl Served {
    fn pair(&self) -> Arc<Pair> {
        Arc::clone(&self.pair.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Served").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.pair().key))
    }
}

/// TLS 1.2 and 1.3 with ring (docs/decisions/0006); clients show no certificate.
fn config(served: Arc<Served>) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(TlsError::Setup)?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(served);
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Ok(config)
}

#[cfg(test)]
mod tests;

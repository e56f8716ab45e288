//! Which way to the server is taken: plain within this machine, TLS to any other, its certificate always
//! checked. Nobody sends customers' data through a network by an oversight: plain text over one has to be asked
//! for by `sslmode=disable`.

use super::options::PostgresOpenError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A URL as the client's library takes it. What is called `verify-full` or `verify-ca` elsewhere is what
/// `require` means here: a certificate is always checked, the name in it too.
pub(super) fn known_modes(url: &str) -> String {
    url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require")
}

/// Chooses the way where the URL leaves it open.
pub(super) fn choose(config: &mut Config) {
    if config.get_ssl_mode() == SslMode::Prefer {
        // Where both are given it is the address that is connected to.
        let is_local = config.get_hosts().iter().all(is_local)
            && config.get_hostaddrs().iter().all(|address| address.is_loopback());
        config.ssl_mode(if is_local { SslMode::Disable } else { SslMode::Require });
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    }
}

/// Makes the TLS of connections: the authorities of a file are believed, or without one those of the web.
pub(super) fn connector(authorities: Option<&Path>) -> Result<MakeRustlsConnect, PostgresOpenError> {
    let Some(path) = authorities else {
        return Ok(MakeRustlsConnect::with_webpki_roots());
    };
    let failed = |message: String| PostgresOpenError::Authorities { path: path.to_owned(), message };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        roots.add(certificate).map_err(|error| failed(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(failed("it holds no certificate".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?;
    Ok(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(url: &str) -> SslMode {
        let mut config: Config = known_modes(url).parse().unwrap();
        choose(&mut config);
        config.get_ssl_mode()
    }

    #[test]
    fn only_within_the_machine_it_is_plain_unasked() {
        for url in ["postgres://a@localhost/d", "postgres://a@127.0.0.1/d", "postgres://a@%2Frun%2Fpostgresql/d"] {
            assert_eq!(mode(url), SslMode::Disable, "{url}");
        }
        for url in [
            "postgres://a@db.test/d",
            "postgres://a@10.0.0.7/d",
            "postgres://a@localhost,db.test/d",
            "postgres://a@localhost/d?hostaddr=10.0.0.7",
        ] {
            assert_eq!(mode(url), SslMode::Require, "{url}");
        }
        assert_eq!(mode("postgres://a@db.test/d?sslmode=disable"), SslMode::Disable);
        for word in ["require", "verify-ca", "verify-full"] {
            assert_eq!(mode(&format!("postgres://a@localhost/d?sslmode={word}")), SslMode::Require);
        }
    }
}

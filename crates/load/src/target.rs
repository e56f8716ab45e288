//! Where the requests go, and as whom.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

/// A hub's address and the credential it is called with.
#[derive(Debug, Clone)]
pub struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) host: Arc<str>,
    pub(crate) authorization: Arc<str>,
}

/// Why an address cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Another scheme, or no URL.
    #[error("{0} is not http://HOST[:PORT]")]
    NotPlainHttp(String),
    /// The name is unknown.
    #[error("{0} cannot be found")]
    Unknown(String),
}

impl Target {
    /// Reads `http://HOST[:PORT]`, with or without `/v1`. Plain HTTP only: ciphers would be measured
    /// with it.
    ///
    /// # Errors
    /// Where it is none, or the name is unknown.
    pub fn new(url: &str, user: &str, password: &str) -> Result<Self, TargetError> {
        let plain = || TargetError::NotPlainHttp(url.to_owned());
        let rest = url.strip_prefix("http://").ok_or_else(plain)?;
        let rest = rest.trim_end_matches('/');
        let host = rest.strip_suffix("/v1").unwrap_or(rest);
        if host.is_empty() || host.contains(['/', '@', '?', '#']) {
            return Err(plain());
        }
        let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let named = if has_port { host.to_owned() } else { format!("{host}:80") };
        let address = named.to_socket_addrs().ok().and_then(|mut found| found.next());
        let authorization = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        Ok(Self {
            address: address.ok_or_else(|| TargetError::Unknown(host.to_owned()))?,
            host: host.into(),
            authorization: authorization.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_read_with_and_without_port_and_version() {
        for (url, address) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://127.0.0.1:8080/v1/", "127.0.0.1:8080"),
            ("http://127.0.0.1", "127.0.0.1:80"),
            ("http://[::1]:9", "[::1]:9"),
        ] {
            assert_eq!(Target::new(url, "u", "p").unwrap().address.to_string(), address, "{url}");
        }
        for url in ["https://127.0.0.1", "127.0.0.1:8080", "http://", "http://127.0.0.1/x", "http://u@127.0.0.1"] {
            assert!(Target::new(url, "u", "p").is_err(), "{url}");
        }
    }
}

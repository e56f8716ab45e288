//! How clients reach the hub: TLS or plain, straight or through declared proxies, and how many
//! connections there may be.

use super::tls::Tls;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Open connections at most; more wait in the listener's queue. Each may take some tens of KiB.
const CONNECTIONS_MAX: usize = 10_000;
/// Open connections of one client address at most, so that one alone cannot take all of them. A
/// reseller's whole data centre may come from one address.
const CONNECTIONS_PER_ADDRESS_MAX: usize = 1_000;
/// A client takes at least something of its answer in this time, or the answer is not held for it.
const WRITE_WITHIN: Duration = Duration::from_secs(30);
/// A connection on which no request comes for so long is closed.
const IDLE_WITHIN: Duration = Duration::from_secs(60);
/// Often enough that a stalled client is found within a minute.
const PING_EVERY: Duration = Duration::from_secs(20);

/// How clients reach the hub.
#[derive(Debug, Clone)]
pub struct Transport {
    /// The certificate; `None` is plain HTTP.
    pub tls: Option<Tls>,
    /// Proxies whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Open connections at most.
    pub connections_max: usize,
    /// Open connections of one client address at most; trusted proxies are not counted.
    pub connections_per_address_max: usize,
    /// An answer of which nothing can be written for so long ends its connection.
    pub write_within: Duration,
    /// A connection over HTTP/1.1 on which no request comes for so long is closed, ten seconds later at
    /// most.
    pub idle_within: Duration,
    /// An HTTP/2 client is asked this often whether it is still there, and has as long to say so.
    pub ping_every: Duration,
}

/// Passwords would go over a network in the clear.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not a loopback address, and plain HTTP would carry passwords in the clear; give a certificate \
     (--tls-certificate and --tls-key), or name the proxy before it that speaks TLS (--trusted-proxy CIDR), or listen \
     on 127.0.0.1"
)]
pub struct PlainNotAllowed(pub SocketAddr);

impl Default for Transport {
    /// Plain, without proxies: for loopback.
    fn default() -> Self {
        Self {
            tls: None,
            trusted_proxies: Vec::new(),
            connections_max: CONNECTIONS_MAX,
            connections_per_address_max: CONNECTIONS_PER_ADDRESS_MAX,
            write_within: WRITE_WITHIN,
            idle_within: IDLE_WITHIN,
            ping_every: PING_EVERY,
        }
    }
}

impl Transport {
    /// Whether this may be spoken on that address: plain HTTP only on loopback, or behind a declared
    /// proxy (docs/API.md section 1).
    ///
    /// # Errors
    /// Says what to do instead.
    pub fn check(&self, address: SocketAddr) -> Result<(), PlainNotAllowed> {
        let is_fine = self.tls.is_some() || address.ip().is_loopback() || !self.trusted_proxies.is_empty();
        if is_fine { Ok(()) } else { Err(PlainNotAllowed(address)) }
    }

    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|net| net.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_and_for_what_stands_behind_a_proxy() {
        let plain = Transport::default();
        let proxied = Transport { trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()], ..Transport::default() };
        for address in ["127.0.0.1:80", "127.1.2.3:80", "[::1]:80"] {
            assert_eq!(plain.check(address.parse().unwrap()), Ok(()), "{address}");
        }
        for address in ["0.0.0.0:80", "[::]:80", "192.168.1.1:80", "203.0.113.7:443", "[2001:db8::1]:80"] {
            let address = address.parse().unwrap();
            assert_eq!(proxied.check(address), Ok(()), "{address}");
            let said = plain.check(address).unwrap_err().to_string();
            assert!(said.contains(&address.to_string()) && said.contains("--trusted-proxy"), "{said}");
        }
    }
}

//! Who is at the other end: the peer of the connection, or behind a declared proxy the rightmost
//! address in X-Forwarded-For that is no proxy itself. What stands left of it anybody could have
//! written, and is not read.

use super::transport::Transport;
use hyper::HeaderMap;
use std::net::{IpAddr, SocketAddr};

/// The header that proxies append their peer's address to.
const FORWARDED: &str = "x-forwarded-for";

/// The client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client(pub(crate) IpAddr);

impl Transport {
    /// Whose request it is that came from this peer with these headers.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return Client(peer);
        }
        Client(self.forwarded_for(headers).unwrap_or(peer))
    }

    /// The rightmost untrusted address. `None` where there is none, or something unreadable comes
    /// before it: then nobody can say who it was, and the proxy answers for it.
    fn forwarded_for(&self, headers: &HeaderMap) -> Option<IpAddr> {
        for value in headers.get_all(FORWARDED).iter().rev() {
            for entry in value.to_str().ok()?.rsplit(',') {
                let address = address(entry.trim())?;
                if !self.trusts(address) {
                    return Some(address);
                }
            }
        }
        None
    }
}

/// An address as proxies write it: bare, with a port, in brackets, or both.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    const PROXY: &str = "10.0.0.1";

    fn check(peer: &str, sent: &[&str], client: &str) {
        let trusted = ["10.0.0.0/8", "fd00::/8", "::1/128"];
        let trusted_proxies = trusted.iter().map(|net| net.parse().unwrap()).collect();
        let transport = Transport { trusted_proxies, ..Transport::default() };
        let mut headers = HeaderMap::new();
        for value in sent {
            headers.append("X-Forwarded-For", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let found = transport.client(peer.parse().unwrap(), &headers);
        assert_eq!(found, Client(client.parse().unwrap()), "{peer} {sent:?}");
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_is_no_proxy() {
        // From a proxy.
        check(PROXY, &["203.0.113.7"], "203.0.113.7");
        check(PROXY, &["198.51.100.1, 203.0.113.7"], "203.0.113.7");
        check(PROXY, &["198.51.100.1,203.0.113.7 , 10.9.9.9"], "203.0.113.7");
        check(PROXY, &["198.51.100.1", "203.0.113.7"], "203.0.113.7");
        check(PROXY, &["203.0.113.7", "10.9.9.9, 10.8.8.8"], "203.0.113.7");
        check(PROXY, &["203.0.113.7:51000"], "203.0.113.7");
        check(PROXY, &["2001:db8::7"], "2001:db8::7");
        check(PROXY, &["[2001:db8::7]"], "2001:db8::7");
        check(PROXY, &["[2001:db8::7]:443, fd00::2"], "2001:db8::7");
        check(PROXY, &["::ffff:203.0.113.7"], "203.0.113.7");
        check("::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7");
        check("::1", &["203.0.113.7"], "203.0.113.7");
    }

    #[test]
    fn what_cannot_be_read_leaves_the_proxy_itself_and_is_not_skipped() {
        check(PROXY, &[], PROXY);
        check(PROXY, &[""], PROXY);
        check(PROXY, &["unknown"], PROXY);
        check(PROXY, &["203.0.113.7, _hidden"], PROXY);
        check(PROXY, &["203.0.113.7, 300.1.1.1"], PROXY);
        check(PROXY, &["203.0.113.7, 203.0.113.8/24"], PROXY);
        check(PROXY, &["203.0.113.7, \u{e9}"], PROXY);
        check(PROXY, &["203.0.113.7,"], PROXY);
        check(PROXY, &["10.9.9.9, 10.8.8.8"], PROXY);
        check(PROXY, &["garbage, 203.0.113.7"], "203.0.113.7");
    }

    #[test]
    fn from_anybody_else_the_header_is_ignored() {
        check("203.0.113.9", &["198.51.100.1"], "203.0.113.9");
        check("203.0.113.9", &["10.0.0.1"], "203.0.113.9");
        check("2001:db8::9", &["198.51.100.1"], "2001:db8::9");
        check("::ffff:203.0.113.9", &[], "203.0.113.9");
    }
}

//! How clients reach the hub, over real sockets: TLS, proxies, limits of connections, clients that do
//! not take their answers; and the terms of credentials: addresses, rate, signature, revocation. The
//! attacks of docs/SECURITY-MODEL.md are named here.

mod credentials;
mod floods;
mod gates;
mod overload;
mod signing;
mod slow_readers;
mod tls;

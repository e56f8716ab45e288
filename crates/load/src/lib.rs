//! The load generator: keep-alive connections that each send the next request as soon as the
//! answer before it is whole, or at a fixed rate. It is written on the socket, so that the client
//! takes as little as it can of the cores it shares with the hub. `entitle load` is made of it, and
//! the project's own figures. What is printed, and which hub may be loaded, is not decided here.

mod connection;
mod measured;
mod request;
mod run;
mod target;

pub use connection::Connection;
pub use measured::Measured;
pub use request::{Keys, Kind, Load, get, post};
pub use run::{Noted, Progress, Run, made_to_read, run};
pub use target::{Target, TargetError};

/// Why a load came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No connection, or it broke.
    #[error("the connection to {0} failed: {1}; is the hub running, and does it take so many connections?")]
    Connection(std::net::SocketAddr, std::io::Error),
    /// What came back is no HTTP/1.1 answer with a length.
    #[error("the answer cannot be read: {0}")]
    Answer(&'static str),
    /// A request that the load depends on was refused.
    #[error("the hub refused with {0}: {1}")]
    Refused(u16, String),
    /// No histogram could be made.
    #[error("there is no room for a histogram")]
    Histogram,
    /// There is nothing to read or to change.
    #[error("there are no entitlements to work on")]
    NoIds,
}

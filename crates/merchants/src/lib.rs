//! Connectors: how a merchant is asked, without any I/O. A connector turns a [`Call`] into an
//! answer it knows at once (the built-in test merchant) or into a [`Request`] value that the hub
//! sends; and a [`Response`] value back into the rules' answer. What it cannot read is
//! `Unknown`, never a panic.

mod connector;
pub mod test;

pub use connector::*;

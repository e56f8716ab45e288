//! What process tests and demonstrations are made of: hubs as processes on one database, clients that write down
//! what they asked and were answered, a receiver of notifications, somebody in the middle of the way to the
//! database; and the course of a fail-over. Whether what was seen is right is judged by `witness`.
//!
//! Like a test it panics where something is not as it must be; no part of the hub depends on it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod afterwards;
mod clock;
mod failover;
mod figures;
pub mod http;
mod hubs;
mod plan;
mod process;
mod proxy;
mod random;
mod ready;
pub mod receiver;
mod story;
mod writers;

pub use afterwards::gather;
pub use clock::{Clock, pause, until};
pub use failover::{Course, Failover, failover};
pub use figures::{Latencies, latencies, longest_silence, normal_again_after};
pub use hubs::{CATALOG_PATIENCE, Hubs, catalog};
pub use plan::Book;
pub use process::{Ended, Process, command, lines_of};
pub use proxy::{Proxy, Way};
pub use random::Random;
pub use ready::{Readiness, Watch};
pub use story::Story;
pub use witness::{Counts, Kind};
pub use writers::{EndsWhenDropped, Steering, Work, work};

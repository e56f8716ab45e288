//! Fault tests: a merchant behind real HTTP that misbehaves by script, a store that fails by
//! script, and hubs that are cut off at every step and started again on the same file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

mod audit;
mod callers;
mod clock_back;
mod connector;
mod crash;
mod creates;
mod crowd;
mod harness;
mod lanes;
mod merchant;
mod operations;
mod outcomes;
mod outdated;
mod overtaking;
#[path = "../engine/place.rs"]
mod place;
mod queued;
mod receiver;
mod recovery;
mod sockets;
mod twice;

//! The operator's file as people meet it: what is read, which faults are told, what a plan says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod documents;
mod faults;
mod golden;
mod kept;
mod merged;
mod plans;
mod read;
mod round_trip;

//! A PostgreSQL for tests, figures and demonstrations: the one that `ENTITLE_TEST_POSTGRES_URL` names, or else
//! a throw-away cluster of Debian's binaries, which ends with the program that started it, however that ends.
//! Clusters that are there are never touched; in one that is named, only databases of our own are.
//!
//! Like a test it panics where something is not as it must be; no part of the hub depends on it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod database;
mod programs;
mod server;

pub use database::{Database, Session, is_engine_of_tests};
pub use server::Cluster;

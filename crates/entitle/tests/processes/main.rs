//! The real binary, started as a process and spoken to over loopback: what no test inside one
//! process can show. Behaviour that a test in process can show stands in `crates/hub/tests`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod binary;
mod client;
mod clock;
mod commands;
mod doctor;
mod examples;
mod first_minutes;
mod folder;
mod kill;
mod mirror;
mod nodes;
mod operations;
mod reading;
mod restore;
mod serving;
mod start;
mod store_copy;
mod trouble;
mod watching;

use drill::{http, receiver};

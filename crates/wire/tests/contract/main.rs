//! The contract as tables: what is read, what is refused, and what is printed byte by byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod create;
mod dates;
mod end;
mod errors;
mod feed;
mod fields;
mod json;
mod notifications;
mod questions;
mod report;
mod rules;
mod sample;
mod signatures;
mod switches;
mod update;
mod written_back;

//! The public API over real HTTP, in process: a hub on a loopback port, a clock that stands until
//! it is moved, receivers and merchants that answer as they are told. Every test begins a hub of
//! its own and ends with `finish`, which audits what was left behind. Not here: the rules without
//! HTTP (`entitlement`), the texts without a hub (`wire`), crashes and the real binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod bodies;
mod clock;
mod coverage;
mod create;
mod credentials;
mod doctor;
mod documents;
mod dry_run;
mod endings;
mod explain;
mod faulty_fields;
mod feed;
mod feed_waiting;
mod forced;
mod framing;
mod harness;
mod history;
mod holds;
mod identity;
mod identity_races;
mod if_match;
mod later;
mod limits;
mod magic_numbers;
mod merchants;
mod notifications;
mod order;
mod outbox;
mod pages;
mod paths;
mod products;
mod provoked;
mod report;
mod retries;
mod sandbox_products;
mod switches;
mod traces;
mod transport;
mod update;
mod update_asks;
mod watching;

//! A store copied from one place to another: everything is there afterwards, whichever engines keep the two,
//! and whatever stopped the copy on the way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]

#[path = "copies/filled.rs"]
mod filled;
#[path = "copies/places.rs"]
mod places;
#[path = "conformance/samples.rs"]
#[allow(dead_code)]
mod samples;

#[path = "copies/days.rs"]
mod days;
#[path = "copies/goes_on.rs"]
mod goes_on;
#[path = "copies/homes.rs"]
mod homes;
#[path = "copies/refused.rs"]
mod refused;
#[path = "copies/restored.rs"]
mod restored;
#[path = "copies/stopped.rs"]
mod stopped;
#[path = "copies/whole.rs"]
mod whole;

//! The operator's file: who sells what of whom. It is read with all its faults at once, compared
//! with the catalog before it, and printed. Values in, values out: no file, no store, no socket. What
//! the hub does with a catalog stands in `hub`; who applies one, and when, in the binary.

pub mod bounds;
mod document;
mod duration;
mod fault;
mod read;

pub use document::*;
pub use fault::{Fault, Faults};
pub use read::read;

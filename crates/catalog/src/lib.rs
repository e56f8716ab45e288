//! The operator's file: who sells what of whom. It is read with all its faults at once, compared
//! with the catalog before it, and printed. Values in, values out: no file, no store, no socket. What
//! the hub does with a catalog stands in `hub`; who applies one, and when, in the binary.

pub mod bounds;
mod document;
mod duration;
mod fault;
mod merge;
mod plan;
mod print;
mod read;
mod sandbox;
mod settings;

pub use document::*;
pub use fault::{Fault, Faults};
pub use ipnet::IpNet;
pub use merge::merge_into;
pub use plan::{Change, Counts, InUse, KeyChange, Note, Part, Plan, Use, What, Why, plan};
pub use print::print;
pub use read::read;
pub use sandbox::{SANDBOX, sandbox};
pub use settings::Given;

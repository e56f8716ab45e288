//! The store: what is there ([`Store::load`]) and one change of it, whole or not at all
//! ([`Store::commit`]). Knows no HTTP and no rules. A [`Change`] is a plain value, so that an
//! engine may put many of them into one transaction (group commit).

mod change;
mod claim;
mod clock;
mod codec;
mod engine;
pub mod faults;
mod figures;
mod lane;
mod query;
mod row;
mod sqlite;

pub use change::*;
pub use claim::*;
pub use clock::Clock;
pub use engine::*;
pub use figures::*;
pub use lane::*;
pub use query::*;
pub use row::*;
pub use sqlite::{OpenError, Options, SqliteStore};

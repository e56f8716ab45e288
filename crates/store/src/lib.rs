//! The store: what is there ([`Store::load`]) and one change of it, whole or not at all
//! ([`Store::commit`]). Knows no HTTP and no rules. A [`Change`] is a plain value, so that an
//! engine may put many of them into one transaction (group commit).

mod administration;
mod audit;
mod change;
mod claim;
mod clock;
mod codec;
pub mod copy;
mod customer;
mod engine;
mod examine;
pub mod faults;
mod figures;
mod handed;
mod lane;
mod migration;
mod node;
mod postgres;
mod prepared;
mod query;
mod restoration;
mod row;
mod sqlite;

pub use administration::*;
pub use audit::*;
pub use change::*;
pub use claim::*;
pub use clock::Clock;
pub use customer::*;
pub use engine::*;
pub use examine::*;
pub use figures::*;
pub use handed::*;
pub use lane::*;
pub use node::{Counted, Node};
pub use postgres::{HOMES_MAX, PostgresOpenError, PostgresOptions, PostgresStore, SchemaStep, StepKind, StepWork};
pub use query::*;
pub use restoration::Restoration;
pub use row::*;
pub use sqlite::{
    BackupError, BackupMade, OpenError, Options, RestoreError, Restored, Restoring, SqliteFile, SqliteStore,
};

//! THE RULES of an entitlement's life (docs/LIFECYCLE.md), and nothing else: no clock, no files,
//! no network, no serialisation, no randomness. The compiler keeps them out (`no_std` + `alloc`).
//!
//! Two halves. [`admit`] decides what a command may do before a merchant is asked; [`settle`]
//! takes what a merchant answered, told by itself, or what time brought, and is total. Both give
//! a [`Decision`]: events to apply, the open operation afterwards, and how the caller is answered.
//! [`apply`] folds an event into the state; [`effects`] names the notification it obliges.
#![no_std]
extern crate alloc;

mod admit;
mod allowed;
mod answer;
mod apply;
mod awaited;
mod command;
mod create;
mod decision;
mod draft;
mod effects;
mod erasure;
mod event;
mod extension;
mod forecast;
mod invariants;
mod json;
mod moment;
mod moves;
mod operation;
mod reason;
mod record;
mod rejection;
mod resolve;
mod settle;
mod shared;
mod state;
mod status;
mod time;
mod told;

pub use admit::admit;
pub use allowed::*;
pub use answer::*;
pub use apply::{apply, born_from, born_of, carry_out, carry_out_telling, fold};
pub use awaited::*;
pub use command::*;
pub use create::*;
pub use decision::*;
pub use effects::*;
pub use erasure::{Names, StillNeeded, may_be_erased, renamed_event};
pub use event::*;
pub use extension::{EXTENSION_BYTES_MAX, is_extension_too_large};
pub use forecast::forecast;
pub use invariants::broken;
pub use json::*;
pub use moment::*;
pub use operation::*;
pub use reason::*;
pub use record::*;
pub use rejection::*;
pub use resolve::*;
pub use settle::{outcome_lost, recovery_delay_ms, settle};
pub use shared::Shared;
pub use state::*;
pub use status::*;
pub use time::{Work, next_due, pass_time, take_up_duty, work_due};
pub use told::{owed_after_refusal, told};

//! `entitle entitlement`: looking at entitlements, as a reseller or as an operator, and what only an
//! operator does to them.

mod act;
mod history;
mod search;
mod show;

pub(crate) use act::{Mode, whose};

use anyhow::Result;
use clap::Subcommand;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show one entitlement: where it stands, what is allowed, what happened, what was told
    #[command(after_help = show::EXAMPLES)]
    Show(show::Options),
    /// List entitlements, oldest first
    #[command(after_help = search::EXAMPLES)]
    Search(search::Options),
    /// Operators: suspend it in the hub's own name
    #[command(after_help = act::HOLD_EXAMPLES)]
    Hold(act::Options),
    /// Operators: lift the hub's hold
    #[command(after_help = act::RELEASE_EXAMPLES)]
    Release(act::Options),
    /// Operators: settle an operation whose outcome nobody could find out
    #[command(after_help = act::RESOLVE_EXAMPLES)]
    Resolve(act::Resolve),
}

/// Runs it.
///
/// # Errors
/// Where the hub does not answer, or says no.
pub(crate) async fn run(command: &Command) -> Result<()> {
    match command {
        Command::Show(options) => show::run(options).await,
        Command::Search(options) => search::run(options).await,
        Command::Hold(options) => act::hold(options).await,
        Command::Release(options) => act::release(options).await,
        Command::Resolve(options) => act::resolve(options).await,
    }
}

//! `entitle entitlement`: looking at entitlements. Each verb has a file of its own; `hold`,
//! `release` and `resolve` come with the operator interface (docs/API.md section 9).

mod history;
mod search;
mod show;

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
}

/// Runs it.
///
/// # Errors
/// Where the hub does not answer, or says no.
pub(crate) async fn run(command: &Command) -> Result<()> {
    match command {
        Command::Show(options) => show::run(options).await,
        Command::Search(options) => search::run(options).await,
    }
}

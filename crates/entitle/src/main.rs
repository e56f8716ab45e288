//! `entitle`: the one binary. Each subcommand has its own file; without one the sandbox starts.

mod connection;
mod entitlement;
mod failure;
mod listen;
mod load;
mod notifications;
mod openapi;
mod sandbox;
mod settings;
mod start_text;
mod text;

use clap::{Parser, Subcommand};
use std::future::Future;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Help is no wider, however wide the terminal.
const HELP_WIDTH: usize = 90;

/// Entitle, the open entitlement resale hub.
#[derive(Debug, Parser)]
#[command(name = "entitle", version, about, max_term_width = HELP_WIDTH)]
#[command(args_conflicts_with_subcommands = true, after_help = sandbox::EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    sandbox: sandbox::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the sandbox: embedded store, test clock, demo reseller, test merchants (the default)
    #[command(after_help = sandbox::EXAMPLES)]
    Sandbox(sandbox::Options),
    /// Look at entitlements
    #[command(subcommand)]
    Entitlement(entitlement::Command),
    /// Look at what the reseller is told, and tell it again
    #[command(subcommand)]
    Notifications(notifications::Command),
    /// Follow what happens as it happens, and forward it to a receiver of yours
    #[command(after_help = listen::EXAMPLES)]
    Listen(listen::Options),
    /// Put a hub under load and print how fast it answers
    #[command(after_help = load::EXAMPLES)]
    Load(load::Options),
    /// Print the API as an OpenAPI 3.1 document
    #[command(after_help = openapi::EXAMPLES)]
    Openapi,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logs();
    let done = match cli.command.unwrap_or(Command::Sandbox(cli.sandbox)) {
        Command::Sandbox(options) => sandbox::run(&options),
        Command::Openapi => openapi::run(),
        Command::Load(options) => load::run(&options),
        Command::Entitlement(command) => waiting_for(entitlement::run(&command)),
        Command::Notifications(command) => waiting_for(notifications::run(&command)),
        Command::Listen(options) => waiting_for(listen::run(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::tell(&error),
    }
}

/// A command that asks a hub needs no threads of its own.
fn waiting_for(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

/// Logs go to standard error, so that standard output stays readable; `ENTITLE_LOG` sets the
/// level (`warn` unless set).
fn start_logs() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing_subscriber::filter::LevelFilter::WARN.into())
        .with_env_var("ENTITLE_LOG")
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

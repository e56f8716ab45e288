//! `entitle`: the one binary. Each subcommand has its own file; without one the sandbox starts.

mod openapi;
mod sandbox;
mod start_text;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Entitle, the open entitlement resale hub.
#[derive(Debug, Parser)]
#[command(name = "entitle", version, about, args_conflicts_with_subcommands = true, after_help = sandbox::EXAMPLES)]
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
    /// Print the API as an OpenAPI 3.1 document
    #[command(after_help = openapi::EXAMPLES)]
    Openapi,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logs();
    let ran = match cli.command.unwrap_or(Command::Sandbox(cli.sandbox)) {
        Command::Sandbox(options) => sandbox::run(&options),
        Command::Openapi => openapi::run(),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("entitle: {error:#}");
            ExitCode::FAILURE
        }
    }
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

//! `entitle`: the one binary. Each subcommand has its own file; without one the sandbox starts.

mod audit;
mod backup;
mod catalog;
mod config_file;
mod connection;
mod credential;
mod customer;
mod database;
mod doctor;
mod entitlement;
mod failure;
mod key_file;
mod kind;
mod listen;
mod load;
mod migrate;
mod notifications;
mod openapi;
mod operator;
mod progress;
mod restore;
mod running;
mod sandbox;
mod secret;
mod serve;
mod settings;
mod socket;
mod start_text;
mod store_copy;
mod store_homes;
mod text;
mod watching;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::future::Future;
use std::path::PathBuf;
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
    /// File with settings; entitle.toml in the working directory unless named
    #[arg(long, env = "ENTITLE_CONFIG", hide_env_values = true, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the sandbox: embedded store, test clock, demo reseller, test merchants (the default)
    #[command(after_help = sandbox::EXAMPLES)]
    Sandbox(sandbox::Options),
    /// Serve resellers and merchants, by a catalog
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Options),
    /// Say who sells what of whom
    #[command(subcommand)]
    Catalog(catalog::Command),
    /// Give, change and end the passwords of credentials
    #[command(subcommand)]
    Credential(credential::Command),
    /// Keep what the hub has to send and nobody else may read
    #[command(subcommand)]
    Secret(secret::Command),
    /// See who did what, and whether that record is whole
    #[command(subcommand)]
    Audit(audit::Command),
    /// Look at entitlements, and hold, release or resolve them
    #[command(subcommand)]
    Entitlement(entitlement::Command),
    /// Write out what is kept of a customer, or erase it
    #[command(subcommand)]
    Customer(customer::Command),
    /// Look at what the reseller is told, and tell it again
    #[command(subcommand)]
    Notifications(notifications::Command),
    /// Follow what happens as it happens, and forward it to a receiver of yours
    #[command(after_help = listen::EXAMPLES)]
    Listen(listen::Options),
    /// Look through a store and say what is wrong with it
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Options),
    /// Bring a store to the schema of this program
    #[command(after_help = migrate::EXAMPLES)]
    Migrate(migrate::Options),
    /// Copy a store to a file, while its hub goes on
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::Options),
    /// Make a backup the store of a hub again
    #[command(after_help = restore::EXAMPLES)]
    Restore(restore::Options),
    /// Move a store to another engine, or spread a reseller in a database
    #[command(subcommand)]
    Store(store_copy::Command),
    /// Put a hub under load and print how fast it answers
    #[command(after_help = load::EXAMPLES)]
    Load(load::Options),
    /// Print the API as an OpenAPI 3.1 document
    #[command(after_help = openapi::EXAMPLES)]
    Openapi,
}

impl Command {
    /// The form of its log: only what runs a hub lets it be chosen.
    fn log(&self) -> watching::Form {
        match self {
            Self::Sandbox(options) => options.watching.form,
            Self::Serve(options) => options.watching.form,
            Self::Catalog(_)
            | Self::Credential(_)
            | Self::Secret(_)
            | Self::Audit(_)
            | Self::Doctor(_)
            | Self::Migrate(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Store(_)
            | Self::Load(_)
            | Self::Entitlement(_)
            | Self::Customer(_)
            | Self::Notifications(_)
            | Self::Listen(_)
            | Self::Openapi => watching::Form::Text,
        }
    }
}

fn main() -> ExitCode {
    let cli = match settled() {
        Ok(cli) => cli,
        Err(error) => return failure::tell(&error),
    };
    let command = cli.command.unwrap_or(Command::Sandbox(cli.sandbox));
    watching::start_logs(command.log());
    let done = match command {
        Command::Sandbox(options) => sandbox::run(&options).map(succeeded),
        Command::Serve(options) => serve::run(&options).map(succeeded),
        Command::Catalog(command) => waiting_for(catalog::run(&command)).map(succeeded),
        Command::Credential(command) => waiting_for(credential::run(&command)).map(succeeded),
        Command::Secret(command) => waiting_for(secret::run(&command)).map(succeeded),
        Command::Audit(command) => waiting_for(audit::run(&command)).map(succeeded),
        Command::Doctor(options) => waiting_for(doctor::run(&options)),
        Command::Migrate(options) => waiting_for(migrate::run(&options)).map(succeeded),
        Command::Backup(options) => backup::run(&options),
        Command::Restore(options) => waiting_for(restore::run(&options)),
        Command::Store(command) => waiting_for(store_copy::run(&command)),
        Command::Openapi => openapi::run().map(succeeded),
        Command::Load(options) => load::run(&options).map(succeeded),
        Command::Entitlement(command) => waiting_for(entitlement::run(&command)).map(succeeded),
        Command::Customer(command) => waiting_for(customer::run(&command)).map(succeeded),
        Command::Notifications(command) => waiting_for(notifications::run(&command)).map(succeeded),
        Command::Listen(options) => waiting_for(listen::run(&options)).map(succeeded),
    };
    match done {
        Ok(code) => code,
        Err(error) => failure::tell(&error),
    }
}

/// The command line, completed by the settings of a file.
fn settled() -> anyhow::Result<Cli> {
    let arguments: Vec<String> = std::env::args_os().map(|one| one.to_string_lossy().into_owned()).collect();
    let command = config_file::applied(Cli::command(), &arguments, settings::config_file())?;
    Ok(Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit()))
}

/// Most commands either fail or do all they were asked.
const fn succeeded((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

/// A command that asks a hub, or reads a file, needs no threads of its own.
fn waiting_for<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

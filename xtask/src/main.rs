//! The project's own tools: `cargo xtask <command>`. One file a command; a new command is one
//! line in [`COMMANDS`]. What the project promises about itself is checked in `xtask/tests`.

mod contract;
mod failover;
mod family;
mod figures;
mod prove;
mod setup;
mod shell;
mod test;
mod tools;

use anyhow::{Result, bail};
use std::process::ExitCode;

// As in the hub: the floors are no slower than they have to be.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A command of `cargo xtask`.
struct Command {
    name: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const COMMANDS: &[Command] = &[
    Command { name: "setup", help: "install what the tests need from Debian, where it is missing", run: setup::run },
    Command { name: "contract", help: "the OpenAPI document, linted and tried on the sandbox", run: contract::run_all },
    Command {
        name: "failover",
        help: "several hubs under load; primary and hub are killed, and nothing is lost",
        run: failover::run,
    },
    Command { name: "figures", help: "creates and reads a second, beside floors of the same run", run: figures::run },
    Command { name: "floor", help: "serve the floor of the figures (started by `figures`)", run: figures::floor },
    Command {
        name: "prototype",
        help: "serve the prototype of the figures (started by `figures`)",
        run: figures::prototype,
    },
    Command { name: "prove", help: "by strace: no answer leaves before the fdatasync of its commit", run: prove::run },
    Command { name: "test", help: "the one test command: set-up, format, lints, docs, every test", run: test::run },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else {
        print_help();
        bail!("which command?");
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print_help();
        return Ok(());
    }
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(rest),
        None => {
            print_help();
            bail!("there is no command {name}");
        }
    }
}

fn print_help() {
    println!("cargo xtask <command>\n");
    for command in COMMANDS {
        println!("  {:<9} {}", command.name, command.help);
    }
}

//! `cargo xtask test`: everything that has to be green, in order, cheapest first. It stops at the
//! first red and names the command that repeats it.

use crate::setup;
use crate::shell::{Invocation, invocation};
use anyhow::{Result, bail, ensure};
use std::time::{Duration, Instant};

/// What takes longer hangs: the slowest step takes a quarter of an hour.
const STEP_MAX: Duration = Duration::from_secs(45 * 60);

/// One thing that has to be green.
struct Step {
    title: &'static str,
    command: Invocation,
}

/// Run every step.
pub(crate) fn run(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "test takes no arguments; for one test, use cargo test -p <room> <name>");
    let started = now();
    let mut done: Vec<(&str, Duration)> = Vec::new();

    heading("set-up", "cargo xtask setup");
    setup::run(&[])?;
    done.push(("set-up", started.elapsed()));

    for step in steps() {
        let printed = step.command.printed();
        heading(step.title, &printed);
        let begun = now();
        if !step.command.succeeds_within(STEP_MAX)? {
            bail!("{} is red. To repeat it:\n\n  {printed}\n", step.title);
        }
        let took = begun.elapsed();
        println!("-- {} is green ({})", step.title, seconds(took));
        done.push((step.title, took));
    }

    println!("\n== all green");
    for (title, took) in &done {
        println!("   {title:<20} {:>8}", seconds(*took));
    }
    println!("   {:<20} {:>8}", "together", seconds(started.elapsed()));
    Ok(())
}

fn steps() -> Vec<Step> {
    vec![
        Step { title: "format", command: invocation(["cargo", "fmt", "--all", "--check"]) },
        Step {
            title: "lints",
            command: invocation(["cargo", "clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        },
        Step {
            title: "docs",
            command: Invocation {
                env: &[("RUSTDOCFLAGS", "-D warnings")],
                words: vec!["cargo", "doc", "--workspace", "--no-deps"],
            },
        },
        Step { title: "tests", command: invocation(["cargo", "test", "--workspace"]) },
        // They wait for the server most of the time: more of them at once keep the cores at work.
        on_postgresql("API on PostgreSQL", &["api", "--", "--test-threads=6"]),
        on_postgresql("faults on PostgreSQL", &["faults"]),
        on_postgresql("kills on PostgreSQL", &["processes", "--", "kill::", "mirror::", "clock::", "start::"]),
        Step { title: "contract", command: invocation(["cargo", "xtask", "contract"]) },
    ]
}

/// A suite once more, unchanged, on the second engine. Of the whole workspace, as the step before: asked for by its
/// room, everything would be built again with the features of that room alone.
fn on_postgresql(title: &'static str, suite: &[&'static str]) -> Step {
    let words = [&["cargo", "test", "--workspace", "--test"], suite].concat();
    Step { title, command: Invocation { env: &[("ENTITLE_TEST_ENGINE", "postgres")], words } }
}

fn heading(title: &str, command: &str) {
    println!("\n== {title}: {command}");
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

#[expect(clippy::disallowed_methods, reason = "a tool that times itself is no part of the hub")]
fn now() -> Instant {
    Instant::now()
}

//! `cargo xtask failover`: three hubs on a PostgreSQL with a synchronous standby, under load. The primary is killed
//! with SIGKILL and the standby promoted, a hub is killed and started again; then an independent witness holds
//! everything that was answered against what is there. Prints what was done, at which second, and what it took.

use crate::setup;
use crate::shell::{invocation, root};
use anyhow::{Result, bail, ensure};
use drill::{Course, Failover, Kind, Latencies, Readiness, Work, failover};

/// So many of the things that are wrong are printed.
const WRONG_MAX: usize = 20;
/// Of each so much.
const WRONG_CHARS_MAX: usize = 2_000;

/// Runs it and judges.
pub(crate) fn run(args: &[String]) -> Result<()> {
    ensure!(args.is_empty(), "failover takes no arguments");
    setup::install_missing(&[setup::POSTGRESQL_SERVER])?;
    ensure!(invocation(["cargo", "build", "--release", "-p", "entitle"]).succeeds()?, "cargo build failed");
    let folder = std::env::temp_dir().join(format!("entitle-failover-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = failover(&root().join("target/release/entitle"), &folder, &course()).map_err(anyhow::Error::msg);
    let _ = std::fs::remove_dir_all(&folder);
    report(&done?)
}

/// When what is done. The load ends soon enough for all of it to take less than a minute.
const fn course() -> Course {
    let work = Work { writers: 16, customers: 60, pause_ms: 4..24, seed: 5 };
    Course { hubs: 3, work, kill_primary_at: 6.0, promote_after: 1.0, kill_hub_at: 16.0, end_at: 24.0, is_told: true }
}

fn report(done: &Failover) -> Result<()> {
    println!();
    figures(done);
    readiness(done);
    judged(done);
    let wrong = done.wrong();
    if wrong.is_empty() {
        println!("\nNothing was lost.");
        return Ok(());
    }
    println!("\n{} things are wrong:", wrong.len());
    for one in wrong.iter().take(WRONG_MAX) {
        println!("  {}", one.chars().take(WRONG_CHARS_MAX).collect::<String>());
    }
    bail!("the fail-over went wrong");
}

fn figures(done: &Failover) {
    let row = |what: &str, value: String| println!("  {what:<46} {value}");
    println!("What it took");
    row("writes before the kill", latencies(&done.before));
    row("from the kill of the primary: promoted", seconds(Some(done.promoted_us)));
    row("… writes are answered again", seconds(done.answered_again_us));
    row("longest time without an answered write", seconds(Some(done.silence_us)));
    row("from the kill: latencies as before", seconds(done.normal_us));
    row("writes of the last 3 s", latencies(&done.after));
}

fn latencies(of: &Latencies) -> String {
    let ms = |us: u64| us as f64 / 1_000.0;
    format!(
        "{:6} answered, p50 {:.1} ms, p99 {:.1} ms, max {:.0} ms",
        of.count,
        ms(of.p50_us),
        ms(of.p99_us),
        ms(of.max_us)
    )
}

fn seconds(us: Option<u64>) -> String {
    us.map_or_else(|| "never".to_owned(), |us| format!("{:6.2} s", us as f64 / 1e6))
}

fn readiness(done: &Failover) {
    println!("\n/readyz");
    for node in 0.. {
        let said = done.readiness.of(node);
        if said.is_empty() {
            break;
        }
        let word = |one: &&Readiness| {
            let status = if one.status == 0 { "nobody".to_owned() } else { one.status.to_string() };
            format!("{:.1} s {status}", one.at_us as f64 / 1e6)
        };
        println!("  hub {}: {}", node + 1, said.iter().map(word).collect::<Vec<_>>().join(", "));
    }
}

fn judged(done: &Failover) {
    let counts = &done.verdict.counts;
    let found = |kinds: &[Kind]| done.verdict.count(kinds);
    let lost = found(&[Kind::Lost, Kind::Stale, Kind::Swapped]);
    let doubled = found(&[Kind::Doubled, Kind::AnsweredTwice, Kind::SlotTwice]);
    println!("\nWhat the witness says");
    println!(
        "  {} writes done, {} refused by a rule, {} reads: {lost} lost, {doubled} doubled, {} without an order",
        counts.done,
        counts.refused,
        counts.reads,
        found(&[Kind::NotLinearizable, Kind::Undecided])
    );
    println!(
        "  {} were sent again under the same identity; {} of them had taken effect before",
        counts.repeated, counts.had_effect
    );
    println!("  {} writes of which nobody knows", counts.unknown);
    println!(
        "  {} events of the feed: {} gaps, {} out of order",
        counts.events,
        found(&[Kind::FeedGap]),
        found(&[Kind::FeedOrder])
    );
    println!(
        "  {} notifications in {} attempts: {} missing, {} out of order, {} wrong",
        counts.notifications,
        counts.arrivals,
        found(&[Kind::NotificationMissing]),
        found(&[Kind::NotificationOrder]),
        found(&[Kind::NotificationWrong])
    );
    println!(
        "  {} entitlements; entitle doctor: {}; entitle audit verify: {}",
        counts.entitlements,
        last_line(&done.doctor.stdout),
        last_line(&done.audit.stdout).split(':').next().unwrap_or_default()
    );
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

//! `entitle doctor`: looks through a store and says what is wrong with it. Reads the file, or the database,
//! itself, beside the hubs at work on it or without one, and changes nothing. What is compared stands in
//! `hub::doctor`.

use crate::database::{Place, ServerOptions, USUAL};
use crate::progress::Bar;
use crate::text::{Paint, WIDTH, clean, print, wrap};
use anyhow::Result;
use clap::Args;
use hub::doctor::{self, Examination, Wanted};
use std::process::ExitCode;
use store::{Depth, Examine, Node, SqliteFile, Store};

/// Examples under `--help`.
pub(crate) const EXAMPLES: &str = "Examples:
  entitle doctor
  entitle doctor --database sqlite:/var/lib/entitle/hub.db
  entitle doctor --full                            also every index against its table
  entitle doctor --json | jq .findings

It changes nothing and may run beside a hub. Exit codes: 0 nothing is wrong, 1 something
is, or it could not be looked at, 2 wrong command line.";

/// What is looked at, and how closely.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the data lies: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, env = "ENTITLE_DATABASE", hide_env_values = true, default_value = USUAL)]
    database: String,
    #[command(flatten)]
    server: ServerOptions,
    /// Compare every index with its table, too: takes longer
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Looks, and prints what it found.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) async fn run(options: &Options) -> Result<ExitCode> {
    let place = Place::parse(&options.database, &options.server)?;
    let depth = if options.full { Depth::Full } else { Depth::Quick };
    let (examination, beside) = match &place {
        Place::File(path) => {
            let file = SqliteFile::open(path)?;
            let owner = file.owner();
            let owner = owner.map(|pid| pid.map_or("another process".to_owned(), |pid| format!("process {pid}")));
            let beside = owner.map(|owner| format!("; beside {owner}, which owns the file"));
            (examine(&file, depth).await?, beside)
        }
        Place::Server(server) => {
            let store = server.open().await?;
            let examination = examine(store.examine(), depth).await?;
            let beside = beside_nodes(&store.nodes().await?);
            store.close().await?;
            (examination, beside)
        }
    };
    if options.json {
        print(&format!("{:#}\n", examination.to_json()))?;
    } else {
        print(&report(&place, &beside.unwrap_or_default(), &examination))?;
    }
    Ok(if examination.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The hubs at work on a database.
fn beside_nodes(nodes: &[Node]) -> Option<String> {
    let names: Vec<String> = nodes.iter().map(|node| format!("{} ({})", node.name, node.version)).collect();
    match names.len() {
        0 => None,
        1 => Some(format!("; beside the hub on {}", names[0])),
        many => Some(format!("; beside {many} hubs: {}", names.join("; "))),
    }
}

/// Looks at a store with a bar on the terminal.
///
/// # Errors
/// Where the store cannot be read.
pub(crate) async fn examine(store: &dyn Examine, depth: Depth) -> Result<Examination> {
    let bar = Bar::counting();
    let mut told = |progress: doctor::Progress| bar.show(progress.part, progress.done, progress.all);
    Ok(doctor::run(store, &Wanted { depth, ..Wanted::default() }, &mut told).await?)
}

fn report(place: &Place, beside: &str, examination: &Examination) -> String {
    let paint = Paint::for_stdout();
    let mut text = findings(examination, paint);
    let doctor::Looked { accounts, entitlements, events, notifications, claims } = examination.looked;
    text.push_str(&format!(
        "{place}: entitlements {entitlements}, events {events}, notifications {notifications}, request \
         identities {claims}, feeds {accounts}{beside}.\n"
    ));
    for part in &examination.not_looked_at {
        let instead = match place {
            Place::File(_) => " It takes too long beside a running hub; look at a backup instead.",
            Place::Server(_) => "",
        };
        text.push_str(&format!("Not looked at: {part}.{instead}\n"));
    }
    let verdict = match (examination.is_clean(), examination.findings.len() as u64 + examination.left_out) {
        (true, _) => "Nothing is wrong.".to_owned(),
        (false, 1) => "1 finding.".to_owned(),
        (false, many) => format!("{many} findings."),
    };
    text.push_str(&format!("{}\n", paint.strong(&verdict)));
    text
}

/// The findings, each with what to do about it; the advice once for those that follow each other.
pub(crate) fn findings(examination: &Examination, paint: Paint) -> String {
    let mut text = String::new();
    let mut findings = examination.findings.iter().peekable();
    while let Some(finding) = findings.next() {
        for line in wrap(&clean(&finding.to_string()), WIDTH) {
            text.push_str(&format!("{line}\n"));
        }
        if findings.peek().is_none_or(|next| next.check != finding.check) {
            for line in wrap(finding.check.what_to_do(), WIDTH - 2) {
                text.push_str(&format!("  {}\n", paint.faint(&line)));
            }
        }
    }
    if examination.left_out > 0 {
        text.push_str(&format!("and {} more.\n", examination.left_out));
    }
    text
}
